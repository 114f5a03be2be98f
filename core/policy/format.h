#ifndef LANYARD_POLICY_FORMAT_H
#define LANYARD_POLICY_FORMAT_H

#include "base/buf.h"
#include "policy/document.h"

/* Adds the document pretty-printed: two spaces, one member a line, no newline at the end. Strings and
 * numbers keep their spelling, members and elements their order, a byte order mark its place, and line
 * ends their kind. */
void policy_format(const struct policy *doc, struct buf *out);

#endif
