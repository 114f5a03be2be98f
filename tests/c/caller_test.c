#include "policy/caller.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROLE "arn:aws:iam::111122223333:role/ci/build"
#define SESSION "arn:aws:sts::111122223333:assumed-role/build/job"
#define REPOSITORY "arn:aws:ecr:us-east-1:111122223333:repository/team/app"

static struct policy_string string(const char *text) {
  return (struct policy_string){text, text ? strlen(text) : 0};
}

static enum caller_kind kind_of(const char *principal) {
  return caller_read(principal, strlen(principal)).kind;
}

static void a_principal_has_a_kind(void **state) {
  (void)state;
  assert_int_equal(kind_of("*"), CALLER_ANONYMOUS);
  assert_int_equal(kind_of("111122223333"), CALLER_ROOT);
  assert_int_equal(kind_of("arn:aws-cn:iam::111122223333:root"), CALLER_ROOT);
  assert_int_equal(kind_of("arn:aws:iam::111122223333:user/a/b"), CALLER_USER);
  assert_int_equal(kind_of(ROLE), CALLER_ROLE);
  assert_int_equal(kind_of(SESSION), CALLER_SESSION);
  assert_int_equal(kind_of("arn:aws:sts::111122223333:federated-user/x"), CALLER_FEDERATED_USER);
  assert_int_equal(kind_of("ecs.amazonaws.com"), CALLER_SERVICE);
  assert_int_equal(kind_of("ecs.amazonaws.com.cn"), CALLER_SERVICE);
  assert_int_equal(kind_of("cognito-identity.amazonaws.com"), CALLER_PROVIDER);
  assert_int_equal(kind_of("accounts.google.com"), CALLER_PROVIDER);
  assert_int_equal(kind_of("arn:aws:iam::111122223333:oidc-provider/a.b/c"), CALLER_PROVIDER);
  assert_int_equal(kind_of("AROAEXAMPLEEXAMPLE123"), CALLER_UNIQUE_ID);
  assert_int_equal(kind_of("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"),
                   CALLER_CANONICAL_USER);
  assert_int_equal(kind_of("arn:aws:iam::111122223333:user/azAZ09+=,.@_-"), CALLER_USER);
  static const char *const others[] = {"",
                                       "1111222233334",
                                       "arn:aws:iam::111122223333:group/x",
                                       "arn:aws:iam::111122223333:user/",
                                       "arn:aws:iam::111122223333:user/*",
                                       "arn:aws:iam::111122223333:user/a b",
                                       "arn:aws:iam::111122223333:user/a[",
                                       "arn:aws:iam::111122223333:user/\xC3\xA9",
                                       "arn:aws:sts::111122223333:assumed-role/x",
                                       "arn:aws:sts::111122223333:assumed-role//x",
                                       "arn:aws:s3:::user/x"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_int_equal(kind_of(others[i]), CALLER_OTHER);
}

static void the_parts_of_a_principal_are_inside_its_text(void **state) {
  (void)state;
  struct caller caller = caller_read(SESSION, strlen(SESSION));
  assert_memory_equal(caller.account.text, "111122223333", caller.account.length);
  assert_int_equal(caller.name.length, strlen("build"));
  assert_memory_equal(caller.name.text, "build", caller.name.length);
  assert_memory_equal(caller.session.text, "job", caller.session.length);
  caller = caller_read(ROLE, strlen(ROLE));
  assert_memory_equal(caller.name.text, "build", caller.name.length);
  assert_false(caller.service_linked);
  static const char linked[] =
      "arn:aws:iam::111122223333:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
  assert_true(caller_read(linked, sizeof linked - 1).service_linked);
}

static void a_key_is_found_in_any_letter_case(void **state) {
  (void)state;
  size_t count;
  const struct caller_key *keys = caller_keys(&count);
  for (size_t i = 0; i < count; i++) {
    char name[64];
    size_t length = strlen(keys[i].name);
    memcpy(name, keys[i].name, length + 1);
    if (name[length - 1] == '/')
      name[length++] = 'k';
    name[0] = (char)(name[0] - 'a' + 'A');
    assert_ptr_equal(caller_find_key(name, length), &keys[i]);
  }
  assert_null(caller_find_key("aws:PrincipalTag/", strlen("aws:PrincipalTag/")));
  assert_null(caller_find_key("aws:PrincipalArnX", strlen("aws:PrincipalArnX")));
  assert_null(caller_find_key("", 0));
}

/* Compares what a request says about a key with a rule and with patterns, joined by "|". */
static void assert_fact(const char *principal, const char *key, enum caller_rule rule,
                        const char *patterns) {
  struct caller caller = caller_read(principal, strlen(principal));
  struct caller_request request = {.principal = string(principal), .resource = string(REPOSITORY)};
  struct caller_fact fact = caller_fact_of(&caller, &request, key, strlen(key));
  struct buf found = {0};
  buf_adds(&found, "");
  for (size_t i = 0; i < fact.count; i++)
    buf_addf(&found, "%s%s", i > 0 ? "|" : "", fact.patterns[i].data);
  assert_string_equal(found.data, patterns);
  assert_int_equal(fact.rule, rule);
  buf_free(&found);
  caller_fact_free(&fact);
}

static void a_fact_is_absent_fixed_free_or_a_pattern(void **state) {
  (void)state;
  assert_fact(ROLE, "aws:PrincipalArn", CALLER_KEY_PRESENT, ROLE);
  assert_fact(SESSION, "aws:PrincipalArn", CALLER_KEY_PRESENT,
              "arn:aws:iam::111122223333:role/build|arn:aws:iam::111122223333:role/*/build");
  assert_fact("*", "aws:PrincipalArn", CALLER_KEY_ABSENT, "");
  assert_fact(SESSION, "aws:userid", CALLER_KEY_PRESENT, "AROA*:job");
  assert_fact(SESSION, "aws:PrincipalOrgID", CALLER_KEY_FREE, "");
  assert_fact("ecs.amazonaws.com", "aws:PrincipalOrgID", CALLER_KEY_ABSENT, "");
  assert_fact("ecs.amazonaws.com", "aws:PrincipalServiceNamesList", CALLER_KEY_PRESENT,
              "ecs.amazonaws.com|ecs.*.amazonaws.com");
  assert_fact(ROLE, "aws:ResourceAccount", CALLER_KEY_OPTIONAL, "111122223333");
  assert_fact(ROLE, "ecr:x", CALLER_KEY_FREE, "");
  assert_fact("arn:aws:iam::111122223333:group/x", "aws:PrincipalArn", CALLER_KEY_PRESENT,
              "arn:aws:iam::111122223333:group/x");
  assert_fact("somebody", "aws:PrincipalArn", CALLER_KEY_PRESENT, "");
  assert_fact("somebody", "aws:username", CALLER_KEY_FREE, "");
  static const char canonical[] =
      "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
  assert_fact(canonical, "aws:PrincipalArn", CALLER_KEY_PRESENT, "arn:*:iam::*:root");
  assert_fact(canonical, "aws:PrincipalOrgID", CALLER_KEY_FREE, "");
}

static const struct context_entry *derived_entry(const struct caller_derived *derived,
                                                 const char *key) {
  const struct context context = {.entries = derived->entries, .count = derived->count};
  return context_find(&context, key, strlen(key));
}

static void a_request_gives_keys_their_values(void **state) {
  (void)state;
  struct caller_derived derived;
  struct caller_request request = {.principal = string("111122223333"),
                                   .resource =
                                       string("arn:aws-cn:ecr:r:444455556666:repository/x")};
  caller_derive(&request, NULL, &derived);
  assert_false(derived.failed);
  assert_string_equal(derived_entry(&derived, "aws:PrincipalArn")->values[0].bytes,
                      "arn:aws-cn:iam::111122223333:root");
  assert_string_equal(derived_entry(&derived, "aws:ResourceAccount")->values[0].bytes,
                      "444455556666");
  assert_int_equal(derived_entry(&derived, "aws:username")->count, 0);
  assert_false(derived_entry(&derived, "aws:username")->unknown);
  request.principal = string(SESSION);
  caller_derive(&request, NULL, &derived);
  assert_true(derived_entry(&derived, "aws:PrincipalArn")->unknown);
  assert_null(derived_entry(&derived, "aws:PrincipalOrgID"));
}

static void a_value_without_room_is_unknown(void **state) {
  (void)state;
  static const char prefix[] = "arn:aws:iam::111122223333:user/";
  char principal[CALLER_TEXT + sizeof prefix];
  memset(principal, 'x', sizeof principal);
  memcpy(principal, prefix, sizeof prefix - 1);
  principal[sizeof principal - 1] = '\0';
  struct caller_derived derived;
  struct caller_request request = {.principal = string(principal)};
  caller_derive(&request, NULL, &derived);
  assert_true(derived_entry(&derived, "aws:username")->unknown);
  assert_string_equal(derived_entry(&derived, "aws:PrincipalArn")->values[0].bytes, principal);
  assert_string_equal(derived_entry(&derived, "aws:PrincipalType")->values[0].bytes, "User");
}

/* The values of caller_derive agree with caller_possible. */
static void derived_keys_are_possible(void **state) {
  (void)state;
  static const char *const principals[] = {"*",
                                           "111122223333",
                                           "arn:aws:iam::111122223333:root",
                                           "arn:aws:iam::111122223333:user/a/b",
                                           ROLE,
                                           SESSION,
                                           "arn:aws:sts::111122223333:federated-user/x",
                                           "ecs.amazonaws.com",
                                           "accounts.google.com",
                                           "AROAEXAMPLEEXAMPLE123",
                                           "somebody"};
  for (size_t i = 0; i < sizeof principals / sizeof *principals; i++) {
    struct context nothing = {0};
    struct caller_request request = {
        .principal = string(principals[i]), .resource = string(REPOSITORY), .context = &nothing};
    struct caller_derived derived;
    caller_derive(&request, NULL, &derived);
    struct context context = {.entries = derived.entries, .count = derived.count};
    request.context = &context;
    struct buf why = {0};
    assert_true(caller_possible(&request, false, &why));
    assert_int_equal(why.length, 0);
    assert_false(caller_possible(&request, true, &why));
    assert_true(why.length > 0);
    buf_free(&why);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_principal_has_a_kind),
      cmocka_unit_test(the_parts_of_a_principal_are_inside_its_text),
      cmocka_unit_test(a_key_is_found_in_any_letter_case),
      cmocka_unit_test(a_fact_is_absent_fixed_free_or_a_pattern),
      cmocka_unit_test(a_request_gives_keys_their_values),
      cmocka_unit_test(a_value_without_room_is_unknown),
      cmocka_unit_test(derived_keys_are_possible),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
