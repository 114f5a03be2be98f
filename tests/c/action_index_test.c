/* The index of a long list of actions, compared with the list. */

#include "reason/action_index.h"

#include "policy/evaluate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

enum { SHORT = 16, MOST = 40, ROUNDS = 300 };

static uint64_t state = 1;

static size_t random_below(size_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(state >> 33) % limit;
}

/* Writes a text of the letters, which has at most 3 after the name of a service. */
static void random_text(char *text, const char *letters) {
  static const char *const services[] = {"s:", "S:", "t:", ""};
  strcpy(text, services[random_below(4)]);
  char *end = text + strlen(text);
  for (size_t left = 1 + random_below(3); left > 0; left--)
    *end++ = letters[random_below(strlen(letters))];
  *end = '\0';
}

static struct policy *parse(const char *list, bool exception) {
  char text[2048];
  snprintf(text, sizeof text,
           "{\"Statement\":{\"Effect\":\"Allow\",\"Principal\":\"*\",\"%s\":[%s]}}",
           exception ? "NotAction" : "Action", list);
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  assert_non_null(doc);
  return doc;
}

/* Returns a statement with so many patterns. */
static struct policy *random_statement(size_t count, const char *letters) {
  char list[1024] = "", pattern[8];
  for (size_t i = 0; i < count; i++) {
    random_text(pattern, letters);
    snprintf(list + strlen(list), sizeof list - strlen(list), "%s\"%s\"", i > 0 ? "," : "",
             pattern);
  }
  return parse(list, random_below(2));
}

static bool has(const struct policy_list *list, const char *text) {
  for (size_t i = 0; i < list->count; i++)
    if (strcasecmp(list->items[i].string, text) == 0)
      return true;
  return false;
}

/* Whether two patterns begin differently: their texts before the first wildcard, which is all of a
 * pattern without any. */
static bool are_apart(const char *a, const char *b) {
  size_t a_length = strcspn(a, "*?"), b_length = strcspn(b, "*?");
  if (strncasecmp(a, b, a_length < b_length ? a_length : b_length) != 0)
    return true;
  return (!a[a_length] && a_length < b_length) || (!b[b_length] && b_length < a_length);
}

struct related {
  const struct policy_list *list;
  const char *pattern;
  size_t times[MOST];
};

static void count_related(void *data, const struct policy_value *pattern) {
  struct related *related = data;
  related->times[pattern - related->list->items]++;
}

static void check(const struct action_index *index, const struct policy_statement *statement,
                  const char *text) {
  const struct policy_list *list = &statement->actions;
  const struct policy_string action = {text, strlen(text)};
  const struct policy_value pattern = {.string = text, .length = action.length};
  assert_int_equal(action_index_has(index, &pattern), has(list, text));
  assert_int_equal(action_index_holds(index, statement, &action),
                   policy_action_holds(statement, &action));
  struct related related = {.list = list, .pattern = text};
  action_index_each(index, &pattern, count_related, &related);
  for (size_t i = 0; i < list->count; i++) {
    assert_int_equal(action_patterns_apart(&list->items[i], &pattern),
                     are_apart(list->items[i].string, text));
    assert_int_equal(action_patterns_apart(&pattern, &list->items[i]),
                     are_apart(list->items[i].string, text));
    assert_int_equal(related.times[i], !are_apart(list->items[i].string, text));
  }
}

static void an_index_answers_as_its_list(void **unused) {
  (void)unused;
  static const char *const letters[] = {"aAZb", "azB*?", "*"};
  for (size_t round = 0; round < ROUNDS; round++) {
    size_t count = SHORT + 1 + random_below(MOST - SHORT);
    struct policy *doc = random_statement(count, letters[round % 3]);
    const struct policy_statement *statement = policy_statement(doc, 0);
    struct pool pool = {.limit = 1 << 20};
    const struct action_index *index = action_index_new(&pool, &statement->actions);
    assert_non_null(index);
    assert_int_equal(index->count, count);
    for (size_t i = 0; i < 20; i++) {
      char text[8];
      random_text(text, i % 2 ? "abz" : "aAZb?*");
      check(index, statement, text);
    }
    for (size_t i = 0; i < count; i++)
      check(index, statement, statement->actions.items[i].string);
    check(index, statement, "");
    check(index, statement, "a");
    check(index, statement, "zzzz");
    pool_free(&pool);
    policy_free(doc);
  }
}

static void bytes_beyond_ascii_have_an_order(void **unused) {
  (void)unused;
  struct policy *doc = parse(
      "\"s:\xC3\xA9\",\"s:a\",\"s:b\",\"s:c\",\"s:d\",\"s:e\",\"s:f\",\"s:g\",\"s:h\",\"s:i\",\"s:"
      "j\","
      "\"s:k\",\"s:l\",\"s:m\",\"s:n\",\"s:o\",\"s:@\",\"s:[\",\"s:`\",\"s:{\",\"s:\xE2\x82\xAC*\"",
      false);
  const struct policy_statement *statement = policy_statement(doc, 0);
  struct pool pool = {.limit = 1 << 20};
  const struct action_index *index = action_index_new(&pool, &statement->actions);
  for (size_t i = 0; i < statement->actions.count; i++)
    check(index, statement, statement->actions.items[i].string);
  check(index, statement, "s:\xC3\xA8");
  check(index, statement, "s:\xE2\x82\xAC");
  pool_free(&pool);
  policy_free(doc);
}

static void a_short_list_has_no_index(void **unused) {
  (void)unused;
  struct policy *doc = random_statement(SHORT, "ab");
  struct pool pool = {.limit = 1 << 20};
  assert_null(action_index_new(&pool, &policy_statement(doc, 0)->actions));
  assert_false(pool.full);
  policy_free(doc);
}

static void a_list_without_room_has_no_index(void **unused) {
  (void)unused;
  enum { BLOCK = 16384 };
  struct policy *doc = random_statement(MOST, "ab*");
  size_t refused = 0;
  for (size_t bytes = 0; bytes < 4096; bytes += 16) {
    struct pool pool = {.limit = BLOCK};
    assert_non_null(pool_new(&pool, BLOCK - bytes, 1));
    bool made = action_index_new(&pool, &policy_statement(doc, 0)->actions) != NULL;
    assert_int_equal(made, !pool.full);
    refused += !made;
    pool_free(&pool);
  }
  assert_in_range(refused, 3, 255);
  policy_free(doc);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_index_answers_as_its_list),
      cmocka_unit_test(bytes_beyond_ascii_have_an_order),
      cmocka_unit_test(a_short_list_has_no_index),
      cmocka_unit_test(a_list_without_room_has_no_index),
  };
  return cmocka_run_group_tests_name("action_index", tests, NULL, NULL);
}
