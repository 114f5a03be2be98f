/* The values of a policy variable: one of each class (classes.h). */

#include "reason/classes.h"

#include "policy/arn.h"
#include "policy/context.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <strings.h>

static void distinguish(struct query *query, const struct class_pattern *pattern,
                        struct texts_atoms *avoided) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return;
  if (!pattern->arn ||
      !atom_add_arn(atom, pattern->glob.bytes, pattern->glob.length, context_wildcards, true))
    atom_add_glob(atom, pattern->glob.bytes, pattern->glob.length, context_wildcards,
                  byte_set_any(), pattern->fold);
  atom_end(atom);
  texts_add(query, avoided, atom);
  texts_add(query, avoided, texts_negation(query, atom));
}

void classes_propose(struct variables *variables, size_t variable, struct points *values) {
  struct query *query = variables->query;
  const struct class_patterns *classes = &variables->items[variable].classes;
  struct texts_atoms inside = {0}, avoided = {0};
  struct atom *shape = texts_new(query);
  if (!shape)
    return;
  shape_add(shape,
            shape_of_key(query->boxes, variables->items[variable].name,
                         variables->items[variable].length),
            NULL, NULL);
  texts_add(query, &inside, shape);
  for (size_t i = 0; i < classes->count; i++)
    distinguish(query, &classes->items[i], &avoided);
  struct words_list list;
  const char *inexact = query->inexact;
  query->inexact = NULL;
  texts_propose(query, &inside, &avoided, &list);
  if (query->inexact)
    variables->inexact = "a policy variable is compared with too many patterns";
  query->inexact = inexact;
  for (size_t i = 0; i < list.count; i++)
    points_add(query, values, list.items[i].bytes, list.items[i].length);
  words_free(&list);
}

static bool part_matches(struct arn_part pattern, struct arn_part part) {
  return match_pattern(pattern.text, pattern.length, part.text, part.length, context_wildcards,
                       false);
}

/* Reports whether a value matches a pattern, which is an operand of ArnLike if it can be one. */
static bool matches(const struct class_pattern *pattern, const struct policy_string *value) {
  struct arn like, arn;
  if (!pattern->arn || !arn_parse(pattern->glob.bytes, pattern->glob.length, &like))
    return match_pattern(pattern->glob.bytes, pattern->glob.length, value->bytes, value->length,
                         context_wildcards, pattern->fold);
  return arn_parse(value->bytes, value->length, &arn) &&
         part_matches(like.partition, arn.partition) && part_matches(like.service, arn.service) &&
         part_matches(like.region, arn.region) && part_matches(like.account, arn.account) &&
         part_matches(like.resource, arn.resource);
}

/* Reports whether two values match the same patterns. The empty value is null for some tests. */
static bool are_equal(const struct class_patterns *classes, const struct policy_string *a,
                      const struct policy_string *b) {
  if ((a->length == 0) != (b->length == 0))
    return false;
  for (size_t i = 0; i < classes->count; i++)
    if (matches(&classes->items[i], a) != matches(&classes->items[i], b))
      return false;
  return true;
}

/* Reports whether a value fails an inside test of its key. */
static bool fails(struct variables *variables, size_t variable, const struct policy_string *text) {
  struct query *query = variables->query;
  const char *key = variables->items[variable].name;
  size_t length = variables->items[variable].length;
  struct context_value value = {text->bytes, text->length};
  struct context_entry entry = {.key = key, .key_length = length, .values = &value, .count = 1};
  for (size_t b = 0; b < query->inside_count; b++)
    for (size_t t = 0; t < query->inside[b]->count; t++) {
      const struct box_test *test = query_test(query, query->inside[b]->tests[t]);
      if (test->kind != TEST_KEY || test->has_variables || test->key->key->length != length ||
          strncasecmp(test->key->key->string, key, length) != 0)
        continue;
      if (query_holds(query, test, &(struct query_value){.entries = &entry, .count = 1}) ==
          CONDITION_FALSE)
        return true;
    }
  return false;
}

void classes_reduce(struct variables *variables, size_t variable, size_t from, size_t to,
                    struct points *values) {
  const struct class_patterns *classes = &variables->items[variable].classes;
  size_t kept = 0;
  for (size_t i = 0; i < values->count; i++) {
    bool dispensable = fails(variables, variable, &values->items[i]);
    if (!query_pay(variables->query, 20 + kept * (1 + classes->count)))
      return;
    for (size_t k = 0; (i < from || i >= to) && k < kept && !dispensable; k++)
      dispensable = are_equal(classes, &values->items[k], &values->items[i]);
    if (!dispensable)
      values->items[kept++] = values->items[i];
  }
  values->count = kept;
}
