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

static bool agree(char a, char b, bool ignore_case) {
  return a == context_wildcards.one || b == context_wildcards.one || a == b ||
         (ignore_case && lower(a) == lower(b));
}

/* Adds the places that a star reaches with no text. */
static void skip_stars(struct policy_string pattern, unsigned char *places) {
  for (size_t p = 0; p < pattern.length; p++)
    places[p + 1] |= places[p] && is_any(pattern.bytes[p]);
}

/* Sets which places of the pattern BEFORE reaches: a byte for each, and one for the end. */
static void find_starts(struct policy_string pattern, struct policy_string before, bool ignore_case,
                        unsigned char *now, unsigned char *next) {
  now[0] = 1;
  skip_stars(pattern, now);
  for (size_t i = 0; i < before.length; i++) {
    bool star = is_any(before.bytes[i]);
    memset(next, 0, pattern.length + 1);
    for (size_t p = 0; p <= pattern.length; p++) {
      if (star && (now[p] || (p > 0 && next[p - 1])))
        next[p] = 1;
      else if (!star && p < pattern.length && now[p] && is_any(pattern.bytes[p]))
        next[p] = 1;
      else if (!star && p > 0 && now[p - 1] &&
               agree(pattern.bytes[p - 1], before.bytes[i], ignore_case) &&
               !is_any(pattern.bytes[p - 1]))
        next[p] = 1;
    }
    memcpy(now, next, pattern.length + 1);
    skip_stars(pattern, now);
  }
}

/* Sets at which places the rest of the pattern has a text in common with AFTER. The rows are the places
 * in AFTER, from its end; `row` is the first one in the end. */
static void find_ends(struct policy_string pattern, struct policy_string after, bool ignore_case,
                      unsigned char *row, unsigned char *below) {
  for (size_t q = after.length + 1; q-- > 0;) {
    memcpy(below, row, pattern.length + 1);
    for (size_t p = pattern.length + 1; p-- > 0;) {
      bool pattern_left = p < pattern.length, after_left = q < after.length;
      bool same = !pattern_left && !after_left;
      if (pattern_left && is_any(pattern.bytes[p]))
        same = row[p + 1] || (after_left && below[p]);
      else if (after_left && is_any(after.bytes[q]))
        same = below[p] || (pattern_left && row[p + 1]);
      else if (pattern_left && after_left)
        same = below[p + 1] && agree(pattern.bytes[p], after.bytes[q], ignore_case);
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
