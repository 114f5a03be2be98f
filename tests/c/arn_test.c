#include "policy/arn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define REPOSITORY "arn:aws:ecr:us-east-1:111122223333:repository/team/app"

static bool fits(const char *pattern, const char *text) {
  const struct match_wildcards wildcards = {'*', '?'};
  return arn_matches(pattern, strlen(pattern), text, strlen(text), wildcards);
}

static void an_arn_has_six_parts(void **state) {
  (void)state;
  struct arn arn;
  assert_true(arn_parse("arn:aws:logs:r:a:log-group:x:y", 30, &arn));
  assert_int_equal(arn.resource.length, strlen("log-group:x:y"));
  assert_true(arn_parse("arn:aws:s3:::b", 14, &arn));
  assert_int_equal(arn.region.length, 0);
  assert_false(arn_parse("arn:aws:s3::b", 13, &arn));
  assert_false(arn_parse("urn:aws:s3:::b", 14, &arn));
  assert_false(arn_parse("arn::s3:::b", 11, &arn));
  assert_false(arn_parse("arn:aws:s3:::", 13, &arn));
}

static void a_wildcard_stands_for_characters_of_its_part(void **state) {
  (void)state;
  assert_true(fits(REPOSITORY, REPOSITORY));
  assert_true(fits("arn:aws:ecr:us-*-1:111122223333:repository/*", REPOSITORY));
  assert_true(fits("arn:aws:ecr:us-east-?:11112222333?:repository/team/???", REPOSITORY));
  assert_false(fits("arn:aws:ecr:us*1:repository/team/app", REPOSITORY));
  assert_false(fits("arn:aws:ecr:us-east-1?111122223333:repository/team/app", REPOSITORY));
  assert_false(fits("arn:aws:ecr:u*3333:repository/team/app", REPOSITORY));
  assert_false(fits("arn:aws:ecr:us-east-1:111122223333:repository/team", REPOSITORY));
  assert_false(fits("ARN:aws:ecr:us-east-1:111122223333:repository/team/app", REPOSITORY));
}

static void a_star_at_the_end_of_a_part_matches_colons(void **state) {
  (void)state;
  assert_true(fits("*", REPOSITORY));
  assert_true(fits("arn:aws:*", REPOSITORY));
  assert_true(fits("arn:aws:ecr:*", REPOSITORY));
  assert_true(fits("arn:aws:ecr:us*:repository/team/app", REPOSITORY));
  assert_true(fits("arn:*:repository/*", REPOSITORY));
  assert_true(fits("arn:aws:logs:*:log-stream:x", "arn:aws:logs:r:a:log-group:g:log-stream:x"));
  assert_false(fits("arn:aws:ecr:*:images/app", REPOSITORY));
  assert_false(fits("arn:aws:ecr:eu*", REPOSITORY));
  assert_false(fits("arn:aws:ecr:*:*:*:*:*:app", REPOSITORY));
}

static enum arn_match match(const char *pattern) {
  static const char text[] = "arn:aws:logs:r:a:log-group:g:log-stream:x";
  const struct match_wildcards wildcards = {'*', '?'};
  return arn_match(pattern, strlen(pattern), text, sizeof text - 1, wildcards);
}

static void a_pattern_of_six_parts_matches_for_certain_part_by_part(void **state) {
  (void)state;
  assert_int_equal(match("arn:aws:logs:*:*:log-group:*:x"), ARN_MATCHES);
  assert_int_equal(match("arn:aws:logs:*:log-stream:x"), ARN_MATCHES_CROSSING);
  assert_int_equal(match("arn:aws:logs:*:log-stream:y"), ARN_MATCHES_NOT);
  assert_int_equal(match("arn:aws:logs:*"), ARN_MATCHES);
  assert_int_equal(match("arn:*:x"), ARN_MATCHES);
  assert_int_equal(match("*"), ARN_MATCHES);
  assert_int_equal(match("arn:aws:logs:r:a:log-group:g:log-stream:x"), ARN_MATCHES);
  assert_int_equal(match("arn:aws:logs:r:a:log-group:g:log-stream:"), ARN_MATCHES_NOT);
  assert_int_equal(match("arn:aws:logs:R:a:log-group:g:log-stream:x"), ARN_MATCHES_NOT);
}

static void the_colons_of_a_resource_are_plain(void **state) {
  (void)state;
  assert_true(fits("arn:aws:s3:::b/*foo", "arn:aws:s3:::b/a:foo"));
  assert_true(fits("arn:aws:s3:::b/a?foo", "arn:aws:s3:::b/a:foo"));
  assert_true(fits("arn:aws:logs:r:a:log-group:*:x", "arn:aws:logs:r:a:log-group:y:z:x"));
}

static void a_text_that_is_not_an_arn_is_compared_as_a_whole(void **state) {
  (void)state;
  assert_true(fits("b?cket/*", "bucket/a:b"));
  assert_false(fits("bucket", "bucket/a"));
  assert_false(fits("", REPOSITORY));
}

/* If every star were tried at every position, this would never end. */
static void hostile_patterns_terminate(void **state) {
  (void)state;
  enum { SIZE = 10000 };
  static char pattern[SIZE + 1], text[SIZE + 1];
  for (size_t i = 0; i < SIZE; i++) {
    pattern[i] = i % 2 ? ':' : '*';
    text[i] = i % 3 ? 'a' : ':';
  }
  memcpy(pattern + SIZE - 2, "zz", 2);
  assert_false(fits(pattern, text));
  memset(pattern, '*', SIZE);
  assert_true(fits(pattern, text));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_arn_has_six_parts),
      cmocka_unit_test(a_wildcard_stands_for_characters_of_its_part),
      cmocka_unit_test(a_star_at_the_end_of_a_part_matches_colons),
      cmocka_unit_test(a_pattern_of_six_parts_matches_for_certain_part_by_part),
      cmocka_unit_test(the_colons_of_a_resource_are_plain),
      cmocka_unit_test(a_text_that_is_not_an_arn_is_compared_as_a_whole),
      cmocka_unit_test(hostile_patterns_terminate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
