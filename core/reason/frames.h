#ifndef LANYARD_REASON_FRAMES_H
#define LANYARD_REASON_FRAMES_H

#include "reason/points.h"
#include "reason/query.h"

#include <string.h>

/* The policy variables of a question, and the values that have to be tried (binding.c). */

enum { VARIABLES = 6 };

/* A pattern with the wildcards of context_expand. `arn`: its parts are compared one by one; as a pattern of values,
 * it is an operand of ArnLike. */
struct class_pattern {
  struct policy_string glob;
  bool fold, arn;
  const char *origin; /* the text of the policy that it comes from, or NULL */
};

struct class_patterns {
  struct class_pattern *items;
  size_t count, capacity;
};

struct variables {
  struct query *query;
  bool any; /* a text has "${" */
  struct {
    const char *name;
    size_t length;
    struct points values;
    size_t fresh; /* how many of the values, at the beginning, the question does not contain */
    struct class_patterns classes; /* see classes.h */
  } items[VARIABLES];
  size_t count;
  const size_t *lists; /* by test; see variables_note_lists */
  const char *inexact;
};

/* variables_each calls a function with each pattern of a test of resources or of a key, and
 * variables_each_test with each test of the question. */
typedef void each_text(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state);

void variables_each(struct variables *variables, const struct box_test *test, each_text *call,
                    void *state);
void variables_each_test(struct variables *variables,
                         void (*call)(struct variables *variables, const struct box_test *test));

/* variables_find returns the index of a variable, or their number. */
size_t variables_find(const struct variables *variables, const char *name, size_t length);

/* variables_add adds a value of a variable. */
void variables_add(struct variables *variables, size_t variable, const char *bytes, size_t length);

/* variables_piece appends a piece of a text without variables, as a pattern: its escapes become literal. */
void variables_piece(const struct box_test *test, const char *text, size_t length, struct buf *out);

/* variables_check records that texts of a test have another form than the exact ones. */
void variables_check(struct variables *variables, const struct box_test *test);

/* variables_cut reports whether a text is compared part by part, as an ARN, and a place in it is in the
 * sixth part. variables_part then returns the sixth part of any such text: what is before it does not
 * depend on variables there. A text of fewer parts that ends with a `*` can have any sixth part. */
bool variables_cut(const struct box_test *test, const char *text, size_t place);
struct policy_string variables_part(const char *text, size_t length);

/* variables_list returns the number of the list of a key's texts: its dimension, also for ids of organizations, or,
 * if it shares one with others, a number after all dimensions; 0: there is none. variables_note_lists sets the list of
 * each test of texts, which is 0 for other tests, and for lists that no variable concerns. */
size_t variables_list(const struct boxes *boxes, const char *key, size_t length);
bool variables_note_lists(struct variables *variables);

/* has_wildcard reports whether a text contains `*` or `?`. */
static inline bool has_wildcard(const char *text, size_t length) {
  return length > 0 && (memchr(text, '*', length) || memchr(text, '?', length));
}

#endif
