/* The dimensions are independent of each other, except that the caller decides which values some
 * keys may have. So the candidates of actions, resources and free keys are found once, and the candidates of
 * callers and their keys for each class of callers. After each dimension, the boxes that all of its
 * candidates avoid are settled: later dimensions ignore them. */

#include "reason/search.h"

#include "base/bytes.h"
#include "reason/binding.h"
#include "reason/organizations.h"
#include "reason/places.h"
#include "reason/times.h"
#include "reason/values.h"

#include <string.h>
#include <strings.h>

/* The state of one question. */
struct attempt {
  struct search *search;
  struct query query;
  const char *inexact; /* of the dimensions that are done */
  size_t *active;      /* dimensions with candidates */
  size_t active_count;
};

bool search_is_always(const struct search *search, const char *key, size_t length) {
  for (size_t i = 0; i < search->always_count; i++)
    if (strlen(search->always[i]) == length && strncasecmp(search->always[i], key, length) == 0)
      return true;
  return false;
}

/* Fills the domain of a key for the callers of a class. A key that the reference does not describe has
 * several values only if a set operator tests it. The caller frees the fact. */
static struct values_domain domain_of(struct search *search, const char *sample, const char *key,
                                      size_t length, bool sets, struct caller_fact *fact) {
  struct caller_request request = {.principal = {sample, strlen(sample)}};
  struct caller caller = caller_read(sample, strlen(sample));
  *fact = caller_fact_of(&caller, &request, key, length);
  search->pool->failed = search->pool->failed || caller_fact_failed(fact);
  const struct caller_key *known = caller_find_key(key, length);
  struct values_domain domain = {.key = key,
                                 .key_length = length,
                                 .present = fact->rule != CALLER_KEY_ABSENT,
                                 .many = known ? known->many : sets,
                                 .type = known ? known->type : OPERAND_NONE,
                                 .shape = fact};
  domain.absent = fact->rule == CALLER_KEY_ABSENT || fact->rule == CALLER_KEY_OPTIONAL ||
                  (fact->rule == CALLER_KEY_FREE && !(known && known->always) &&
                   !search_is_always(search, key, length));
  return domain;
}

/* Reports whether callers of all kinds may have any value of a key. */
static bool is_free(struct search *search, const struct box_dimension *dimension) {
  static const char *const samples[] = {"*", "example.amazonaws.com",
                                        "arn:aws:iam::123456789012:role/example"};
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
    struct caller_fact fact;
    domain_of(search, samples[i], dimension->key, dimension->key_length, dimension->sets, &fact);
    enum caller_rule rule = fact.rule;
    caller_fact_free(&fact);
    if (rule != CALLER_KEY_FREE)
      return false;
  }
  return true;
}

static void propose_key(struct attempt *attempt, size_t number, const char *sample) {
  const struct box_dimension *dimension = &attempt->query.boxes->dimensions[number];
  struct caller_fact fact;
  struct values_domain domain = domain_of(attempt->search, sample, dimension->key,
                                          dimension->key_length, dimension->sets, &fact);
  const struct context_entry *bound =
      binding_find(attempt->query.bound, dimension->key, dimension->key_length);
  if (bound)
    binding_offer(&attempt->query, number, bound, &domain);
  else
    values_propose(&attempt->query, number, &domain);
  caller_fact_free(&fact);
}

/* Reports whether a pattern is an action whose resource is never "*". */
static bool is_bound(const struct search *search, const struct policy_value *pattern) {
  for (size_t i = 0; i < search->bound_count; i++)
    if (strcasecmp(search->bound[i], pattern->string) == 0)
      return true;
  return false;
}

/* Reports whether the question is about such actions only. */
static bool has_bound_actions(const struct attempt *attempt) {
  const struct query *query = &attempt->query;
  for (size_t b = 0; b < query->inside_count && attempt->search->bound_count > 0; b++)
    for (size_t t = 0; t < query->inside[b]->count; t++) {
      const struct box_test *test = query_test(query, query->inside[b]->tests[t]);
      const struct policy_list *list = &test->statement->actions;
      size_t i = 0;
      if (test->kind != TEST_ACTION || test->statement->not_action)
        continue;
      while (i < list->count && is_bound(attempt->search, &list->items[i]))
        i++;
      if (i == list->count)
        return true;
    }
  return false;
}

static void propose_organizations(struct attempt *attempt, size_t number,
                                  const struct caller_class *class) {
  struct organizations_domain domain = {.member = true};
  for (size_t paths = 0; paths < 2; paths++) {
    const char *key = organizations_key(&attempt->query, number, paths);
    domain.always = domain.always || search_is_always(attempt->search, key, strlen(key));
  }
  if (number == BOX_ORG) {
    struct caller caller = caller_read(class->sample, strlen(class->sample));
    domain.known = class->organization;
    domain.member = caller_has_account(&caller);
  }
  organizations_propose(&attempt->query, number, &domain);
}

/* The callers of a class decide whether there are temporary credentials. */
static void propose_times(struct attempt *attempt, const struct caller_class *class) {
  static const char key[] = "aws:TokenIssueTime";
  struct caller_fact fact;
  struct values_domain domain =
      domain_of(attempt->search, class ? class->sample : "*", key, strlen(key), false, &fact);
  times_propose(&attempt->query, &domain, binding_find(attempt->query.bound, key, strlen(key)));
  caller_fact_free(&fact);
}

static void propose(struct attempt *attempt, size_t number, const struct caller_class *class) {
  struct query *query = &attempt->query;
  switch (query->boxes->dimensions[number].kind) {
  case DIMENSION_ACTION:
    places_actions(query);
    break;
  case DIMENSION_RESOURCE:
    places_resources(query, attempt->search->no_resource, has_bound_actions(attempt));
    break;
  case DIMENSION_CALLER:
    callers_propose(query, class, &attempt->search->names);
    break;
  case DIMENSION_OPEN:
    query_offer(query, number, &(struct query_value){0});
    break;
  case DIMENSION_TIME:
    propose_times(attempt, class);
    break;
  case DIMENSION_ORG:
    propose_organizations(attempt, number, class);
    break;
  case DIMENSION_KEY:
    propose_key(attempt, number, class ? class->sample : "*");
    break;
  }
}

/* Reports whether requests of a class always have a key of a dimension that some policy tests. */
static bool is_present(const struct attempt *attempt, size_t number,
                       const struct caller_class *class) {
  const struct box_dimension *dimension = &attempt->query.boxes->dimensions[number];
  if (dimension->kind != DIMENSION_KEY) {
    bool known = number == BOX_ORG && class && class->organization;
    return dimension->tested && (dimension->kind == DIMENSION_TIME || known);
  }
  struct caller_fact fact;
  struct values_domain domain =
      domain_of(attempt->search, class ? class->sample : "*", dimension->key, dimension->key_length,
                dimension->sets, &fact);
  caller_fact_free(&fact);
  return !domain.absent;
}

static bool needs_values(const struct attempt *attempt, size_t number,
                         const struct caller_class *class) {
  const struct query *query = &attempt->query;
  const struct box_dimension *dimension = &query->boxes->dimensions[number];
  return number == BOX_CALLER || number == BOX_ACTION || number == BOX_RESOURCE ||
         query->dimensions[number].inside_count + query->dimensions[number].avoided_count > 0 ||
         (dimension->key && binding_find(query->bound, dimension->key, dimension->key_length)) ||
         (dimension->kind == DIMENSION_ORG && organizations_bound(query, number)) ||
         is_present(attempt, number, class);
}

/* Finds the candidates of a dimension. Returns SEARCH_NONE if there are none, else SEARCH_FOUND. */
static enum search_outcome fill(struct attempt *attempt, size_t number,
                                const struct caller_class *class) {
  struct query *query = &attempt->query;
  if (!query_prepare(query, number))
    return SEARCH_UNDECIDED;
  if (!needs_values(attempt, number, class))
    return SEARCH_FOUND;
  const char *before = query->inexact;
  query->inexact = NULL;
  propose(attempt, number, class);
  const char *inexact = query->inexact;
  query->inexact = before ? before : inexact;
  if (query->pool->failed || query->pool->full)
    return SEARCH_UNDECIDED;
  if (query->dimensions[number].candidates.count == 0) {
    /* An exact dimension without candidates excludes all requests. */
    query->inexact = inexact;
    return inexact ? SEARCH_UNDECIDED : SEARCH_NONE;
  }
  query_settle(query, number);
  attempt->active[attempt->active_count++] = number;
  return SEARCH_FOUND;
}

/* --- The request ------------------------------------------------------------------------------ */

/* Reports whether a policy tests a key, or has it as a variable. */
static bool is_tested(const struct query *query, const struct context_entry *entry) {
  const struct boxes *boxes = query->boxes;
  if (boxes_find_key(boxes, entry->key, entry->key_length))
    return true;
  static const char derived[] = "aws:Principal";
  return strncasecmp(entry->key, derived, sizeof derived - 1) != 0 &&
         strcasecmp(entry->key, "aws:userid") != 0 && strcasecmp(entry->key, "aws:username") != 0;
}

static bool add_value(struct attempt *attempt, size_t number, const struct query_value *value,
                      struct search_request *request) {
  struct query *query = &attempt->query;
  if (number == BOX_CALLER) {
    request->principal = value->text;
    request->issuer = value->issuer;
  }
  if (number == BOX_ACTION)
    request->action = value->text;
  else if (number == BOX_RESOURCE)
    request->resource = value->text;
  for (size_t i = 0; i < value->count; i++)
    if (query->boxes->dimensions[number].kind == DIMENSION_ORG ||
        is_tested(query, &value->entries[i]))
      request->entries[request->count++] = value->entries[i];
  return true;
}

static enum search_outcome finish(struct attempt *attempt, const size_t *chosen,
                                  struct search_request *request) {
  struct query *query = &attempt->query;
  size_t entries = 0;
  *request = (struct search_request){0};
  for (size_t i = 0; i < attempt->active_count; i++) {
    const struct query_value *value =
        query->dimensions[attempt->active[i]].candidates.items[chosen[i]].value;
    if (!value)
      return SEARCH_UNDECIDED;
    entries += value->count;
  }
  request->entries = pool_new(query->pool, entries + 1, sizeof *request->entries);
  if (!request->entries)
    return SEARCH_UNDECIDED;
  for (size_t i = 0; i < attempt->active_count; i++)
    add_value(attempt, attempt->active[i],
              query->dimensions[attempt->active[i]].candidates.items[chosen[i]].value, request);
  return SEARCH_FOUND;
}

static enum search_outcome choose(struct attempt *attempt, struct search_request *request) {
  struct query *query = &attempt->query;
  struct cover_dimension *dimensions =
      pool_new(query->pool, attempt->active_count + 1, sizeof *dimensions);
  size_t *chosen = pool_new(query->pool, attempt->active_count + 1, sizeof *chosen);
  if (!dimensions || !chosen)
    return SEARCH_UNDECIDED;
  for (size_t i = 0; i < attempt->active_count; i++)
    dimensions[i] = query->dimensions[attempt->active[i]].candidates;
  switch (cover_search(query->pool, dimensions, attempt->active_count, query->avoided_count,
                       query->settled, query->steps, chosen)) {
  case COVER_FOUND:
    return finish(attempt, chosen, request);
  case COVER_NONE:
    return query->inexact ? SEARCH_UNDECIDED : SEARCH_NONE;
  case COVER_LIMIT:
    break;
  }
  query->inexact = "the search reached its limit";
  return SEARCH_UNDECIDED;
}

/* --- Classes of callers ----------------------------------------------------------------------- */

static enum search_outcome try_class(struct attempt *attempt, const struct caller_class *class,
                                     const bool *shared, struct search_request *request) {
  struct query *query = &attempt->query;
  if (!query_pay(query, 500 + query->avoided_count * 10 + query->boxes->dimension_count * 50))
    return SEARCH_UNDECIDED;
  callers_join(query, class);
  enum search_outcome outcome = fill(attempt, BOX_CALLER, class);
  for (size_t i = BOX_TIME; i < query->boxes->dimension_count && outcome == SEARCH_FOUND; i++)
    if (!shared[i] && !query->joined[i])
      outcome = fill(attempt, i, class);
  return outcome == SEARCH_FOUND ? choose(attempt, request) : outcome;
}

/* Tries each class with the candidates of the shared dimensions. */
static enum search_outcome try_classes(struct attempt *attempt, const bool *shared,
                                       struct search_request *request) {
  struct query *query = &attempt->query;
  const char *inexact = query->inexact, *reason = NULL;
  size_t words = cover_words(query->avoided_count), active = attempt->active_count;
  uint64_t *settled = pool_new(query->pool, words + 1, sizeof *settled);
  if (!settled)
    return SEARCH_UNDECIDED;
  memcpy(settled, query->settled, words * sizeof *settled);
  for (size_t i = 0; i < attempt->search->class_count; i++) {
    struct pool_mark mark = pool_mark(query->pool);
    query->inexact = inexact;
    enum search_outcome outcome = try_class(attempt, &attempt->search->classes[i], shared, request);
    if (outcome == SEARCH_FOUND || query->pool->failed || query->pool->full)
      return outcome;
    if (outcome == SEARCH_UNDECIDED && !reason)
      reason = query->inexact;
    pool_release(query->pool, mark);
    memcpy(query->settled, settled, words * sizeof *settled);
    attempt->active_count = active;
  }
  query->inexact = reason;
  return reason ? SEARCH_UNDECIDED : SEARCH_NONE;
}

static enum search_outcome try_dimensions(struct attempt *attempt, struct search_request *request) {
  struct query *query = &attempt->query;
  size_t count = query->boxes->dimension_count;
  bool *shared = pool_new(query->pool, count, sizeof *shared);
  attempt->active = pool_new(query->pool, count, sizeof *attempt->active);
  if (!shared || !attempt->active)
    return SEARCH_UNDECIDED;
  attempt->active_count = 0;
  if (!query_pay(query, 1000 + count * 50 + query->avoided_count * 30))
    return SEARCH_UNDECIDED;
  enum search_outcome outcome = SEARCH_FOUND;
  for (size_t i = BOX_ACTION; i < count && outcome == SEARCH_FOUND; i++) {
    shared[i] = i != BOX_ORG && (i != BOX_TIME || !query->boxes->issue_time) &&
                (i < BOX_KEYS || query->boxes->dimensions[i].kind == DIMENSION_ORG ||
                 is_free(attempt->search, &query->boxes->dimensions[i]));
    if (shared[i])
      outcome = fill(attempt, i, NULL);
  }
  return outcome == SEARCH_FOUND ? try_classes(attempt, shared, request) : outcome;
}

/* --- Questions -------------------------------------------------------------------------------- */

static enum search_outcome try_binding(struct attempt *attempt, const struct context *bound,
                                       const uint64_t *settled, struct search_request *request) {
  attempt->query.bound = bound;
  memcpy(attempt->query.settled, settled,
         cover_words(attempt->query.avoided_count) * sizeof *settled);
  return try_dimensions(attempt, request);
}

enum search_outcome search_run(struct search *search, const struct search_question *question,
                               struct search_request *request) {
  struct attempt attempt = {.search = search};
  struct query *query = &attempt.query;
  *query = (struct query){.boxes = search->boxes,
                          .pool = search->pool,
                          .inside = {question->inside[0], question->inside[1]},
                          .inside_count = question->inside_count,
                          .avoided = question->avoided,
                          .avoided_count = question->avoided_count,
                          .reading = question->reading,
                          .atoms = search->atoms,
                          .fresh = search->names.name,
                          .fresh_account = search->names.account,
                          .steps = search->steps};
  if (!query_begin(query))
    return search->pool->failed || search->pool->full ? SEARCH_UNDECIDED : SEARCH_NONE;
  enum search_outcome outcome = SEARCH_NONE;
  struct bindings bindings;
  binding_list(query, search->classes, search->class_count, &bindings);
  const char *reason = NULL;
  size_t words = cover_words(query->avoided_count);
  uint64_t *settled = pool_new(search->pool, words + 1, sizeof *settled);
  if (!settled)
    return SEARCH_UNDECIDED;
  memcpy(settled, query->settled, words * sizeof *settled);
  for (size_t i = 0; i < bindings.count && outcome != SEARCH_FOUND; i++) {
    query->inexact = bindings.inexact;
    outcome = try_binding(&attempt, bindings.items[i], settled, request);
    if (search->pool->failed || search->pool->full)
      return SEARCH_UNDECIDED;
    if (outcome == SEARCH_UNDECIDED && !reason)
      reason = query->inexact;
  }
  search->saw_open = search->saw_open || query->saw_open;
  /* Other values of variables may have an answer. */
  reason = reason ? reason : bindings.inexact;
  if (outcome == SEARCH_FOUND || !reason)
    return outcome == SEARCH_FOUND ? SEARCH_FOUND : SEARCH_NONE;
  search->reason = search->reason ? search->reason : reason;
  return SEARCH_UNDECIDED;
}
