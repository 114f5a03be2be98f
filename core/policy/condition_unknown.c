/* What leaves the result of a Condition element unknown. */

#include "policy/condition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct context nothing = {.partial = true};

void condition_keys_add(struct condition_keys *keys, const char *name, size_t length) {
  if (keys->count == keys->capacity) {
    size_t capacity = keys->capacity ? 2 * keys->capacity : 8;
    struct condition_name *items = realloc(keys->items, capacity * sizeof *items);
    if (!items) {
      keys->failed = true;
      return;
    }
    keys->items = items;
    keys->capacity = capacity;
  }
  keys->items[keys->count] = (struct condition_name){name, length, keys->count};
  keys->count++;
}

static bool same_name(const struct condition_name *a, const struct condition_name *b) {
  return a->length == b->length && strncasecmp(a->bytes, b->bytes, a->length) == 0;
}

static int compare_places(const void *a, const void *b) {
  size_t first = ((const struct condition_name *)a)->place;
  size_t second = ((const struct condition_name *)b)->place;
  return (first > second) - (first < second);
}

/* Equal names are in the order of their places. */
static int compare_names(const void *a, const void *b) {
  const struct condition_name *first = a, *second = b;
  if (first->length != second->length)
    return first->length < second->length ? -1 : 1;
  int order = strncasecmp(first->bytes, second->bytes, first->length);
  return order != 0 ? order : compare_places(a, b);
}

void condition_keys_write(struct condition_keys *keys, struct buf *out) {
  size_t kept = 0;
  if (keys->count > 0)
    qsort(keys->items, keys->count, sizeof *keys->items, compare_names);
  for (size_t i = 0; i < keys->count; i++)
    if (kept == 0 || !same_name(&keys->items[kept - 1], &keys->items[i]))
      keys->items[kept++] = keys->items[i];
  if (kept > 0)
    qsort(keys->items, kept, sizeof *keys->items, compare_places);
  for (size_t i = 0; i < kept; i++) {
    if (i > 0)
      buf_adds(out, ", ");
    buf_add(out, keys->items[i].bytes, keys->items[i].length);
  }
  out->failed = out->failed || keys->failed;
  free(keys->items);
  *keys = (struct condition_keys){0};
}

/* Reports whether policy variables in the operands of an operator are replaced. */
static bool takes_variables(const char *operator_name) {
  struct condition_test test;
  return condition_read_test(operator_name, &test) &&
         (test.type == OPERAND_STRING || test.type == OPERAND_ARN);
}

/* Lists the variables of an operand whose values are unknown. */
static void list_variables(const struct context *context, const struct json_value *operand,
                           struct condition_keys *keys) {
  const char *name;
  size_t length, from = 0;
  while (operand->type == JSON_STRING &&
         context_next_variable(operand->string, operand->length, &from, &name, &length)) {
    const struct context_entry *entry = context_find(context, name, length);
    if (entry ? entry->unknown : context->partial)
      condition_keys_add(keys, name, length);
  }
}

/* Lists what leaves a test undecided: the variables in its operands, or else the key itself. */
static void list_unknown(const struct condition_position *test, const struct context *context,
                         bool variables, struct condition_keys *keys) {
  const struct json_value *key = test->key;
  size_t before = keys->count;
  const struct context_entry *entry = context_find(context, key->key->string, key->key->length);
  bool list = key->type == JSON_ARRAY;
  if (entry && !entry->unknown && variables && takes_variables(test->named->key->string))
    for (const struct json_value *one = list ? key->first : key; one; one = list ? one->next : NULL)
      list_variables(context, one, keys);
  if (keys->count == before)
    condition_keys_add(keys, key->key->string, key->key->length);
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
                            bool variables, struct condition_keys *keys) {
  struct condition_position test = {0};
  while (condition_unknown_test(condition, context, variables, &test, &keys->failed))
    list_unknown(&test, context ? context : &nothing, variables, keys);
}
