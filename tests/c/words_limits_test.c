/* Searches for texts that end early: at their limits, and when memory is short. */

#include "words_query.h"

#ifndef __SANITIZE_ADDRESS__ /* whose allocator cannot be replaced */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* The allocation with the number `failing` fails, and those after it; 0: none. */
static size_t failing, allocations;
static bool recovers; /* the allocations that follow succeed */
static long blocks;   /* that are allocated */

static bool may_allocate(void) {
  if (failing == 0)
    return true;
  allocations++;
  return recovers ? allocations != failing : allocations < failing;
}

static void *counted(void *block) {
  blocks += block != NULL;
  return block;
}

void *malloc(size_t size) {
  return may_allocate() ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size) {
  return may_allocate() ? counted(__libc_calloc(count, size)) : NULL;
}

void *realloc(void *block, size_t size) {
  if (!may_allocate())
    return NULL;
  return block ? __libc_realloc(block, size) : counted(__libc_realloc(block, size));
}

void free(void *block) {
  blocks -= block != NULL;
  __libc_free(block);
}
#endif

/* --- Limits and failures ---------------------------------------------------------------------- */

/* Adds avoided atoms `*a*b*` with different letters, all inside a text that contains these letters
 * in some order. */
static void add_hostile(struct query *query) {
  char glob[32];
  for (char c = 'a'; c < 'a' + 20; c++) {
    snprintf(glob, sizeof glob, "*%c*", c);
    add_glob(new_atom(query, true, false), glob);
    for (char d = 'a'; d < 'a' + 20; d = (char)(d + 5)) {
      snprintf(glob, sizeof glob, "*%c*%c*", c, d);
      add_glob(new_atom(query, false, false), glob);
    }
  }
}

static void a_search_ends_at_its_limits(void **state) {
  (void)state;
  static struct query query;
  add_hostile(&query);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 4194304 steps");
  assert_true(list.states > 1000 && list.states < 4096);
  words_free(&list);
  const struct words_limits limits = {.states = 100};
  assert_int_equal(ask(&query, &limits, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 100 states");
  assert_int_equal(list.states, 100);
  words_free(&list);
  const struct words_limits places = {.places = 1000};
  assert_int_equal(ask(&query, &places, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 1000 places");
  words_free(&list);
  free_query(&query);
}

static void the_proposals_of_a_search_that_ends_early_are_correct(void **state) {
  (void)state;
  static struct query query;
  add_atoms(&query, "+? -a -b -c -d -!a|b|c|d");
  const struct words_limits limits = {.texts = 2};
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 5);
  words_free(&list);
  assert_int_equal(ask(&query, &limits, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 2 texts");
  assert_int_equal(list.count, 2);
  assert_string_equal(list.items[0].bytes, "a");
  assert_string_equal(list.items[1].bytes, "e");
  words_free(&list);
  free_query(&query);
}

#ifndef __SANITIZE_ADDRESS__
/* Returns the outcome of a query in which an allocation fails. */
static enum words_outcome ask_with_failure(size_t number) {
  static struct query query;
  struct words_list list;
  long before = blocks;
  allocations = 0;
  failing = number;
  add_atoms(&query, "+?*a*b*|c?d*e*f*g* +* -!aab|bab|cab|dab -aaaaaaaaaaaaaaaaaaaab*c -!b*|c*");
  enum words_outcome outcome = ask(&query, NULL, &list);
  failing = 0;
  if (outcome == WORDS_NO_MEMORY)
    assert_int_equal(list.count, 0);
  words_free(&list);
  free_query(&query);
  assert_int_equal(blocks, before);
  return outcome;
}

static void a_failed_allocation_is_reported_and_loses_no_memory(void **state) {
  (void)state;
  for (int mode = 0; mode < 2; mode++) {
    size_t number = 1;
    recovers = mode == 1;
    while (number < 200 && ask_with_failure(number) == WORDS_NO_MEMORY)
      number++;
    assert_true(number > 20 && number < 200);
  }
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_search_ends_at_its_limits),
      cmocka_unit_test(the_proposals_of_a_search_that_ends_early_are_correct),
#ifndef __SANITIZE_ADDRESS__
      cmocka_unit_test(a_failed_allocation_is_reported_and_loses_no_memory),
#endif
  };
  return cmocka_run_group_tests_name("words_limits", tests, NULL, NULL);
}
