/* The policy document, without Lua: an edit keeps all other bytes, and decisions match IAM's. */

#include "policy/canonical.h"
#include "policy/edit.h"
#include "policy/evaluate.h"
#include "policy/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROLE                                                                                       \
  "arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/x"
#define TEXT(string) ((struct policy_string){string, strlen(string)})

static const char theirs[] =
    "{ \"Statement\" : [\r\n\t{\"Action\":\"ecr:*\", \"Effect\":\"Allow\",\r\n"
    "\t \"Principal\":{\"AWS\":\"444455556666\"}, \"Sid\":\"a \\u00e9\"} ],\r\n"
    "  \"Version\":\"2012-10-17\" }\r\n";

static struct policy *parse(const char *text) {
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  if (!doc)
    print_message("%s\n", error.message);
  assert_non_null(doc);
  return doc;
}

static enum policy_edit allow(struct policy *doc) {
  const struct policy_string actions[] = {TEXT("ecr:BatchGetImage"),
                                          TEXT("ecr:GetDownloadUrlForLayer")};
  const struct policy_grant grant = {
      .sid = TEXT("pull"), .principal = TEXT(ROLE), .actions = actions, .action_count = 2};
  size_t statement;
  struct json_error error;
  return policy_allow(doc, &grant, &statement, &error);
}

static void an_edit_keeps_all_other_bytes(void **state) {
  (void)state;
  struct policy *doc = parse(theirs);
  assert_int_equal(allow(doc), POLICY_CHANGED);
  assert_int_equal(policy_count(doc), 2);
  size_t length;
  const char *text = policy_text(doc, &length);
  const char *end = strstr(theirs, "} ],") + 1;
  assert_memory_equal(text, theirs, (size_t)(end - theirs));
  assert_non_null(strstr(text, " ],\r\n  \"Version\":\"2012-10-17\" }\r\n"));

  struct policy_revocation revocation = {.principal = TEXT(ROLE)};
  size_t touched;
  assert_int_equal(policy_revoke(doc, &revocation, &touched), POLICY_CHANGED);
  assert_int_equal(touched, 1);
  assert_string_equal(policy_text(doc, &length), theirs);
  policy_free(doc);
}

static void a_repeated_grant_changes_nothing(void **state) {
  (void)state;
  struct policy *doc = policy_new();
  assert_int_equal(allow(doc), POLICY_CHANGED);
  assert_int_equal(allow(doc), POLICY_UNCHANGED);
  assert_int_equal(policy_count(doc), 1);
  policy_free(doc);
}

static enum policy_answer can(const char *text, const char *principal, const char *action) {
  struct policy *doc = parse(text);
  struct buf reason = {0};
  const struct policy_request request = {.principal = TEXT(principal), .action = TEXT(action)};
  enum policy_answer answer = policy_evaluate(doc, &request, &reason).answer;
  assert_true(reason.length > 0);
  buf_free(&reason);
  policy_free(doc);
  return answer;
}

static void decisions_are_those_of_iam(void **state) {
  (void)state;
  const char *allow_account = "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":"
                              "\"444455556666\"},\"Action\":\"ECR:batchget*\"}}";
  assert_int_equal(can(allow_account, "arn:aws:iam::444455556666:root", "ecr:BatchGetImage"),
                   POLICY_ANSWER_ALLOW);
  assert_int_equal(can(allow_account, "arn:aws:iam::444455556666:root", "ecr:PutImage"),
                   POLICY_ANSWER_IMPLICIT_DENY);
  assert_int_equal(can(allow_account, ROLE, "ecr:BatchGetImage"), POLICY_ANSWER_IMPLICIT_DENY);
  const char *both = "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\"},"
                     "{\"Effect\":\"Deny\",\"Principal\":\"*\",\"NotAction\":\"ecr:Get*\"}]}";
  assert_int_equal(can(both, ROLE, "ecr:GetDownloadUrlForLayer"), POLICY_ANSWER_ALLOW);
  assert_int_equal(can(both, ROLE, "ecr:BatchGetImage"), POLICY_ANSWER_DENY);
  const char *conditional = "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":"
                            "\"*\",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":\"true\"}}}}";
  assert_int_equal(can(conditional, ROLE, "ecr:BatchGetImage"), POLICY_ANSWER_DEPENDS);
}

static void invalid_policies_are_rejected_with_their_position(void **state) {
  (void)state;
  static const char *const texts[] = {"",
                                      "[]",
                                      "{}",
                                      "{\"Statement\":1}",
                                      "{\"Statement\":[1]}",
                                      "{\"Statement\":[],\"Statement\":[]}"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct json_error error = {0};
    assert_null(policy_parse(texts[i], strlen(texts[i]), &error));
    assert_int_equal(error.line, 1);
    assert_true(error.message[0] != '\0');
  }
}

static void a_malformed_condition_is_a_flaw_and_layout_has_no_meaning(void **state) {
  (void)state;
  struct policy *doc =
      parse("{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"a\","
            "\"Condition\":{\"Bool\":{\"k\":{\"x\":[1,2]}}}}]}");
  assert_non_null(policy_statement(doc, 0)->flaw);
  struct buf pretty = {0};
  policy_format(doc, &pretty);
  struct policy *other = parse(pretty.data);
  bool failed;
  assert_true(policy_equivalent(doc, other, &failed));
  buf_free(&pretty);
  policy_free(other);
  policy_free(doc);
}

/* The worst case of that size takes little time: many statements, each with a duplicate. */
static void long_texts_are_edited_and_too_long_ones_are_rejected(void **state) {
  (void)state;
  struct json_error error;
  struct buf text = {0};
  buf_adds(&text, "{\"Statement\":[");
  for (size_t i = 0; text.length < 32 * 1024; i++)
    buf_addf(&text,
             "%s{\"Sid\":\"x-%zu\",\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"%zu\"},"
             "\"Action\":\"a%zu\"}",
             i > 0 ? "," : "", i, i, i / 2);
  buf_adds(&text, "]}");
  struct policy *doc = policy_parse(text.data, text.length, &error);
  assert_non_null(doc);
  bool *marks = malloc(policy_count(doc));
  assert_non_null(marks);
  memset(marks, true, policy_count(doc));
  size_t gone;
  assert_int_equal(policy_merge(doc, marks, &TEXT("x"), &gone, &error), POLICY_CHANGED);
  assert_true(gone >= policy_count(doc) - 1);
  assert_int_equal(policy_sort(doc), POLICY_CHANGED);
  free(marks);
  policy_free(doc);
  while (text.length <= POLICY_MAX_BYTES)
    buf_addc(&text, ' ');
  assert_null(policy_parse(text.data, text.length, &error));
  assert_non_null(strstr(error.message, "1048576"));
  buf_free(&text);
}

static void sizes_count_characters(void **state) {
  (void)state;
  struct policy *doc = parse("{\"Statement\":[],\"Id\":\"\xC3\xA9\xF0\x9F\x98\x80\"}");
  assert_int_equal(policy_size(doc), strlen("{\"Statement\":[],\"Id\":\"xx\"}"));
  policy_free(doc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_edit_keeps_all_other_bytes),
      cmocka_unit_test(a_repeated_grant_changes_nothing),
      cmocka_unit_test(decisions_are_those_of_iam),
      cmocka_unit_test(invalid_policies_are_rejected_with_their_position),
      cmocka_unit_test(a_malformed_condition_is_a_flaw_and_layout_has_no_meaning),
      cmocka_unit_test(long_texts_are_edited_and_too_long_ones_are_rejected),
      cmocka_unit_test(sizes_count_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
