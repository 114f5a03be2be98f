#ifndef LANYARD_BASE_PATTERN_H
#define LANYARD_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

/* Lua patterns (Reference Manual 5.4, section 6.4.1) with a step limit. A pattern with several
 * repetitions can take time in a power of the length of the subject, and Lua's own matcher cannot
 * be interrupted. Results and error texts are as in Lua 5.4. */

#define PATTERN_CAPTURES 32

/* Special values of a capture's length. */
#define PATTERN_OPEN ((size_t)-1)     /* the capture has no end yet */
#define PATTERN_POSITION ((size_t)-2) /* a position capture: () */

struct pattern_capture {
  const char *start;
  size_t length;
};

struct pattern {
  const char *pattern; /* without the leading ^, which the caller handles */
  const char *pattern_end;
  const char *subject;
  const char *subject_end;
  size_t steps;      /* steps left; a step is one comparison */
  const char *error; /* what is wrong with the pattern, or NULL; "" if the steps are used up */
  int depth;         /* internal */
  int captures;      /* the number of captures */
  struct pattern_capture capture[PATTERN_CAPTURES];
};

/* pattern_match matches at `start` in the subject. It returns the end of the match, or NULL if
 * there is no match or `error` is set. */
const char *pattern_match(struct pattern *match, const char *start);

/* pattern_bad_capture returns the error text for an invalid capture index, %1 being 0. */
const char *pattern_bad_capture(int index);

#endif
