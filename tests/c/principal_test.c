#include "policy/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define A "111122223333"
#define B "444455556666"

static enum principal_match match(const char *type, const char *named, const char *caller) {
  const struct policy_value value = {.type = type, .string = named, .length = strlen(named)};
  const struct policy_string text = {caller, strlen(caller)};
  return principal_match(&value, &text);
}

static void an_account_includes_its_principals(void **state) {
  (void)state;
  static const char role[] = "arn:aws:iam::" A ":role/team/ci";
  assert_int_equal(match("AWS", A, role), PRINCIPAL_ACCOUNT);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":root", role), PRINCIPAL_ACCOUNT);
  assert_int_equal(match("AWS", "arn:aws:iam:us-east-1:" A ":root", role), PRINCIPAL_ACCOUNT);
  assert_int_equal(match("AWS", "arn:aws-cn:iam::" A ":root", role), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:sts::" A ":root", role), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:iam::" B ":root", role), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":roots", role), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", B, role), PRINCIPAL_NONE);
  assert_int_equal(match("Service", A, role), PRINCIPAL_NONE);
}

static void an_account_is_one_in_each_spelling(void **state) {
  (void)state;
  assert_int_equal(match("AWS", "arn:aws-cn:iam::" A ":root", A), PRINCIPAL_SELF);
  assert_int_equal(match("AWS", A, "arn:aws:iam::" A ":root"), PRINCIPAL_SELF);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":root", "arn:aws:iam::" B ":root"),
                   PRINCIPAL_NONE);
}

static void a_role_includes_its_sessions(void **state) {
  (void)state;
  static const char session[] = "arn:aws:sts::" A ":assumed-role/ci/job";
  assert_int_equal(match("AWS", session, session), PRINCIPAL_SELF);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":role/ci", session), PRINCIPAL_ROLE);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":role/team/ci", session), PRINCIPAL_ROLE);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":role/x-ci", session), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":user/ci", session), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:iam::" B ":role/ci", session), PRINCIPAL_NONE);
  assert_int_equal(match("AWS", "arn:aws:iam::" A ":role/ci", "arn:aws:iam::" A ":role/a/ci"),
                   PRINCIPAL_NONE);
}

static void short_and_strange_entries_match_nobody(void **state) {
  (void)state;
  static const char role[] = "arn:aws:iam::" A ":role/ci";
  static const char *const entries[] = {
      "",
      "a",
      "arn:",
      "arn:aws",
      "arn:aws:iam:",
      "arn:aws:iam::",
      "arn:aws:iam::" A,
      "arn:aws:iam::" A ":",
      "arn:aws:iam:::" A ":root",
      "AROAEXAMPLE",
  };
  for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
    assert_int_equal(match("AWS", entries[i], role), PRINCIPAL_NONE);
  assert_int_equal(match("*", "*", role), PRINCIPAL_ANYONE);
  assert_int_equal(match("AWS", role, "*"), PRINCIPAL_NONE);
}

static void a_user_may_federate_sessions_of_its_account(void **state) {
  (void)state;
  const struct policy_string session = {"arn:aws:sts::" A ":federated-user/x",
                                        sizeof "arn:aws:sts::" A ":federated-user/x" - 1};
  static const char user[] = "arn:aws:iam::" A ":user/kim", other[] = "arn:aws:iam::" B ":user/kim";
  const struct policy_value value = {.type = "AWS", .string = user, .length = strlen(user)};
  const struct policy_value foreign = {.type = "AWS", .string = other, .length = strlen(other)};
  const struct policy_value id = {.type = "AWS", .string = "AIDAX", .length = 5};
  assert_true(principal_may_federate(&value, &session));
  assert_true(principal_may_federate(&id, &session));
  assert_false(principal_may_federate(&foreign, &session));
  assert_false(principal_may_federate(&value, &(struct policy_string){user, strlen(user)}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_account_includes_its_principals),
      cmocka_unit_test(an_account_is_one_in_each_spelling),
      cmocka_unit_test(a_role_includes_its_sessions),
      cmocka_unit_test(short_and_strange_entries_match_nobody),
      cmocka_unit_test(a_user_may_federate_sessions_of_its_account),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
