#ifndef LANYARD_POLICY_FORMAT_H
#define LANYARD_POLICY_FORMAT_H

#include "base/buf.h"
#include "policy/document.h"

/* policy_format appends the pretty-printed document: two spaces per level, one member per line, no
 * newline at the end. The spelling of strings and numbers, the order of members and elements, a
 * byte order mark, and the kind of line ends are preserved. */
void policy_format(const struct policy *doc, struct buf *out);

/* policy_compact appends the document without white space between its tokens and without a byte
 * order mark: the shortest text that keeps the spelling of strings and numbers and the order of
 * members and elements. */
void policy_compact(const struct policy *doc, struct buf *out);

#endif
