#include "base/buf.h"

#include "base/bytes.h"
#include "base/platform.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Like realloc, but wipes the old memory. */
static char *move(struct buf *buf, size_t capacity) {
  char *data = malloc(capacity);
  if (!data)
    return NULL;
  if (buf->data) {
    memcpy(data, buf->data, buf->length);
    explicit_bzero(buf->data, buf->capacity);
    free(buf->data);
  }
  return data;
}

bool buf_reserve(struct buf *buf, size_t extra) {
  if (buf->failed)
    return false;
  if (extra >= SIZE_MAX / 2 - buf->length) {
    buf->failed = true;
    return false;
  }
  size_t needed = buf->length + extra + 1;
  if (needed <= buf->capacity)
    return true;
  size_t capacity = buf->capacity ? buf->capacity : 64;
  while (capacity < needed)
    capacity *= 2;
  char *data = buf->secret ? move(buf, capacity) : realloc(buf->data, capacity);
  if (!data) {
    buf->failed = true;
    return false;
  }
  buf->data = data;
  buf->capacity = capacity;
  buf->data[buf->length] = '\0';
  return true;
}

void buf_add(struct buf *buf, const char *bytes, size_t length) {
  if (!buf_reserve(buf, length))
    return;
  if (length > 0)
    memcpy(buf->data + buf->length, bytes, length);
  buf->length += length;
  buf->data[buf->length] = '\0';
}

void buf_adds(struct buf *buf, const char *text) {
  buf_add(buf, text, strlen(text));
}

void buf_addc(struct buf *buf, char c) {
  if (buf->failed || (buf->length + 1 >= buf->capacity && !buf_reserve(buf, 1)))
    return;
  buf->data[buf->length++] = c;
  buf->data[buf->length] = '\0';
}

void buf_addf(struct buf *buf, const char *format, ...) {
  va_list args;
  va_list again;
  va_start(args, format);
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length < 0)
    buf->failed = true;
  else if (buf_reserve(buf, (size_t)length)) {
    vsnprintf(buf->data + buf->length, (size_t)length + 1, format, again);
    buf->length += (size_t)length;
  }
  va_end(again);
}

void buf_reset(struct buf *buf) {
  if (buf->secret && buf->data)
    explicit_bzero(buf->data, buf->length);
  buf->length = 0;
  buf->failed = false;
  if (buf->data)
    buf->data[0] = '\0';
}

void buf_free(struct buf *buf) {
  if (buf->secret && buf->data)
    explicit_bzero(buf->data, buf->capacity);
  free(buf->data);
  memset(buf, 0, sizeof *buf);
}

bool buf_equal(const struct buf *a, const struct buf *b) {
  return !a->failed && !b->failed && bytes_equal(a->data, a->length, b->data, b->length);
}
