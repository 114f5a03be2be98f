/* Properties of every policy, tested on random documents. A document is generated from a model,
 * printed in a random layout and spelling, edited and evaluated. LANYARD_SEED and LANYARD_RUNS
 * change the run. A failure prints its seed, which generates the same document first. */

#include "policy_model.h"

#include "policy/canonical.h"
#include "policy/edit.h"
#include "policy/evaluate.h"
#include "policy/format.h"
#include "policy/principal.h"
#include "policy/subsume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `make test` always tests the same documents; `make fuzz` tests new ones until it ends. */
#ifdef __SANITIZE_ADDRESS__
#define RUNS 10000 /* ten times slower there */
#else
#define RUNS 40000
#endif

/* --- Properties ------------------------------------------------------------------------------- */

static struct policy *parse(const char *text, size_t length) {
  struct json_error error;
  struct policy *doc = policy_parse(text, length, &error);
  if (!doc)
    print_message("%s\n%.*s\n", error.message, (int)length, text);
  assert_non_null(doc);
  return doc;
}

static struct policy *print_and_parse(const struct model *model) {
  struct buf text = {0};
  print_model(model, &text);
  assert_false(text.failed);
  struct policy *doc = parse(text.data, text.length);
  size_t length;
  const char *kept = policy_text(doc, &length);
  assert_int_equal(length, text.length);
  assert_memory_equal(kept, text.data, length);
  buf_free(&text);
  return doc;
}

static bool equivalent(const struct policy *a, const struct policy *b) {
  bool failed;
  bool same = policy_equivalent(a, b, &failed);
  assert_false(failed);
  return same;
}

static void assert_same_text(const struct policy *a, const struct policy *b) {
  size_t a_length, b_length;
  const char *a_text = policy_text(a, &a_length), *b_text = policy_text(b, &b_length);
  assert_string_equal(a_text, b_text);
  assert_int_equal(a_length, b_length);
}

static enum policy_answer ask(const struct policy *doc, const char *principal, const char *action) {
  const struct policy_request request = {
      .principal = TEXT(principal), .action = TEXT(action), .resource = TEXT(resources[1])};
  struct buf reason = {0};
  enum policy_answer answer = policy_evaluate(doc, &request, &reason).answer;
  buf_free(&reason);
  return answer;
}

/* Returns a model with a different meaning, changed in one place. */
static struct model another(struct model model) {
  if (model.count == 0 || once_in(5)) {
    model.version = model.version == 2 ? 1 : 2;
    return model;
  }
  struct model_statement *statement = &model.statements[below(model.count)];
  switch (below(6)) {
  case 0:
    statement->deny = !statement->deny;
    break;
  case 1:
    statement->actions ^= 1u << below(COUNT(actions));
    if (statement->actions == 0)
      statement->actions = 1u << 5 | 1u << 2;
    break;
  case 2:
    statement->condition = (statement->condition + 1) % (COUNT(conditions) + 1);
    break;
  case 3:
    statement->not_action = !statement->not_action;
    break;
  case 4:
    statement->everyone = !statement->everyone;
    break;
  default:
    statement->extra = (statement->extra + 1) % (COUNT(extras) + 1);
  }
  return model;
}

/* Layout, order and spelling do not change the meaning of a policy; everything else does. */
static void check_equivalence(const struct model *model, const struct policy *doc) {
  struct policy *second = print_and_parse(model);
  struct policy *third = print_and_parse(model);
  struct model other = another(*model);
  struct policy *different = print_and_parse(&other);
  assert_true(equivalent(doc, doc));
  assert_true(equivalent(doc, second) && equivalent(second, doc));
  assert_true(equivalent(second, third) && equivalent(doc, third));
  bool differs = !equivalent(doc, different);
  assert_int_equal(differs, !equivalent(different, doc));
  assert_int_equal(differs, !equivalent(different, third));
  /* With two statements of the same meaning, the difference may have no effect. */
  assert_true(differs || model->count > 1);
  policy_free(second);
  policy_free(third);
  policy_free(different);
}

static void check_layout(const struct policy *doc) {
  struct buf pretty = {0}, again = {0};
  policy_format(doc, &pretty);
  struct policy *formatted = parse(pretty.data, pretty.length);
  assert_true(equivalent(doc, formatted));
  policy_format(formatted, &again);
  assert_string_equal(pretty.data, again.data);
  buf_reset(&pretty);
  buf_reset(&again);
  policy_compact(doc, &pretty);
  policy_compact(formatted, &again);
  assert_string_equal(pretty.data, again.data);
  struct policy *compact = parse(pretty.data, pretty.length);
  assert_true(equivalent(doc, compact));
  assert_true(policy_size(compact) <= policy_size(doc));
  policy_free(compact);
  policy_free(formatted);
  buf_free(&pretty);
  buf_free(&again);
}

static void check_sort(const struct policy *doc) {
  struct policy *sorted = policy_copy(doc);
  size_t before, after;
  policy_text(doc, &before);
  assert_int_not_equal(policy_sort(sorted), POLICY_FAILED);
  policy_text(sorted, &after);
  assert_int_equal(before, after);
  assert_true(equivalent(doc, sorted));
  assert_int_equal(policy_sort(sorted), POLICY_UNCHANGED);
  policy_free(sorted);
}

static const struct policy_string pull[] = {{"ecr:BatchGetImage", 17},
                                            {"ecr:GetDownloadUrlForLayer", 26}};

static enum policy_edit allow(struct policy *doc, const char *principal, bool conditional) {
  const struct policy_grant grant = {
      .sid = TEXT("pull"),
      .principal = TEXT(principal),
      .actions = pull,
      .action_count = COUNT(pull),
      .condition = conditional ? TEXT(conditions[2]) : (struct policy_string){NULL, 0},
  };
  size_t index;
  struct json_error error;
  enum policy_edit edit = policy_allow(doc, &grant, &index, &error);
  assert_int_not_equal(edit, POLICY_FAILED);
  return edit;
}

static size_t revoke(struct policy *doc, const char *principal) {
  const struct policy_revocation what = {.principal = TEXT(principal)};
  size_t touched;
  assert_int_not_equal(policy_revoke(doc, &what, &touched), POLICY_FAILED);
  return touched;
}

/* Revoking a grant restores the bytes of the text, except that a single statement object stays in
 * the array that the grant created. */
static void check_allow_then_revoke(const struct model *model, const struct policy *doc) {
  static const char newcomer[] = "arn:aws:iam::777788889999:role/newcomer";
  struct policy *edited = policy_copy(doc);
  bool conditional = once_in(3);
  assert_int_equal(allow(edited, newcomer, conditional), POLICY_CHANGED);
  assert_int_equal(policy_count(edited), policy_count(doc) + 1);
  assert_int_equal(allow(edited, newcomer, conditional), POLICY_UNCHANGED);
  assert_int_equal(revoke(edited, newcomer), 1);
  assert_true(equivalent(doc, edited));
  if (!(model->lone && model->count == 1))
    assert_same_text(doc, edited);
  policy_free(edited);
}

enum certainty { NEVER, PERHAPS, ALWAYS };

/* Reports whether a Deny of the model applies to a pull by a principal. PERHAPS for statements with
 * a condition, a resource or NotPrincipal. */
static enum certainty denies(const struct model_statement *statement, size_t who, size_t action) {
  static const unsigned covering[] = {1u << 0 | 1u << 4 | 1u << 5, 1u << 1 | 1u << 3 | 1u << 5};
  bool acts = (statement->actions & covering[action]) != 0;
  unsigned named = 1u << who | (accounts[who] < PRINCIPALS ? 1u << accounts[who] : 0);
  if (acts == statement->not_action)
    return NEVER;
  if (statement->not_principal)
    return PERHAPS;
  if (!statement->everyone && !(statement->principals & named))
    return NEVER;
  return statement->condition || statement->resources ? PERHAPS : ALWAYS;
}

/* A grant allows its actions, unless a Deny applies. */
static void check_allow_allows(const struct model *model, const struct policy *doc) {
  size_t who = below(PRINCIPALS);
  struct policy *edited = policy_copy(doc);
  allow(edited, principals[who][0], false);
  for (size_t action = 0; action < COUNT(pull); action++) {
    enum certainty denied = NEVER;
    for (size_t i = 0; i < model->count; i++)
      if (model->statements[i].deny && denies(&model->statements[i], who, action) > denied)
        denied = denies(&model->statements[i], who, action);
    enum policy_answer answer = ask(edited, principals[who][0], pull[action].bytes);
    assert_int_not_equal(answer, POLICY_ANSWER_IMPLICIT_DENY);
    if (denied != PERHAPS)
      assert_int_equal(answer, denied == NEVER ? POLICY_ANSWER_ALLOW : POLICY_ANSWER_DENY);
  }
  policy_free(edited);
}

/* Checks that both documents give the same answers to all callers except one principal and, if it
 * is an account, its principals. */
static void assert_same_answers(const struct policy *a, const struct policy *b, size_t but) {
  for (size_t i = 0; i < PRINCIPALS; i++)
    for (size_t j = 0; j < 3 && i != but && accounts[i] != but; j++)
      assert_int_equal(ask(a, principals[i][0], actions[j]), ask(b, principals[i][0], actions[j]));
  assert_int_equal(ask(a, "*", actions[0]), ask(b, "*", actions[0]));
  assert_int_equal(ask(a, service, actions[0]), ask(b, service, actions[0]));
}

/* Counts the principals in statements other than this one. */
static size_t count_others(const struct policy *doc, const char *but) {
  size_t count = 0;
  for (size_t i = 0; i < policy_count(doc); i++) {
    const struct policy_list *named = &policy_statement(doc, i)->principals;
    for (size_t j = 0; j < named->count; j++)
      count += !principal_equal(&named->items[j], but, strlen(but));
  }
  return count;
}

/* A revocation does not affect other principals. */
static void check_revoke_is_precise(const struct policy *doc) {
  size_t whose = below(PRINCIPALS);
  const char *principal = principals[whose][0];
  struct policy *edited = policy_copy(doc);
  size_t touched = revoke(edited, principal);
  if (touched == 0)
    assert_same_text(doc, edited);
  assert_same_answers(doc, edited, whose);
  assert_int_equal(count_others(edited, principal), count_others(doc, principal));
  assert_int_equal(revoke(edited, principal), 0);
  policy_free(edited);
}

static void check_fold(const struct policy *doc) {
  bool marks[STATEMENTS + 1];
  memset(marks, true, sizeof marks);
  struct policy *folded = policy_copy(doc);
  const struct policy_string sid = once_in(2) ? TEXT("all") : (struct policy_string){NULL, 0};
  size_t gone;
  struct json_error error;
  assert_int_not_equal(policy_merge(folded, marks, &sid, &gone, &error), POLICY_FAILED);
  assert_int_equal(policy_count(folded) + gone, policy_count(doc));
  if (gone == 0)
    assert_same_text(doc, folded);
  assert_same_answers(doc, folded, PRINCIPALS);
  assert_int_equal(policy_merge(folded, marks, &sid, &gone, &error), POLICY_UNCHANGED);
  policy_free(folded);
}

/* Statements are appended together as one by one. */
static void check_append(const struct policy *doc, const struct policy *from) {
  struct policy *together = policy_copy(doc), *one_by_one = policy_copy(doc);
  struct json_error error;
  enum policy_edit edit = policy_append(together, from, &error);
  assert_int_equal(edit, policy_count(from) ? POLICY_CHANGED : POLICY_UNCHANGED);
  for (size_t i = 0; i < policy_count(from); i++)
    assert_int_equal(policy_append_statement(one_by_one, from, i, &error), POLICY_CHANGED);
  assert_same_text(together, one_by_one);
  policy_free(one_by_one);
  policy_free(together);
}

static enum policy_edit set(struct policy *doc, size_t index, const char *element,
                            struct policy_string json) {
  const struct policy_setting setting = {.statement = index, .element = element, .json = json};
  struct json_error error;
  enum policy_edit edit = policy_set(doc, &setting, &error);
  if (edit == POLICY_FAILED)
    print_message("%s\n", error.message);
  assert_int_not_equal(edit, POLICY_FAILED);
  return edit;
}

/* Setting an element and setting it back restores the bytes of the text. */
static void check_set(const struct policy *doc) {
  if (policy_count(doc) == 0)
    return;
  size_t index = below(policy_count(doc)), length;
  const struct policy_statement *statement = policy_statement(doc, index);
  struct policy *edited = policy_copy(doc);
  struct policy_string old = {NULL, 0};
  if (statement->sid)
    old = (struct policy_string){policy_text(doc, &length) + statement->sid->start,
                                 statement->sid->end - statement->sid->start};
  assert_int_equal(set(edited, index, "Sid", TEXT("\"set\"")), POLICY_CHANGED);
  assert_true(policy_has_sid(policy_statement(edited, index), "set", 3));
  assert_int_equal(set(edited, index, "Sid", TEXT(" \"set\" ")), POLICY_UNCHANGED);
  assert_int_equal(set(edited, index, "Sid", old), POLICY_CHANGED);
  assert_same_text(doc, edited);
  if (!statement->conditions.json) {
    assert_int_equal(set(edited, index, "Condition", TEXT(conditions[1])), POLICY_CHANGED);
    assert_int_equal(policy_statement(edited, index)->conditions.count, 2);
    assert_int_equal(set(edited, index, "Condition", (struct policy_string){NULL, 0}),
                     POLICY_CHANGED);
    assert_same_text(doc, edited);
  }
  policy_free(edited);
}

/* Removing a statement that another one subsumes changes no answer, unless it is the Deny. */
static void check_covers(const struct policy *doc) {
  for (size_t outer = 0; outer < policy_count(doc); outer++)
    for (size_t inner = 0; inner < policy_count(doc); inner++) {
      bool failed;
      bool covers = policy_subsumes(doc, outer, inner, &failed);
      assert_false(failed);
      const struct policy_statement *a = policy_statement(doc, outer);
      const struct policy_statement *b = policy_statement(doc, inner);
      if (!covers || outer == inner || (b->effect == POLICY_DENY && a->effect != POLICY_DENY))
        continue;
      bool marks[STATEMENTS] = {false};
      marks[inner] = true;
      struct policy *without = policy_copy(doc);
      assert_int_equal(policy_remove_statements(without, marks), POLICY_CHANGED);
      for (size_t i = 0; i < PRINCIPALS; i++)
        for (size_t j = 0; j < 3; j++) {
          enum policy_answer before = ask(doc, principals[i][0], actions[j]);
          enum policy_answer after = ask(without, principals[i][0], actions[j]);
          bool shadow = b->effect == POLICY_ALLOW && a->effect == POLICY_DENY;
          /* With the same condition, either both apply or neither does; ask() cannot know that. */
          if (!(shadow && a->conditions.count > 0))
            assert_int_equal(before, after);
        }
      policy_free(without);
    }
}

static uint64_t current; /* the seed of the current document */

static uint64_t number_of(const char *variable, uint64_t otherwise) {
  const char *text = getenv(variable);
  return text ? strtoull(text, NULL, 0) : otherwise;
}

static void random_documents_and_edits(void **state) {
  (void)state;
  uint64_t seed = number_of("LANYARD_SEED", 1), runs = number_of("LANYARD_RUNS", RUNS);
  for (uint64_t run = 0; run < runs; run++) {
    chance = seed + run;
    current = chance;
    struct model model = random_model();
    struct policy *doc = print_and_parse(&model);
    check_equivalence(&model, doc);
    check_layout(doc);
    check_sort(doc);
    check_allow_then_revoke(&model, doc);
    check_allow_allows(&model, doc);
    check_revoke_is_precise(doc);
    check_fold(doc);
    check_set(doc);
    check_covers(doc);
    struct model other = random_model();
    struct policy *from = print_and_parse(&other);
    check_append(doc, from);
    policy_free(from);
    policy_free(doc);
  }
}

static int tell_seed(void **state) {
  (void)state;
  print_message("the last document: LANYARD_SEED=%llu\n", (unsigned long long)current);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(random_documents_and_edits, NULL, tell_seed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
