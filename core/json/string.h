#ifndef LANYARD_JSON_STRING_H
#define LANYARD_JSON_STRING_H

#include "base/buf.h"
#include "json/json.h"

#include <stdbool.h>

/* The part of the JSON reader that reads what is kept as a string: strings, unescaped, and numbers, as
 * they are spelled. For json.c alone, whose parser it moves on. */

/* An array or object whose end has not been read yet. */
struct frame {
  struct json_value *value;
  struct json_value *last;
};

struct parser {
  struct json_doc *doc;
  struct json_error *error;
  const char *text;
  size_t length;
  size_t at;
  struct frame frames[JSON_MAX_DEPTH];
  size_t depth;
  struct buf scratch;
};

/* Memory that lives as long as the document; NULL when there is none. */
void *json_allocate(struct json_doc *doc, size_t size);

/* Sets the error: what is wrong at an offset, that memory ended, or what was expected with what stands
 * there instead. Always false. */
bool json_fail_at(struct parser *parser, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool json_fail_memory(struct parser *parser);
bool json_fail_expected(struct parser *parser, const char *expected);

/* The next byte, or -1 at the end of the text. */
static inline int peek(const struct parser *parser) {
  return parser->at < parser->length ? (unsigned char)parser->text[parser->at] : -1;
}

static inline bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

/* Reads the string that begins here, with its quotes. False, and the error set, when it is none. */
bool json_read_string(struct parser *parser, struct json_value *value);

/* Reads the number that begins here, at `value->start`; as json_read_string. */
bool json_read_number(struct parser *parser, struct json_value *value);

#endif
