#include "json/scan.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

bool json_fail_at(struct json_scanner *scanner, size_t offset, const char *format, ...) {
  struct json_error *error = scanner->error;
  error->offset = offset;
  json_find_position(scanner->text, scanner->length, offset, &error->line, &error->column);
  va_list args;
  va_start(args, format);
  vsnprintf(error->message, sizeof error->message, format, args);
  va_end(args);
  return false;
}

bool json_fail_memory(struct json_scanner *scanner) {
  scanner->error->no_memory = true;
  return json_fail_at(scanner, scanner->at, "not enough memory");
}

bool json_fail_expected(struct json_scanner *scanner, const char *expected) {
  if (scanner->at >= scanner->length)
    return json_fail_at(scanner, scanner->at, "expected %s, but the text ends", expected);
  unsigned char c = (unsigned char)scanner->text[scanner->at];
  if (c > 0x20 && c < 0x7f)
    return json_fail_at(scanner, scanner->at, "expected %s, found '%c'", expected, c);
  return json_fail_at(scanner, scanner->at, "expected %s, found byte 0x%02x", expected, c);
}

void json_skip_space(struct json_scanner *scanner) {
  for (; scanner->at < scanner->length; scanner->at++) {
    char c = scanner->text[scanner->at];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
      break;
  }
}

static bool scan_word(struct json_scanner *scanner, struct json_value *value) {
  static const struct {
    const char *word;
    enum json_type type;
  } words[] = {{"null", JSON_NULL}, {"true", JSON_TRUE}, {"false", JSON_FALSE}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t length = strlen(words[i].word);
    if (scanner->length - scanner->at >= length &&
        memcmp(scanner->text + scanner->at, words[i].word, length) == 0) {
      value->type = words[i].type;
      scanner->at += length;
      return true;
    }
  }
  return json_fail_expected(scanner, "a value");
}

/* Reads the four hexadecimal digits after \u. */
static bool scan_hex(struct json_scanner *scanner, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, scanner->at++) {
    int c = json_peek(scanner);
    uint32_t digit;
    if (is_digit(c))
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return json_fail_expected(scanner, "four hex digits after \\u");
    *code = *code << 4 | digit;
  }
  return true;
}

/* Reads the part of an escape after the backslash. */
static bool scan_escape(struct json_scanner *scanner) {
  static const char names[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  size_t start = scanner->at - 1;
  int c = json_peek(scanner);
  const char *name = c > 0 ? strchr(names, c) : NULL;
  if (name) {
    buf_addc(&scanner->scratch, meanings[name - names]);
    scanner->at++;
    return true;
  }
  if (c != 'u')
    return json_fail_expected(scanner, "an escape: one of \" \\ / b f n r t u");
  scanner->at++;
  uint32_t code;
  if (!scan_hex(scanner, &code))
    return false;
  if (code == 0 && !scanner->allow_nul)
    return json_fail_at(scanner, start, "\\u0000 is not allowed");
  if (code >= 0xdc00 && code <= 0xdfff)
    return json_fail_at(scanner, start, "a low surrogate without a high surrogate");
  if (code >= 0xd800 && code <= 0xdbff) {
    uint32_t low = 0;
    if (json_peek(scanner) != '\\' || scanner->at + 1 >= scanner->length ||
        scanner->text[scanner->at + 1] != 'u')
      return json_fail_at(scanner, start, "a high surrogate without a low surrogate");
    scanner->at += 2;
    if (!scan_hex(scanner, &low))
      return false;
    if (low < 0xdc00 || low > 0xdfff)
      return json_fail_at(scanner, start, "a high surrogate without a low surrogate");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  utf8_add(&scanner->scratch, code);
  return true;
}

static bool keep_string(struct json_scanner *scanner, struct json_value *value, const char *bytes,
                        size_t length) {
  char *copy = json_allocate(scanner->doc, length + 1);
  if (!copy)
    return json_fail_memory(scanner);
  if (length > 0)
    memcpy(copy, bytes, length);
  copy[length] = '\0';
  value->string = copy;
  value->length = length;
  return true;
}

/* Returns the number of literal bytes from here on: ASCII but quotes, backslashes and controls. */
static size_t plain_run(const struct json_scanner *scanner) {
  size_t at = scanner->at;
  for (; at < scanner->length; at++) {
    unsigned char c = (unsigned char)scanner->text[at];
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
      break;
  }
  return at - scanner->at;
}

bool json_scan_string(struct json_scanner *scanner, struct json_value *value) {
  value->type = JSON_STRING;
  buf_reset(&scanner->scratch);
  scanner->at++;
  size_t start = scanner->at, run = plain_run(scanner);
  scanner->at += run;
  if (json_peek(scanner) == '"') {
    scanner->at++;
    return keep_string(scanner, value, scanner->text + start, run);
  }
  buf_add(&scanner->scratch, scanner->text + start, run);
  for (;;) {
    run = plain_run(scanner);
    buf_add(&scanner->scratch, scanner->text + scanner->at, run);
    scanner->at += run;
    int c = json_peek(scanner);
    if (c == '"')
      break;
    if (c < 0)
      return json_fail_at(scanner, value->start, "an unterminated string");
    if (c < 0x20)
      return json_fail_at(scanner, scanner->at, "control character 0x%02x in a string",
                          (unsigned)c);
    if (c == '\\') {
      scanner->at++;
      if (!scan_escape(scanner))
        return false;
      continue;
    }
    size_t length = utf8_sequence(scanner->text + scanner->at, scanner->length - scanner->at);
    if (length == 0)
      return json_fail_at(scanner, scanner->at, "byte 0x%02x is not UTF-8", (unsigned)c);
    buf_add(&scanner->scratch, scanner->text + scanner->at, length);
    scanner->at += length;
  }
  scanner->at++;
  if (scanner->scratch.failed)
    return json_fail_memory(scanner);
  return keep_string(scanner, value, scanner->scratch.data, scanner->scratch.length);
}

static bool scan_number(struct json_scanner *scanner, struct json_value *value) {
  value->type = JSON_NUMBER;
  if (json_peek(scanner) == '-')
    scanner->at++;
  if (!is_digit(json_peek(scanner)))
    return json_fail_expected(scanner, "a digit");
  bool zero = json_peek(scanner) == '0';
  scanner->at++;
  if (zero && is_digit(json_peek(scanner)))
    return json_fail_at(scanner, scanner->at - 1, "a number with a leading zero");
  while (is_digit(json_peek(scanner)))
    scanner->at++;
  if (json_peek(scanner) == '.') {
    scanner->at++;
    if (!is_digit(json_peek(scanner)))
      return json_fail_expected(scanner, "a digit after the decimal point");
    while (is_digit(json_peek(scanner)))
      scanner->at++;
  }
  if (json_peek(scanner) == 'e' || json_peek(scanner) == 'E') {
    scanner->at++;
    if (json_peek(scanner) == '+' || json_peek(scanner) == '-')
      scanner->at++;
    if (!is_digit(json_peek(scanner)))
      return json_fail_expected(scanner, "a digit in the exponent");
    while (is_digit(json_peek(scanner)))
      scanner->at++;
  }
  return keep_string(scanner, value, scanner->text + value->start, scanner->at - value->start);
}

bool json_scan_scalar(struct json_scanner *scanner, struct json_value *value) {
  int c = json_peek(scanner);
  if (c == '"')
    return json_scan_string(scanner, value);
  if (c == '-' || is_digit(c))
    return scan_number(scanner, value);
  return scan_word(scanner, value);
}
