#include "base/match.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
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

static void a_star_matches_any_run_and_a_question_mark_one_character(void **state) {
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

/* "A question mark (?) represents any single character", IAM User Guide, Resource. */
static void a_question_mark_matches_a_character_of_several_bytes(void **state) {
  (void)state;
  const char *const characters[] = {"a", "\u00e9", "\u20ac", "\U0001F511"};
  for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
    char text[32];
    assert_true(glob("?", characters[i]));
    assert_true(glob("?*", characters[i]) && glob("*?", characters[i]));
    assert_false(glob("??", characters[i]) || glob("?*?", characters[i]) ||
                 glob("*?*?*", characters[i]));
    snprintf(text, sizeof text, "x%sy", characters[i]);
    assert_true(glob("x?y", text) && glob("*?y", text) && glob("x?*", text) && glob("???", text));
    assert_true(glob("*x?y*", text) && match_glob("*X?Y*", 5, text, strlen(text), true));
    assert_false(glob("x??y", text) || glob("xy", text) || glob("????", text));
    snprintf(text, sizeof text, "%s%s", characters[i], characters[i]);
    assert_true(glob("??", text));
    assert_false(glob("?", text) || glob("???", text));
  }
  assert_true(glob("\u00e9?", "\u00e9\u00e8"));
  assert_false(glob("\u00e9?", "\u00e9"));
  assert_true(match_glob("*", 1, NULL, 0, false) && match_glob("", 0, NULL, 0, false));
  assert_false(match_glob("?", 1, NULL, 0, false) || match_glob("a", 1, NULL, 0, false));
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

static bool continues(char byte) {
  return (byte & 0xC0) == 0x80;
}

/* Returns the end of the character that begins at a place of the text. */
static size_t character_end(const char *text, size_t length, size_t at) {
  do
    at++;
  while (at < length && continues(text[at]));
  return at;
}

/* Computes the same answer by trying all ways at once: a bit for each end of the text that the
 * pattern so far can reach. */
static bool fits_plainly(const char *pattern, size_t pattern_length, const char *text,
                         size_t text_length, bool ignore_case) {
  bool *now = calloc(text_length + 1, 1), *next = calloc(text_length + 1, 1);
  assert_non_null(now);
  assert_non_null(next);
  now[0] = true;
  for (size_t i = 0; i < pattern_length; i++) {
    memset(next, 0, text_length + 1);
    bool reached = false;
    for (size_t j = 0; j <= text_length; j++) {
      reached = reached || now[j];
      if (pattern[i] == '*')
        next[j] = reached;
      else if (j < text_length && now[j] && pattern[i] == '?' && !continues(text[j]))
        next[character_end(text, text_length, j)] = true;
      else if (j < text_length && now[j] && pattern[i] != '?')
        next[j + 1] =
            pattern[i] == text[j] || (ignore_case && tolower(pattern[i]) == tolower(text[j]));
    }
    bool *swapped = now;
    now = next;
    next = swapped;
  }
  bool fits = now[text_length];
  free(now);
  free(next);
  return fits;
}

/* Appends a letter in either case, or a character of two to four bytes. */
static size_t add_character(char *text, size_t length, int kinds) {
  static const char *const characters[] = {"a",      "b",      "A",          "B",
                                           "\u00e9", "\u00c9", "\u20ac",     "\U0001F511",
                                           "\u00e8", "\u20ad", "\U0001F512", "\u2060"};
  const char *one = characters[rand() % kinds];
  memcpy(text + length, one, strlen(one));
  return length + strlen(one);
}

/* Long pieces with `?` and mixed case take a different code path than short ones. */
static void long_pieces_are_found_where_short_steps_find_them(void **state) {
  (void)state;
  srand(1);
  size_t fitting = 0;
  enum { RUNS = 2000 };
  for (int run = 0; run < RUNS; run++) {
    static const int kinds[] = {2, 4, 2, 12, 8, 6};
    char text[1500], pattern[1500];
    size_t most = 200 + (size_t)rand() % 1200, length = 0, size = 0;
    while (length < most)
      length = add_character(text, length, kinds[run % 6]);
    size_t start = (size_t)rand() % (length / 2),
           taken = run % 2 ? 100 + (size_t)rand() % 400 : (size_t)rand() % 12;
    while (continues(text[start]))
      start++;
    pattern[size++] = '*';
    for (size_t i = start, end; i < start + taken && i < length; i = end) {
      end = character_end(text, length, i);
      if (rand() % 10 < 4)
        pattern[size++] = '?';
      else if (rand() % 400 == 0)
        pattern[size++] = 'b';
      else
        for (size_t j = i; j < end; j++)
          pattern[size++] = text[j];
      if (rand() % 300 == 0)
        pattern[size++] = '*';
    }
    if (rand() % 4)
      pattern[size++] = '*';
    bool ignore_case = rand() % 2;
    bool expected = fits_plainly(pattern, size, text, length, ignore_case);
    assert_int_equal(match_glob(pattern, size, text, length, ignore_case), expected);
    fitting += expected;
  }
  assert_in_range(fitting, RUNS / 10, RUNS - RUNS / 10);
}

static bool covers(const char *outer, const char *inner) {
  return match_subsumes(outer, strlen(outer), inner, strlen(inner), true);
}

static void a_pattern_subsumes_another_if_it_matches_all_its_texts(void **state) {
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
      cmocka_unit_test(a_star_matches_any_run_and_a_question_mark_one_character),
      cmocka_unit_test(a_question_mark_matches_a_character_of_several_bytes),
      cmocka_unit_test(case_counts_unless_it_is_ignored),
      cmocka_unit_test(a_pattern_made_to_backtrack_costs_linear_steps),
      cmocka_unit_test(long_pieces_are_found_where_short_steps_find_them),
      cmocka_unit_test(a_pattern_subsumes_another_if_it_matches_all_its_texts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
