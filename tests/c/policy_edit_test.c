/* Edits of a policy at the edges: single statements, empty statements and lists, and flawed statements. */

#include "policy/edit.h"
#include "policy/layout.h"
#include "policy/subsume.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(string) ((struct policy_string){string, strlen(string)})
#define A "arn:aws:iam::111122223333:role/a"
#define B "arn:aws:iam::111122223333:role/b"

static struct policy *parse(const char *text) {
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  if (!doc)
    fail_msg("%s: %s", text, error.message);
  return doc;
}

/* Asserts the text after a grant of "x:Y" to anyone. */
static void assert_allow(const char *text, const char *expected) {
  struct policy *doc = parse(text);
  const struct policy_string action = TEXT("x:Y");
  const struct policy_grant grant = {.principal = TEXT("*"), .actions = &action, .action_count = 1};
  size_t statement;
  struct json_error error;
  assert_int_equal(policy_allow(doc, &grant, &statement, &error), POLICY_CHANGED);
  assert_string_equal(policy_text(doc, NULL), expected);
  policy_free(doc);
}

static void a_new_statement_fits_a_document_with_empty_statements(void **state) {
  (void)state;
#define COMPACT "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"x:Y\"]}"
  assert_allow("{\"Statement\":[{}]}", "{\"Statement\":[{}," COMPACT "]}");
  assert_allow("{\"Statement\":[]}", "{\"Statement\":[" COMPACT "]}");
  assert_allow("{\"Statement\":{}}", "{\"Statement\":[{}," COMPACT "]}");
  assert_allow(
      "{\n  \"Statement\": [\n  ]\n}",
      "{\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Principal\": {\n        "
      "\"AWS\": \"*\"\n      },\n      \"Action\": [\n        \"x:Y\"\n      ]\n    }\n  ]\n}");
  assert_allow(
      "{\"Statement\": [\n  ]}",
      "{\"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \"Principal\": {\n        "
      "\"AWS\": \"*\"\n      },\n      \"Action\": [\n        \"x:Y\"\n      ]\n    }\n  ]}");
  assert_allow("{\n\t\"Statement\": []}",
               "{\n\t\"Statement\": [{\n\t\t\"Effect\": \"Allow\",\n\t\t\"Principal\": "
               "{\n\t\t\t\"AWS\": \"*\"\n\t\t},\n\t\t\"Action\": [\n\t\t\t\"x:Y\"\n\t\t]\n\t}]}");
  assert_allow("{\n\t\"Statement\": [{}]\n}",
               "{\n\t\"Statement\": [{}, {\n\t\t\"Effect\": \"Allow\",\n\t\t\"Principal\": "
               "{\n\t\t\t\"AWS\": \"*\"\n\t\t},\n\t\t\"Action\": [\n\t\t\t\"x:Y\"\n\t\t]\n\t}]\n}");
}

static void a_new_statement_repeats_the_layout_of_the_last_one(void **state) {
  (void)state;
  assert_allow("{\"Statement\":[\r{\r \"Effect\": \"Allow\",\r \"Action\" : [\"a\", \"b\"],\r "
               "\"Principal\": {},\r \"Resource\": []\r}\r]}",
               "{\"Statement\":[\r{\r \"Effect\": \"Allow\",\r \"Action\" : [\"a\", \"b\"],\r "
               "\"Principal\": {},\r \"Resource\": []\r},\r{\r \"Effect\": \"Allow\",\r "
               "\"Principal\": {\r  \"AWS\": \"*\"\r },\r \"Action\": [\"x:Y\"]\r}\r]}");
  assert_allow("{\"Statement\":[{\n\"Effect\":\"Deny\"},{}]}",
               "{\"Statement\":[{\n\"Effect\":\"Deny\"},{},{\n\"Effect\":\"Allow\",\n\"Principal\":"
               "{\n  \"AWS\":\"*\"\n},\n\"Action\":[\n  \"x:Y\"\n]}]}");
  assert_allow(
      "{\"Statement\":[{\"NotPrincipal\": {\n\"AWS\": \"1\"\n},\"Action\": [ \"a\" ] }]}",
      "{\"Statement\":[{\"NotPrincipal\": {\n\"AWS\": \"1\"\n},\"Action\": [ \"a\" ] }, "
      "{\"Effect\": \"Allow\",\"Principal\": {\n\"AWS\": \"*\"\n},\"Action\": [ \"x:Y\" ] }]}");
  assert_allow("{\"Statement\":[{\"Condition\": {\n\"Bool\": {}\n},\"Action\": [ \"a\" ],\n "
               "\"Effect\" : \"Deny\" }]}",
               "{\"Statement\":[{\"Condition\": {\n\"Bool\": {}\n},\"Action\": [ \"a\" ],\n "
               "\"Effect\" : \"Deny\" }, {\"Effect\": \"Allow\",\"Principal\": {\n\"AWS\": "
               "\"*\"\n},\"Action\": [ \"x:Y\" ] }]}");
}

static void a_revocation_empties_a_single_statement(void **state) {
  (void)state;
  static const struct {
    const char *text, *expected;
    size_t touched;
  } cases[] = {
      {"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" A "\"},\"Action\":\"a\"}}",
       "{\"Statement\":[]}", 1},
      {"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"" A "\",\"" B
       "\"]},\"Action\":\"a\"}}",
       "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"" B
       "\"]},\"Action\":\"a\"}}",
       1},
      {"{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" A
       "\",\"Service\":\"s\"},\"Action\":\"a\"}}",
       "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"s\"},\"Action\":\"a\"}}",
       1},
      {"{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"" A "\"},\"Action\":\"a\"}}",
       "{\"Statement\":{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"" A "\"},\"Action\":\"a\"}}",
       0},
      {"{\"Statement\":{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"" A
       "\"},\"Action\":\"a\"}}",
       "{\"Statement\":{\"Effect\":\"Allow\",\"NotPrincipal\":{\"AWS\":\"" A
       "\"},\"Action\":\"a\"}}",
       0},
      {"{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a\"}}",
       "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"a\"}}", 0},
      {"{\"Statement\":[]}", "{\"Statement\":[]}", 0},
  };
  const struct policy_revocation what = {.principal = TEXT(A)};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct policy *doc = parse(cases[i].text);
    size_t touched = 99;
    enum policy_edit edit = policy_revoke(doc, &what, &touched);
    assert_int_equal(edit, cases[i].touched ? POLICY_CHANGED : POLICY_UNCHANGED);
    assert_int_equal(touched, cases[i].touched);
    assert_string_equal(policy_text(doc, NULL), cases[i].expected);
    policy_free(doc);
  }
}

static void a_flawed_statement_keeps_its_principals(void **state) {
  (void)state;
  struct policy *doc = parse("{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"" A
                             "\"},\"Action\":1}]}");
  size_t count = policy_values_count(doc), touched = 99;
  bool *marks = malloc(count + 1);
  assert_non_null(marks);
  memset(marks, true, count + 1);
  assert_int_equal(policy_remove_principals(doc, marks, &touched), POLICY_UNCHANGED);
  assert_int_equal(touched, 0);
  free(marks);
  policy_free(doc);
}

static void removing_the_only_statement_leaves_an_empty_list(void **state) {
  (void)state;
  static const bool none[] = {false}, one[] = {true};
  struct policy *doc = parse("{\"Statement\" : {\"Effect\":\"Allow\"} }");
  assert_int_equal(policy_remove_statements(doc, none), POLICY_UNCHANGED);
  assert_int_equal(policy_remove_statements(doc, one), POLICY_CHANGED);
  assert_string_equal(policy_text(doc, NULL), "{\"Statement\" : [] }");
  policy_free(doc);
}

#define STATEMENT(members) "{\"Effect\":\"Allow\"," members "}"
#define ANYONE "\"Principal\":\"*\","

/* Reports whether the first of two statements applies whenever the second does. */
static bool subsumes(const char *outer, const char *inner) {
  char text[2000];
  snprintf(text, sizeof text, "{\"Version\":\"2012-10-17\",\"Statement\":[%s,%s]}", outer, inner);
  struct policy *doc = parse(text);
  bool failed = true, result = policy_subsumes(doc, 0, 1, &failed);
  assert_false(failed);
  policy_free(doc);
  return result;
}

static bool members_subsume(const char *outer, const char *inner) {
  char one[600], other[600];
  snprintf(one, sizeof one, "{\"Effect\":\"Allow\",\"Principal\":\"*\",%s}", outer);
  snprintf(other, sizeof other, "{\"Effect\":\"Allow\",\"Principal\":\"*\",%s}", inner);
  return subsumes(one, other);
}

static void a_policy_variable_subsumes_only_itself(void **state) {
  (void)state;
#define RESOURCE(string) "\"Action\":\"a\",\"Resource\":\"" string "\""
  assert_true(members_subsume(RESOURCE("x/${k}"), RESOURCE("x/${k}")));
  assert_false(members_subsume(RESOURCE("x/${k}"), RESOURCE("x/y")));
  assert_false(members_subsume(RESOURCE("x/*"), RESOURCE("x/${k}")));
  assert_true(members_subsume(RESOURCE("x/*"), RESOURCE("x/y")));
  assert_false(members_subsume("\"Action\":\"a\",\"NotResource\":\"x/${k}\"", RESOURCE("y")));
  assert_false(members_subsume("\"Action\":\"a\",\"NotResource\":\"x\"", RESOURCE("${k}")));
  assert_true(members_subsume("\"Action\":\"a\",\"NotResource\":\"x\"", RESOURCE("y")));
}

static void exceptions_are_compared_as_the_rest_of_all(void **state) {
  (void)state;
  assert_true(members_subsume("\"NotAction\":\"a:B\"", "\"Action\":\"a:C*\""));
  assert_true(members_subsume("\"NotAction\":\"a:B*\"", "\"Action\":\"a:C\""));
  assert_false(members_subsume("\"NotAction\":\"a:B*\"", "\"Action\":\"a:Bc\""));
  assert_false(members_subsume("\"NotAction\":\"a:B*\"", "\"Action\":\"a:C*\""));
  assert_true(members_subsume("\"NotAction\":\"a:B\"", "\"NotAction\":[\"a:B\",\"a:C\"]"));
  assert_false(members_subsume("\"NotAction\":[\"a:B\",\"a:C\"]", "\"NotAction\":\"a:B\""));
  assert_true(members_subsume("\"Action\":[\"a:B\",\"*\"]", "\"NotAction\":\"a:B\""));
  assert_false(members_subsume("\"Action\":\"a:*\"", "\"NotAction\":\"a:B\""));
}

static void a_statement_without_resource_applies_to_all(void **state) {
  (void)state;
  assert_true(members_subsume("\"Action\":\"a\"", RESOURCE("x")));
  assert_true(members_subsume("\"Action\":\"a\",\"Resource\":[\"x\",\"*\"]", "\"Action\":\"a\""));
  assert_false(members_subsume(RESOURCE("x"), "\"Action\":\"a\""));
  assert_false(members_subsume("\"Action\":\"a\",\"NotResource\":\"*\"", "\"Action\":\"a\""));
}

static void conditions_must_be_the_same(void **state) {
  (void)state;
#define CONDITION(value) "\"Action\":\"a\",\"Condition\":{\"Bool\":{\"k:x\":\"" value "\"}}"
  assert_true(members_subsume("\"Action\":\"a\"", CONDITION("true")));
  assert_false(members_subsume(CONDITION("true"), "\"Action\":\"a\""));
  assert_true(members_subsume(CONDITION("true"), CONDITION("true")));
  assert_false(members_subsume(CONDITION("true"), CONDITION("false")));
}

static void principals_are_compared_by_what_they_include(void **state) {
  (void)state;
#define ALLOW(principal) "{\"Effect\":\"Allow\"," principal ",\"Action\":\"a\"}"
#define DENY(principal) "{\"Effect\":\"Deny\"," principal ",\"Action\":\"a\"}"
#define AWS(string) "\"Principal\":{\"AWS\":\"" string "\"}"
#define SERVICE(string) "\"Principal\":{\"Service\":\"" string "\"}"
#define NOT_AWS(string) "\"NotPrincipal\":{\"AWS\":\"" string "\"}"
  assert_true(subsumes(ALLOW(AWS("*")), ALLOW(AWS(A))));
  assert_true(subsumes(ALLOW(AWS(A)), ALLOW(AWS(A))));
  assert_false(subsumes(ALLOW(AWS(A)), ALLOW(AWS(B))));
  assert_false(subsumes(ALLOW(AWS("111122223333")), ALLOW(AWS(A))));
  assert_true(subsumes(DENY(AWS("111122223333")), DENY(AWS(A))));
  assert_true(subsumes(ALLOW(SERVICE("s")), ALLOW(SERVICE("s"))));
  assert_false(subsumes(ALLOW(SERVICE("s")), ALLOW(SERVICE("t"))));
  assert_false(subsumes(ALLOW("\"Principal\":{\"Federated\":\"s\"}"), ALLOW(SERVICE("s"))));
  assert_true(subsumes(ALLOW("\"Principal\":\"*\""), ALLOW(SERVICE("s"))));
  assert_true(subsumes(DENY(NOT_AWS(A)), DENY(AWS(B))));
  assert_false(subsumes(DENY(NOT_AWS(A)), DENY(AWS(A))));
  assert_false(subsumes(DENY(NOT_AWS(A)), DENY(AWS("111122223333"))));
  assert_false(subsumes(DENY(AWS(A)), DENY(NOT_AWS(A))));
  assert_false(subsumes("{\"Effect\":\"Allow\",\"Action\":\"a\"}", ALLOW(AWS(A))));
  assert_false(subsumes(ALLOW(AWS("*")), "{\"Effect\":\"Allow\",\"Action\":\"a\"}"));
  assert_false(subsumes("{\"Effect\":\"Allow\",\"Action\":1}", ALLOW(AWS(A))));
  assert_false(subsumes(ALLOW(AWS("*")), "{\"Effect\":\"Allow\",\"Action\":1}"));
}

/* Asserts the text after merging all statements. */
static void assert_merge(const char *text, const struct policy_string *sid, const char *expected,
                         size_t expected_gone) {
  static const bool marks[] = {true, true, true, true, true, true};
  struct policy *doc = parse(text);
  size_t gone = 99;
  struct json_error error;
  enum policy_edit edit = policy_merge(doc, marks, sid, &gone, &error);
  assert_int_equal(edit, expected_gone ? POLICY_CHANGED : POLICY_UNCHANGED);
  assert_int_equal(gone, expected_gone);
  assert_string_equal(policy_text(doc, NULL), expected);
  policy_free(doc);
}

static void only_named_principals_of_sound_statements_are_merged(void **state) {
  (void)state;
  const struct policy_string no_sid = {0}, pull = TEXT("pull");
  const char *apart = "{\"Statement\":[" ALLOW("\"Principal\":\"*\"") "," ALLOW(AWS(A)) "," DENY(
      NOT_AWS(A)) ",{\"Effect\":\"Allow\",\"Action\":\"a\"},{\"Effect\":"
                  "\"Allow\"," AWS(A) ",\"Action\":1}]}";
  assert_merge(apart, &pull, apart, 0);
  assert_merge("{\"Statement\":[" ALLOW(AWS(A)) "," ALLOW(AWS(B)) "," ALLOW(AWS(A)) "]}", &no_sid,
               "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"" A "\",\"" B
               "\"]},\"Action\":\"a\"}]}",
               2);
  assert_merge("{\"Statement\":[{\"Sid\":\"pull\",\"Effect\":\"Allow\"," AWS(
                   A) ",\"Action\":\"a\"}," ALLOW(SERVICE("s")) "," ALLOW(SERVICE(A)) "]}",
               &pull,
               "{\"Statement\":[{\"Sid\":\"pull\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"" A
               "\"],\"Service\":[\"s\",\"" A "\"]},\"Action\":\"a\"}]}",
               2);
}

static void assert_sort(const char *text, const char *expected) {
  struct policy *doc = parse(text);
  enum policy_edit edit = policy_sort(doc);
  assert_int_equal(edit, strcmp(text, expected) == 0 ? POLICY_UNCHANGED : POLICY_CHANGED);
  assert_string_equal(policy_text(doc, NULL), expected);
  policy_free(doc);
}

static void a_sort_leaves_flawed_statements_and_equal_ones_in_order(void **state) {
  (void)state;
  assert_sort("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"b\",\"a\"]}}",
              "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"a\",\"b\"]}}");
  assert_sort("{\"Statement\":[{\"Sid\":\"b\",\"Action\":[\"b\",1]},{\"Sid\":\"a\",\"Action\":["
              "\"b\",1,\"a\"]}]}",
              "{\"Statement\":[{\"Sid\":\"a\",\"Action\":[\"b\",1,\"a\"]},{\"Sid\":\"b\","
              "\"Action\":[\"b\",1]}]}");
  assert_sort("{\"Statement\":[" ALLOW(AWS(A)) "," ALLOW(AWS(A)) "]}",
              "{\"Statement\":[" ALLOW(AWS(A)) "," ALLOW(AWS(A)) "]}");
  assert_sort("{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"a\",\"a\"],\"Condition\":{"
              "\"StringEquals\":"
              "{\"k\":[\"2\",\"1\"],\"l\":[1,0]}}}]}",
              "{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"a\",\"a\"],\"Condition\":{"
              "\"StringEquals\":"
              "{\"k\":[\"1\",\"2\"],\"l\":[1,0]}}}]}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_new_statement_fits_a_document_with_empty_statements),
      cmocka_unit_test(a_new_statement_repeats_the_layout_of_the_last_one),
      cmocka_unit_test(a_revocation_empties_a_single_statement),
      cmocka_unit_test(a_flawed_statement_keeps_its_principals),
      cmocka_unit_test(removing_the_only_statement_leaves_an_empty_list),
      cmocka_unit_test(a_policy_variable_subsumes_only_itself),
      cmocka_unit_test(exceptions_are_compared_as_the_rest_of_all),
      cmocka_unit_test(a_statement_without_resource_applies_to_all),
      cmocka_unit_test(conditions_must_be_the_same),
      cmocka_unit_test(principals_are_compared_by_what_they_include),
      cmocka_unit_test(only_named_principals_of_sound_statements_are_merged),
      cmocka_unit_test(a_sort_leaves_flawed_statements_and_equal_ones_in_order),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
