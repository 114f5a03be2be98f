#include "base/pattern.h"

#include <ctype.h>
#include <string.h>

#define ESCAPE '%'

/* The limit of nested items that wait for the rest of the pattern. Lua has the same limit. */
#define MAX_DEPTH 200

static const char *match_rest(struct pattern *match, const char *at, const char *item);

static const char *fail(struct pattern *match, const char *error) {
  if (!match->error)
    match->error = error;
  return NULL;
}

static bool spend(struct pattern *match, size_t steps) {
  if (match->error)
    return false;
  if (steps > match->steps) {
    match->steps = 0;
    fail(match, "");
    return false;
  }
  match->steps -= steps;
  return true;
}

/* Returns the character of the pattern at `item`, or NUL at the end. */
static unsigned char item_at(const struct pattern *match, const char *item) {
  return item < match->pattern_end ? (unsigned char)*item : '\0';
}

const char *pattern_bad_capture(int index) {
  static const char *const texts[] = {
      "invalid capture index %1", "invalid capture index %2", "invalid capture index %3",
      "invalid capture index %4", "invalid capture index %5", "invalid capture index %6",
      "invalid capture index %7", "invalid capture index %8", "invalid capture index %9"};
  return index >= 0 && index < 9 ? texts[index] : "invalid capture index %0";
}

/* ---------------------------------------------------------------------------------------------
 * Single characters */

/* Returns the end of a single-character item (x, %x or [set]), or NULL if the pattern is
 * malformed. */
static const char *item_end(struct pattern *match, const char *item) {
  char first = *item++;
  if (first == ESCAPE) {
    if (item == match->pattern_end)
      return fail(match, "malformed pattern (ends with '%')");
    return item + 1;
  }
  if (first != '[')
    return item;
  if (item_at(match, item) == '^')
    item++;
  const char *start = item;
  /* The first character of a set is literal, even ]. */
  do {
    if (item == match->pattern_end)
      return fail(match, "malformed pattern (missing ']')");
    if (*item++ == ESCAPE && item < match->pattern_end)
      item++;
  } while (item_at(match, item) != ']');
  return spend(match, (size_t)(item - start)) ? item + 1 : NULL;
}

/* Reports whether a character is in a class (%a, %A, ...) or is the character that % escapes. */
static bool in_class(unsigned char c, unsigned char class) {
  int found;
  switch (tolower(class)) {
  case 'a':
    found = isalpha(c);
    break;
  case 'c':
    found = iscntrl(c);
    break;
  case 'd':
    found = isdigit(c);
    break;
  case 'g':
    found = isgraph(c);
    break;
  case 'l':
    found = islower(c);
    break;
  case 'p':
    found = ispunct(c);
    break;
  case 's':
    found = isspace(c);
    break;
  case 'u':
    found = isupper(c);
    break;
  case 'w':
    found = isalnum(c);
    break;
  case 'x':
    found = isxdigit(c);
    break;
  case 'z': /* no longer in the manual, but known to Lua 5.4 */
    found = c == '\0';
    break;
  default:
    return class == c;
  }
  return (found != 0) != (isupper(class) != 0);
}

/* Reports whether a character is in the set from `set`, at its [, to `end`, after its ]. */
static bool in_set(struct pattern *match, unsigned char c, const char *set, const char *end) {
  const char *last = end - 1;
  bool found = true;
  const char *item = set + 1;
  if (*item == '^') {
    found = false;
    item++;
  }
  while (item < last && spend(match, 1)) {
    if (*item == ESCAPE) {
      if (in_class(c, item_at(match, item + 1)))
        return found;
      item += 2;
    } else if (item + 2 < last && item[1] == '-') {
      if ((unsigned char)item[0] <= c && c <= (unsigned char)item[2])
        return found;
      item += 3;
    } else if ((unsigned char)*item++ == c) {
      return found;
    }
  }
  return !found;
}

/* Reports whether the item matches the character at `at`. */
static bool matches_one(struct pattern *match, const char *at, const char *item, const char *end) {
  if (at >= match->subject_end || !spend(match, 1))
    return false;
  unsigned char c = (unsigned char)*at;
  switch (*item) {
  case '.':
    return true;
  case ESCAPE:
    return in_class(c, (unsigned char)item[1]);
  case '[':
    return in_set(match, c, item, end);
  default:
    return (unsigned char)*item == c;
  }
}

/* ---------------------------------------------------------------------------------------------
 * Items that wait for the rest */

/* Matches as many as possible, then fewer, until the rest matches. */
static const char *match_longest(struct pattern *match, const char *at, const char *item,
                                 const char *end) {
  const char *last = at;
  while (matches_one(match, last, item, end))
    last++;
  for (; !match->error; last--) {
    const char *result = match_rest(match, last, end + 1);
    if (result || last == at)
      return result;
  }
  return NULL;
}

/* Matches as few as possible, then more, until the rest matches. */
static const char *match_shortest(struct pattern *match, const char *at, const char *item,
                                  const char *end) {
  while (!match->error) {
    const char *result = match_rest(match, at, end + 1);
    if (result || match->error || !matches_one(match, at, item, end))
      return result;
    at++;
  }
  return NULL;
}

static const char *open_capture(struct pattern *match, const char *at, const char *item) {
  bool position = item_at(match, item + 1) == ')';
  if (match->captures == PATTERN_CAPTURES)
    return fail(match, "too many captures");
  match->capture[match->captures].start = at;
  match->capture[match->captures].length = position ? PATTERN_POSITION : PATTERN_OPEN;
  match->captures++;
  const char *result = match_rest(match, at, item + (position ? 2 : 1));
  if (!result)
    match->captures--;
  return result;
}

static const char *close_capture(struct pattern *match, const char *at, const char *item) {
  int index = match->captures - 1;
  while (index >= 0 && match->capture[index].length != PATTERN_OPEN)
    index--;
  if (index < 0)
    return fail(match, "invalid pattern capture");
  struct pattern_capture *capture = &match->capture[index];
  capture->length = (size_t)(at - capture->start);
  const char *result = match_rest(match, at, item + 1);
  if (!result)
    capture->length = PATTERN_OPEN;
  return result;
}

/* ---------------------------------------------------------------------------------------------
 * Items that match by themselves: where they end in the subject, or NULL */

/* %bxy */
static const char *match_balance(struct pattern *match, const char *at, const char *item) {
  if (match->pattern_end - item < 4)
    return fail(match, "malformed pattern (missing arguments to '%b')");
  char opening = item[2];
  char closing = item[3];
  if (at >= match->subject_end || *at != opening)
    return NULL;
  size_t open = 1;
  for (at++; at < match->subject_end && spend(match, 1); at++) {
    if (*at == closing) {
      if (--open == 0)
        return at + 1;
    } else if (*at == opening) {
      open++;
    }
  }
  return NULL;
}

/* %1 to %9 */
static const char *match_back(struct pattern *match, const char *at, int digit) {
  int index = digit - '1';
  if (index < 0 || index >= match->captures || match->capture[index].length == PATTERN_OPEN)
    return fail(match, pattern_bad_capture(index));
  const struct pattern_capture *capture = &match->capture[index];
  if ((size_t)(match->subject_end - at) < capture->length)
    return NULL;
  if (!spend(match, capture->length / 16 + 1))
    return NULL;
  return memcmp(capture->start, at, capture->length) == 0 ? at + capture->length : NULL;
}

/* %f[set]: a transition into the set. *item moves past it. */
static const char *match_frontier(struct pattern *match, const char *at, const char **item) {
  const char *set = *item + 2;
  if (item_at(match, set) != '[')
    return fail(match, "missing '[' after '%f' in pattern");
  const char *end = item_end(match, set);
  if (!end)
    return NULL;
  unsigned char before = at == match->subject ? '\0' : (unsigned char)at[-1];
  unsigned char here = at < match->subject_end ? (unsigned char)*at : '\0';
  if (in_set(match, before, set, end) || !in_set(match, here, set, end))
    return NULL;
  *item = end;
  return at;
}

/* ---------------------------------------------------------------------------------------------
 * A sequence of items */

/* Matches a single-character item and its repetition. If it returns true, *item and *at have moved
 * and the sequence continues there; if false, *at is the result. */
static bool match_single(struct pattern *match, const char **at, const char **item) {
  const char *start = *item;
  const char *end = item_end(match, start);
  if (!end) {
    *at = NULL;
    return false;
  }
  unsigned char suffix = item_at(match, end);
  const char *result = NULL;
  if (!matches_one(match, *at, start, end)) {
    if (match->error || !(suffix == '*' || suffix == '?' || suffix == '-')) {
      *at = NULL;
      return false;
    }
    *item = end + 1;
    return true;
  }
  switch (suffix) {
  case '?':
    result = match_rest(match, *at + 1, end + 1);
    if (!result && !match->error) {
      *item = end + 1;
      return true;
    }
    break;
  case '+':
    result = match_longest(match, *at + 1, start, end);
    break;
  case '*':
    result = match_longest(match, *at, start, end);
    break;
  case '-':
    result = match_shortest(match, *at, start, end);
    break;
  default:
    *at += 1;
    *item = end;
    return true;
  }
  *at = result;
  return false;
}

/* Matches an item that begins with % and is not a single character. Returns false if it is a single
 * character after all. */
static bool match_special(struct pattern *match, const char **at, const char **item) {
  unsigned char kind = item_at(match, *item + 1);
  switch (kind) {
  case 'b':
    *at = match_balance(match, *at, *item);
    *item += 4;
    return true;
  case 'f':
    *at = match_frontier(match, *at, item);
    return true;
  default:
    if (!isdigit(kind))
      return false;
    *at = match_back(match, *at, kind);
    *item += 2;
    return true;
  }
}

/* Matches the items from `item` on, at `at`. It recurses for items that wait for the rest, at most
 * MAX_DEPTH times. */
static const char *match_rest(struct pattern *match, const char *at, const char *item) {
  if (match->depth == MAX_DEPTH)
    return fail(match, "pattern too complex");
  match->depth++;
  bool on = true;
  while (on && at && item < match->pattern_end && spend(match, 1)) {
    if (*item == '(') {
      at = open_capture(match, at, item);
      on = false;
    } else if (*item == ')') {
      at = close_capture(match, at, item);
      on = false;
    } else if (*item == '$' && item + 1 == match->pattern_end) {
      at = at == match->subject_end ? at : NULL;
      on = false;
    } else if (*item != ESCAPE || !match_special(match, &at, &item)) {
      on = match_single(match, &at, &item);
    }
  }
  match->depth--;
  return match->error ? NULL : at;
}

const char *pattern_match(struct pattern *match, const char *start) {
  match->depth = 0;
  match->captures = 0;
  match->error = NULL;
  return match_rest(match, start, match->pattern);
}
