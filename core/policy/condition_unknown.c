/* What leaves the result of a Condition element unknown. */

#include "policy/condition.h"

#include <string.h>
#include <strings.h>

static const struct context nothing = {.partial = true};

void condition_list_key(struct buf *list, const char *name, size_t length) {
  for (size_t start = 0; start < list->length;) {
    const char *at = list->data + start;
    const char *end = memmem(at, list->length - start, ", ", 2);
    size_t size = end ? (size_t)(end - at) : list->length - start;
    if (size == length && strncasecmp(at, name, length) == 0)
      return;
    start += size + 2;
  }
  if (list->length > 0)
    buf_adds(list, ", ");
  buf_add(list, name, length);
}

/* Reports whether policy variables in the operands of an operator are replaced. */
static bool takes_variables(const char *operator_name) {
  struct condition_test test;
  return condition_read_test(operator_name, &test) &&
         (test.type == OPERAND_STRING || test.type == OPERAND_ARN);
}

/* Lists the variables of an operand whose values are unknown. */
static void list_variables(const struct context *context, const struct json_value *operand,
                           struct buf *out) {
  const char *name;
  size_t length, from = 0;
  while (operand->type == JSON_STRING &&
         context_next_variable(operand->string, operand->length, &from, &name, &length)) {
    const struct context_entry *entry = context_find(context, name, length);
    if (entry ? entry->unknown : context->partial)
      condition_list_key(out, name, length);
  }
}

/* Lists what leaves a test undecided: the variables in its operands, or else the key itself. */
static void list_unknown(const struct condition_position *test, const struct context *context,
                         bool variables, struct buf *out) {
  const struct json_value *key = test->key;
  size_t before = out->length;
  const struct context_entry *entry = context_find(context, key->key->string, key->key->length);
  bool list = key->type == JSON_ARRAY;
  if (entry && !entry->unknown && variables && takes_variables(test->named->key->string))
    for (const struct json_value *one = list ? key->first : key; one; one = list ? one->next : NULL)
      list_variables(context, one, out);
  if (out->length == before)
    condition_list_key(out, key->key->string, key->key->length);
}

bool condition_unknown_test(const struct json_value *condition, const struct context *context,
                            bool variables, struct condition_position *position, bool *failed) {
  const struct json_value *named = position->named ? position->named : condition->first;
  const struct json_value *key = position->key ? position->key->next : named ? named->first : NULL;
  bool one;
  for (; named; named = named->next, key = named ? named->first : NULL)
    for (; key; key = key->next) {
      enum condition_truth holds = condition_key_holds(
          named->key->string, key, context ? context : &nothing, variables, &one);
      *failed = *failed || one;
      if (holds != CONDITION_UNKNOWN)
        continue;
      *position = (struct condition_position){named, key};
      return true;
    }
  return false;
}

bool condition_operand_text(const char *operator_name, const struct json_value *operand,
                            const struct context *context, bool variables, struct buf *out) {
  size_t length = 0;
  const char *text = condition_operand_bytes(operand, &length);
  if (text && variables && takes_variables(operator_name))
    return context_substitute(context ? context : &nothing, text, length, out) != CONTEXT_NULL;
  buf_add(out, text ? text : "null", text ? length : 4);
  return true;
}

void condition_unknown_keys(const struct json_value *condition, const struct context *context,
                            bool variables, struct buf *out) {
  struct condition_position test = {0};
  while (condition_unknown_test(condition, context, variables, &test, &out->failed))
    list_unknown(&test, context ? context : &nothing, variables, out);
}
