#ifndef LANYARD_REASON_BINDING_H
#define LANYARD_REASON_BINDING_H

#include "reason/callers.h"
#include "reason/query.h"
#include "reason/values.h"

/* Values of policy variables. A test with a variable depends on two dimensions: its own, and the key
 * of the variable. So the variables of a question get values first; then all tests depend on one
 * dimension. */

struct bindings {
  const struct context **items; /* a NULL: no variable has a value */
  size_t count;
  const char *inexact; /* why other values may differ, or NULL */
};

/* binding_list lists the combinations of values that have to be tried. In a combination, a key
 * without values is absent. */
void binding_list(struct query *query, const struct caller_class *classes, size_t count,
                  struct bindings *bindings);

/* binding_find returns the entry of a key, or NULL. */
const struct context_entry *binding_find(const struct context *bound, const char *key,
                                         size_t length);

/* binding_offer offers the bound value of a key as the only candidate of its dimension. */
void binding_offer(struct query *query, size_t dimension, const struct context_entry *bound,
                   const struct values_domain *domain);

#endif
