#ifndef LANYARD_POLICY_CONDITION_H
#define LANYARD_POLICY_CONDITION_H

#include "json/json.h"
#include "policy/context.h"

#include <stdbool.h>

/* The Condition element: several operators and keys must all hold, one of several values is enough
 * (none, for a negated operator).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */

enum condition_truth { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

/* Whether a Condition element, an object of operators, holds for a request. UNKNOWN without a
 * context, for a key that a partial one has not, for an operator that is not IAM's, and where a value
 * is not of the operator's type. *failed is set without memory. */
enum condition_truth condition_holds(const struct json_value *condition,
                                     const struct context *context, bool variables, bool *failed);

/* Adds the names of the keys that keep it UNKNOWN, each once, those of policy variables in operands
 * among them: "aws:SourceVpc, aws:PrincipalTag/team". */
void condition_unknown_keys(const struct json_value *condition, const struct context *context,
                            bool variables, struct buf *out);

/* Adds a name to a list of that form, unless it has it. */
void condition_list_key(struct buf *list, const char *name, size_t length);

/* What an operator compares with. */
enum condition_operand {
  OPERAND_NONE, /* there is no such operator */
  OPERAND_STRING,
  OPERAND_NUMBER,
  OPERAND_DATE,
  OPERAND_BOOLEAN,
  OPERAND_BINARY,
  OPERAND_ADDRESS,
  OPERAND_ARN,
};

/* The names of the operators, without prefix and suffix; NULL past the last. */
const char *condition_operator(size_t index);

/* The type of an operator's operands, by its name with prefix and suffix. */
enum condition_operand condition_operand(const char *name);

/* Whether a text without policy variables can be an operand of that type. */
bool condition_operand_valid(enum condition_operand type, const char *text);

#endif
