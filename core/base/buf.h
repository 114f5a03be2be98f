#ifndef LANYARD_BASE_BUF_H
#define LANYARD_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

/* A growable byte buffer. A failed allocation is recorded in `failed`, so that a caller can append
 * many times and check once; the bytes so far stay valid. A zeroed struct is an empty buffer.
 * `data` is NUL-terminated whenever it is not NULL; the NUL is not part of `length`. If `secret` is
 * set, all memory is wiped before it is freed, also when the buffer grows. */
struct buf {
  char *data;
  size_t length;
  size_t capacity;
  bool failed;
  bool secret;
};

/* buf_add, buf_adds (a NUL-terminated text), buf_addc (one byte) and buf_addf (as printf) append. */
void buf_add(struct buf *buf, const char *bytes, size_t length);
void buf_adds(struct buf *buf, const char *text);
void buf_addc(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* buf_equal reports whether two buffers hold the same bytes, and no allocation of either failed. */
bool buf_equal(const struct buf *a, const struct buf *b);

/* buf_reserve makes room for `extra` more bytes. It returns false if there is not enough memory. */
bool buf_reserve(struct buf *buf, size_t extra);

/* buf_reset empties the buffer and keeps its memory, which it wipes if the buffer is secret. */
void buf_reset(struct buf *buf);

/* buf_free frees the memory. The buffer is empty and can be used again. */
void buf_free(struct buf *buf);

#endif
