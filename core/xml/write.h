#ifndef LANYARD_XML_WRITE_H
#define LANYARD_XML_WRITE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* xml_add_escaped appends a text as it is inside an element, or inside an attribute with double quotes.
 * Line ends are written as references, since a reader changes others. Control characters are, too:
 * XML 1.0 does not allow them, but S3 accepts them in keys. The text must be UTF-8 without NUL. */
void xml_add_escaped(struct buf *out, const char *bytes, size_t length, bool attribute);

#endif
