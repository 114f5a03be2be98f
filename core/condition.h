#ifndef LANYARD_CONDITION_H
#define LANYARD_CONDITION_H

#include "context.h"
#include "json.h"

#include <stdbool.h>

/* The Condition element: several operators and keys must all hold, one of several values is enough
 * (none, for a negated operator).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */

enum condition_truth { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

/* Whether a Condition element, an object of operators, holds for a request. UNKNOWN when there is no
 * context, for an operator that is not IAM's, and where a value is not of the operator's type.
 * *failed is set without memory. */
enum condition_truth condition_holds(const struct json_value *condition,
                                     const struct context *context, bool variables, bool *failed);

#endif
