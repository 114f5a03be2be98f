#ifndef LANYARD_REASON_QUOTIENT_H
#define LANYARD_REASON_QUOTIENT_H

#include "base/buf.h"
#include "policy/document.h"

/* The values of a policy variable for which a text matches a pattern: the texts V such that BEFORE V
 * AFTER matches. All patterns have the wildcards of context_expand. */

/* quotient_each calls a function with patterns of these values, which are parts of the pattern. A value matches
 * one of them if, and only if, a match of BEFORE, the value and a match of AFTER are a text that matches the
 * pattern. It returns false if there are too many patterns or there is not enough memory. */
bool quotient_each(struct policy_string pattern, struct policy_string before,
                   struct policy_string after, bool ignore_case,
                   void (*each)(void *state, const char *glob, size_t length), void *state);

#endif
