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
#include "reason/texts.h"

#include <string.h>
#include <strings.h>

enum { COMBINATIONS = 128, VARIABLES = 6 };

/* The variables of a question. */
struct variables {
  struct query *query;
  struct {
    const char *name;
    size_t length;
    struct points values;
  } items[VARIABLES];
  size_t count;
  const char *inexact;
};

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

/* --- Texts of tests --------------------------------------------------------------------------- */

/* Calls a function with each pattern of a test of resources or of a key. */
typedef void each_text(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state);

static void each(struct variables *variables, const struct box_test *test, each_text *call,
                 void *state) {
  if (test->kind == TEST_RESOURCE) {
    const struct policy_list *list = &test->statement->resources;
    for (size_t i = 0; i < list->count; i++)
      call(variables, test, list->items[i].string, list->items[i].length, state);
  } else if (test->kind == TEST_KEY) {
    for (const struct json_value *one = box_next_operand(test, NULL); one;
         one = box_next_operand(test, one)) {
      size_t length;
      const char *text = box_operand_text(one, &length);
      if (text)
        call(variables, test, text, length, state);
    }
  }
}

/* Calls a function with each test of the question. */
static void each_test(struct variables *variables,
                      void (*call)(struct variables *variables, const struct box_test *test)) {
  struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++)
    if (query->roles[i] || query->masks[i])
      call(variables, query_test(query, i));
}

/* --- Variables -------------------------------------------------------------------------------- */

static size_t find(const struct variables *variables, const char *name, size_t length) {
  size_t i = 0;
  while (i < variables->count && !(variables->items[i].length == length &&
                                   strncasecmp(variables->items[i].name, name, length) == 0))
    i++;
  return i;
}

static void note_variables(struct variables *variables, const struct box_test *test,
                           const char *text, size_t length, void *state) {
  (void)state;
  const char *name;
  size_t name_length, from = 0;
  if (!test->variables)
    return;
  while (context_next_variable(text, length, &from, &name, &name_length)) {
    size_t i = find(variables, name, name_length);
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
  if (test->has_variables)
    each(variables, test, note_variables, NULL);
}

/* --- Values ----------------------------------------------------------------------------------- */

static void add_value(struct variables *variables, size_t i, const char *bytes, size_t length) {
  points_add(variables->query, &variables->items[i].values, bytes, length);
}

static void add_text(struct variables *variables, size_t i, const char *text) {
  add_value(variables, i, text, strlen(text));
}

static bool has_wildcard(const char *text, size_t length) {
  return (length > 0 && memchr(text, '*', length)) || (length > 0 && memchr(text, '?', length));
}

/* A text with one variable: what precedes and follows it. */
struct frame {
  struct variables *variables;
  size_t variable;
  const struct box_test *test;
  struct policy_string before, after;
};

static const struct match_wildcards stars = {'*', '?'};

static void add_star(struct atom *atom) {
  atom_add_star(atom, byte_set_any());
}

static void add_glob(struct atom *atom, const char *text, size_t length) {
  atom_add_glob(atom, text, length, stars, byte_set_any(), false);
}

/* Appends a pattern of a test, with any text for a variable. */
static void add_pattern(struct variables *variables, const struct box_test *test, const char *text,
                        size_t length, void *state) {
  struct atom *atom = state;
  const char *name;
  size_t name_length, from = 0, start = 0;
  (void)variables;
  while (test->variables && context_next_variable(text, length, &from, &name, &name_length)) {
    add_glob(atom, text + start, (size_t)(name - 2 - (text + start)));
    add_star(atom);
    start = from;
  }
  if (test->kind == TEST_RESOURCE || test->condition.wildcards)
    add_glob(atom, text + start, length - start);
  else
    atom_add_text(atom, text + start, length - start, false);
  atom_end(atom);
}

/* Appends an operand of the variable's own key, in the frame. */
static void add_framed(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state) {
  const struct frame *frame = ((void **)state)[0];
  struct atom *atom = ((void **)state)[1];
  (void)variables;
  add_glob(atom, frame->before.bytes, frame->before.length);
  if (test->condition.wildcards)
    add_glob(atom, text, length);
  else
    atom_add_text(atom, text, length, strstr(test->condition.name, "IgnoreCase") != NULL);
  add_glob(atom, frame->after.bytes, frame->after.length);
  atom_end(atom);
}

/* Adds atoms that make the texts differ for a test, in both directions. */
static void distinguish(struct query *query, struct atom *atom, struct texts_atoms *avoided) {
  if (!atom || atom->count == 0)
    return;
  texts_add(query, avoided, atom);
  texts_add(query, avoided, texts_negation(query, atom));
}

static bool tests_variable(const struct frame *frame, const struct box_test *test) {
  return test->kind == TEST_KEY && texts_is(test) && !test->has_variables &&
         test->key->key->length == frame->variables->items[frame->variable].length &&
         strncasecmp(test->key->key->string, frame->variables->items[frame->variable].name,
                     test->key->key->length) == 0;
}

static void distinguish_tests(const struct frame *frame, struct texts_atoms *avoided) {
  struct query *query = frame->variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (!query->roles[i] && !query->masks[i])
      continue;
    struct atom *atom = texts_new(query);
    void *framed[] = {(void *)frame, atom};
    if (!atom)
      return;
    if (test->kind == frame->test->kind && test->dimension == frame->test->dimension &&
        (test->kind == TEST_RESOURCE || texts_is(test)))
      each(frame->variables, test, add_pattern, atom);
    else if (tests_variable(frame, test))
      each(frame->variables, test, add_framed, framed);
    distinguish(query, atom, avoided);
  }
}

/* Adds the value of the variable in a text that begins and ends as the frame does. What follows the
 * variable may end with wildcards; the value ends where the literal text before them begins. */
static void add_part(const struct frame *frame, const char *text, size_t length) {
  const char *value = text + frame->before.length;
  size_t left = length - frame->before.length;
  size_t literal = strcspn(frame->after.bytes, "*?");
  if (literal >= frame->after.length) {
    add_value(frame->variables, frame->variable, value, left - frame->after.length);
    return;
  }
  const char *end = literal > 0 ? memmem(value, left, frame->after.bytes, literal) : value + left;
  if (end)
    add_value(frame->variables, frame->variable, value, (size_t)(end - value));
}

static void add_values_of(const struct frame *frame) {
  struct query *query = frame->variables->query;
  struct texts_atoms inside = {0}, avoided = {0};
  struct atom *shape = texts_new(query);
  if (!shape)
    return;
  atom_add_text(shape, frame->before.bytes, frame->before.length, false);
  add_star(shape);
  add_glob(shape, frame->after.bytes, frame->after.length);
  atom_end(shape);
  texts_add(query, &inside, shape);
  distinguish_tests(frame, &avoided);
  const char *inexact = query->inexact;
  struct words_list list;
  query->inexact = NULL;
  texts_propose(query, &inside, &avoided, &list);
  if (query->inexact)
    frame->variables->inexact = "a policy variable is compared with too many patterns";
  query->inexact = inexact;
  for (size_t i = 0; i < list.count; i++)
    add_part(frame, list.items[i].bytes, list.items[i].length);
  words_free(&list);
}

/* Adds the values that the tests of the same dimension distinguish in the place of a variable. */
static void add_frame(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  (void)state;
  const char *name, *other;
  size_t name_length, from = 0, other_length;
  if (!context_next_variable(text, length, &from, &name, &name_length))
    return;
  size_t next = from;
  struct frame frame = {.variables = variables,
                        .variable = find(variables, name, name_length),
                        .test = test,
                        .before = {text, (size_t)(name - 2 - text)},
                        .after = {text + from, length - from}};
  if (frame.variable == variables->count)
    return;
  if (context_next_variable(text, length, &next, &other, &other_length) ||
      has_wildcard(frame.before.bytes, frame.before.length) ||
      memmem(text, (size_t)(name - 2 - text), "${", 2) ||
      memmem(frame.after.bytes, frame.after.length, "${", 2)) {
    variables->inexact = "a policy variable is in a pattern with wildcards before it, or others";
    return;
  }
  add_values_of(&frame);
}

static void add_frames(struct variables *variables, const struct box_test *test) {
  if (test->has_variables)
    each(variables, test, add_frame, NULL);
}

/* A test of one variable's key with another variable makes their values depend on each other: a value
 * of the second one, in its frame, is a value of the first one, and the reverse. */
static void link_operand(struct variables *variables, const struct box_test *test, const char *text,
                         size_t length, void *state) {
  const char *name;
  size_t name_length, from = 0;
  size_t first = find(variables, test->key->key->string, test->key->key->length);
  (void)state;
  if (first == variables->count || !context_next_variable(text, length, &from, &name, &name_length))
    return;
  size_t second = find(variables, name, name_length), before = (size_t)(name - 2 - text);
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
      add_value(variables, first, whole.data ? whole.data : "", whole.length);
    buf_free(&whole);
  }
  for (size_t i = 0; i < count; i++) {
    const struct policy_string *value = &variables->items[first].values.items[i];
    if (value->length >= before + after)
      add_value(variables, second, value->bytes + before, value->length - before - after);
  }
}

static void link_test(struct variables *variables, const struct box_test *test) {
  if (test->has_variables && test->kind == TEST_KEY)
    each(variables, test, link_operand, NULL);
}

static bool is_key(const struct variables *variables, size_t i, const char *key) {
  return variables->items[i].length == strlen(key) &&
         strncasecmp(variables->items[i].name, key, variables->items[i].length) == 0;
}

/* Adds the names of the callers that a test mentions. */
static void add_callers(struct variables *variables, const struct box_test *test) {
  for (size_t e = 0; test->kind == TEST_PRINCIPAL && e < test->statement->principals.count; e++) {
    const struct policy_value *entry = &test->statement->principals.items[e];
    struct caller caller = caller_read(entry->string, entry->length);
    for (size_t i = 0; i < variables->count; i++) {
      if ((is_key(variables, i, "aws:PrincipalAccount") ||
           is_key(variables, i, "aws:ResourceAccount")) &&
          caller.account.length > 0)
        add_value(variables, i, caller.account.text, caller.account.length);
      if (is_key(variables, i, "aws:username") && caller.kind == CALLER_USER)
        add_value(variables, i, caller.name.text, caller.name.length);
      if (is_key(variables, i, "aws:PrincipalArn") && caller.partition.length > 0)
        add_value(variables, i, entry->string, entry->length);
    }
  }
}

/* Adds the accounts in the patterns of resources. */
static void add_owner(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  struct arn arn;
  (void)state;
  size_t i = find(variables, "aws:ResourceAccount", strlen("aws:ResourceAccount"));
  if (test->kind == TEST_RESOURCE && i < variables->count && arn_parse(text, length, &arn) &&
      arn.account.length == ACCOUNT_DIGITS)
    add_value(variables, i, arn.account.text, arn.account.length);
}

static void add_owners(struct variables *variables, const struct box_test *test) {
  if (test->kind == TEST_RESOURCE)
    each(variables, test, add_owner, NULL);
}

/* Adds values that no policy mentions. */
static void add_fresh(struct variables *variables, size_t i, const struct caller_names *names) {
  struct buf text = {0};
  if (is_key(variables, i, "aws:PrincipalArn")) {
    buf_addf(&text, "arn:aws:iam::%s:role/%s", names->account, names->name);
  } else if (is_key(variables, i, "aws:PrincipalAccount") ||
             is_key(variables, i, "aws:ResourceAccount")) {
    buf_adds(&text, names->account);
  } else if (is_key(variables, i, "aws:PrincipalOrgID")) {
    buf_addf(&text, "o-%s00000", names->name);
  } else if (is_key(variables, i, "aws:userid")) {
    add_text(variables, i, "AROAEXAMPLE:session");
    buf_adds(&text, "AIDAEXAMPLE");
  } else {
    buf_adds(&text, names->name);
  }
  variables->query->pool->failed = variables->query->pool->failed || text.failed;
  if (text.data)
    add_value(variables, i, text.data, text.length);
  buf_free(&text);
}

/* Adds the organizations that tests name, and one that none names. */
static void add_organization(struct variables *variables, const struct box_test *test,
                             const char *text, size_t length, void *state) {
  (void)state;
  size_t i = find(variables, "aws:PrincipalOrgID", strlen("aws:PrincipalOrgID"));
  if (has_wildcard(text, length))
    variables->inexact = "a policy variable is an organization that is compared with a pattern";
  else if (!test->has_variables)
    add_value(variables, i, text, length);
}

static void add_organizations(struct variables *variables, const struct box_test *test) {
  if (box_key_is(test, "aws:PrincipalOrgID"))
    each(variables, test, add_organization, NULL);
}

/* Adds the values that the key's own tests distinguish. */
static void add_own(struct variables *variables, size_t i) {
  struct query *query = variables->query;
  if (is_key(variables, i, "aws:ResourceAccount")) {
    struct values_domain domain = {.key = variables->items[i].name,
                                   .key_length = variables->items[i].length};
    if (query_prepare(query, BOX_RESOURCE))
      values_texts(query, &query->dimensions[BOX_RESOURCE], &domain, false,
                   &variables->items[i].values);
    return;
  }
  if (is_key(variables, i, "aws:PrincipalOrgID")) {
    each_test(variables, add_organizations);
    return;
  }
  for (size_t d = BOX_KEYS; d < query->boxes->dimension_count; d++) {
    const struct box_dimension *dimension = &query->boxes->dimensions[d];
    if (dimension->key_length != variables->items[i].length ||
        strncasecmp(dimension->key, variables->items[i].name, dimension->key_length) != 0)
      continue;
    struct values_domain domain = {.key = dimension->key, .key_length = dimension->key_length};
    if (query_prepare(query, d) &&
        query->dimensions[d].inside_count + query->dimensions[d].avoided_count > 0)
      values_texts(query, &query->dimensions[d], &domain, false, &variables->items[i].values);
    return;
  }
  variables->inexact = "a policy variable is a key that follows from the request";
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

void binding_list(struct query *query, const struct caller_names *names,
                  struct bindings *bindings) {
  static const struct context *const none[1] = {NULL};
  struct variables variables = {.query = query};
  *bindings = (struct bindings){0};
  each_test(&variables, note_test);
  if (variables.count == 0) {
    *bindings = (struct bindings){.items = (const struct context **)none, .count = 1};
    return;
  }
  for (size_t i = 0; i < variables.count; i++)
    add_fresh(&variables, i, names);
  each_test(&variables, add_frames);
  each_test(&variables, add_callers);
  each_test(&variables, add_owners);
  for (size_t i = 0; i < variables.count; i++)
    add_own(&variables, i);
  each_test(&variables, link_test);
  list_combinations(&variables, bindings);
}
