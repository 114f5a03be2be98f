#ifndef LANYARD_BASE_UTF8_H
#define LANYARD_BASE_UTF8_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length (1 to 4) of the well-formed UTF-8 sequence (RFC 3629) that begins `left` bytes long
 * text, or 0 when there is none. `left` is at least 1. */
size_t utf8_sequence(const char *text, size_t left);

bool utf8_valid(const char *text, size_t length);

/* Adds the character of a code point that is one: at most U+10FFFF and no surrogate. */
void utf8_add(struct buf *buf, uint32_t code);

#endif
