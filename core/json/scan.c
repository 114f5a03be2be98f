#include "json/scan.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/* Returns the offset of an address. */
static uint32_t offset_of(const struct json_scanner *scanner, const char *at) {
  return (uint32_t)(at - scanner->text);
}

const char *json_fail_at(struct json_scanner *scanner, const char *at, const char *format, ...) {
  struct json_error *error = scanner->error;
  error->offset = offset_of(scanner, at);
  json_find_position(scanner->text, scanner->length, error->offset, &error->line, &error->column);
  va_list args;
  va_start(args, format);
  vsnprintf(error->message, sizeof error->message, format, args);
  va_end(args);
  return NULL;
}

const char *json_fail_memory(struct json_scanner *scanner, const char *at) {
  scanner->error->no_memory = true;
  return json_fail_at(scanner, at, "not enough memory");
}

const char *json_fail_expected(struct json_scanner *scanner, const char *at, const char *expected) {
  if (offset_of(scanner, at) >= scanner->length)
    return json_fail_at(scanner, at, "expected %s, but the text ends", expected);
  unsigned char c = (unsigned char)*at;
  if (c > 0x20 && c < 0x7f)
    return json_fail_at(scanner, at, "expected %s, found '%c'", expected, c);
  return json_fail_at(scanner, at, "expected %s, found byte 0x%02x", expected, c);
}

static const char *scan_word(struct json_scanner *scanner, const char *at,
                             struct json_value *value) {
  static const struct {
    const char *word;
    size_t length;
    enum json_type type;
  } words[] = {{"null", 4, JSON_NULL}, {"true", 4, JSON_TRUE}, {"false", 5, JSON_FALSE}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (memcmp(at, words[i].word, words[i].length) == 0) {
      value->type = words[i].type;
      return at + words[i].length;
    }
  return json_fail_expected(scanner, at, "a value");
}

/* Reads the four hexadecimal digits after \u. */
static const char *scan_hex(struct json_scanner *scanner, const char *at, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, at++) {
    char c = *at;
    uint32_t digit;
    if (is_digit(c))
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return json_fail_expected(scanner, at, "four hex digits after \\u");
    *code = *code << 4 | digit;
  }
  return at;
}

/* Reads the escape that begins with the backslash at an address, and appends its meaning to *out. */
static const char *scan_escape(struct json_scanner *scanner, const char *at, char **out) {
  static const char names[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  const char *start = at++;
  const char *name = *at ? strchr(names, *at) : NULL;
  if (name) {
    *(*out)++ = meanings[name - names];
    return at + 1;
  }
  if (*at != 'u')
    return json_fail_expected(scanner, at, "an escape: one of \" \\ / b f n r t u");
  uint32_t code;
  at = scan_hex(scanner, at + 1, &code);
  if (!at)
    return NULL;
  if (code == 0 && !scanner->allow_nul)
    return json_fail_at(scanner, start, "\\u0000 is not allowed");
  if (code >= 0xdc00 && code <= 0xdfff)
    return json_fail_at(scanner, start, "a low surrogate without a high surrogate");
  if (code >= 0xd800 && code <= 0xdbff) {
    uint32_t low;
    if (at[0] != '\\' || at[1] != 'u')
      return json_fail_at(scanner, start, "a high surrogate without a low surrogate");
    at = scan_hex(scanner, at + 2, &low);
    if (!at)
      return NULL;
    if (low < 0xdc00 || low > 0xdfff)
      return json_fail_at(scanner, start, "a high surrogate without a low surrogate");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  *out += utf8_write(*out, code);
  return at;
}

/* Returns the address of the next byte that is not literal: a quote, a backslash, a control character
 * or a byte beyond ASCII. */
static const char *skip_plain(const char *at) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  const uint64_t ones = UINT64_MAX / 255;
  for (;; at += 8) {
    uint64_t bytes;
    memcpy(&bytes, at, 8);
    /* A subtraction sets the high bit of the first byte that is less than its operand. Later bytes may
     * have borrowed. */
    uint64_t quotes = (bytes ^ ones * '"') - ones, backslashes = (bytes ^ ones * '\\') - ones;
    uint64_t found = (quotes | backslashes | (bytes - ones * 0x20) | bytes) & ones * 0x80;
    if (found)
      return at + __builtin_ctzll(found) / 8;
  }
#else
  while ((unsigned char)*at >= 0x20 && (unsigned char)*at < 0x80 && *at != '"' && *at != '\\')
    at++;
  return at;
#endif
}

/* Reads the rest of a string from the first byte that is not literal. */
static const char *scan_rest(struct json_scanner *scanner, const char *at,
                             struct json_value *value) {
  char *out = scanner->doc->strings + (at - scanner->text);
  while (*at != '"') {
    unsigned char c = (unsigned char)*at;
    if (c < 0x20) {
      if (offset_of(scanner, at) >= scanner->length)
        return json_fail_at(scanner, scanner->text + value->start, "an unterminated string");
      return json_fail_at(scanner, at, "control character 0x%02x in a string", (unsigned)c);
    }
    const char *run = at;
    if (c == '\\') {
      at = scan_escape(scanner, at, &out);
      if (!at)
        return NULL;
      run = at;
    } else {
      size_t length = utf8_sequence(at, scanner->length - offset_of(scanner, at));
      if (length == 0)
        return json_fail_at(scanner, at, "byte 0x%02x is not UTF-8", (unsigned)c);
      at += length;
    }
    at = skip_plain(at);
    memcpy(out, run, (size_t)(at - run));
    out += at - run;
  }
  value->length = (uint32_t)(out - value->string);
  *out = '\0';
  return at + 1;
}

const char *json_scan_string(struct json_scanner *scanner, const char *at,
                             struct json_value *value) {
  uint32_t start = offset_of(scanner, at) + 1;
  char *string = scanner->doc->strings + start;
  value->type = JSON_STRING;
  value->string = string;
  const char *end = skip_plain(at + 1);
  if (*end != '"')
    return scan_rest(scanner, end, value);
  value->length = offset_of(scanner, end) - start;
  string[value->length] = '\0';
  return end + 1;
}

static const char *skip_digits(const char *at) {
  while (is_digit(*at))
    at++;
  return at;
}

static const char *scan_number(struct json_scanner *scanner, const char *at,
                               struct json_value *value) {
  const char *start = at;
  if (*at == '-')
    at++;
  if (!is_digit(*at))
    return json_fail_expected(scanner, at, "a digit");
  if (*at == '0' && is_digit(at[1]))
    return json_fail_at(scanner, at, "a number with a leading zero");
  at = skip_digits(at);
  if (*at == '.') {
    at++;
    if (!is_digit(*at))
      return json_fail_expected(scanner, at, "a digit after the decimal point");
    at = skip_digits(at);
  }
  if (*at == 'e' || *at == 'E') {
    at++;
    if (*at == '+' || *at == '-')
      at++;
    if (!is_digit(*at))
      return json_fail_expected(scanner, at, "a digit in the exponent");
    at = skip_digits(at);
  }
  value->type = JSON_NUMBER;
  value->string = scanner->doc->strings + offset_of(scanner, start);
  value->length = (uint32_t)(at - start);
  scanner->doc->strings[offset_of(scanner, at)] = '\0';
  return at;
}

const char *json_scan_scalar(struct json_scanner *scanner, const char *at,
                             struct json_value *value) {
  if (*at == '"')
    return json_scan_string(scanner, at, value);
  if (*at == '-' || is_digit(*at))
    return scan_number(scanner, at, value);
  return scan_word(scanner, at, value);
}
