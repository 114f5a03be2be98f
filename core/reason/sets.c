/* Lists of several values of a key.
 *
 * An existential test holds if one value passes; a universal test holds if all do. So a list must
 * contain a value for each existential inside test, and only values that pass the universal ones. It
 * fails an existential avoided test if no value passes, and a universal one if some value does not.
 * The lists are built value by value: first the values that the inside tests need, then one more for each
 * universal avoided test that they do not fail yet. No longer list is better. The result of an operator
 * without a set operator is open for two or more values, whatever they are. */

#include "base/bytes.h"
#include "reason/values.h"

#include <string.h>

enum { LONGEST = 8, LISTS = 512 };

struct value_list {
  size_t count, values[LONGEST]; /* indexes in the pool */
};

struct sets {
  struct query *query;
  size_t number;
  const struct values_domain *domain;
  const struct points *pool;
  unsigned char *passes; /* by test and value */
  struct value_list lists[LISTS];
  size_t count;
  bool open; /* there are tests without a set operator */
};

static const struct query_dimension *dimension_of(const struct sets *sets) {
  return &sets->query->dimensions[sets->number];
}

/* Evaluates a list of values of the pool, for a test or, without one, for the candidates. */
static enum condition_truth evaluate(struct sets *sets, const struct value_list *list,
                                     const struct box_test *test) {
  struct context_value values[LONGEST];
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_string *text = &sets->pool->items[list->values[i]];
    values[i] = (struct context_value){text->bytes, text->length};
  }
  struct context_entry entry = {.key = sets->domain->key,
                                .key_length = sets->domain->key_length,
                                .values = values,
                                .count = list->count};
  struct query_value value = {.entries = &entry, .count = 1};
  if (test)
    return query_holds(sets->query, test, &value);
  query_offer(sets->query, sets->number, &value);
  return CONDITION_TRUE;
}

/* Finds which value passes which test. For a set operator a value is evaluated twice in a list,
 * because it treats a single empty text as the absence of a value. */
static bool fill_passes(struct sets *sets) {
  const struct query_dimension *dimension = dimension_of(sets);
  size_t tests = dimension->inside_count + dimension->avoided_count;
  sets->passes = pool_new(sets->query->pool, tests * sets->pool->count + 1, 1);
  if (!sets->passes)
    return false;
  for (size_t t = 0; t < tests; t++) {
    size_t number = t < dimension->inside_count ? dimension->inside[t]
                                                : dimension->avoided[t - dimension->inside_count];
    const struct box_test *test = query_test(sets->query, number);
    sets->open = sets->open || test->condition.set == CONDITION_NO_SET;
    for (size_t v = 0; v < sets->pool->count; v++) {
      struct value_list list = {test->condition.set == CONDITION_NO_SET ? 1 : 2, {v, v}};
      sets->passes[t * sets->pool->count + v] = evaluate(sets, &list, test) == CONDITION_TRUE;
    }
  }
  return true;
}

static bool passes(const struct sets *sets, size_t test, size_t value) {
  return sets->passes[test * sets->pool->count + value];
}

static bool list_has(const struct sets *sets, const struct value_list *list, size_t test,
                     bool passing) {
  for (size_t i = 0; i < list->count; i++)
    if (passes(sets, test, list->values[i]) == passing)
      return true;
  return false;
}

/* Reports whether the values decide a test of a list with two or more. */
static bool counts(const struct box_test *test) {
  return test->condition.set != CONDITION_NO_SET && strcmp(test->condition.name, "Null") != 0;
}

/* Reports whether a value passes all universal inside tests. */
static bool is_usable(const struct sets *sets, size_t value) {
  const struct query_dimension *dimension = dimension_of(sets);
  for (size_t t = 0; t < dimension->inside_count; t++)
    if (counts(query_test(sets->query, dimension->inside[t])) &&
        values_is_universal(query_test(sets->query, dimension->inside[t])) &&
        !passes(sets, t, value))
      return false;
  const struct policy_string *text = &sets->pool->items[value];
  return !sets->domain->shape || caller_fact_allows(sets->domain->shape, text->bytes, text->length);
}

static void push(struct sets *sets, const struct value_list *list, size_t value) {
  if (sets->count == LISTS || list->count == LONGEST) {
    query_inexact(sets->query, "a key may have too many values");
    return;
  }
  struct value_list *added = &sets->lists[sets->count++];
  *added = *list;
  added->values[added->count++] = value;
}

/* Adds longer lists for the first inside test that no value passes. Returns false if there is no
 * such test. */
static bool extend_inside(struct sets *sets, const struct value_list *list) {
  const struct query_dimension *dimension = dimension_of(sets);
  for (size_t t = 0; t < dimension->inside_count; t++) {
    const struct box_test *test = query_test(sets->query, dimension->inside[t]);
    if (values_is_universal(test) || !counts(test) || list_has(sets, list, t, true))
      continue;
    for (size_t v = 0; v < sets->pool->count; v++)
      if (passes(sets, t, v) && is_usable(sets, v))
        push(sets, list, v);
    return true;
  }
  return false;
}

/* Adds longer lists that fail a universal avoided test more. */
static void extend_avoided(struct sets *sets, const struct value_list *list) {
  const struct query_dimension *dimension = dimension_of(sets);
  for (size_t v = 0; v < sets->pool->count; v++) {
    bool fails_more = list->count == 0;
    for (size_t t = 0; t < dimension->avoided_count && !fails_more; t++)
      fails_more = counts(query_test(sets->query, dimension->avoided[t])) &&
                   values_is_universal(query_test(sets->query, dimension->avoided[t])) &&
                   !passes(sets, dimension->inside_count + t, v) &&
                   !list_has(sets, list, dimension->inside_count + t, false);
    if (fails_more && is_usable(sets, v))
      push(sets, list, v);
  }
}

/* Reports whether a list needs one more value, whatever the value is: a set operator treats the
 * empty text as the absence of a value, and the results of other operators are open from two values on. */
static bool is_too_short(const struct sets *sets, const struct value_list *list) {
  return list->count == 1 && (sets->open || sets->pool->items[list->values[0]].length == 0);
}

/* Reports whether each value is a list of its own, because no inside test needs a certain one. */
static bool has_all(const struct sets *sets) {
  const struct query_dimension *dimension = dimension_of(sets);
  for (size_t t = 0; t < dimension->inside_count; t++) {
    const struct box_test *test = query_test(sets->query, dimension->inside[t]);
    if (counts(test) && !values_is_universal(test))
      return false;
  }
  return true;
}

/* Adds lists with one more value, which is another one; each pair once. */
static void extend_any(struct sets *sets, const struct value_list *list) {
  const struct policy_string *one = &sets->pool->items[list->values[0]];
  for (size_t v = has_all(sets) ? list->values[0] : 0; v < sets->pool->count; v++) {
    const struct policy_string *text = &sets->pool->items[v];
    if (!bytes_equal(text->bytes, text->length, one->bytes, one->length) && is_usable(sets, v))
      push(sets, list, v);
  }
}

void values_offer_sets(struct query *query, size_t number, const struct values_domain *domain,
                       const struct points *pool) {
  struct sets *sets = pool_new(query->pool, 1, sizeof *sets);
  if (!sets)
    return;
  sets->query = query;
  sets->number = number;
  sets->domain = domain;
  sets->pool = pool;
  if (!fill_passes(sets))
    return;
  struct value_list list = {0};
  for (size_t next = 0; next <= sets->count; next++) {
    if (!extend_inside(sets, &list)) {
      if (list.count > 1)
        evaluate(sets, &list, NULL);
      if (is_too_short(sets, &list))
        extend_any(sets, &list);
      else
        extend_avoided(sets, &list);
    }
    if (next < sets->count)
      list = sets->lists[next];
  }
}
