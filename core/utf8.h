#ifndef LANYARD_UTF8_H
#define LANYARD_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* The length (1 to 4) of the well-formed UTF-8 sequence (RFC 3629) that begins `left` bytes long
 * text, or 0 when there is none. `left` is at least 1. */
size_t utf8_sequence(const char *text, size_t left);

bool utf8_valid(const char *text, size_t length);

#endif
