#ifndef LANYARD_POLICY_CURSOR_H
#define LANYARD_POLICY_CURSOR_H

#include "policy/document.h"

#include <stddef.h>

/* A position in the text of a document: a byte offset, and the line and the column of it, both from 1. A
 * cursor moves forward only, so that the positions of a whole text cost one scan. */
struct policy_cursor {
  const char *text;
  size_t length, offset, line, column;
};

/* policy_cursor returns a cursor at the first character of the text. */
struct policy_cursor policy_cursor(const struct policy *doc);

/* policy_cursor_move moves a cursor to an offset that is not before it. */
void policy_cursor_move(struct policy_cursor *cursor, size_t offset);

/* policy_locate sets the line and the column of all statements at its first call, and returns the statement at
 * an index. */
const struct policy_statement *policy_locate(const struct policy *doc, size_t index);

#endif
