#ifndef LANYARD_REASON_CALLER_VALUES_H
#define LANYARD_REASON_CALLER_VALUES_H

#include "reason/callers.h"
#include "reason/frames.h"

/* Values of policy variables that follow from the caller: ${aws:username}. */

/* caller_values_has reports whether a key follows from callers, of some class or of all. */
bool caller_values_has(const char *key, size_t length);

/* caller_values_add adds the values that represent all callers of some classes: for the tests of callers,
 * and for the tests that compare the variable with other texts. */
void caller_values_add(struct variables *variables, const struct caller_class *classes,
                       size_t count);

/* caller_values_compare adds a value of a key, as far as tests compare the key with variables, to the
 * values of these variables. */
void caller_values_compare(struct variables *variables, const char *key, size_t length,
                           const char *bytes, size_t size);

#endif
