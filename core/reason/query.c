#include "reason/query.h"

#include "base/bytes.h"
#include "policy/evaluate.h"
#include "reason/implied.h"

#include <string.h>

enum { ROLE_NONE, ROLE_INSIDE, ROLE_IMPLIED, ROLE_APART, ROLE_AVOIDED };

const struct box_test *query_test(const struct query *query, size_t test) {
  return &query->boxes->tests[test];
}

void query_inexact(struct query *query, const char *reason) {
  if (!query->inexact)
    query->inexact = reason;
}

bool query_pay(struct query *query, size_t steps) {
  if (*query->steps > steps) {
    *query->steps -= steps;
    return true;
  }
  *query->steps = 0;
  query_inexact(query, "the search reached its limit");
  return false;
}

/* --- Tests ------------------------------------------------------------------------------------ */

/* Evaluates the condition on a key for a value and the values of policy variables. */
static enum condition_truth key_holds(struct query *query, const struct box_test *test,
                                      const struct query_value *value) {
  enum { MOST = 64 };
  struct context_entry entries[MOST];
  struct context context = {.entries = entries};
  for (size_t i = 0; i < value->count && context.count < MOST; i++)
    entries[context.count++] = value->entries[i];
  for (size_t i = 0; query->bound && i < query->bound->count && context.count < MOST; i++)
    entries[context.count++] = query->bound->entries[i];
  bool failed;
  enum condition_truth holds =
      condition_key_holds(test->named->key->string, test->key, &context, test->variables, &failed);
  query->pool->failed = query->pool->failed || failed;
  return holds;
}

static char fold(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Reports whether a text does not begin as a pattern does before its first wildcard. */
static bool misses(const struct policy_value *pattern, const struct policy_string *text,
                   bool ignore_case) {
  for (size_t i = 0; i < pattern->length; i++) {
    char c = pattern->string[i];
    if (c == '*' || c == '?')
      return false;
    if (i == text->length ||
        (c != text->bytes[i] && !(ignore_case && fold(c) == fold(text->bytes[i]))))
      return true;
  }
  return pattern->length != text->length;
}

/* Reports whether a test lists exceptions. */
static bool excepts(const struct box_test *test) {
  return test->kind == TEST_ACTION ? test->statement->not_action : test->statement->not_resource;
}

/* Reports whether no pattern of a short list of actions, or of resources without variables, can match a
 * text, because none begins as it does. The evaluator decides all other cases. */
static bool misses_all(const struct box_test *test, const struct policy_string *text) {
  bool action = test->kind == TEST_ACTION;
  if ((!action && test->kind != TEST_RESOURCE) || test->has_variables || test->actions ||
      !text->bytes)
    return false;
  const struct policy_list *list = action ? &test->statement->actions : &test->statement->resources;
  for (size_t i = 0; i < list->count; i++)
    if (!misses(&list->items[i], text, action))
      return false;
  return true;
}

enum condition_truth query_holds(struct query *query, const struct box_test *test,
                                 const struct query_value *value) {
  const struct policy_statement *statement = test->statement;
  if (misses_all(test, &value->text))
    return excepts(test) ? CONDITION_TRUE : CONDITION_FALSE;
  switch (test->kind) {
  case TEST_PRINCIPAL:
    return policy_principal_holds(statement, &value->text, &value->issuer);
  case TEST_ACTION:
    return test->actions ? action_index_holds(test->actions, statement, &value->text)
                         : policy_action_holds(statement, &value->text);
  case TEST_RESOURCE: {
    static const struct context nothing = {0};
    bool failed;
    enum condition_truth holds = policy_resource_holds(
        statement, &value->text, query->bound ? query->bound : &nothing, test->variables, &failed);
    query->pool->failed = query->pool->failed || failed;
    return holds;
  }
  case TEST_KEY:
    return key_holds(query, test, value);
  case TEST_OPEN:
    break;
  }
  return CONDITION_UNKNOWN;
}

/* --- Candidates ------------------------------------------------------------------------------- */

static const struct query_value *copy_value(struct pool *pool, const struct query_value *value) {
  struct query_value *copy = pool_new(pool, 1, sizeof *copy);
  if (!copy)
    return NULL;
  *copy = *value;
  if (value->text.bytes)
    copy->text.bytes = pool_copy(pool, value->text.bytes, value->text.length);
  if (value->issuer.bytes)
    copy->issuer.bytes = pool_copy(pool, value->issuer.bytes, value->issuer.length);
  copy->entries = pool_new(pool, value->count + 1, sizeof *copy->entries);
  if ((value->text.bytes && !copy->text.bytes) || (value->issuer.bytes && !copy->issuer.bytes) ||
      !copy->entries)
    return NULL;
  for (size_t i = 0; i < value->count; i++) {
    struct context_entry *entry = &copy->entries[i];
    *entry = value->entries[i];
    struct context_value *values = pool_new(pool, entry->count + 1, sizeof *values);
    if (!values)
      return NULL;
    for (size_t v = 0; v < entry->count; v++) {
      values[v].length = entry->values[v].length;
      values[v].bytes = pool_copy(pool, entry->values[v].bytes, values[v].length);
      if (!values[v].bytes)
        return NULL;
    }
    entry->values = values;
  }
  return copy;
}

/* Reports whether a value agrees with the values of policy variables: it has the same values of
 * bound keys, and all bound keys of its dimension. */
static bool agrees(const struct query *query, const struct query_value *value) {
  struct context own = {.entries = value->entries, .count = value->count};
  for (size_t i = 0; query->bound && i < query->bound->count; i++) {
    const struct context_entry *bound = &query->bound->entries[i];
    const struct context_entry *entry = context_find(&own, bound->key, bound->key_length);
    if (entry &&
        (entry->count != bound->count ||
         (entry->count == 1 && !bytes_equal(entry->values[0].bytes, entry->values[0].length,
                                            bound->values[0].bytes, bound->values[0].length))))
      return false;
  }
  return true;
}

/* Decides a test whose result is open. It should pass if it is an inside test, and else fail. */
static enum condition_truth read_open(const struct query *query, const struct box_test *test,
                                      bool pass) {
  if (query->reading == READING_CERTAIN)
    return CONDITION_UNKNOWN;
  bool exception =
      test->kind == TEST_ACTION ? test->statement->not_action : test->statement->not_resource;
  if (test->kind == TEST_ACTION || test->kind == TEST_RESOURCE)
    pass = (query->reading == READING_CROSSING) != exception;
  return pass ? CONDITION_TRUE : CONDITION_FALSE;
}

static enum condition_truth decide(struct query *query, size_t number,
                                   const struct query_value *value, bool pass) {
  const struct box_test *test = query_test(query, number);
  enum condition_truth holds = query_holds(query, test, value);
  if (holds != CONDITION_UNKNOWN)
    return holds;
  query->saw_open = true;
  return read_open(query, test, pass);
}

void query_offer(struct query *query, size_t number, const struct query_value *value) {
  struct query_dimension *dimension = &query->dimensions[number];
  size_t cost =
      dimension->weight + dimension->candidates.count * (2 + cover_words(query->avoided_count) / 2);
  if (!query_pay(query, cost) || !agrees(query, value))
    return;
  for (size_t i = 0; i < dimension->inside_count; i++)
    if (decide(query, dimension->inside[i], value, true) != CONDITION_TRUE)
      return;
  size_t words = cover_words(query->avoided_count);
  uint64_t few[16] = {0};
  uint64_t *avoids = words <= 16 ? few : pool_new(query->pool, words, sizeof *avoids);
  if (!avoids)
    return;
  for (size_t i = 0; i < dimension->avoided_count; i++) {
    size_t test = dimension->avoided[i];
    if (decide(query, test, value, false) != CONDITION_FALSE)
      continue;
    for (size_t w = 0; w < words; w++)
      avoids[w] |= query->masks[test][w];
  }
  struct cover_dimension *candidates = &dimension->candidates;
  if (cover_offer(query->pool, candidates, avoids, query->avoided_count, NULL))
    candidates->items[candidates->count - 1].value = copy_value(query->pool, value);
}

/* --- Dimensions ------------------------------------------------------------------------------- */

/* Returns the role of an avoided test: whether it holds wherever the inside boxes are, or nowhere
 * there. */
static unsigned char role_of(struct query *query, const struct box_test *test) {
  for (size_t i = 0; i < query->inside_count; i++)
    for (size_t t = 0; t < query->inside[i]->count; t++) {
      const struct box_test *inside = query_test(query, query->inside[i]->tests[t]);
      if (inside->dimension != test->dimension)
        continue;
      size_t cost = 4 * implied_cost(test, inside);
      *query->steps -= cost < *query->steps ? cost : *query->steps;
      if (implied_apart(test, inside))
        return ROLE_APART;
      if (implied_by(test, inside, query->reading == READING_CROSSING))
        return ROLE_IMPLIED;
    }
  return ROLE_AVOIDED;
}

/* Reports whether two inside tests never hold together. */
static bool is_empty(const struct query *query) {
  for (size_t a = 0; a < query->inside[0]->count && query->inside_count == 2; a++)
    for (size_t b = 0; b < query->inside[1]->count; b++)
      if (implied_apart(query_test(query, query->inside[0]->tests[a]),
                        query_test(query, query->inside[1]->tests[b])))
        return true;
  return false;
}

/* Reports whether all tests of a box are inside tests. */
static bool is_inside(const struct query *query, const struct box *box) {
  size_t i = 0;
  while (i < box->count && query->roles[box->tests[i]] == ROLE_INSIDE)
    i++;
  return i == box->count;
}

/* Gives roles to the tests of an avoided box, and settles it if one of them never holds. Returns false
 * if all of them hold wherever the inside boxes are. */
static bool assign_roles(struct query *query, size_t number) {
  const struct box *box = query->avoided[number];
  bool avoidable = false;
  for (size_t i = 0; i < box->count; i++) {
    unsigned char *role = &query->roles[box->tests[i]];
    if (*role == ROLE_NONE)
      *role = role_of(query, query_test(query, box->tests[i]));
    if (*role == ROLE_APART)
      query->settled[number / 64] |= (uint64_t)1 << number % 64;
    avoidable = avoidable || *role == ROLE_AVOIDED || *role == ROLE_APART;
  }
  return avoidable;
}

bool query_begin(struct query *query) {
  size_t tests = query->boxes->test_count, words = cover_words(query->avoided_count);
  query->roles = pool_new(query->pool, tests + 1, 1);
  query->masks = pool_new(query->pool, tests + 1, sizeof *query->masks);
  query->stamps = pool_new(query->pool, tests + 1, sizeof *query->stamps);
  query->settled = pool_new(query->pool, words + 1, sizeof *query->settled);
  query->joined = pool_new(query->pool, query->boxes->dimension_count, sizeof *query->joined);
  query->dimensions =
      pool_new(query->pool, query->boxes->dimension_count, sizeof *query->dimensions);
  if (!query->roles || !query->masks || !query->stamps || !query->joined || !query->settled ||
      !query->dimensions)
    return false;
  for (size_t i = 0; i < query->inside_count; i++)
    for (size_t t = 0; t < query->inside[i]->count; t++)
      query->roles[query->inside[i]->tests[t]] = ROLE_INSIDE;
  for (size_t b = 0; b < query->avoided_count; b++)
    if (is_inside(query, query->avoided[b]))
      return false;
  if (is_empty(query))
    return false;
  for (size_t b = 0; b < query->avoided_count; b++) {
    const struct box *box = query->avoided[b];
    if (!assign_roles(query, b))
      return false;
    for (size_t t = 0; t < box->count; t++) {
      uint64_t **mask = &query->masks[box->tests[t]];
      if (!*mask)
        *mask = pool_new(query->pool, words, sizeof **mask);
      if (!*mask)
        return false;
      (*mask)[b / 64] |= (uint64_t)1 << b % 64;
    }
  }
  return true;
}

static size_t weigh_operand(enum condition_operand type) {
  switch (type) {
  case OPERAND_ADDRESS:
    return 30;
  case OPERAND_ARN:
    return 16;
  case OPERAND_NUMBER:
    return 6;
  case OPERAND_DATE:
    return 14;
  default:
    return 4;
  }
}

/* Returns how many steps it takes to decide a test: most patterns begin otherwise than a text does. */
static size_t weigh(const struct box_test *test) {
  const struct policy_statement *statement = test->statement;
  switch (test->kind) {
  case TEST_PRINCIPAL:
    return 20 * statement->principals.count;
  case TEST_ACTION:
    return test->actions ? 30 + 12 * test->actions->wild_count : 4 * statement->actions.count;
  case TEST_RESOURCE:
    return (test->has_variables ? 60 : 8) * statement->resources.count;
  case TEST_KEY:
    return 22 + weigh_operand(test->condition.type) *
                    (test->key->type == JSON_ARRAY ? test->key->count : 1);
  case TEST_OPEN:
    break;
  }
  return 1;
}

static bool is_settled(const struct query *query, size_t box) {
  return query->settled[box / 64] >> box % 64 & 1;
}

/* Collects the tests of a box in a dimension that were not collected yet. Without `tests` it only
 * counts. */
static size_t collect(struct query *query, const struct box *box, size_t number, size_t *tests) {
  size_t count = 0;
  for (size_t t = 0; t < box->count; t++) {
    size_t test = box->tests[t];
    size_t dimension = query_test(query, test)->dimension;
    if ((dimension != number && !(number == BOX_CALLER && query->joined[dimension])) ||
        query->roles[test] == ROLE_IMPLIED || query->roles[test] == ROLE_APART)
      continue;
    if (tests && query->stamps[test] == query->stamp)
      continue;
    if (tests) {
      query->stamps[test] = query->stamp;
      tests[count] = test;
    }
    count++;
  }
  return count;
}

bool query_prepare(struct query *query, size_t number) {
  struct query_dimension *dimension = &query->dimensions[number];
  *dimension = (struct query_dimension){0};
  size_t inside = 0, avoided = 0;
  for (size_t i = 0; i < query->inside_count; i++)
    inside += collect(query, query->inside[i], number, NULL);
  for (size_t b = 0; b < query->avoided_count; b++)
    if (!is_settled(query, b))
      avoided += collect(query, query->avoided[b], number, NULL);
  dimension->inside = pool_new(query->pool, inside + avoided + 1, sizeof *dimension->inside);
  if (!dimension->inside)
    return false;
  dimension->avoided = dimension->inside + inside;
  query->stamp++;
  for (size_t i = 0; i < query->inside_count; i++)
    dimension->inside_count +=
        collect(query, query->inside[i], number, dimension->inside + dimension->inside_count);
  for (size_t b = 0; b < query->avoided_count; b++)
    if (!is_settled(query, b))
      dimension->avoided_count +=
          collect(query, query->avoided[b], number, dimension->avoided + dimension->avoided_count);
  for (size_t i = 0; i < dimension->inside_count; i++)
    dimension->weight += weigh(query_test(query, dimension->inside[i]));
  for (size_t i = 0; i < dimension->avoided_count; i++)
    dimension->weight += weigh(query_test(query, dimension->avoided[i]));
  return true;
}

bool query_perfect(const struct query *query, size_t number) {
  const struct query_dimension *dimension = &query->dimensions[number];
  for (size_t c = 0; c < dimension->candidates.count; c++) {
    const uint64_t *avoids = dimension->candidates.items[c].avoids;
    size_t i = 0;
    while (i < dimension->avoided_count &&
           cover_contains(avoids, query->masks[dimension->avoided[i]],
                          cover_words(query->avoided_count)))
      i++;
    if (i == dimension->avoided_count)
      return true;
  }
  return false;
}

void query_settle(struct query *query, size_t number) {
  const struct cover_dimension *candidates = &query->dimensions[number].candidates;
  for (size_t w = 0; w < cover_words(query->avoided_count); w++) {
    uint64_t all = candidates->count > 0 ? UINT64_MAX : 0;
    for (size_t c = 0; c < candidates->count; c++)
      all &= candidates->items[c].avoids[w];
    query->settled[w] |= all;
  }
}
