#ifndef LANYARD_BASE_BYTES_H
#define LANYARD_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Comparisons of byte strings that have a length and may contain NUL. A pointer may be NULL if its length
 * is 0. */

/* bytes_equal reports whether two byte strings are equal. */
static inline bool bytes_equal(const char *a, size_t a_length, const char *b, size_t b_length) {
  return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

/* bytes_are reports whether the bytes equal a NUL-terminated text. */
static inline bool bytes_are(const char *bytes, size_t length, const char *text) {
  return bytes_equal(bytes, length, text, strlen(text));
}

/* bytes_begin reports whether the bytes begin with a NUL-terminated text. */
static inline bool bytes_begin(const char *bytes, size_t length, const char *text) {
  size_t size = strlen(text);
  return length >= size && memcmp(bytes, text, size) == 0;
}

/* bytes_compare orders byte strings as memcmp does, a prefix before what it begins. The result is less
 * than, equal to or greater than 0. */
static inline int bytes_compare(const char *a, size_t a_length, const char *b, size_t b_length) {
  size_t shared = a_length < b_length ? a_length : b_length;
  int order = shared == 0 ? 0 : memcmp(a, b, shared);
  return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

#endif
