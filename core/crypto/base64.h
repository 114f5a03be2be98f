#ifndef LANYARD_CRYPTO_BASE64_H
#define LANYARD_CRYPTO_BASE64_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* base64_add appends bytes in base64 with padding (RFC 4648, section 4). */
void base64_add(const char *bytes, size_t length, struct buf *out);

/* base64url_add appends bytes in the URL-safe alphabet without padding (RFC 4648, section 5). */
void base64url_add(const char *bytes, size_t length, struct buf *out);

/* base64_parse appends the bytes of a text in base64 with padding. White space is skipped. It returns
 * false, and may have appended something, if the text is not base64. */
bool base64_parse(const char *text, size_t length, struct buf *out);

#endif
