/* Which values of a variable have to be tried? A test compares PRE${key}POST with a text of its
 * dimension. The tests of that dimension, and the tests of the key in the place of the variable, divide the
 * texts that begin with PRE and end with POST into classes; each class has a text, and its part
 * between PRE and POST is a candidate. So are the values that the key's own tests distinguish, the
 * names of callers, a value that no policy mentions, and the absent key. That is exact if PRE has no
 * wildcards and there is one variable; else the answer "no" is uncertain. */

#include "reason/binding.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/principal.h"
#include "reason/caller_values.h"
#include "reason/frames.h"
#include "reason/links.h"
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

/* A test of one variable's key with another variable makes their values depend on each other: a value
 * of the second one, in its frame, is a value of the first one, and the reverse. */
static void link_operand(struct variables *variables, const struct box_test *test, const char *text,
                         size_t length, void *state) {
  const char *name;
  size_t name_length, from = 0;
  size_t first = variables_find(variables, test->key->key->string, test->key->key->length);
  (void)state;
  if (first == variables->count || !context_next_variable(text, length, &from, &name, &name_length))
    return;
  size_t second = variables_find(variables, name, name_length), before = (size_t)(name - 2 - text);
  size_t after = length - from;
  if (second == variables->count)
    return;
  size_t count = variables->items[first].values.count;
  for (size_t i = 0; i < variables->items[second].values.count; i++) {
    const struct policy_string *value = &variables->items[second].values.items[i];
    struct buf whole = {0};
    buf_add(&whole, text, before);
    buf_add(&whole, value->bytes, value->length);
    buf_add(&whole, text + from, after);
    variables->query->pool->failed = variables->query->pool->failed || whole.failed;
    if (!whole.failed)
      variables_add(variables, first, whole.data ? whole.data : "", whole.length);
    buf_free(&whole);
  }
  for (size_t i = 0; i < count; i++) {
    const struct policy_string *value = &variables->items[first].values.items[i];
    if (value->length >= before + after)
      variables_add(variables, second, value->bytes + before, value->length - before - after);
  }
}

static void link_test(struct variables *variables, const struct box_test *test) {
  if (test->has_variables && test->kind == TEST_KEY)
    variables_each(variables, test, link_operand, NULL);
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

/* Adds values that no policy mentions. */
static void add_fresh(struct variables *variables, size_t i) {
  struct query *query = variables->query;
  const char *name = variables->items[i].name;
  size_t length = variables->items[i].length;
  if (!is_modelled(variables, i))
    return;
  enum shape shape = shape_of_key(query->boxes, name, length);
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

/* --- Combinations ----------------------------------------------------------------------------- */

/* Returns a combination: the digits of `number` in the bases of the numbers of values and 1 more,
 * for the absent key. */
static const struct context *combine(struct variables *variables, size_t number) {
  struct pool *pool = variables->query->pool;
  struct context *context = pool_new(pool, 1, sizeof *context);
  struct context_entry *entries = pool_new(pool, variables->count, sizeof *entries);
  struct context_value *values = pool_new(pool, variables->count, sizeof *values);
  if (!context || !entries || !values)
    return NULL;
  for (size_t i = 0; i < variables->count; i++) {
    const struct points *points = &variables->items[i].values;
    size_t base = points->count + 1, digit = number % base;
    number /= base;
    entries[i] = (struct context_entry){.key = variables->items[i].name,
                                        .key_length = variables->items[i].length,
                                        .values = &values[i],
                                        .count = digit < points->count};
    if (digit < points->count)
      values[i] = (struct context_value){points->items[digit].bytes, points->items[digit].length};
  }
  *context = (struct context){.entries = entries, .count = variables->count};
  return context;
}

static void list_combinations(struct variables *variables, struct bindings *bindings) {
  size_t total = 1;
  for (size_t i = 0; i < variables->count; i++)
    total *= variables->items[i].values.count + 1;
  bindings->inexact = variables->inexact;
  if (total > COMBINATIONS) {
    total = COMBINATIONS;
    bindings->inexact = "the policy variables have too many values";
  }
  bindings->items = pool_new(variables->query->pool, total, sizeof *bindings->items);
  for (size_t n = 0; bindings->items && n < total; n++) {
    const struct context *combination = combine(variables, n);
    if (!combination)
      return;
    bindings->items[bindings->count++] = combination;
  }
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
  for (size_t i = 0; i < variables.count; i++)
    add_fresh(&variables, i);
  add_known(&variables, classes, count);
  caller_values_add(&variables, classes, count);
  variables_each_test(&variables, variables_add_frames);
  variables_each_test(&variables, add_accounts);
  variables_each_test(&variables, add_owners);
  caller_values_compare(&variables, OWNER, strlen(OWNER), query->fresh_account, ACCOUNT_DIGITS);
  for (size_t i = 0; i < variables.count; i++)
    add_own(&variables, i);
  variables_each_test(&variables, link_test);
  links_add(&variables);
  list_combinations(&variables, bindings);
}
