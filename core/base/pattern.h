#ifndef LANYARD_BASE_PATTERN_H
#define LANYARD_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Lua's patterns (Reference Manual 5.4, section 6.4.1) with a budget: a pattern with several
 * repetitions takes time in a power of the subject's length, and Lua's own matcher cannot be
 * stopped. What it finds and the mistakes that it tells are those of Lua 5.4. */

#define PATTERN_CAPTURES 32

/* In place of a capture's length. */
#define PATTERN_OPEN ((size_t)-1)     /* it has no end yet */
#define PATTERN_POSITION ((size_t)-2) /* it stands for a position: () */

struct pattern_capture {
  const char *start;
  size_t length;
};

struct pattern {
  const char *pattern; /* a leading ^ is the caller's business */
  const char *pattern_end;
  const char *subject;
  const char *subject_end;
  size_t steps;        /* left; a step is one comparison */
  const char *mistake; /* in the pattern, or NULL; "" where the steps were spent */
  int depth;           /* internal */
  int captures;        /* how many there are */
  struct pattern_capture capture[PATTERN_CAPTURES];
};

/* Matches at `start` in the subject: where the match ends, or NULL for none or after a mistake. */
const char *pattern_match(struct pattern *match, const char *start);

/* The text of a mistake that names a capture, %1 being 0. */
const char *pattern_bad_capture(int index);

#endif
