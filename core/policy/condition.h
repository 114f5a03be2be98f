#ifndef LANYARD_POLICY_CONDITION_H
#define LANYARD_POLICY_CONDITION_H

#include "json/json.h"
#include "policy/context.h"

#include <stdbool.h>

/* The Condition element. All operators and keys must hold. For each key, one matching operand is
 * enough; a negated operator requires that no operand matches. For Null, a key with an empty value is
 * absent.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */

enum condition_truth { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

/* condition_holds evaluates a Condition element, an object of operators, for a request. The result
 * is CONDITION_UNKNOWN without a context, for a key that a partial context lacks, for an unknown
 * operator, for a value that is not of the operator's type, for several values under an operator
 * without a set operator, and for Null with a set operator where sources differ. `variables` enables policy
 * variables. *failed is set if there is not enough memory. */
enum condition_truth condition_holds(const struct json_value *condition,
                                     const struct context *context, bool variables, bool *failed);

/* The types of operands. */
enum condition_operand {
  OPERAND_NONE, /* the operator does not exist */
  OPERAND_STRING,
  OPERAND_NUMBER,
  OPERAND_DATE,
  OPERAND_BOOLEAN,
  OPERAND_BINARY,
  OPERAND_ADDRESS,
  OPERAND_ARN,
};

/* condition_key_holds evaluates one key under one operator, such as "ForAnyValue:StringLike": `key` is
 * the member of the operator's object, whose value is an operand or an array of operands. The result
 * for a Condition element is the conjunction over its operators and keys. */
enum condition_truth condition_key_holds(const char *operator_name, const struct json_value *key,
                                         const struct context *context, bool variables,
                                         bool *failed);

/* The parts of the name of an operator, [ForAnyValue:|ForAllValues:]NAME[IfExists]. */
enum condition_set { CONDITION_NO_SET, CONDITION_ANY_VALUE, CONDITION_ALL_VALUES };

struct condition_test {
  const char *name; /* without prefix and suffix */
  enum condition_operand type;
  enum condition_set set;
  bool if_exists;
  bool negated;   /* StringNotEquals, NotIpAddress, ... */
  bool wildcards; /* `*` and `?` in an operand are wildcards */
};

/* condition_read_test parses the name of an operator. It returns false for an unknown operator. */
bool condition_read_test(const char *operator_name, struct condition_test *test);

/* The names of condition keys, which the list does not own. A zeroed struct is an empty list. */
struct condition_name {
  const char *bytes;
  size_t length, place;
};

struct condition_keys {
  struct condition_name *items;
  size_t count, capacity;
  bool failed; /* not enough memory */
};

/* condition_keys_add appends a name. condition_keys_write appends the names to a text, each once in any
 * letter case, in the order of their first addition: "aws:SourceVpc, aws:PrincipalTag/team". It empties
 * and frees the list. */
void condition_keys_add(struct condition_keys *keys, const char *name, size_t length);
void condition_keys_write(struct condition_keys *keys, struct buf *out);

/* condition_unknown_keys adds the names of the keys that make the result unknown, including the keys of
 * policy variables. */
void condition_unknown_keys(const struct json_value *condition, const struct context *context,
                            bool variables, struct condition_keys *keys);

/* condition_unknown_test finds the next test of a Condition element whose result is unknown: an operator
 * and one key under it. *position is where to begin, { NULL, NULL } at first. It returns false if there
 * is none. *failed is set if there is not enough memory. */
struct condition_position {
  const struct json_value *named; /* the operator's object */
  const struct json_value *key;   /* its member: operands */
};

bool condition_unknown_test(const struct json_value *condition, const struct context *context,
                            bool variables, struct condition_position *position, bool *failed);

/* condition_operand_bytes returns the text of an operand, or NULL for null. */
const char *condition_operand_bytes(const struct json_value *operand, size_t *length);

/* condition_operand_text appends an operand as a text. Policy variables that have a value are replaced by
 * it, with wildcards of the value as "${*}" and "${?}"; others stay. It returns false for an operand that
 * matches nothing, because a variable has no value. */
bool condition_operand_text(const char *operator_name, const struct json_value *operand,
                            const struct context *context, bool variables, struct buf *out);

/* condition_operator returns the name of the operator with an index, without prefix and suffix, or
 * NULL after the last one. */
const char *condition_operator(size_t index);

/* condition_operand returns the type of the operands of an operator. The name may have a prefix and
 * a suffix. */
enum condition_operand condition_operand(const char *name);

/* condition_operand_valid reports whether a text without policy variables is an operand of a
 * type. */
bool condition_operand_valid(enum condition_operand type, const char *text);

#endif
