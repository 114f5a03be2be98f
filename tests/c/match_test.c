#include "match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool glob(const char *pattern, const char *text) {
  return match_glob(pattern, strlen(pattern), text, strlen(text), false);
}

static void a_pattern_matches_the_whole_text(void **state) {
  (void)state;
  assert_true(glob("", ""));
  assert_true(glob("team/web", "team/web"));
  assert_false(glob("team", "team/web"));
  assert_false(glob("web", "team/web"));
  assert_false(glob("", "a"));
}

static void a_star_matches_any_run_and_a_question_mark_one_byte(void **state) {
  (void)state;
  assert_true(glob("*", ""));
  assert_true(glob("team/*", "team/web"));
  assert_true(glob("*/web", "team/web"));
  assert_true(glob("t*a*b", "team/web"));
  assert_true(glob("?eam", "team"));
  assert_false(glob("?", ""));
  assert_false(glob("a*b", "abc"));
  assert_true(glob("*ab*ab", "abab"));
  assert_false(glob("*ab*ab", "ab"));
}

static void case_counts_unless_it_is_ignored(void **state) {
  (void)state;
  assert_false(glob("ECR:*", "ecr:PutImage"));
  assert_true(match_glob("ECR:put*", 8, "ecr:PutImage", 12, true));
}

static void a_pattern_made_to_backtrack_costs_linear_steps(void **state) {
  (void)state;
  enum { SIZE = 10240 };
  char *pattern = malloc(SIZE), *text = malloc(SIZE);
  assert_non_null(pattern);
  assert_non_null(text);
  for (size_t i = 0; i < SIZE; i++)
    pattern[i] = i % 2 ? 'a' : '*';
  memset(text, 'a', SIZE);
  assert_true(match_glob(pattern, SIZE, text, SIZE, false));
  pattern[SIZE - 1] = 'b';
  assert_false(match_glob(pattern, SIZE, text, SIZE, false));
  free(pattern);
  free(text);
}

static bool covers(const char *outer, const char *inner) {
  return match_covers(outer, strlen(outer), inner, strlen(inner), true);
}

static void a_pattern_covers_another_when_all_that_fits_it_fits_too(void **state) {
  (void)state;
  assert_true(covers("ecr:*", "ECR:Get*"));
  assert_true(covers("ecr:*", "ecr:*"));
  assert_true(covers("ecr:Get?*", "ecr:GetX") && covers("a?", "aB"));
  assert_true(covers("a?c", "a?c"));
  assert_true(covers("a?*", "a?*"));
  assert_false(covers("ecr:Get*", "ecr:*"));
  assert_false(covers("a?", "a*"));
  assert_false(covers("ecr:Get", "ecr:Get*"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pattern_matches_the_whole_text),
      cmocka_unit_test(a_star_matches_any_run_and_a_question_mark_one_byte),
      cmocka_unit_test(case_counts_unless_it_is_ignored),
      cmocka_unit_test(a_pattern_made_to_backtrack_costs_linear_steps),
      cmocka_unit_test(a_pattern_covers_another_when_all_that_fits_it_fits_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
