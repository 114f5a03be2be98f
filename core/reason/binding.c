/* Which values of a variable have to be tried? A value of each class that the tests distinguish
 * (classes.c), the names of callers, a value that no policy mentions, and the absent key. A key of the
 * caller has the values of callers. That is exact if a variable has no wildcards and no other variables
 * before it in a text; else the answer "no" is uncertain. */

#include "reason/binding.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/caller_values.h"
#include "reason/classes.h"
#include "reason/organizations.h"
#include "reason/shapes.h"

#include <string.h>
#include <strings.h>

enum { COMBINATIONS = 256 };

const struct context_entry *binding_find(const struct context *bound, const char *key,
                                         size_t length) {
  return bound ? context_find(bound, key, length) : NULL;
}

void binding_offer(struct query *query, size_t number, const struct context_entry *bound,
                   const struct values_domain *domain) {
  if (bound->count == 0 && domain->absent)
    query_offer(query, number, &(struct query_value){0});
  if (bound->count == 0 || !domain->present ||
      (domain->shape &&
       !caller_fact_allows(domain->shape, bound->values[0].bytes, bound->values[0].length)))
    return;
  struct context_entry entry = *bound;
  query_offer(query, number, &(struct query_value){.entries = &entry, .count = 1});
}

/* --- Variables -------------------------------------------------------------------------------- */

static void note_variables(struct variables *variables, const struct box_test *test,
                           const char *text, size_t length, void *state) {
  (void)state;
  const char *name;
  size_t name_length, from = 0;
  if (!test->variables)
    return;
  while (context_next_variable(text, length, &from, &name, &name_length)) {
    size_t i = variables_find(variables, name, name_length);
    if (i < variables->count)
      continue;
    if (i == VARIABLES) {
      variables->inexact = "there are too many policy variables";
      return;
    }
    variables->items[i].name = name;
    variables->items[i].length = name_length;
    variables->count++;
  }
}

static void note_test(struct variables *variables, const struct box_test *test) {
  variables->any = variables->any || test->has_variables;
  if (test->has_variables)
    variables_each(variables, test, note_variables, NULL);
}

/* --- Values ----------------------------------------------------------------------------------- */

static void add_text(struct variables *variables, size_t i, const char *text) {
  variables_add(variables, i, text, strlen(text));
}

static bool is_key(const struct variables *variables, size_t i, const char *key) {
  return variables->items[i].length == strlen(key) &&
         strncasecmp(variables->items[i].name, key, variables->items[i].length) == 0;
}

/* Adds the accounts that a test mentions. */
static void add_accounts(struct variables *variables, const struct box_test *test) {
  size_t i = variables_find(variables, "aws:ResourceAccount", strlen("aws:ResourceAccount"));
  for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
    const struct policy_value *entry = &test->statement->principals.items[e];
    struct caller caller = caller_read(entry->string, entry->length);
    if (i < variables->count && caller.account.length > 0)
      variables_add(variables, i, caller.account.text, caller.account.length);
  }
}

/* Adds the accounts in the patterns of resources. */
static const char OWNER[] = "aws:ResourceAccount";

static void add_owner(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  struct arn arn;
  (void)state;
  size_t i = variables_find(variables, "aws:ResourceAccount", strlen("aws:ResourceAccount"));
  if (test->kind != TEST_RESOURCE || !arn_parse(text, length, &arn))
    return;
  bool whole = arn.account.length == ACCOUNT_DIGITS;
  if (whole && i < variables->count)
    variables_add(variables, i, arn.account.text, arn.account.length);
  if (whole)
    caller_values_compare(variables, OWNER, strlen(OWNER), arn.account.text, arn.account.length);
  else if (i < variables->count && arn.account.length > 1 &&
           has_wildcard(arn.account.text, arn.account.length))
    variables->inexact = "a policy variable is an account that is compared with a pattern";
}

static void add_owners(struct variables *variables, const struct box_test *test) {
  if (test->kind == TEST_RESOURCE)
    variables_each(variables, test, add_owner, NULL);
}

/* Adds the organizations of accounts. */
static void add_known(struct variables *variables, const struct caller_class *classes,
                      size_t count) {
  static const char key[] = "aws:PrincipalOrgID";
  size_t i = variables_find(variables, key, strlen(key));
  for (size_t c = 0; c < count; c++) {
    const char *organization = classes[c].organization;
    if (!organization || !*organization)
      continue;
    if (i < variables->count)
      add_text(variables, i, organization);
    caller_values_compare(variables, key, strlen(key), organization, strlen(organization));
  }
}

static bool is_modelled(const struct variables *variables, size_t i) {
  return !is_key(variables, i, "aws:CurrentTime") && !is_key(variables, i, "aws:EpochTime") &&
         !is_key(variables, i, "aws:PrincipalOrgPaths");
}

/* Reports whether a variable has a value of each class of texts (classes.h): it is not a key of the caller, whose
 * values follow from each other, nor one with a type or with an owner. */
static bool has_classes(const struct variables *variables, size_t i) {
  const char *name = variables->items[i].name;
  size_t length = variables->items[i].length;
  const struct caller_key *known = caller_find_key(name, length);
  bool text = !known || known->type == OPERAND_STRING || known->type == OPERAND_NONE ||
              known->type == OPERAND_ARN;
  return text && !caller_values_has(name, length) && organizations_pair(name, length) < 0 &&
         is_modelled(variables, i) && !is_key(variables, i, "aws:ResourceAccount");
}

/* Adds values that no policy mentions. */
static void add_fresh(struct variables *variables, size_t i) {
  struct query *query = variables->query;
  const char *name = variables->items[i].name;
  size_t length = variables->items[i].length;
  if (!is_modelled(variables, i))
    return;
  enum shape shape = shape_of_proposals(query->boxes, name, length);
  struct buf text = {0};
  shape_fresh(query, shape, &text);
  query->pool->failed = query->pool->failed || text.failed;
  const struct caller_key *known = caller_find_key(name, length);
  if (shape == SHAPE_BOOLEAN) {
    add_text(variables, i, "true");
    add_text(variables, i, "false");
  } else if (known && known->type == OPERAND_ADDRESS) {
    add_text(variables, i, "198.51.100.1");
    variables->inexact = "a policy variable is an address";
  } else if (known && (known->type == OPERAND_NUMBER || known->type == OPERAND_DATE)) {
    add_text(variables, i, known->type == OPERAND_NUMBER ? "1" : "2026-01-01T00:00:00Z");
    variables->inexact = "a policy variable is a number or a date";
  } else if (text.data && !text.failed) {
    variables_add(variables, i, text.data, text.length);
  }
  buf_free(&text);
}

/* Adds the organizations that tests name, and one that none names. */
static void add_organization(struct variables *variables, const struct box_test *test,
                             const char *text, size_t length, void *state) {
  (void)state;
  size_t i = variables_find(variables, test->key->key->string, test->key->key->length);
  if (i == variables->count)
    return;
  if (has_wildcard(text, length))
    variables->inexact = "a policy variable is an organization that is compared with a pattern";
  else if (!test->has_variables)
    variables_add(variables, i, text, length);
}

static void add_organizations(struct variables *variables, const struct box_test *test) {
  if (test->kind == TEST_KEY &&
      organizations_pair(test->key->key->string, test->key->key->length) >= 0)
    variables_each(variables, test, add_organization, NULL);
}

/* Adds the values that the key's own tests distinguish. */
static void add_own(struct variables *variables, size_t i) {
  struct query *query = variables->query;
  if (!is_modelled(variables, i)) {
    variables->items[i].values.count = 0;
    variables->inexact = "a policy variable is a key that follows from the request";
    return;
  }
  const struct caller_key *known =
      caller_find_key(variables->items[i].name, variables->items[i].length);
  bool typed = known && (known->type == OPERAND_ADDRESS || known->type == OPERAND_NUMBER);
  if (is_key(variables, i, "aws:ResourceAccount")) {
    struct values_domain domain = {
        .key = variables->items[i].name, .key_length = variables->items[i].length, .absent = true};
    if (query_prepare(query, BOX_RESOURCE))
      values_texts(query, &query->dimensions[BOX_RESOURCE], &domain, false,
                   &variables->items[i].values);
    return;
  }
  if (organizations_pair(variables->items[i].name, variables->items[i].length) >= 0) {
    variables_each_test(variables, add_organizations);
    return;
  }
  for (size_t d = BOX_KEYS; d < query->boxes->dimension_count; d++) {
    const struct box_dimension *dimension = &query->boxes->dimensions[d];
    if (dimension->key_length != variables->items[i].length ||
        strncasecmp(dimension->key, variables->items[i].name, dimension->key_length) != 0)
      continue;
    struct values_domain domain = {
        .key = dimension->key, .key_length = dimension->key_length, .absent = true};
    if (!typed && query_prepare(query, d) &&
        query->dimensions[d].inside_count + query->dimensions[d].avoided_count > 0)
      values_texts(query, &query->dimensions[d], &domain, false, &variables->items[i].values);
    return;
  }
}

/* A combination has one value of a variable, or none. A key that has several values has no value as a
 * variable, but its own tests see them. */
static void check_several(struct variables *variables, const struct box_test *test) {
  if (test->kind != TEST_KEY)
    return;
  const struct json_value *key = test->key->key;
  const struct caller_key *known = caller_find_key(key->string, key->length);
  bool many = known ? known->many : variables->query->boxes->dimensions[test->dimension].sets;
  if (many && !caller_values_has(key->string, key->length) &&
      variables_find(variables, key->string, key->length) < variables->count)
    variables->inexact = "a policy variable is a key that may have several values";
}

/* --- Combinations ----------------------------------------------------------------------------- */

/* A combination of values that is being built. The caller's keys come first: their values are known
 * before the values of other variables. */
struct combination {
  struct variables *variables;
  struct bindings *bindings;
  size_t order[VARIABLES];
  struct context_entry entries[VARIABLES];
  struct context_value values[VARIABLES];
  struct context bound;
};

/* Adds a copy of a combination. */
static void add_combination(struct combination *combination) {
  struct bindings *bindings = combination->bindings;
  struct pool *pool = combination->variables->query->pool;
  size_t count = combination->bound.count;
  struct context *context = pool_new(pool, 1, sizeof *context);
  struct context_entry *entries = pool_new(pool, count, sizeof *entries);
  struct context_value *values = pool_new(pool, count, sizeof *values);
  if (!context || !entries || !values || bindings->count == COMBINATIONS) {
    combination->variables->inexact = "the policy variables have too many values";
    return;
  }
  for (size_t i = 0; i < count; i++) {
    entries[i] = combination->entries[i];
    values[i] = combination->values[i];
    entries[i].values = &values[i];
  }
  *context = (struct context){.entries = entries, .count = count};
  bindings->items[bindings->count++] = context;
}

/* Removes the texts from a place on that the key of a variable cannot have: they are parts of other texts. */
static void remove_impossible(const struct variables *variables, size_t variable, size_t from,
                              struct points *values) {
  const char *key = variables->items[variable].name;
  size_t length = variables->items[variable].length, kept = from;
  const struct caller_key *known = caller_find_key(key, length);
  enum condition_operand type = known ? known->type : OPERAND_NONE;
  enum shape shape = shape_of_key(variables->query->boxes, key, length);
  for (size_t i = from; i < values->count; i++) {
    const struct policy_string *text = &values->items[i];
    if (values_has_type(type, text->bytes) && shape_allows(shape, text->bytes, text->length))
      values->items[kept++] = *text;
  }
  values->count = kept;
}

/* Returns the values of a variable, given the values of the variables before it. */
static struct points values_of(struct combination *combination, size_t variable) {
  struct variables *variables = combination->variables;
  const struct points *known = &variables->items[variable].values;
  const size_t fresh = variables->items[variable].fresh;
  struct points values = {0};
  for (size_t i = 0; i < known->count; i++)
    points_add(variables->query, &values, known->items[i].bytes, known->items[i].length);
  remove_impossible(variables, variable, 0, &values);
  if (!has_classes(variables, variable))
    return values;
  if (combination->bound.count > 0)
    classes_find(variables, &combination->bound);
  const size_t first = values.count;
  classes_add_shaped(variables, variable, &values);
  remove_impossible(variables, variable, first, &values);
  const size_t end = values.count;
  classes_propose(variables, variable, &values);
  classes_reduce(variables, variable, fresh, end, &values);
  return values;
}

static void combine(struct combination *combination) {
  struct variables *variables = combination->variables;
  size_t depth = combination->bound.count;
  if (depth == variables->count) {
    add_combination(combination);
    return;
  }
  size_t variable = combination->order[depth];
  const struct points values = values_of(combination, variable);
  struct context_entry *entry = &combination->entries[depth];
  *entry = (struct context_entry){.key = variables->items[variable].name,
                                  .key_length = variables->items[variable].length,
                                  .values = &combination->values[depth]};
  combination->bound.count++;
  for (size_t i = 0; i <= values.count && combination->bindings->count < COMBINATIONS; i++) {
    entry->count = i < values.count;
    if (i < values.count)
      combination->values[depth] =
          (struct context_value){values.items[i].bytes, values.items[i].length};
    combine(combination);
  }
  combination->bound.count--;
}

static void list_combinations(struct variables *variables, struct bindings *bindings) {
  struct combination combination = {.variables = variables, .bindings = bindings};
  size_t count = 0;
  for (size_t pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < variables->count; i++)
      if (has_classes(variables, i) == (pass == 1))
        combination.order[count++] = i;
  combination.bound.entries = combination.entries;
  bindings->items = pool_new(variables->query->pool, COMBINATIONS, sizeof *bindings->items);
  if (bindings->items)
    combine(&combination);
  bindings->inexact = variables->inexact;
  if (bindings->count == COMBINATIONS)
    bindings->inexact = "the policy variables have too many values";
}

void binding_list(struct query *query, const struct caller_class *classes, size_t count,
                  struct bindings *bindings) {
  static const struct context *const none[1] = {NULL};
  static const struct context empty = {0};
  static const struct context *const escapes_only[1] = {&empty};
  struct variables variables = {.query = query};
  *bindings = (struct bindings){0};
  variables_each_test(&variables, note_test);
  if (variables.count == 0) {
    /* A text can have escapes such as ${*}, which are expanded, too. */
    const struct context *const *one = variables.any ? escapes_only : none;
    *bindings = (struct bindings){.items = (const struct context **)one, .count = 1};
    return;
  }
  for (size_t i = 0; i < variables.count; i++) {
    add_fresh(&variables, i);
    variables.items[i].fresh = variables.items[i].values.count;
  }
  add_known(&variables, classes, count);
  classes_find(&variables, NULL);
  caller_values_add(&variables, classes, count);
  variables_each_test(&variables, variables_check);
  variables_each_test(&variables, check_several);
  for (size_t i = 0; i < variables.count; i++)
    if (!has_classes(&variables, i) &&
        !caller_values_has(variables.items[i].name, variables.items[i].length))
      classes_propose(&variables, i, &variables.items[i].values);
  variables_each_test(&variables, add_accounts);
  variables_each_test(&variables, add_owners);
  caller_values_compare(&variables, OWNER, strlen(OWNER), query->fresh_account, ACCOUNT_DIGITS);
  for (size_t i = 0; i < variables.count; i++)
    add_own(&variables, i);
  list_combinations(&variables, bindings);
}
