#ifndef LANYARD_REASON_CLASS_TEXTS_H
#define LANYARD_REASON_CLASS_TEXTS_H

#include "reason/classes.h"

/* The texts of the policies that the values of policy variables are in, or are compared with (classes.c). */

enum { CLASS_FRAMES = 64 };

extern const char class_too_many[];

/* A text with a variable that has no value yet: what precedes and follows the variable, as patterns. */
struct place {
  size_t variable, list;
  struct policy_string before, after;
  bool fold, arn;
  const char *origin;
  size_t origin_before;       /* the length of what precedes it in the policy */
  size_t divided, multiplied; /* how many patterns of the texts, and of the values, are done */
};

struct classes {
  struct variables *variables;
  const struct context *bound;
  struct place places[CLASS_FRAMES];
  size_t place_count;
  size_t list;                  /* of the test whose texts are noted */
  struct class_patterns *texts; /* by variables_list, or the dimension of resources */
  bool grown;
};

/* class_list returns the number of the list of a variable's key, see variables_list. */
size_t class_list(const struct variables *variables, size_t variable);

/* class_is_trivial reports whether everything matches a pattern. */
bool class_is_trivial(struct policy_string glob);

/* class_add_pattern adds a pattern to a list that does not have it. */
void class_add_pattern(struct classes *classes, struct class_patterns *list,
                       struct class_pattern pattern);

/* class_add_value adds a pattern of a variable's values, unless all values match it or none does. */
void class_add_value(struct classes *classes, size_t variable, struct class_pattern pattern);

/* class_note_texts adds the patterns of the texts to the lists of their dimensions, and the places of variables in
 * them. */
void class_note_texts(struct classes *classes);

#endif
