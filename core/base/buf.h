#ifndef LANYARD_BASE_BUF_H
#define LANYARD_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* A growable run of bytes. A failed allocation is remembered in `failed`, so that a caller may add
 * many times and ask once; the text so far stays valid. A zeroed struct is an empty buffer. `data`
 * is NUL-terminated whenever it is not NULL; the NUL is not counted in `length`. Who sets `secret`
 * has every byte wiped from memory that the buffer leaves, be it that it grows or that it goes. */
struct buf {
  char *data;
  size_t length;
  size_t capacity;
  bool failed;
  bool secret;
};

void buf_add(struct buf *buf, const char *bytes, size_t length);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* buf_equal reports whether two buffers hold the same bytes, and no allocation of either failed. */
bool buf_equal(const struct buf *a, const struct buf *b);

/* Makes room for `extra` more bytes; false when that cannot be had. */
bool buf_reserve(struct buf *buf, size_t extra);

/* Empties the buffer and keeps its memory, wiped where it is secret. */
void buf_reset(struct buf *buf);

/* Frees the memory; the buffer is empty and usable again. */
void buf_free(struct buf *buf);

#endif
