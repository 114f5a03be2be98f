#include "policy/action_table.h"

#include "policy/evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT(string) ((struct policy_string){string, strlen(string)})

static struct policy *parse(const char *text) {
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  assert_non_null(doc);
  return doc;
}

/* The table of a document exists from the second call on. */
static const struct action_table *table_of(const struct policy *doc) {
  policy_actions(doc);
  return policy_actions(doc);
}

static const char statements[] =
    "{\"Statement\":["
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecr:GetX\"},"
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\"ecr:PutY\",\"ECR:getx\",\"ecr:GetX\"]}"
    ","
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"NotAction\":\"ecr:PutY\"},"
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecr:Delete?\"},"
    "{\"Effect\":\"Deny\",\"Principal\":\"*\"},"
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[]},"
    "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"ecr:PutY\"}]}";

static void find(const struct policy *doc, const char *action, char *found) {
  size_t count = policy_count(doc), i;
  struct action_search search = action_search_start(policy_actions(doc), count, &TEXT(action));
  while ((i = action_search_next(&search)) < count)
    *found++ = (char)('1' + i);
  *found = '\0';
}

static void a_search_finds_the_statements_that_can_apply_in_order(void **state) {
  (void)state;
  char found[8];
  struct policy *doc = parse(statements);
  assert_non_null(table_of(doc));
  find(doc, "ecr:GETX", found);
  assert_string_equal(found, "12345");
  find(doc, "ecr:PutY", found);
  assert_string_equal(found, "23457");
  find(doc, "", found);
  assert_string_equal(found, "345");
  policy_free(doc);
}

static void a_document_has_no_table_before_the_second_decision(void **state) {
  (void)state;
  char found[8];
  struct policy *doc = parse(statements);
  assert_null(policy_actions(doc));
  size_t before = policy_memory(doc);
  find(doc, "ecr:GetX", found);
  assert_string_equal(found, "12345");
  assert_true(policy_memory(doc) > before);
  policy_free(doc);

  struct policy *small = parse("{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"ecr:GetX\"}}");
  assert_null(table_of(small));
  find(small, "ecr:PutY", found);
  assert_string_equal(found, "1");
  policy_free(small);
}

static void an_edit_replaces_the_table(void **state) {
  (void)state;
  struct json_error error;
  char found[8];
  struct policy *doc = parse(statements);
  assert_non_null(table_of(doc));
  static const char other[] = "{\"Statement\":[{\"Action\":\"ecr:PutY\"}]}";
  assert_true(policy_replace_text(doc, other, strlen(other), &error));
  find(doc, "ecr:PutY", found);
  assert_string_equal(found, "1");
  policy_free(doc);
}

static uint64_t random_state = 1;

static size_t random_below(size_t limit) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(random_state >> 33) % limit;
}

static const char *one_of(const char *const *texts, size_t count) {
  return texts[random_below(count)];
}
#define ONE_OF(texts) one_of(texts, sizeof texts / sizeof *texts)

static const char *const actions[] = {
    "*",        "ecr:*",    "ecr:GetX", "ECR:getx",      "ecr:PutY", "ecr:Put?",
    "ecr:Get*", "ecr:GETX", "ecr*",     "s3:GetObject*", "",
};
static const char *const asked[] = {"ecr:GetX",     "ECR:GETX", "ecr:PutY", "ecr:*",
                                    "s3:GetObject", "ecr:Put?", "",         "x"};

static void add_random_statement(struct buf *text) {
  buf_addf(text, "{\"Effect\":\"%s\",\"%s\":[\"%s\"", random_below(4) == 0 ? "Deny" : "Allow",
           random_below(6) == 0 ? "NotAction" : "Action", ONE_OF(actions));
  if (random_below(2) == 0)
    buf_addf(text, ",\"%s\"", ONE_OF(actions));
  buf_addf(text, "]%s,\"Principal\":\"*\"}", random_below(8) == 0 ? ",\"Resource\":1" : "");
}

static void assert_same(const struct policy_matches *a, const struct policy_matches *b) {
  assert_ptr_equal(a->deny, b->deny);
  assert_ptr_equal(a->maybe_deny, b->maybe_deny);
  for (size_t i = 0; i < PRINCIPAL_MATCHES; i++) {
    assert_ptr_equal(a->allow[i], b->allow[i]);
    assert_ptr_equal(a->maybe_allow[i], b->maybe_allow[i]);
  }
}

static void a_decision_with_a_table_is_the_decision_without_it(void **state) {
  (void)state;
  for (size_t run = 0; run < 3000; run++) {
    struct buf text = {0};
    buf_adds(&text, "{\"Statement\":[");
    for (size_t i = 0, count = 4 + random_below(8); i < count; i++) {
      buf_adds(&text, i > 0 ? "," : "");
      add_random_statement(&text);
    }
    buf_adds(&text, "]}");
    const char *action = ONE_OF(asked);
    struct policy_request request = {
        .principal = TEXT("arn:aws:iam::111122223333:role/ci"),
        .action = TEXT(action),
        .resource = TEXT("arn:aws:ecr:us-east-1:111122223333:repository/a"),
    };
    struct json_error error;
    struct policy *doc = policy_parse(text.data, text.length, &error);
    assert_non_null(doc);
    struct policy_matches first = policy_match(doc, &request);
    struct policy_matches second = policy_match(doc, &request);
    assert_non_null(policy_actions(doc));
    assert_same(&first, &second);
    policy_free(doc);
    buf_free(&text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_search_finds_the_statements_that_can_apply_in_order),
      cmocka_unit_test(a_document_has_no_table_before_the_second_decision),
      cmocka_unit_test(an_edit_replaces_the_table),
      cmocka_unit_test(a_decision_with_a_table_is_the_decision_without_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
