/* The pattern is an automaton whose states are the places in it. The places where a value can begin are
 * the ones that BEFORE reaches; it can end where the rest of the pattern has a match in common with
 * AFTER. The part of the pattern between two such places is a pattern of values. */

#include "reason/quotient.h"

#include "policy/context.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_PARTS = 64, LONGEST = 2048 };

static bool is_any(char c) {
  return c == context_wildcards.any;
}

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Reports whether a character begins at a place. `?` matches one, as in match.h. */
static bool is_boundary(struct policy_string text, size_t at) {
  return at == 0 || at >= text.length || ((unsigned char)text.bytes[at] & 0xC0) != 0x80;
}

/* Returns how many bytes the character at a place has. */
static size_t character(struct policy_string text, size_t at) {
  size_t length = 1;
  while (!is_boundary(text, at + length))
    length++;
  return length;
}

/* Compares the characters at a place of each text. */
static bool agree(struct policy_string a, size_t p, struct policy_string b, size_t q,
                  bool ignore_case) {
  if (a.bytes[p] == context_wildcards.one || b.bytes[q] == context_wildcards.one)
    return true;
  size_t length = character(a, p);
  if (length != character(b, q))
    return false;
  for (size_t i = 0; i < length; i++)
    if (a.bytes[p + i] != b.bytes[q + i] &&
        !(ignore_case && lower(a.bytes[p + i]) == lower(b.bytes[q + i])))
      return false;
  return true;
}

/* Adds the places that a star reaches with no text. */
static void skip_stars(struct policy_string pattern, unsigned char *places) {
  for (size_t p = 0; p < pattern.length; p++)
    places[p + 1] |= places[p] && is_any(pattern.bytes[p]);
}

/* Sets which places of the pattern follow `now` after the character of BEFORE at `at`. */
static void step(struct policy_string pattern, struct policy_string before, size_t at,
                 bool ignore_case, const unsigned char *now, unsigned char *next) {
  bool star = is_any(before.bytes[at]), reached = false;
  memset(next, 0, pattern.length + 1);
  for (size_t p = 0; p <= pattern.length; p++) {
    if (!is_boundary(pattern, p))
      continue;
    reached = reached || now[p];
    if (star)
      next[p] = reached;
    else if (p == pattern.length || !now[p])
      continue;
    else if (is_any(pattern.bytes[p]))
      next[p] = 1;
    else if (agree(pattern, p, before, at, ignore_case))
      next[p + character(pattern, p)] = 1;
  }
}

/* Sets which places of the pattern BEFORE reaches: a byte for each, and one for the end. */
static void find_starts(struct policy_string pattern, struct policy_string before, bool ignore_case,
                        unsigned char *now, unsigned char *next) {
  now[0] = 1;
  skip_stars(pattern, now);
  for (size_t i = 0; i < before.length; i += character(before, i)) {
    step(pattern, before, i, ignore_case, now, next);
    memcpy(now, next, pattern.length + 1);
    skip_stars(pattern, now);
  }
}

/* Sets at which places the rest of the pattern has a text in common with AFTER. The rows are the places
 * in AFTER, from its end; `row` is the first one in the end. */
static void find_ends(struct policy_string pattern, struct policy_string after, bool ignore_case,
                      unsigned char *row, unsigned char *below) {
  for (size_t q = after.length + 1; q-- > 0;) {
    if (!is_boundary(after, q))
      continue;
    memcpy(below, row, pattern.length + 1);
    for (size_t p = pattern.length + 1; p-- > 0;) {
      if (!is_boundary(pattern, p))
        continue;
      bool pattern_left = p < pattern.length, after_left = q < after.length;
      bool same = !pattern_left && !after_left;
      if (pattern_left && is_any(pattern.bytes[p]))
        same = row[p + 1] || (after_left && below[p]);
      else if (after_left && is_any(after.bytes[q]))
        same = below[p] || (pattern_left && row[p + character(pattern, p)]);
      else if (pattern_left && after_left)
        same = agree(pattern, p, after, q, ignore_case) && below[p + character(pattern, p)];
      row[p] = same;
    }
  }
}

bool quotient_each(struct policy_string pattern, struct policy_string before,
                   struct policy_string after, bool ignore_case,
                   void (*each)(void *state, const char *glob, size_t length), void *state) {
  size_t size = pattern.length + 1, parts = 0;
  if (pattern.length > LONGEST)
    return false;
  unsigned char *rows = calloc(4, size);
  if (!rows)
    return false;
  unsigned char *starts = rows, *ends = rows + 2 * size;
  find_starts(pattern, before, ignore_case, starts, rows + size);
  if (!memchr(starts, 1, size)) {
    free(rows);
    return true;
  }
  find_ends(pattern, after, ignore_case, ends, rows + 3 * size);
  /* A star is at the end of a part, and at the beginning, where one can be. */
  for (size_t s = 0; s < size; s++)
    for (size_t e = s; starts[s] && e < size; e++) {
      bool before_star = e < pattern.length && is_any(pattern.bytes[e]);
      bool after_star = s > 0 && is_any(pattern.bytes[s - 1]) && starts[s - 1];
      bool ends_here = ends[e] || (e > s && is_any(pattern.bytes[e - 1]) && ends[e - 1]);
      if (ends_here && !before_star && !after_star && parts++ < MOST_PARTS)
        each(state, pattern.bytes + s, e - s);
    }
  free(rows);
  return parts <= MOST_PARTS;
}
