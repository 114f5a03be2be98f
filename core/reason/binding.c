/* Which values of a variable have to be tried? A test compares PRE${key}POST with a text of its
 * dimension. Other tests of that dimension divide the texts: where their patterns have the form
 * PRE value POST, the value is a candidate. So are the values that the key's own tests distinguish,
 * the names of callers, a value that no policy mentions, and the absent key. That is exact if PRE,
 * POST and the value have no wildcards; else the answer "no" is uncertain. */

#include "reason/binding.h"

#include "base/bytes.h"
#include "policy/principal.h"

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
      (domain->shape && !caller_fact_allows(domain->shape, bound->values[0].bytes,
                                            bound->values[0].length)))
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

/* A text with one variable. */
struct frame {
  size_t variable;
  const struct box_test *test;
  struct policy_string before, after;
};

static void compare_frame(struct variables *variables, const struct box_test *test,
                          const char *text, size_t length, void *state) {
  const struct frame *frame = state;
  if (test->variables && memmem(text, length, "${", 2))
    return;
  size_t same = 0; /* how much of the text before the variable agrees */
  while (same < frame->before.length && same < length && text[same] == frame->before.bytes[same])
    same++;
  if (same < frame->before.length) {
    /* A pattern that ends with a star there does not depend on the variable. */
    if (same < length && has_wildcard(text + same, length - same) &&
        !bytes_are(text + same, length - same, "*"))
      variables->inexact = "a policy variable is compared with a pattern";
    return;
  }
  const char *rest = text + same;
  size_t left = length - same, end = frame->after.length;
  if (left >= end && (end == 0 || memcmp(rest + left - end, frame->after.bytes, end) == 0))
    left -= end;
  else if (!has_wildcard(rest, left) && !has_wildcard(frame->after.bytes, end))
    return; /* different literals */
  if (bytes_are(rest, left, "*"))
    return;
  if (has_wildcard(rest, left)) {
    variables->inexact = "a policy variable is compared with a pattern";
    left = strcspn(rest, "*?");
  }
  add_value(variables, frame->variable, rest, left);
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
  struct frame frame = {.variable = find(variables, name, name_length),
                        .test = test,
                        .before = {text, (size_t)(name - 2 - text)},
                        .after = {text + from, length - from}};
  if (frame.variable == variables->count)
    return;
  if (context_next_variable(text, length, &next, &other, &other_length) ||
      has_wildcard(frame.before.bytes, frame.before.length))
    variables->inexact = "a policy variable is part of a pattern with more than one";
  for (size_t i = 0; i < variables->query->boxes->test_count; i++) {
    const struct box_test *one = query_test(variables->query, i);
    if ((variables->query->roles[i] || variables->query->masks[i]) && one->kind == test->kind &&
        one->dimension == test->dimension)
      each(variables, one, compare_frame, &frame);
  }
}

static void add_frames(struct variables *variables, const struct box_test *test) {
  if (test->has_variables)
    each(variables, test, add_frame, NULL);
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
      if (is_key(variables, i, "aws:PrincipalAccount") && caller.account.length > 0)
        add_value(variables, i, caller.account.text, caller.account.length);
      if (is_key(variables, i, "aws:username") && caller.kind == CALLER_USER)
        add_value(variables, i, caller.name.text, caller.name.length);
      if (is_key(variables, i, "aws:PrincipalArn") && caller.partition.length > 0)
        add_value(variables, i, entry->string, entry->length);
    }
  }
}

/* Adds values that no policy mentions. */
static void add_fresh(struct variables *variables, size_t i, const struct caller_names *names) {
  struct buf text = {0};
  if (is_key(variables, i, "aws:PrincipalArn")) {
    buf_addf(&text, "arn:aws:iam::%s:role/%s", names->account, names->name);
  } else if (is_key(variables, i, "aws:PrincipalAccount")) {
    buf_adds(&text, names->account);
  } else if (is_key(variables, i, "aws:PrincipalOrgID")) {
    buf_addf(&text, "o-%s", names->name);
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

/* Adds the values that the key's own tests distinguish. */
static void add_own(struct variables *variables, size_t i) {
  struct query *query = variables->query;
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
  variables->inexact = "a policy variable stands for a key that follows from the request";
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
  for (size_t i = 0; i < variables.count; i++)
    add_own(&variables, i);
  list_combinations(&variables, bindings);
}
