#include "policy/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Tests one key, aws:k with the operand "a*", of a request in which the key has one value or is
 * absent. */
static enum condition_truth holds(const char *operator_name, const char *value) {
  static const char text[] = "{\"aws:k\":\"a*\"}";
  struct json_error error;
  struct json_doc *json = json_parse(text, sizeof text - 1, &error);
  assert_non_null(json);
  const struct context_value one = {value, value ? strlen(value) : 0};
  const struct context_entry entry = {
      .key = "AWS:K", .key_length = strlen("aws:k"), .values = &one, .count = 1};
  const struct context context = {.entries = &entry, .count = value ? 1 : 0};
  bool failed = true;
  enum condition_truth truth =
      condition_key_holds(operator_name, json_root(json)->first, &context, true, &failed);
  assert_false(failed);
  json_free(json);
  return truth;
}

static void one_key_is_tested_as_in_a_whole_condition(void **state) {
  (void)state;
  assert_int_equal(holds("StringLike", "abc"), CONDITION_TRUE);
  assert_int_equal(holds("StringLike", "b"), CONDITION_FALSE);
  assert_int_equal(holds("StringLike", NULL), CONDITION_FALSE);
  assert_int_equal(holds("StringEquals", "abc"), CONDITION_FALSE);
  assert_int_equal(holds("StringNotLike", NULL), CONDITION_TRUE);
  assert_int_equal(holds("ForAllValues:StringLikeIfExists", NULL), CONDITION_TRUE);
  assert_int_equal(holds("StringMatches", "a"), CONDITION_UNKNOWN);
  assert_int_equal(holds("NumericEquals", "5"), CONDITION_UNKNOWN);
}

static void a_test_without_a_context_is_undecided(void **state) {
  (void)state;
  bool failed;
  const struct json_value key = {0};
  assert_int_equal(condition_key_holds("StringEquals", &key, NULL, true, &failed),
                   CONDITION_UNKNOWN);
  assert_false(failed);
}

static void the_name_of_an_operator_has_parts(void **state) {
  (void)state;
  struct condition_test test;
  assert_true(condition_read_test("ForAnyValue:StringNotLikeIfExists", &test));
  assert_string_equal(test.name, "StringNotLike");
  assert_int_equal(test.type, OPERAND_STRING);
  assert_int_equal(test.set, CONDITION_ANY_VALUE);
  assert_true(test.if_exists && test.negated && test.wildcards);
  assert_true(condition_read_test("NumericLessThanEquals", &test));
  assert_string_equal(test.name, "NumericLessThanEquals");
  assert_int_equal(test.set, CONDITION_NO_SET);
  assert_false(test.if_exists || test.negated || test.wildcards);
  assert_true(condition_read_test("Null", &test));
  assert_false(condition_read_test("NullIfExists", &test));
  assert_false(condition_read_test("stringequals", &test));
  assert_false(condition_read_test("", &test));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_key_is_tested_as_in_a_whole_condition),
      cmocka_unit_test(a_test_without_a_context_is_undecided),
      cmocka_unit_test(the_name_of_an_operator_has_parts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
