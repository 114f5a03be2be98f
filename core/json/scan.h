#ifndef LANYARD_JSON_SCAN_H
#define LANYARD_JSON_SCAN_H

#include "base/buf.h"
#include "json/document.h"

/* The scanner reads the tokens of a JSON text from left to right. Arrays and objects are the
 * parser's. */

struct json_scanner {
  struct json_doc *doc; /* owns what is read */
  struct json_error *error;
  const char *text;
  size_t length;
  size_t at;          /* the next byte */
  struct buf scratch; /* for unescaping */
  bool allow_nul;     /* \u0000 is a character */
};

/* json_peek returns the next byte, or -1 at the end of the text. */
static inline int json_peek(const struct json_scanner *scanner) {
  return scanner->at < scanner->length ? (unsigned char)scanner->text[scanner->at] : -1;
}

/* json_fail_at sets the error to what is wrong at an offset. It always returns false. */
bool json_fail_at(struct json_scanner *scanner, size_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* json_fail_memory sets the error "not enough memory". It always returns false. */
bool json_fail_memory(struct json_scanner *scanner);

/* json_fail_expected sets the error to what was expected and what is there instead. It always returns
 * false. */
bool json_fail_expected(struct json_scanner *scanner, const char *expected);

/* json_skip_space moves past white space. */
void json_skip_space(struct json_scanner *scanner);

/* json_scan_scalar reads the string, number, true, false or null that begins at the scanner's offset
 * into a value, whose `start` is that offset already. It returns false, with the error set, for
 * anything else. */
bool json_scan_scalar(struct json_scanner *scanner, struct json_value *value);

/* json_scan_string is like json_scan_scalar, for a text whose next byte is a quote. */
bool json_scan_string(struct json_scanner *scanner, struct json_value *value);

#endif
