/* The values of a policy variable for which a text matches a pattern, compared with an enumeration of texts. In the
 * texts of this test, * and ? are the wildcards. */

#include "reason/quotient.h"

#include "base/match.h"
#include "policy/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { LONGEST = 2048, MOST_PARTS = 64, MOST = 128 };

/* A text with the wildcards of policy variables. */
struct text {
  char bytes[LONGEST + 8];
  size_t length;
};

static void read_text(struct text *text, const char *source) {
  text->length = strlen(source);
  for (size_t i = 0; i < text->length; i++)
    text->bytes[i] = source[i] == '*'   ? context_wildcards.any
                     : source[i] == '?' ? context_wildcards.one
                                        : source[i];
}

static struct policy_string string_of(const struct text *text) {
  return (struct policy_string){text->bytes, text->length};
}

/* The patterns of values. */
struct found {
  struct text globs[MOST];
  size_t count;
  const char *end; /* of the pattern whose parts they are, or NULL */
};

static void add_glob(void *state, const char *glob, size_t length) {
  struct found *found = state;
  assert_true(!found->end || glob + length <= found->end);
  assert_true(found->count < MOST && length <= sizeof found->globs->bytes);
  struct text *text = &found->globs[found->count++];
  memcpy(text->bytes, glob, length);
  text->length = length;
}

static bool matches(const struct text *pattern, const char *text, size_t length, bool ignore_case) {
  return match_pattern(pattern->bytes, pattern->length, text, length, context_wildcards,
                       ignore_case);
}

/* Writes the word with a number. Returns false after the last one. */
static bool write_word(char *word, const char *letters, size_t longest, size_t number) {
  size_t base = strlen(letters), count = 1, length = 0;
  for (; number >= count; number -= count, count *= base)
    if (length++ == longest)
      return false;
  for (size_t i = 0; i < length; i++, number /= base)
    word[i] = letters[number % base];
  word[length] = '\0';
  return true;
}

/* Reports whether the pattern matches some text of a match of BEFORE, the value and a match of AFTER. */
static bool is_value(const struct text *pattern, const struct text *before, const char *value,
                     const struct text *after, bool ignore_case) {
  char text[64], start[8], end[8];
  for (size_t s = 0; write_word(start, "aAb", 3, s); s++) {
    if (!matches(before, start, strlen(start), false))
      continue;
    for (size_t e = 0; write_word(end, "ab", 3, e); e++) {
      if (!matches(after, end, strlen(end), false))
        continue;
      strcpy(text, start);
      strcat(text, value);
      strcat(text, end);
      if (matches(pattern, text, strlen(text), ignore_case))
        return true;
    }
  }
  return false;
}

static bool is_found(const struct found *found, const char *value, bool ignore_case) {
  for (size_t i = 0; i < found->count; i++)
    if (matches(&found->globs[i], value, strlen(value), ignore_case))
      return true;
  return false;
}

static const char *const VALUES[] = {"", "a", "b", "A", "aa", "ab", "aB", "aab", NULL};

static void check(const char *pattern_text, const char *before_text, const char *after_text,
                  bool ignore_case) {
  static struct found found;
  struct text pattern, before, after;
  read_text(&pattern, pattern_text);
  read_text(&before, before_text);
  read_text(&after, after_text);
  char *bytes = malloc(pattern.length + 1); /* no more, so that sanitizers find a byte too many */
  assert_non_null(bytes);
  memcpy(bytes + 1, pattern.bytes, pattern.length);
  found.count = 0;
  found.end = bytes + 1 + pattern.length;
  assert_true(quotient_each((struct policy_string){bytes + 1, pattern.length}, string_of(&before),
                            string_of(&after), ignore_case, add_glob, &found));
  for (size_t v = 0; VALUES[v]; v++)
    if (is_found(&found, VALUES[v], ignore_case) !=
        is_value(&pattern, &before, VALUES[v], &after, ignore_case))
      fail_msg("'%s' is wrong: %s with %s and %s%s", VALUES[v], pattern_text, before_text,
               after_text, ignore_case ? ", in any letter case" : "");
  free(bytes);
}

static void the_values_are_all_that_match(void **state) {
  (void)state;
  char pattern[8], before[8], after[8];
  for (size_t p = 0; write_word(pattern, "ab*?", 3, p); p++)
    for (size_t b = 0; write_word(before, "aAb*?", 2, b); b++)
      for (size_t a = (p + b) % 7; write_word(after, "ab*?", 2, a); a += 7) {
        check(pattern, before, after, false);
        check(pattern, before, after, true);
      }
}

static void letter_case_matters_to_letters_only(void **state) {
  (void)state;
  static struct found found = {.end = NULL};
  for (int upper = 0x20; upper < 0x7F; upper++) {
    struct text pattern = {{(char)upper, 'x'}, 2}, before = {{(char)(upper ^ 0x20)}, 1};
    struct text after = {.length = 0};
    bool is_letter = (upper >= 'A' && upper <= 'Z') || (upper >= 'a' && upper <= 'z');
    for (int ignore_case = 0; ignore_case < 2; ignore_case++) {
      found.count = 0;
      assert_true(quotient_each(string_of(&pattern), string_of(&before), string_of(&after),
                                ignore_case, add_glob, &found));
      assert_int_equal(found.count, ignore_case && is_letter);
    }
  }
}

static void too_many_patterns_are_reported(void **state) {
  (void)state;
  static struct found found = {.end = NULL};
  struct text pattern = {.length = MOST_PARTS}, nothing = {.length = 0}, any;
  memset(pattern.bytes, 'a', sizeof pattern.bytes);
  read_text(&any, "*");
  found.count = 0;
  assert_false(quotient_each(string_of(&pattern), string_of(&nothing), string_of(&any), false,
                             add_glob, &found));
  assert_int_equal(found.count, MOST_PARTS);
  found.count = 0;
  pattern.length--;
  assert_true(quotient_each(string_of(&pattern), string_of(&nothing), string_of(&any), false,
                            add_glob, &found));
  assert_int_equal(found.count, MOST_PARTS);
}

static void a_pattern_has_a_longest_length(void **state) {
  (void)state;
  static struct found found = {.end = NULL};
  struct text pattern = {.length = LONGEST}, nothing = {.length = 0};
  memset(pattern.bytes, 'a', sizeof pattern.bytes);
  found.count = 0;
  assert_true(quotient_each(string_of(&pattern), string_of(&nothing), string_of(&nothing), false,
                            add_glob, &found));
  assert_int_equal(found.count, 1);
  assert_int_equal(found.globs[0].length, LONGEST);
  pattern.length++;
  assert_false(quotient_each(string_of(&pattern), string_of(&nothing), string_of(&nothing), false,
                             add_glob, &found));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_values_are_all_that_match),
      cmocka_unit_test(letter_case_matters_to_letters_only),
      cmocka_unit_test(too_many_patterns_are_reported),
      cmocka_unit_test(a_pattern_has_a_longest_length),
  };
  return cmocka_run_group_tests_name("quotient", tests, NULL, NULL);
}
