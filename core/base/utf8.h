#ifndef LANYARD_BASE_UTF8_H
#define LANYARD_BASE_UTF8_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* utf8_sequence returns the length (1 to 4) of the well-formed UTF-8 sequence (RFC 3629) at the
 * start of a text of `left` bytes, or 0 if there is none. `left` must be at least 1. */
size_t utf8_sequence(const char *text, size_t left);

/* utf8_valid reports whether the whole text is well-formed UTF-8. */
bool utf8_valid(const char *text, size_t length);

/* utf8_write writes a character, 1 to 4 bytes, and returns their number. `code` must be at most U+10FFFF
 * and not a surrogate. */
size_t utf8_write(char *out, uint32_t code);

/* utf8_add appends a character to a buffer. */
void utf8_add(struct buf *buf, uint32_t code);

#endif
