#include "json/string.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Reads the four hex digits behind \u. */
static bool read_hex(struct parser *parser, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, parser->at++) {
    int c = peek(parser);
    uint32_t digit;
    if (is_digit(c))
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return json_fail_expected(parser, "four hex digits after \\u");
    *code = *code << 4 | digit;
  }
  return true;
}

/* Reads what follows a backslash. */
static bool read_escape(struct parser *parser) {
  static const char names[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  size_t start = parser->at - 1;
  int c = peek(parser);
  const char *name = c > 0 ? strchr(names, c) : NULL;
  if (name) {
    buf_addc(&parser->scratch, meanings[name - names]);
    parser->at++;
    return true;
  }
  if (c != 'u')
    return json_fail_expected(parser, "an escape: one of \" \\ / b f n r t u");
  parser->at++;
  uint32_t code;
  if (!read_hex(parser, &code))
    return false;
  if (code == 0)
    return json_fail_at(parser, start, "\\u0000 is refused");
  if (code >= 0xdc00 && code <= 0xdfff)
    return json_fail_at(parser, start, "a low surrogate without its high one");
  if (code >= 0xd800 && code <= 0xdbff) {
    uint32_t low = 0;
    if (peek(parser) != '\\' || parser->at + 1 >= parser->length ||
        parser->text[parser->at + 1] != 'u')
      return json_fail_at(parser, start, "a high surrogate without its low one");
    parser->at += 2;
    if (!read_hex(parser, &low))
      return false;
    if (low < 0xdc00 || low > 0xdfff)
      return json_fail_at(parser, start, "a high surrogate without its low one");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  utf8_add(&parser->scratch, code);
  return true;
}

static bool keep_string(struct parser *parser, struct json_value *value, const char *bytes,
                        size_t length) {
  char *copy = json_allocate(parser->doc, length + 1);
  if (!copy)
    return json_fail_memory(parser);
  if (length > 0)
    memcpy(copy, bytes, length);
  copy[length] = '\0';
  value->string = copy;
  value->length = length;
  return true;
}

/* How many bytes stand for themselves from here on: ASCII without quotes, escapes and controls. */
static size_t plain_run(const struct parser *parser) {
  size_t at = parser->at;
  for (; at < parser->length; at++) {
    unsigned char c = (unsigned char)parser->text[at];
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
      break;
  }
  return at - parser->at;
}

bool json_read_string(struct parser *parser, struct json_value *value) {
  value->type = JSON_STRING;
  buf_reset(&parser->scratch);
  parser->at++;
  size_t start = parser->at, run = plain_run(parser);
  parser->at += run;
  if (peek(parser) == '"') {
    parser->at++;
    return keep_string(parser, value, parser->text + start, run);
  }
  buf_add(&parser->scratch, parser->text + start, run);
  for (;;) {
    run = plain_run(parser);
    buf_add(&parser->scratch, parser->text + parser->at, run);
    parser->at += run;
    int c = peek(parser);
    if (c == '"')
      break;
    if (c < 0)
      return json_fail_at(parser, value->start, "a string that does not end");
    if (c < 0x20)
      return json_fail_at(parser, parser->at, "control character 0x%02x in a string", (unsigned)c);
    if (c == '\\') {
      parser->at++;
      if (!read_escape(parser))
        return false;
      continue;
    }
    size_t length = utf8_sequence(parser->text + parser->at, parser->length - parser->at);
    if (length == 0)
      return json_fail_at(parser, parser->at, "byte 0x%02x is not UTF-8", (unsigned)c);
    buf_add(&parser->scratch, parser->text + parser->at, length);
    parser->at += length;
  }
  parser->at++;
  if (parser->scratch.failed)
    return json_fail_memory(parser);
  return keep_string(parser, value, parser->scratch.data, parser->scratch.length);
}

bool json_read_number(struct parser *parser, struct json_value *value) {
  value->type = JSON_NUMBER;
  if (peek(parser) == '-')
    parser->at++;
  if (!is_digit(peek(parser)))
    return json_fail_expected(parser, "a digit");
  bool zero = peek(parser) == '0';
  parser->at++;
  if (zero && is_digit(peek(parser)))
    return json_fail_at(parser, parser->at - 1, "a number with a leading zero");
  while (is_digit(peek(parser)))
    parser->at++;
  if (peek(parser) == '.') {
    parser->at++;
    if (!is_digit(peek(parser)))
      return json_fail_expected(parser, "a digit after the decimal point");
    while (is_digit(peek(parser)))
      parser->at++;
  }
  if (peek(parser) == 'e' || peek(parser) == 'E') {
    parser->at++;
    if (peek(parser) == '+' || peek(parser) == '-')
      parser->at++;
    if (!is_digit(peek(parser)))
      return json_fail_expected(parser, "a digit in the exponent");
    while (is_digit(peek(parser)))
      parser->at++;
  }
  return keep_string(parser, value, parser->text + value->start, parser->at - value->start);
}
