#ifndef LANYARD_JSON_WRITE_H
#define LANYARD_JSON_WRITE_H

#include "base/buf.h"

#include <stddef.h>

/* json_add_escaped appends bytes with quotes, backslashes and control characters escaped, as they are
 * inside a JSON string. The bytes must be UTF-8. */
void json_add_escaped(struct buf *out, const char *bytes, size_t length);

/* json_add_string is like json_add_escaped, with the quotes around it. */
void json_add_string(struct buf *out, const char *bytes, size_t length);

#endif
