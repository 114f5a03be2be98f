/* The policy document: every document that is accepted can be formatted, evaluated and edited, and
 *   - the formatted text has the same meaning;
 *   - an edited text is a policy with the expected statements;
 *   - revoking a grant restores the bytes of the text. */

#include "policy/canonical.h"
#include "policy/edit.h"
#include "policy/evaluate.h"
#include "policy/format.h"
#include "policy/subsume.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(string) ((struct policy_string){string, strlen(string)})
#define ROLE "arn:aws:iam::1:role/nobody-has-this-name"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static struct policy *parse_again(const char *text, size_t length) {
  struct json_error error;
  struct policy *doc = policy_parse(text, length, &error);
  check(doc != NULL);
  return doc;
}

static void check_text(const struct policy *doc, struct buf *text) {
  struct policy *again = parse_again(text->data, text->length);
  bool failed;
  check(policy_equivalent(doc, again, &failed) && !failed);
  policy_free(again);
}

static void check_layout(const struct policy *doc) {
  struct buf pretty = {0}, compact = {0};
  policy_format(doc, &pretty);
  check_text(doc, &pretty);
  policy_compact(doc, &compact);
  check_text(doc, &compact);
  check(compact.length <= pretty.length);
  buf_free(&pretty);
  buf_free(&compact);
}

static void check_decisions(const struct policy *doc) {
  static const struct context_value values[] = {
      {"10", 2}, {"2026-11-24T10:00:00Z", 20}, {"arn:aws:iam::111122223333:role/*", 32}};
  static const struct context_entry entries[] = {{"a", 1, values, 1, false},
                                                 {"b", 1, values, 3, false},
                                                 {"aws:username", 12, values + 2, 1, false},
                                                 {"aws:PrincipalArn", 16, NULL, 0, true}};
  static const struct context context = {.entries = entries, .count = 4, .partial = true};
  struct policy_request request = {
      .principal = TEXT("arn:aws:iam::111122223333:role/x"),
      .action = TEXT("ecr:BatchGetImage"),
      .resource = TEXT("arn:aws:ecr:us-east-1:111122223333:repository/x"),
  };
  struct buf reason = {0};
  for (int i = 0; i < 4; i++) {
    request.context = i & 1 ? &context : NULL;
    request.identity = i & 2;
    buf_reset(&reason);
    policy_evaluate(doc, &request, &reason);
    check(reason.length > 0);
  }
  buf_free(&reason);
}

/* Reports whether a text may already contain what the grant adds, so that a revocation removes more. */
static bool may_name(const uint8_t *data, size_t size) {
  return memmem(data, size, "nobody", 6) || memmem(data, size, "\\u", 2);
}

static void check_grant(const struct policy *doc, bool may_be_named) {
  const struct policy_string actions[] = {TEXT("ecr:BatchGetImage"), TEXT("ecr:PutImage")};
  const struct policy_grant grant = {
      .sid = TEXT("nobody"), .principal = TEXT(ROLE), .actions = actions, .action_count = 2};
  struct policy *edited = policy_copy(doc);
  size_t index, touched, length, before_length;
  struct json_error error;
  enum policy_edit edit = policy_allow(edited, &grant, &index, &error);
  check(edit != POLICY_FAILED);
  if (edit == POLICY_CHANGED) {
    check(policy_count(edited) == policy_count(doc) + 1);
    const struct policy_revocation back = {.principal = TEXT(ROLE)};
    check(policy_revoke(edited, &back, &touched) == POLICY_CHANGED);
    const char *before = policy_text(doc, &before_length);
    const char *after = policy_text(edited, &length);
    bool array = policy_statements_json(doc)->type == JSON_ARRAY && policy_count(doc) > 0;
    bool failed;
    if (!may_be_named) {
      check(policy_equivalent(doc, edited, &failed) && !failed);
      check(!array || (length == before_length && memcmp(before, after, length) == 0));
    }
  }
  policy_free(edited);
}

/* Sorting keeps the meaning. Merging and setting produce a valid policy. */
static void check_other_edits(const struct policy *doc) {
  struct policy *sorted = policy_copy(doc);
  bool failed;
  check(policy_sort(sorted) != POLICY_FAILED);
  check(policy_equivalent(doc, sorted, &failed) && !failed);
  check(policy_sort(sorted) == POLICY_UNCHANGED);

  struct policy *edited = policy_copy(doc);
  bool *marks = calloc(policy_count(doc) + 1, sizeof *marks);
  check(marks != NULL);
  for (size_t i = 0; i < policy_count(doc); i++)
    marks[i] = true;
  size_t gone;
  struct json_error error;
  check(policy_merge(edited, marks, &TEXT("x"), &gone, &error) != POLICY_FAILED);
  check(policy_count(edited) + gone == policy_count(doc));
  static const char *const elements[] = {"Sid", "Condition", "Action", "other"};
  for (size_t i = 0; i < policy_count(edited) && i < 4; i++) {
    const struct policy_setting setting = {
        .statement = i, .element = elements[i], .json = TEXT("{\"Null\":{\"a\":[true,\"b\"]}}")};
    policy_set(edited, &setting, &error);
    static const char *const within[] = {"Null", "a"};
    const struct policy_setting inside = {.statement = i,
                                          .element = "Condition",
                                          .json = TEXT("[]"),
                                          .within = within,
                                          .within_count = 2};
    policy_set(edited, &inside, &error);
    for (size_t j = 0; j < policy_count(edited) && j < 4; j++) {
      policy_subsumes(edited, i, j, &failed);
      check(!failed);
    }
  }
  free(marks);
  policy_free(sorted);
  policy_free(edited);
}

/* Removes every third principal. */
static void check_taking_out(const struct policy *doc, size_t seed) {
  struct policy *edited = policy_copy(doc);
  size_t count = policy_values_count(edited), touched, length;
  bool *marks = calloc(count + 1, sizeof *marks);
  check(marks != NULL);
  for (size_t i = 0; i < count; i++)
    marks[i] = (i + seed) % 3 == 0;
  check(policy_remove_principals(edited, marks, &touched) != POLICY_FAILED);
  const char *text = policy_text(edited, &length);
  policy_free(parse_again(text, length));
  free(marks);
  policy_free(edited);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct json_error error;
  struct policy *doc = policy_parse((const char *)data, size, &error);
  if (!doc) {
    check(error.line >= 1 && error.column >= 1 && error.message[0]);
    return 0;
  }
  check_layout(doc);
  check_decisions(doc);
  check_grant(doc, may_name(data, size));
  check_taking_out(doc, size);
  check_other_edits(doc);
  policy_free(doc);
  return 0;
}
