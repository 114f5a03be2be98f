/* New access exists if, and only if, one of these questions has an answer:
 *   1. for an Allow of `after`: a request in it, and in no Deny of `after` and no Allow of `before`;
 *   2. for an Allow of `after` and a Deny of `before`: a request in both, and in no Deny of `after`.
 * A certain answer is better, so all questions are asked first with open tests left open, and only
 * then in the other readings (query.h). The evaluator confirms each answer. */

#include "reason/access.h"

#include "base/bytes.h"
#include "policy/evaluate.h"
#include "reason/caller_classes.h"
#include "reason/organizations.h"
#include "reason/relations.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <string.h>

/* A step takes 3 to 7 ns; a question ends after 20 to 50 ms. Its memory is bounded, too. */
#define STEPS 7000000
#define MEMORY ((size_t)64 << 20)

/* How many comparisons of keys the removal of keys may take. */
#define DECISIONS 1000000

struct access {
  const struct policy *before, *after;
  const struct access_options *options;
  struct access_result *result;
  struct boxes boxes;
  struct box_list old, new;
  struct relations relations;
  struct search search;
  struct query_atoms atoms;
  size_t steps;
  const struct box **avoided; /* room for the avoided boxes of a question */
  bool *denied;               /* by statement of `before`: a Deny of `after` covers it */
  bool disagreed;
};

/* --- Confirmation ----------------------------------------------------------------------------- */

/* Reports whether the evaluator gives the answers that the search found, for a request with an
 * issuer. */
static bool confirm_issued(struct access *access, const struct policy_string *issuer, bool open) {
  struct access_result *result = access->result;
  const struct context context = {.entries = result->request.entries,
                                  .count = result->request.count};
  const struct policy_request request = {.principal = result->request.principal,
                                         .action = result->request.action,
                                         .resource = result->request.resource,
                                         .context = &context,
                                         .identity = access->options->identity,
                                         .issuer = *issuer};
  const struct caller_request asked = {
      .principal = request.principal, .resource = request.resource, .context = &context};
  buf_reset(&result->because);
  buf_reset(&result->before);
  struct buf why = {0};
  struct policy_decision now = policy_evaluate(access->after, &request, &result->because);
  struct policy_decision then = policy_evaluate(access->before, &request, &result->before);
  bool possible = caller_possible(&asked, false, &why);
  result->certain = now.answer == POLICY_ANSWER_ALLOW && then.answer != POLICY_ANSWER_ALLOW &&
                    then.answer != POLICY_ANSWER_DEPENDS;
  bool maybe = (now.answer == POLICY_ANSWER_ALLOW || now.answer == POLICY_ANSWER_DEPENDS) &&
               then.answer != POLICY_ANSWER_ALLOW;
  bool failed = result->because.failed || result->before.failed || why.failed;
  result->pool.failed = result->pool.failed || failed;
  buf_free(&why);
  return possible && (result->certain || (open && maybe));
}

/* Reports whether the evaluator gives the answers. The request has an issuer only if they depend on it. */
static bool confirm(struct access *access, bool open) {
  static const struct policy_string unknown = {0};
  struct policy_string issuer = access->result->request.issuer;
  bool user = issuer.bytes && caller_read(issuer.bytes, issuer.length).kind == CALLER_USER;
  if (confirm_issued(access, &unknown, open) && (access->result->certain || !user)) {
    access->result->request.issuer = unknown;
    return true;
  }
  return user && confirm_issued(access, &issuer, open);
}

/* Reports whether a request may lack a key. */
static bool is_optional(const struct access *access, const struct context_entry *entry) {
  const struct policy_string principal = access->result->request.principal;
  const struct caller caller = caller_read(principal.bytes, principal.length);
  const struct caller_request request = {.principal = principal,
                                         .resource = access->result->request.resource};
  struct caller_fact fact = caller_fact_of(&caller, &request, entry->key, entry->key_length);
  const struct caller_key *known = caller_find_key(entry->key, entry->key_length);
  bool optional = fact.rule == CALLER_KEY_FREE && !(known && known->always) &&
                  organizations_pair(entry->key, entry->key_length) < 0;
  caller_fact_free(&fact);
  return optional && !relations_require(&access->result->request, entry) &&
         !search_is_always(&access->search, entry->key, entry->key_length);
}

/* Removes the keys without which the answer is the same. */
static void simplify(struct access *access, bool open) {
  struct search_request *request = &access->result->request;
  bool certain = access->result->certain;
  /* Each decision looks for the keys of all tests. */
  size_t decisions = DECISIONS / (1 + request->count * (1 + access->boxes.test_count));
  for (size_t i = request->count; i-- > 0 && decisions-- > 0;) {
    const struct context_entry removed = request->entries[i];
    if (!is_optional(access, &removed))
      continue;
    request->entries[i] = request->entries[--request->count];
    if (confirm(access, open) && access->result->certain == certain)
      continue;
    request->entries[request->count++] = request->entries[i];
    request->entries[i] = removed;
  }
  confirm(access, open);
}

/* --- Questions -------------------------------------------------------------------------------- */

/* Reports whether all tests of a box are tests of another one: whatever is in the other is in it. */
static bool covers(const struct box *outer, const struct box *inner) {
  size_t i = 0;
  for (size_t o = 0; o < outer->count; o++) {
    while (i < inner->count && inner->tests[i] < outer->tests[o])
      i++;
    if (i == inner->count || inner->tests[i] != outer->tests[o])
      return false;
  }
  return true;
}

static size_t add_boxes(const struct box **avoided, size_t count, const struct box_list *list,
                        bool deny) {
  for (size_t i = 0; i < list->count; i++)
    if (list->items[i].deny == deny)
      avoided[count++] = &list->items[i];
  return count;
}

/* Reports whether a Deny of `after` covers a box. */
static bool is_denied(struct access *access, const struct box *box) {
  access->steps -= access->new.count < access->steps ? access->new.count : access->steps;
  for (size_t i = 0; i < access->new.count; i++)
    if (access->new.items[i].deny && covers(&access->new.items[i], box))
      return true;
  return false;
}

static bool spend(struct access *access, size_t steps) {
  bool enough = access->steps > steps;
  access->steps -= enough ? steps : access->steps;
  return enough;
}

/* Reports whether a pattern may match only if a `*` in it matches a colon. */
static bool may_cross(const struct box_test *test) {
  const struct policy_list *list =
      test->kind == TEST_ACTION ? &test->statement->actions : &test->statement->resources;
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_value *pattern = &list->items[i];
    if (test->kind == TEST_ACTION ? !memchr(pattern->string, ':', pattern->length)
                                  : memmem(pattern->string, pattern->length, "*:", 2) != NULL)
      return true;
  }
  return false;
}

/* Reports whether the result of a test may be open for some request, apart from colons. What else is
 * open, the search finds. */
static bool has_open(const struct access *access) {
  bool open = access->search.saw_open;
  for (size_t i = 0; i < access->boxes.test_count && !open; i++)
    open = access->boxes.tests[i].kind == TEST_OPEN ||
           (access->boxes.tests[i].kind == TEST_PRINCIPAL &&
            access->boxes.tests[i].statement->not_principal);
  return open;
}

static bool has_crossing(const struct access *access) {
  for (size_t i = 0; i < access->boxes.test_count; i++) {
    enum test_kind kind = access->boxes.tests[i].kind;
    if ((kind == TEST_ACTION || kind == TEST_RESOURCE) && may_cross(&access->boxes.tests[i]))
      return true;
  }
  return false;
}

/* Asks one question. Returns true if it has an answer, which the evaluator confirms. */
static bool ask(struct access *access, const struct search_question *question) {
  struct access_result *result = access->result;
  struct pool_mark mark = pool_mark(&result->pool);
  for (size_t i = 0; i < question->avoided_count; i++)
    if (covers(question->avoided[i], question->inside[0]))
      return false;
  if (!spend(access, 200 + question->avoided_count * 30)) {
    access->search.reason = "the search reached its limit";
    return false;
  }
  enum search_outcome outcome = search_run(&access->search, question, &result->request);
  if (outcome == SEARCH_FOUND) {
    result->statement = question->inside[0]->statement->index;
    relations_arrange(&result->pool, &result->request);
    if (confirm(access, question->reading != READING_CERTAIN)) {
      simplify(access, question->reading != READING_CERTAIN);
      return true;
    }
    access->disagreed = !result->pool.failed;
  }
  if (!result->pool.failed)
    pool_release(&result->pool, mark);
  if (result->pool.full && !access->search.reason)
    access->search.reason = "the search reached its limit of memory";
  result->pool.full = false;
  return false;
}

static bool ask_denied(struct access *access, const struct box *allow, enum query_reading reading,
                       size_t denies) {
  for (size_t i = 0; i < access->old.count; i++) {
    const struct box *deny = &access->old.items[i];
    struct search_question question = {.inside = {allow, deny},
                                       .inside_count = 2,
                                       .avoided = access->avoided,
                                       .avoided_count = denies,
                                       .reading = reading};
    if (deny->deny && !access->denied[i] && ask(access, &question))
      return true;
    if (access->result->pool.failed || access->steps == 0)
      return false;
  }
  return false;
}

/* Asks all questions. Returns true if one has an answer. */
static bool ask_all(struct access *access, enum query_reading reading) {
  size_t impossible = add_boxes(access->avoided, 0, &access->relations.boxes, true);
  size_t denies = add_boxes(access->avoided, impossible, &access->new, true);
  size_t all = add_boxes(access->avoided, denies, &access->old, false);
  for (size_t i = 0; i < access->old.count; i++)
    access->denied[i] = access->old.items[i].deny && is_denied(access, &access->old.items[i]);
  for (size_t i = 0; i < access->new.count; i++) {
    const struct box *allow = &access->new.items[i];
    if (allow->deny || is_denied(access, allow))
      continue;
    struct search_question question = {.inside = {allow},
                                       .inside_count = 1,
                                       .avoided = access->avoided,
                                       .avoided_count = all,
                                       .reading = reading};
    if (ask(access, &question) || ask_denied(access, allow, reading, denies))
      return true;
    if (access->result->pool.failed || access->steps == 0)
      return false;
  }
  return false;
}

/* --- Preparation ------------------------------------------------------------------------------ */

static bool names_resources(const struct policy *doc) {
  for (size_t i = 0; i < policy_count(doc); i++)
    if (policy_statement(doc, i)->resources.json)
      return true;
  return false;
}

/* Finds the forms of values in the policies and the options. */
static bool find_shapes(struct access *access) {
  const struct access_options *options = access->options;
  const char **organizations =
      pool_new(&access->result->pool, options->account_count + 1, sizeof *organizations);
  for (size_t i = 0; organizations && i < options->account_count; i++)
    organizations[i] = options->accounts[i].organization;
  access->boxes.odd = options->forms;
  if (organizations)
    shapes_find(&access->boxes, organizations, options->account_count);
  return organizations != NULL;
}

static bool prepare(struct access *access) {
  struct pool *pool = &access->result->pool;
  if (!boxes_init(&access->boxes, pool, access->options->identity) ||
      !boxes_read(&access->boxes, access->before, &access->old) ||
      !boxes_read(&access->boxes, access->after, &access->new) || !find_shapes(access) ||
      !relations_read(&access->boxes, &access->relations))
    return false;
  access->search = (struct search){.boxes = &access->boxes,
                                   .identity = access->options->identity,
                                   .pool = pool,
                                   .always = access->options->always,
                                   .always_count = access->options->always_count,
                                   .bound = access->options->bound,
                                   .bound_count = access->options->bound_count,
                                   .no_resource = !access->options->identity &&
                                                  !names_resources(access->before) &&
                                                  !names_resources(access->after),
                                   .atoms = &access->atoms,
                                   .steps = &access->steps};
  access->avoided =
      pool_new(pool, access->relations.boxes.count + access->old.count + access->new.count + 1,
               sizeof *access->avoided);
  access->denied = pool_new(pool, access->old.count + 1, sizeof *access->denied);
  access->atoms.tests = access->boxes.test_count;
  access->atoms.items =
      pool_new(pool, access->atoms.tests * FORMS + 1, sizeof *access->atoms.items);
  return access->avoided && access->denied && access->atoms.items &&
         caller_classes_read(&access->search, access->options->accounts,
                             access->options->account_count);
}

unsigned access_forms(const struct policy *doc, bool identity, bool *failed) {
  struct pool pool = {.limit = MEMORY};
  struct boxes boxes;
  struct box_list list;
  bool read = boxes_init(&boxes, &pool, identity) && boxes_read(&boxes, doc, &list);
  if (read)
    shapes_find(&boxes, NULL, 0);
  *failed = pool.failed;
  pool_free(&pool);
  return read ? boxes.odd : ODD_ANY;
}

enum access_answer access_find(const struct policy *before, const struct policy *after,
                               const struct access_options *options, struct access_result *result) {
  *result = (struct access_result){.pool = {.limit = MEMORY}};
  struct access access = {.before = before,
                          .after = after,
                          .options = options,
                          .result = result,
                          .steps = options->limit > 0 ? options->limit : STEPS};
  bool prepared = prepare(&access);
  bool found = prepared && ask_all(&access, READING_CERTAIN);
  bool crossing = prepared && !found && has_crossing(&access);
  if (prepared && !found && (crossing || has_open(&access)))
    found = ask_all(&access, READING_ALIGNED) || (crossing && ask_all(&access, READING_CROSSING));
  texts_free(&access.atoms);
  relations_free(&access.relations);
  result->steps = (options->limit > 0 ? options->limit : STEPS) - access.steps;
  if (result->pool.failed)
    return ACCESS_NO_MEMORY;
  if (found)
    return ACCESS_FOUND;
  result->reason = access.disagreed ? "the search and the evaluator disagree: a defect of Lanyard"
                   : !prepared && !access.search.reason ? "the search reached its limit of memory"
                                                        : access.search.reason;
  /* The last steps may end a loop, which leaves out values or questions. */
  if (!result->reason && access.steps == 0)
    result->reason = "the search reached its limit";
  return result->reason ? ACCESS_UNDECIDED : ACCESS_NONE;
}
