#ifndef LANYARD_REASON_CLASSES_H
#define LANYARD_REASON_CLASSES_H

#include "reason/frames.h"

/* Which values of policy variables the tests of a question distinguish: values that match other patterns
 * of a list. */

/* classes_find fills the lists of all variables (variables->items[i].classes). Variables that have a value in
 * `bound`, or are absent there, are replaced by it; NULL: none has. */
void classes_find(struct variables *variables, const struct context *bound);

/* classes_propose adds a value of each class of a variable. */
void classes_propose(struct variables *variables, size_t variable, struct points *values);

/* classes_add_shaped adds the values for which the texts with the variable can have the form of their key's values. */
void classes_add_shaped(struct variables *variables, size_t variable, struct points *values);

/* classes_reduce keeps the first value of each class, and removes values that fail an inside test of their
 * key. It keeps the values from `from` to `to` beside each other: not only the tests distinguish them. */
void classes_reduce(struct variables *variables, size_t variable, size_t from, size_t to,
                    struct points *values);

#endif
