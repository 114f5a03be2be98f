#include "reason/implied.h"

#include "base/bytes.h"
#include "base/match.h"
#include "policy/arn.h"
#include "policy/caller.h"
#include "policy/principal.h"

#include <string.h>
#include <strings.h>

/* The most pairs of patterns that are compared. */
#define PAIRS 4096

/* --- Elements --------------------------------------------------------------------------------- */

typedef bool subsumes(const struct policy_value *outer, const struct policy_value *inner);

static bool subsumes_action(const struct policy_value *outer, const struct policy_value *inner) {
  return memchr(outer->string, ':', outer->length) && memchr(inner->string, ':', inner->length) &&
         match_subsumes(outer->string, outer->length, inner->string, inner->length, true);
}

static bool same_text(const struct policy_value *a, const struct policy_value *b) {
  return bytes_equal(a->string, a->length, b->string, b->length);
}

static bool subsumes_part(struct arn_part outer, struct arn_part inner) {
  return match_subsumes(outer.text, outer.length, inner.text, inner.length, false);
}

static bool has_variable(const struct policy_value *pattern) {
  return strstr(pattern->string, "${") != NULL;
}

/* Reports whether `outer` is a text and a star, and `inner` begins with this text. The text has at
 * least the first five parts of an ARN. After it, `inner` may contain variables. */
static bool subsumes_beginning(const struct policy_value *outer, const struct policy_value *inner) {
  size_t length = strcspn(outer->string, "*?"), colons = 0;
  for (size_t i = 0; i < length; i++)
    colons += outer->string[i] == ':';
  return length + 1 == outer->length && outer->string[length] == '*' && colons >= 5 &&
         bytes_begin(inner->string, inner->length, "arn:") && inner->length >= length &&
         memcmp(inner->string, outer->string, length) == 0;
}

/* Patterns of six parts match for certain only part by part. */
static bool subsumes_resource(const struct policy_value *outer, const struct policy_value *inner) {
  struct arn a, b;
  if (same_text(outer, inner))
    return true;
  if (has_variable(outer))
    return false;
  if (has_variable(inner))
    return subsumes_beginning(outer, inner);
  return arn_parse(outer->string, outer->length, &a) &&
         arn_parse(inner->string, inner->length, &b) && subsumes_part(a.partition, b.partition) &&
         subsumes_part(a.service, b.service) && subsumes_part(a.region, b.region) &&
         subsumes_part(a.account, b.account) && subsumes_part(a.resource, b.resource);
}

/* A principal includes its sessions, and an account includes its principals. */
static bool subsumes_principal(const struct policy_value *outer, const struct policy_value *inner) {
  struct policy_string caller = {inner->string, inner->length};
  if (strcmp(outer->type, inner->type) != 0)
    return false;
  return same_text(outer, inner) ||
         (strcmp(inner->type, "AWS") == 0 && principal_match(outer, &caller) != PRINCIPAL_NONE);
}

/* Reports whether each pattern of one list is subsumed by a pattern of another. */
static bool list_subsumes(const struct policy_list *outer, const struct policy_list *inner,
                          subsumes *one_subsumes) {
  if (inner->count > PAIRS / (outer->count + 1))
    return false;
  for (size_t i = 0; i < inner->count; i++) {
    size_t o = 0;
    while (o < outer->count && !one_subsumes(&outer->items[o], &inner->items[i]))
      o++;
    if (o == outer->count)
      return false;
  }
  return true;
}

/* The same for actions. In a long list, most patterns are found as they are. */
static bool actions_subsume(const struct box_test *outer, const struct box_test *inner) {
  const struct policy_list *list = &inner->statement->actions;
  size_t pairs = 0;
  if (!outer->actions)
    return list_subsumes(&outer->statement->actions, list, subsumes_action);
  for (size_t i = 0; i < list->count; i++) {
    size_t o = 0;
    if (action_index_has(outer->actions, &list->items[i]))
      continue;
    while (o < outer->actions->wild_count && pairs++ < PAIRS &&
           !subsumes_action(outer->actions->wild[o], &list->items[i]))
      o++;
    if (o == outer->actions->wild_count || pairs > PAIRS)
      return false;
  }
  return true;
}

/* The exceptions of a list are its complement. */
static bool element_implied(const struct policy_list *list, bool exceptions,
                            const struct policy_list *inside, bool inside_exceptions,
                            subsumes *one_subsumes) {
  if (exceptions != inside_exceptions)
    return false;
  return exceptions ? list_subsumes(inside, list, one_subsumes)
                    : list_subsumes(list, inside, one_subsumes);
}

/* --- Condition keys --------------------------------------------------------------------------- */

static bool is_plain(const struct box_test *test) {
  return (test->condition.type == OPERAND_STRING || test->condition.type == OPERAND_ARN) &&
         test->condition.set == CONDITION_NO_SET && !strstr(test->condition.name, "IgnoreCase");
}

static bool arn_subsumes(const char *outer, size_t outer_length, const char *inner,
                         size_t inner_length) {
  struct policy_value a = {.string = outer, .length = outer_length};
  struct policy_value b = {.string = inner, .length = inner_length};
  return bytes_are(outer, outer_length, "*") || subsumes_resource(&a, &b);
}

static bool operand_subsumes(const struct box_test *outer_test, const struct json_value *outer,
                             const struct box_test *inner_test, const struct json_value *inner) {
  size_t outer_length, inner_length;
  const char *a = box_operand_text(outer, &outer_length);
  const char *b = box_operand_text(inner, &inner_length);
  bool arns = outer_test->condition.type == OPERAND_ARN;
  if (!a || !b || (outer_test->variables != inner_test->variables))
    return false;
  if (outer_test->has_variables || inner_test->has_variables)
    return strcmp(outer_test->condition.name, inner_test->condition.name) == 0 &&
           bytes_equal(a, outer_length, b, inner_length);
  if (arns != (inner_test->condition.type == OPERAND_ARN))
    return false;
  if (arns)
    return arn_subsumes(a, outer_length, b, inner_length);
  if (!inner_test->condition.wildcards && memchr(b, '*', inner_length))
    return false;
  if (!inner_test->condition.wildcards && memchr(b, '?', inner_length))
    return false;
  if (outer_test->condition.wildcards)
    return match_subsumes(a, outer_length, b, inner_length, false);
  return bytes_equal(a, outer_length, b, inner_length) &&
         !(inner_test->condition.wildcards && strpbrk(b, "*?"));
}

static bool operands_subsume(const struct box_test *outer, const struct box_test *inner) {
  for (const struct json_value *i = box_next_operand(inner, NULL); i;
       i = box_next_operand(inner, i)) {
    const struct json_value *o = box_next_operand(outer, NULL);
    while (o && !operand_subsumes(outer, o, inner, i))
      o = box_next_operand(outer, o);
    if (!o)
      return false;
  }
  return true;
}

static size_t count_operands(const struct box_test *test) {
  return test->key->type == JSON_ARRAY ? test->key->count : 1;
}

/* A key that is absent fails an operator that is not negated, unless the operator has IfExists. */
static bool key_implied(const struct box_test *test, const struct box_test *inside) {
  if (!is_plain(test) || !is_plain(inside) ||
      test->condition.negated != inside->condition.negated ||
      test->key->key->length != inside->key->key->length ||
      strncasecmp(test->key->key->string, inside->key->key->string, test->key->key->length) != 0 ||
      count_operands(inside) > PAIRS / (count_operands(test) + 1))
    return false;
  if (test->condition.negated)
    return operands_subsume(inside, test);
  return (test->condition.if_exists || !inside->condition.if_exists) &&
         operands_subsume(test, inside);
}

/* Also if a `*` matches colons. */
static bool subsumes_crossing(const struct policy_value *outer, const struct policy_value *inner) {
  return same_text(outer, inner) || (!has_variable(outer) && subsumes_beginning(outer, inner));
}

bool implied_by(const struct box_test *test, const struct box_test *inside, bool crossing) {
  const struct policy_statement *a = test->statement, *b = inside->statement;
  if (test->kind != inside->kind)
    return false;
  switch (test->kind) {
  case TEST_PRINCIPAL:
    return !a->not_principal && !b->not_principal &&
           list_subsumes(&a->principals, &b->principals, subsumes_principal);
  case TEST_ACTION:
    if (a->not_action != b->not_action)
      return false;
    return a->not_action ? actions_subsume(inside, test) : actions_subsume(test, inside);
  case TEST_RESOURCE:
    return (test->variables == inside->variables ||
            (!test->has_variables && !inside->has_variables)) &&
           element_implied(&a->resources, a->not_resource, &b->resources, b->not_resource,
                           crossing ? subsumes_crossing : subsumes_resource);
  case TEST_KEY:
    return key_implied(test, inside);
  case TEST_OPEN:
    break;
  }
  return false;
}

/* --- Disjoint tests --------------------------------------------------------------------------- */

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Reports whether the texts before the first wildcard of either pattern differ. */
static bool begin_apart(const struct policy_value *a, const struct policy_value *b,
                        bool ignore_case) {
  for (size_t i = 0; i < a->length && i < b->length; i++) {
    char x = a->string[i], y = b->string[i];
    if (x == '*' || x == '?' || y == '*' || y == '?')
      return false;
    if (x != y && !(ignore_case && lower(x) == lower(y)))
      return true;
  }
  /* One is the beginning of the other; they are equal only if nothing can follow. */
  return a->length != b->length && !strpbrk(a->string, "*?") && !strpbrk(b->string, "*?");
}

bool implied_apart(const struct box_test *a, const struct box_test *b) {
  bool action = a->kind == TEST_ACTION;
  if (a->kind != b->kind || (!action && a->kind != TEST_RESOURCE) || a->has_variables ||
      b->has_variables)
    return false;
  const struct policy_list *x = action ? &a->statement->actions : &a->statement->resources;
  const struct policy_list *y = action ? &b->statement->actions : &b->statement->resources;
  if (action ? a->statement->not_action || b->statement->not_action
             : a->statement->not_resource || b->statement->not_resource)
    return false;
  if (x->count > PAIRS / (y->count + 1))
    return false;
  for (size_t i = 0; i < x->count; i++)
    for (size_t j = 0; j < y->count; j++)
      if (!begin_apart(&x->items[i], &y->items[j], action))
        return false;
  return true;
}

static size_t count_patterns(const struct box_test *test) {
  switch (test->kind) {
  case TEST_PRINCIPAL:
    return test->statement->principals.count;
  case TEST_ACTION:
    return test->statement->actions.count;
  case TEST_RESOURCE:
    return test->statement->resources.count;
  case TEST_KEY:
    return count_operands(test);
  case TEST_OPEN:
    break;
  }
  return 1;
}

size_t implied_cost(const struct box_test *a, const struct box_test *b) {
  if (a->kind == TEST_ACTION && b->kind == TEST_ACTION && (a->actions || b->actions))
    return count_patterns(a) + count_patterns(b);
  size_t pairs = count_patterns(a) * count_patterns(b);
  return a->kind == b->kind && pairs <= PAIRS ? pairs : 1;
}
