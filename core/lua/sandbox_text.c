/* Counts the numbers in a Lua text before the parser sees it. */

#include "lua/sandbox.h"

#include <ctype.h>
#include <string.h>

/* Shorter numbers are too small to collide in a large table. */
#define MIN_LENGTH 5

static bool is_word(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* Returns the level of the long bracket that begins at `at`, or -1 if there is none. */
static int bracket_level(const char *at, const char *end) {
  const char *p = at + 1;
  if (at >= end || *at != '[')
    return -1;
  while (p < end && *p == '=')
    p++;
  return p < end && *p == '[' ? (int)(p - at - 1) : -1;
}

/* Returns the position after the long bracket of this level. */
static const char *skip_bracket(const char *at, const char *end, int level) {
  for (at += level + 2; at < end; at++) {
    if (*at != ']')
      continue;
    const char *p = at + 1;
    while (p < end && *p == '=')
      p++;
    if (p < end && *p == ']' && p - at - 1 == level)
      return p + 1;
  }
  return end;
}

static const char *skip_quoted(const char *at, const char *end) {
  char quote = *at++;
  while (at < end && *at != quote)
    at += *at == '\\' && end - at > 1 ? 2 : 1;
  return at < end ? at + 1 : end;
}

static const char *skip_comment(const char *at, const char *end) {
  int level = bracket_level(at + 2, end);
  if (level >= 0)
    return skip_bracket(at + 2, end, level);
  const char *line_end = memchr(at, '\n', (size_t)(end - at));
  return line_end ? line_end + 1 : end;
}

static const char *skip_number(const char *at, const char *end) {
  while (at < end &&
         (is_word(*at) || *at == '.' || ((*at == '+' || *at == '-') && strchr("eEpP", at[-1]))))
    at++;
  return at;
}

static const char *skip_word(const char *at, const char *end) {
  while (at < end && is_word(*at))
    at++;
  return at;
}

size_t sandbox_count_numbers(const char *text, size_t length) {
  const char *at = text, *end = text + length;
  size_t count = 0;
  while (at < end) {
    int level = bracket_level(at, end);
    if (*at == '"' || *at == '\'') {
      at = skip_quoted(at, end);
    } else if (level >= 0) {
      at = skip_bracket(at, end, level);
    } else if (end - at > 1 && at[0] == '-' && at[1] == '-') {
      at = skip_comment(at, end);
    } else if (isdigit((unsigned char)*at) ||
               (*at == '.' && end - at > 1 && isdigit((unsigned char)at[1]))) {
      const char *start = at;
      at = skip_number(at + 1, end);
      count += at - start >= MIN_LENGTH;
    } else {
      at = is_word(*at) ? skip_word(at, end) : at + 1;
    }
  }
  return count;
}
