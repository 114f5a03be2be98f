/* Conditions: operands and context values that are not of the operator's type, policy variables, and ARNs in parts. */

#include "policy/condition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define VALUE(string)                                                                              \
  { string, sizeof string - 1 }

/* The request: one key for each kind of value. */
static const struct context_value name[] = {VALUE("web")}, two[] = {VALUE("a"), VALUE("b")},
                                  yes[] = {VALUE("TRUE")}, empty[] = {VALUE("")},
                                  number[] = {VALUE("7")},
                                  arn[] = {VALUE("arn:aws:iam::111122223333:role/a:b")},
                                  address[] = {VALUE("192.0.2.1")}, raw[] = {{"a\xFF", 2}},
                                  raw_one[] = {{"a\xFE", 2}};
static const struct context_entry entries[] = {
    {"k:name", 6, name, 1, false},       {"k:two", 5, two, 2, false},
    {"k:yes", 5, yes, 1, false},         {"k:empty", 7, empty, 1, false},
    {"k:number", 8, number, 1, false},   {"k:arn", 5, arn, 1, false},
    {"k:address", 9, address, 1, false}, {"k:raw", 5, raw, 1, false},
    {"k:raw-one", 9, raw_one, 1, false}, {"k:unknown", 9, NULL, 0, true},
    {"k:none", 6, NULL, 0, false},
};
static const struct context request = {.entries = entries,
                                       .count = sizeof entries / sizeof *entries};
static const struct context partial = {
    .entries = entries, .count = sizeof entries / sizeof *entries, .partial = true};

static enum condition_truth holds_for(const char *condition, const struct context *context) {
  struct json_error error;
  struct json_doc *doc = json_parse(condition, strlen(condition), &error);
  assert_non_null(doc);
  bool failed = true;
  enum condition_truth truth = condition_holds(json_root(doc), context, true, &failed);
  assert_false(failed);
  json_free(doc);
  return truth;
}

/* Asserts the truth of each condition for the request. */
static void assert_each(const char *const conditions[], enum condition_truth expected) {
  for (; *conditions; conditions++)
    if (holds_for(*conditions, &request) != expected)
      fail_msg("%s: %d, not %d", *conditions, holds_for(*conditions, &request), expected);
}

static void a_json_value_that_is_no_string_is_compared_as_text(void **state) {
  (void)state;
  assert_each(
      (const char *const[]){
          "{\"Bool\":{\"k:yes\":true}}", "{\"NumericEquals\":{\"k:number\":7}}",
          "{\"StringEquals\":{\"k:number\":7}}", "{\"BoolIfExists\":{\"k:absent\":false}}",
          "{\"Null\":{\"k:absent\":true}}", "{\"Null\":{\"k:name\":false}}",
          "{\"Null\":{\"k:none\":\"True\"}}", "{\"Null\":{\"k:name\":[\"true\",\"false\"]}}",
          "{\"Null\":{\"k:unknown\":\"false\"}}", NULL},
      CONDITION_TRUE);
  assert_each(
      (const char *const[]){"{\"Bool\":{\"k:yes\":false}}", "{\"Bool\":{\"k:name\":\"true\"}}",
                            "{\"Null\":{\"k:name\":true}}", "{\"Null\":{\"k:absent\":false}}",
                            "{\"Null\":{\"k:absent\":\"FALSE\"}}", "{\"Null\":{\"k:name\":[]}}",
                            NULL},
      CONDITION_FALSE);
}

static void an_operand_of_another_type_is_undecided(void **state) {
  (void)state;
  assert_each((const char *const[]){"{\"StringEquals\":{\"k:name\":null}}",
                                    "{\"Bool\":{\"k:yes\":\"perhaps\"}}",
                                    "{\"NumericEquals\":{\"k:number\":\"x\"}}",
                                    "{\"NumericEquals\":{\"k:name\":\"7\"}}",
                                    "{\"DateLessThan\":{\"k:name\":\"2020-01-01\"}}",
                                    "{\"DateLessThan\":{\"k:number\":\"soon\"}}",
                                    "{\"IpAddress\":{\"k:name\":\"10.0.0.0/8\"}}",
                                    "{\"ArnLike\":{\"k:arn\":\"web\"}}",
                                    "{\"Null\":{\"k:name\":1}}",
                                    "{\"Null\":{\"k:name\":\"yes\"}}",
                                    "{\"Null\":{\"k:absent\":null}}",
                                    "{\"NullIfExists\":{\"k:name\":\"true\"}}",
                                    "{\"ForAnyValue:Null\":{\"k:empty\":\"true\"}}",
                                    "{\"ForAllValues:Null\":{\"k:absent\":\"false\"}}",
                                    "{\"ForAllValues:NullIfExists\":{\"k:name\":\"true\"}}",
                                    "{\"StringNotEquals\":{\"k:two\":\"a\"}}",
                                    "{\"StringEquals\":{\"k:two\":\"a\"}}",
                                    "{\"Bool\":{\"k:name\":\"false\"}}",
                                    "{\"Unheard\":{\"k:name\":\"web\"}}",
                                    "{\"StringEqualsX\":{\"k:name\":\"web\"}}",
                                    "{\"StringEquals\":{\"k:unknown\":\"web\"}}",
                                    NULL},
              CONDITION_UNKNOWN);
  assert_each((const char *const[]){"{\"Unheard\":{}}", "{\"StringEquals\":{}}", "{}", NULL},
              CONDITION_TRUE);
}

static void an_ordered_value_is_undecided_unless_both_sides_have_the_type(void **state) {
  (void)state;
  static const struct {
    const char *name;
    bool less, same, more; /* for a value of the request below, at and above the operand */
  } orders[] = {{"Equals", false, true, false},      {"NotEquals", true, false, true},
                {"LessThan", true, false, false},    {"LessThanEquals", true, true, false},
                {"GreaterThan", false, false, true}, {"GreaterThanEquals", false, true, true}};
  for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
    const bool expected[] = {orders[i].less, orders[i].same, orders[i].more};
    static const char *const operands[] = {"8", "7", "6"};
    static const char *const types[] = {"Numeric", "Date"};
    for (size_t type = 0; type < 2; type++) {
      char text[100];
      for (size_t j = 0; j < 3; j++) {
        snprintf(text, sizeof text, "{\"%s%s\":{\"k:number\":\"%s\"}}", types[type], orders[i].name,
                 operands[j]);
        if (holds_for(text, &request) != (expected[j] ? CONDITION_TRUE : CONDITION_FALSE))
          fail_msg("%s: %d", text, holds_for(text, &request));
      }
      snprintf(text, sizeof text, "{\"%s%s\":{\"k:number\":\"x\"}}", types[type], orders[i].name);
      assert_int_equal(holds_for(text, &request), CONDITION_UNKNOWN);
    }
  }
}

static void an_address_is_in_a_network_or_not(void **state) {
  (void)state;
  assert_each((const char *const[]){"{\"IpAddress\":{\"k:address\":\"192.0.2.0/24\"}}",
                                    "{\"NotIpAddress\":{\"k:address\":\"198.51.100.0/24\"}}", NULL},
              CONDITION_TRUE);
  assert_each((const char *const[]){"{\"NotIpAddress\":{\"k:address\":\"192.0.2.0/24\"}}",
                                    "{\"IpAddress\":{\"k:address\":\"198.51.100.0/24\"}}", NULL},
              CONDITION_FALSE);
}

static void each_part_of_an_arn_must_match(void **state) {
  (void)state;
  assert_each(
      (const char *const[]){"{\"ArnLike\":{\"k:arn\":\"arn:aws:iam::111122223333:role/*\"}}",
                            "{\"ArnEquals\":{\"k:arn\":\"arn:*:*:*:*:*\"}}",
                            "{\"ArnNotLike\":{\"k:absent\":\"arn:*:*:*:*:*\"}}", NULL},
      CONDITION_TRUE);
  assert_each(
      (const char *const[]){"{\"ArnLike\":{\"k:arn\":\"arn:aws-cn:iam::111122223333:role/*\"}}",
                            "{\"ArnLike\":{\"k:arn\":\"arn:aws:sts::111122223333:role/*\"}}",
                            "{\"ArnLike\":{\"k:arn\":\"arn:aws:iam:x:111122223333:role/*\"}}",
                            "{\"ArnLike\":{\"k:arn\":\"arn:aws:iam::444455556666:role/*\"}}",
                            "{\"ArnLike\":{\"k:arn\":\"arn:aws:iam::111122223333:role\"}}",
                            "{\"ArnLike\":{\"k:name\":\"arn:*:*:*:*:*\"}}",
                            "{\"ArnNotLike\":{\"k:name\":\"arn:*:*:*:*:*\"}}",
                            "{\"ArnNotEqualsIfExists\":{\"k:empty\":\"web\"}}", NULL},
      CONDITION_FALSE);
}

static void a_set_operator_considers_all_values(void **state) {
  (void)state;
  assert_each((const char *const[]){"{\"ForAnyValue:StringEquals\":{\"k:two\":\"b\"}}",
                                    "{\"ForAllValues:StringEquals\":{\"k:two\":[\"a\",\"b\"]}}",
                                    "{\"ForAllValues:StringEquals\":{\"k:empty\":\"x\"}}",
                                    "{\"ForAllValues:StringEquals\":{\"k:absent\":\"x\"}}",
                                    "{\"ForAnyValue:StringNotEquals\":{\"k:two\":\"a\"}}",
                                    "{\"StringNotEquals\":{\"k:absent\":\"x\"}}",
                                    "{\"StringEqualsIfExists\":{\"k:absent\":\"x\"}}", NULL},
              CONDITION_TRUE);
  assert_each((const char *const[]){"{\"ForAnyValue:StringEquals\":{\"k:two\":\"c\"}}",
                                    "{\"ForAllValues:StringEquals\":{\"k:two\":\"a\"}}",
                                    "{\"ForAnyValue:StringNotEquals\":{\"k:absent\":\"a\"}}",
                                    "{\"ForAnyValue:StringEquals\":{\"k:empty\":\"\"}}",
                                    "{\"StringEquals\":{\"k:absent\":\"x\"}}",
                                    "{\"StringEquals\":{\"k:name\":[]}}", NULL},
              CONDITION_FALSE);
}

static void an_empty_value_is_null(void **state) {
  (void)state;
  assert_each((const char *const[]){"{\"Null\":{\"k:empty\":\"true\"}}",
                                    "{\"ForAllValues:Null\":{\"k:empty\":\"true\"}}",
                                    "{\"ForAnyValue:Null\":{\"k:two\":\"false\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:empty, 'web'}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"web${k:empty}\"}}", NULL},
              CONDITION_TRUE);
  assert_each((const char *const[]){"{\"Null\":{\"k:empty\":false}}",
                                    "{\"ForAnyValue:Null\":{\"k:empty\":\"false\"}}",
                                    "{\"StringEquals\":{\"k:empty\":\"${k:empty, 'web'}\"}}", NULL},
              CONDITION_FALSE);
}

static void a_variable_takes_the_value_of_its_key(void **state) {
  (void)state;
  assert_each((const char *const[]){"{\"StringEquals\":{\"k:name\":\"${k:name}\"}}",
                                    "{\"StringLike\":{\"k:name\":\"${ K:absent , 'w' }*\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent, 'web'}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent  ,'web'  }\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:two,'web'}\"}}",
                                    "{\"StringEquals\":{\"k:empty\":\"${k:absent,''}\"}}",
                                    "{\"StringNotEquals\":{\"k:name\":\"${k:absent}\"}}",
                                    "{\"StringNotEquals\":{\"k:name\":\"${}\"}}", NULL},
              CONDITION_TRUE);
  assert_each((const char *const[]){"{\"StringEquals\":{\"k:name\":\"${k:absent}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent,web}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent,'web}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent,web'}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent,'}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:absent,  }\"}}",
                                    "{\"StringEquals\":{\"k:raw\":\"${k:raw}\"}}",
                                    "{\"StringEquals\":{\"k:raw-one\":\"${k:raw-one}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:name\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"web$\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"$web\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"w?b\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"w*b\"}}",
                                    "{\"StringLike\":{\"k:name\":\"w${?}b\"}}",
                                    "{\"StringLike\":{\"k:name\":\"w${*}${$}\"}}", NULL},
              CONDITION_FALSE);
  assert_each((const char *const[]){"{\"StringEquals\":{\"k:name\":\"${k:unknown}\"}}",
                                    "{\"StringEquals\":{\"k:name\":\"${k:unknown,'web'}\"}}", NULL},
              CONDITION_UNKNOWN);
  assert_int_equal(holds_for("{\"StringEquals\":{\"k:name\":\"${k:absent,'web'}\"}}", &partial),
                   CONDITION_UNKNOWN);
}

static void without_a_context_only_an_empty_condition_holds(void **state) {
  (void)state;
  assert_int_equal(holds_for("{}", NULL), CONDITION_TRUE);
  assert_int_equal(holds_for("{\"Bool\":{\"k:yes\":true}}", NULL), CONDITION_UNKNOWN);
  assert_int_equal(holds_for("{\"Bool\":{\"k:absent\":true}}", &partial), CONDITION_UNKNOWN);
  assert_int_equal(holds_for("{\"Bool\":{\"k:absent\":true,\"k:yes\":false}}", &partial),
                   CONDITION_FALSE);
}

/* Asserts the list of keys that leave a condition undecided. */
static void assert_unknown(const char *condition, const struct context *context,
                           const char *expected) {
  struct json_error error;
  struct json_doc *doc = json_parse(condition, strlen(condition), &error);
  assert_non_null(doc);
  struct condition_keys keys = {0};
  struct buf out = {0};
  buf_adds(&out, "");
  condition_unknown_keys(json_root(doc), context, true, &keys);
  condition_keys_write(&keys, &out);
  assert_string_equal(out.data, expected);
  buf_free(&out);
  json_free(doc);
}

static void the_keys_that_leave_a_condition_undecided_are_listed(void **state) {
  (void)state;
  assert_unknown("{\"StringEquals\":{\"k:name\":\"web\",\"k:unknown\":\"x\"}}", &request,
                 "k:unknown");
  assert_unknown("{\"StringEquals\":{\"k:a\":\"1\"},\"StringLike\":{\"K:A\":\"1\",\"k:ab\":\"2\"}}",
                 NULL, "k:a, k:ab");
  assert_unknown("{\"StringEquals\":{\"k:name\":\"${k:unknown}${k:x , 'd'}${*}${k:name}\"}}",
                 &partial, "k:unknown, k:x");
  assert_unknown("{\"StringEquals\":{\"k:name\":[\"${k:unknown}\",\"${k:x}\",1]}}", &partial,
                 "k:unknown, k:x");
  /* The key of the second test is known. */
  assert_unknown(
      "{\"StringEquals\":{\"k:name\":\"${k:x}\",\"k:number\":[\"${K:X}\",\"${k:y}${k:x}\"]}}",
      &partial, "k:x, k:y");
  assert_unknown("{\"StringEquals\":{\"k:name\":\"${k:x}${k:open${k:y\"}}", &partial, "k:x");
  assert_unknown("{\"StringEquals\":{\"k:name\":null}}", &request, "k:name");
  assert_unknown("{\"NumericEquals\":{\"k:name\":\"${k:unknown}\"}}", &request, "k:name");
  assert_unknown("{\"Unheard\":{\"k:name\":\"1\"}}", &request, "k:name");
  assert_unknown("{\"Unheard\":{\"k:none\":\"1\",\"k:absent\":\"1\"}}", &request,
                 "k:none, k:absent");
  assert_unknown("{\"StringEquals\":{\"k:name\":\"${k:unknown\"}}", &request, "");
}

/* Asserts the text of the operands of the first test, separated by "|"; "-" matches nothing. */
static void assert_operands(const char *condition, bool variables, const char *expected) {
  struct json_error error;
  struct json_doc *doc = json_parse(condition, strlen(condition), &error);
  assert_non_null(doc);
  const struct json_value *named = json_root(doc)->first, *key = named->first;
  struct buf out = {0};
  for (const struct json_value *one = key->first; one; one = one->next) {
    struct buf text = {0};
    bool matches = condition_operand_text(named->key->string, one, &partial, variables, &text);
    if (one != key->first)
      buf_addc(&out, '|');
    if (matches)
      buf_add(&out, text.data, text.length);
    else
      buf_addc(&out, '-');
    assert_false(text.failed);
    buf_free(&text);
  }
  buf_adds(&out, "");
  assert_string_equal(out.data, expected);
  buf_free(&out);
  json_free(doc);
}

static void the_text_of_an_operand_has_the_values_of_variables(void **state) {
  (void)state;
  assert_operands(
      "{\"StringLike\":{\"k\":[\"${k:name}*\",\"${k:x}?\",\"${k:none}\",\"${*}\",1,true,null]}}",
      true, "web*|${k:x}?|-|${*}|1|true|null");
  assert_operands("{\"StringLike\":{\"k\":[\"${k:name}\",\"${k:none, 'd*'}\",\"${k:open\"]}}",
                  false, "${k:name}|${k:none, 'd*'}|${k:open");
  assert_operands("{\"ArnLike\":{\"k\":[\"${k:none, 'd*'}x\",\"${k:empty, 'e$'}\",\"a${k:open\"]}}",
                  true, "d${*}x|e${$}|a${k:open");
  assert_operands("{\"NumericEquals\":{\"k\":[\"${k:number}\"]}}", true, "${k:number}");
}

static void an_operand_is_checked_by_its_type(void **state) {
  (void)state;
  static const struct {
    enum condition_operand type;
    const char *good, *bad;
  } cases[] = {
      {OPERAND_NUMBER, "-1.5", "one"},     {OPERAND_DATE, "2020-02-29", "2021-02-29"},
      {OPERAND_BOOLEAN, "True", "1"},      {OPERAND_BOOLEAN, "FALSE", ""},
      {OPERAND_BINARY, "QQ==", "QQ="},     {OPERAND_BINARY, "QUI=", "Q==="},
      {OPERAND_BINARY, "", "QQ=Q"},        {OPERAND_ADDRESS, "10.0.0.0/8", "10.0.0.0/33"},
      {OPERAND_ADDRESS, "::/0", "10.0.0"}, {OPERAND_ARN, "arn:aws:iam::1:user/x", "user/x"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (!condition_operand_valid(cases[i].type, cases[i].good))
      fail_msg("'%s' is rejected", cases[i].good);
    if (condition_operand_valid(cases[i].type, cases[i].bad))
      fail_msg("'%s' is accepted", cases[i].bad);
  }
  assert_true(condition_operand_valid(OPERAND_STRING, "anything"));
  assert_false(condition_operand_valid(OPERAND_NONE, "anything"));
  assert_int_equal(condition_operand("ForAnyValue:ArnLikeIfExists"), OPERAND_ARN);
  assert_int_equal(condition_operand("Null"), OPERAND_BOOLEAN);
  assert_int_equal(condition_operand("ForAllValues:Null"), OPERAND_BOOLEAN);
  assert_int_equal(condition_operand("NullIfExists"), OPERAND_NONE);
  assert_int_equal(condition_operand("Unheard"), OPERAND_NONE);
  assert_string_equal(condition_operator(0), "StringEquals");
  assert_null(condition_operator(1000));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_json_value_that_is_no_string_is_compared_as_text),
      cmocka_unit_test(an_operand_of_another_type_is_undecided),
      cmocka_unit_test(an_ordered_value_is_undecided_unless_both_sides_have_the_type),
      cmocka_unit_test(an_address_is_in_a_network_or_not),
      cmocka_unit_test(each_part_of_an_arn_must_match),
      cmocka_unit_test(a_set_operator_considers_all_values),
      cmocka_unit_test(an_empty_value_is_null),
      cmocka_unit_test(a_variable_takes_the_value_of_its_key),
      cmocka_unit_test(without_a_context_only_an_empty_condition_holds),
      cmocka_unit_test(the_keys_that_leave_a_condition_undecided_are_listed),
      cmocka_unit_test(the_text_of_an_operand_has_the_values_of_variables),
      cmocka_unit_test(an_operand_is_checked_by_its_type),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
