#ifndef LANYARD_JSON_SCAN_H
#define LANYARD_JSON_SCAN_H

#include "json/document.h"

/* The scanner reads the tokens of a JSON text from left to right. Arrays and objects are the parser's.
 * A function gets the address of the next byte, and returns the address behind what it read, or NULL if
 * it has set the error. Every text ends with NUL, which no token contains. */

struct json_scanner {
  struct json_doc *doc; /* owns what is read */
  struct json_error *error;
  const char *text;
  size_t length;
  bool allow_nul; /* \u0000 is a character */
};

/* json_fail_at sets the error to what is wrong at an address. It always returns NULL. */
const char *json_fail_at(struct json_scanner *scanner, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* json_fail_memory sets the error "not enough memory". It always returns NULL. */
const char *json_fail_memory(struct json_scanner *scanner, const char *at);

/* json_fail_expected sets the error to what was expected and what is there instead. It always returns
 * NULL. */
const char *json_fail_expected(struct json_scanner *scanner, const char *at, const char *expected);

/* json_skip_space moves past white space. */
static inline const char *json_skip_space(const char *at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
    at++;
  return at;
}

/* json_scan_scalar reads the string, number, true, false or null at an address into a value. It returns
 * NULL, with the error set, for anything else. */
const char *json_scan_scalar(struct json_scanner *scanner, const char *at,
                             struct json_value *value);

/* json_scan_string is like json_scan_scalar, for a text whose next byte is a quote. */
const char *json_scan_string(struct json_scanner *scanner, const char *at,
                             struct json_value *value);

#endif
