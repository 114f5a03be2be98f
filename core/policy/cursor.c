#include "policy/cursor.h"

#include <stdbool.h>
#include <string.h>

struct policy_cursor policy_cursor(const struct policy *doc) {
  struct policy_cursor cursor = {.line = 1, .column = 1};
  cursor.text = policy_text(doc, &cursor.length);
  if (cursor.length >= 3 && memcmp(cursor.text, "\xEF\xBB\xBF", 3) == 0)
    cursor.offset = 3;
  return cursor;
}

void policy_cursor_move(struct policy_cursor *cursor, size_t offset) {
  for (; cursor->offset < offset; cursor->offset++) {
    unsigned char c = (unsigned char)cursor->text[cursor->offset];
    bool crlf = c == '\r' && cursor->text[cursor->offset + 1] == '\n';
    if ((c == '\n' || c == '\r') && !crlf) {
      cursor->line++;
      cursor->column = 1;
    } else if ((c & 0xC0) != 0x80) {
      cursor->column++;
    }
  }
}

const struct policy_statement *policy_locate(const struct policy *doc, size_t index) {
  const struct policy_statement *statement = policy_statement(doc, index);
  if (statement->line > 0)
    return statement;
  struct policy_cursor cursor = policy_cursor(doc);
  for (size_t i = 0; i < policy_count(doc); i++) {
    struct policy_statement *located = (struct policy_statement *)policy_statement(doc, i);
    policy_cursor_move(&cursor, located->json->start);
    located->line = cursor.line; /* what a reader sees of the document does not change */
    located->column = cursor.column;
  }
  return statement;
}
