/* The parts of core/reason that know no policies: the memory of a question and the choice of
 * candidates, which is compared with all choices. LANYARD_RUNS is the number of random problems. */

#include "reason/cover.h"
#include "reason/pool.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define RUNS 2000
#else
#define RUNS 20000
#endif

enum { BLOCK = 16384, MEGABYTE = 1 << 20 };

static uint64_t state = 1;

/* Returns a number from 0 to limit - 1. */
static size_t pick(size_t limit) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (size_t)(state >> 33) % limit;
}

static size_t runs(void) {
  const char *text = getenv("LANYARD_RUNS");
  return text ? (size_t)atol(text) : RUNS;
}

/* --- The pool --------------------------------------------------------------------------------- */

static void a_pool_gives_zeroed_and_aligned_memory(void **unused) {
  (void)unused;
  struct pool pool = {.limit = MEGABYTE};
  char *before = NULL;
  for (size_t size = 1; size < 100; size++) {
    char *bytes = pool_new(&pool, size, 1);
    assert_non_null(bytes);
    assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
    if (before)
      assert_true(bytes >= before + size - 1); /* the first block has room for all */
    for (size_t i = 0; i < size; i++)
      assert_int_equal(bytes[i], 0);
    memset(bytes, 'x', size);
    before = bytes;
  }
  assert_int_equal(pool.used, BLOCK);
  pool_free(&pool);
  assert_int_equal(pool.used, 0);
  assert_null(pool.blocks);
}

static void a_pool_fills_its_blocks(void **unused) {
  (void)unused;
  struct pool pool = {.limit = MEGABYTE};
  assert_non_null(pool_new(&pool, BLOCK, 1));
  assert_int_equal(pool.used, BLOCK);
  assert_non_null(pool_new(&pool, 1, 1));
  assert_int_equal(pool.used, 2 * BLOCK);
  assert_non_null(pool_new(&pool, BLOCK - alignof(max_align_t), 1));
  assert_int_equal(pool.used, 2 * BLOCK);
  assert_non_null(pool_new(&pool, 3 * BLOCK, 1));
  assert_int_equal(pool.used, 5 * BLOCK);
  pool_free(&pool);
}

static void a_pool_ends_at_its_limit(void **unused) {
  (void)unused;
  struct pool pool = {.limit = 2 * BLOCK};
  assert_non_null(pool_new(&pool, BLOCK, 1));
  assert_non_null(pool_new(&pool, BLOCK, 1));
  assert_false(pool.full);
  assert_null(pool_new(&pool, 1, 1));
  assert_true(pool.full);
  assert_false(pool.failed);
  pool_free(&pool);
  pool = (struct pool){.limit = BLOCK - 1};
  assert_null(pool_new(&pool, 1, 1));
  assert_true(pool.full);
  pool = (struct pool){.limit = 10 * BLOCK};
  assert_null(pool_new(&pool, 11 * BLOCK, 1));
  assert_true(pool.full);
  pool.full = false;
  assert_null(pool_new(&pool, SIZE_MAX / 2, 3));
  assert_true(pool.full);
  pool.full = false;
  assert_null(pool_new(&pool, SIZE_MAX, 1));
  assert_true(pool.full);
  assert_false(pool.failed);
  size_t capacity = 0;
  assert_null(pool_grow(&pool, NULL, &capacity, SIZE_MAX / 4));
  assert_int_equal(capacity, 0);
  assert_non_null(pool_new(&pool, SIZE_MAX, 0));
  pool_free(&pool);
}

static void an_array_of_a_pool_grows(void **unused) {
  (void)unused;
  struct pool pool = {.limit = MEGABYTE};
  size_t capacity = 0, before = 0;
  uint64_t *array = NULL;
  for (size_t rounds = 0; rounds < 8; rounds++, before = capacity) {
    array = pool_grow(&pool, array, &capacity, sizeof *array);
    assert_true(capacity > before);
    for (size_t i = 0; i < capacity; i++)
      assert_int_equal(array[i], i < before ? i + 1 : 0);
    for (size_t i = before; i < capacity; i++)
      array[i] = i + 1;
  }
  const char *copy = pool_copy(&pool, "ab\0cd", 5);
  assert_memory_equal(copy, "ab\0cd", 6);
  assert_string_equal(pool_copy(&pool, NULL, 0), "");
  pool_free(&pool);
}

static void a_pool_forgets_what_follows_a_mark(void **unused) {
  (void)unused;
  struct pool pool = {.limit = 3 * BLOCK};
  struct pool_mark empty = pool_mark(&pool);
  char *kept = pool_copy(&pool, "kept", 4);
  struct pool_mark mark = pool_mark(&pool);
  char *first = pool_copy(&pool, "forgotten", 9);
  assert_non_null(pool_new(&pool, BLOCK, 1));
  pool_release(&pool, mark);
  assert_int_equal(pool.used, BLOCK);
  assert_string_equal(kept, "kept");
  assert_ptr_equal(pool_new(&pool, 9, 1), first); /* the same place, zeroed */
  assert_string_equal(first, "");
  for (size_t i = 0; i < 100; i++) {
    assert_non_null(pool_new(&pool, BLOCK, 1));
    pool_release(&pool, mark);
  }
  pool_release(&pool, empty);
  assert_int_equal(pool.used, 0);
  assert_null(pool.blocks);
}

/* --- Candidates ------------------------------------------------------------------------------- */

static void a_set_contains_its_subsets(void **unused) {
  (void)unused;
  const uint64_t outer[] = {5, 8}, inner[] = {4, 8}, other[] = {4, 9};
  assert_true(cover_contains(outer, inner, 2));
  assert_false(cover_contains(inner, outer, 2));
  assert_false(cover_contains(outer, other, 2));
  assert_true(cover_contains(outer, other, 1));
  assert_true(cover_contains(outer, other, 0));
  assert_int_equal(cover_words(0), 0);
  assert_int_equal(cover_words(1), 1);
  assert_int_equal(cover_words(64), 1);
  assert_int_equal(cover_words(65), 2);
}

/* Fills a set with bits, `rarity` of which one is set. */
static void fill(uint64_t *set, size_t boxes, size_t rarity) {
  memset(set, 0, cover_words(boxes) * sizeof *set);
  for (size_t b = 0; b < boxes; b++)
    if (pick(rarity) == 0)
      set[b / 64] |= (uint64_t)1 << b % 64;
}

enum { SETS = 40, WORDS = 3 };

/* Offers sets and compares the list with the sets that no other one contains. */
static void only_the_best_candidates_stay(void **unused) {
  (void)unused;
  for (size_t run = 0; run < runs() / 10; run++) {
    struct pool pool = {.limit = MEGABYTE};
    struct cover_dimension dimension = {0};
    uint64_t sets[SETS][WORDS];
    size_t boxes = 1 + pick(150), rarity = 2 + pick(4), words = cover_words(boxes);
    if (run % 2)
      boxes = 1 + pick(4), words = 1;
    for (size_t i = 0; i < SETS; i++) {
      fill(sets[i], boxes, rarity);
      bool expected = true;
      for (size_t j = 0; j < i; j++)
        expected = expected && !cover_contains(sets[j], sets[i], words);
      assert_int_equal(cover_offer(&pool, &dimension, sets[i], boxes, &sets[i]), expected);
      if (expected) {
        const struct cover_candidate *last = &dimension.items[dimension.count - 1];
        assert_ptr_equal(last->value, &sets[i]);
        assert_memory_equal(last->avoids, sets[i], words * sizeof(uint64_t));
      }
    }
    for (size_t a = 0; a < dimension.count; a++)
      for (size_t b = 0; b < dimension.count; b++)
        assert_int_equal(
            cover_contains(dimension.items[a].avoids, dimension.items[b].avoids, words), a == b);
    for (size_t i = 0; i < SETS; i++) {
      size_t c = 0;
      while (c < dimension.count && !cover_contains(dimension.items[c].avoids, sets[i], words))
        c++;
      assert_true(c < dimension.count);
    }
    pool_free(&pool);
  }
}

/* --- The choice ------------------------------------------------------------------------------- */

enum { DIMENSIONS = 5 };

struct problem {
  struct cover_dimension dimensions[DIMENSIONS];
  size_t count, boxes;
  uint64_t settled[WORDS];
};

static void make_problem(struct pool *pool, struct problem *problem, size_t boxes, size_t most,
                         size_t rarity) {
  *problem = (struct problem){.count = 1 + pick(DIMENSIONS), .boxes = boxes};
  fill(problem->settled, boxes, 1 + pick(9));
  for (size_t d = 0; d < problem->count; d++) {
    size_t candidates = pick(40) == 0 ? 0 : 1 + pick(most);
    for (size_t c = 0; c < candidates; c++) {
      uint64_t set[WORDS];
      fill(set, boxes, rarity);
      cover_offer(pool, &problem->dimensions[d], set, boxes, NULL);
    }
  }
}

static bool is_solved(const struct problem *problem, const size_t *chosen) {
  for (size_t b = 0; b < problem->boxes; b++) {
    bool avoided = problem->settled[b / 64] >> b % 64 & 1;
    for (size_t d = 0; d < problem->count; d++)
      avoided = avoided || (problem->dimensions[d].items[chosen[d]].avoids[b / 64] >> b % 64 & 1);
    if (!avoided)
      return false;
  }
  return true;
}

/* Tries all choices. */
static bool has_solution(const struct problem *problem) {
  size_t chosen[DIMENSIONS] = {0};
  for (size_t d = 0; d < problem->count; d++)
    if (problem->dimensions[d].count == 0)
      return false;
  for (;;) {
    if (is_solved(problem, chosen))
      return true;
    size_t d = 0;
    while (d < problem->count && ++chosen[d] == problem->dimensions[d].count)
      chosen[d++] = 0;
    if (d == problem->count)
      return false;
  }
}

static void a_choice_avoids_all_boxes_if_one_does(void **unused) {
  (void)unused;
  size_t solved = 0, total = runs();
  for (size_t run = 0; run < total; run++) {
    struct pool pool = {.limit = MEGABYTE};
    struct problem problem;
    static const size_t sizes[] = {0, 1, 3, 6, 10, 63, 64, 65, 130};
    size_t boxes = sizes[pick(sizeof sizes / sizeof *sizes)];
    make_problem(&pool, &problem, boxes, 6, 2 + (boxes < 20 ? pick(3) : 0));
    size_t steps = 1000000, chosen[DIMENSIONS];
    bool expected = has_solution(&problem);
    enum cover_outcome outcome = cover_search(&pool, problem.dimensions, problem.count, boxes,
                                              problem.settled, &steps, chosen);
    assert_int_equal(outcome, expected ? COVER_FOUND : COVER_NONE);
    if (expected)
      assert_true(is_solved(&problem, chosen));
    assert_false(pool.full);
    solved += expected;
    pool_free(&pool);
  }
  assert_true(solved > total / 10 && solved < total * 9 / 10);
}

/* The order of the search makes it short: other orders take more steps in problems that are hard. */
static void a_search_takes_few_steps(void **unused) {
  (void)unused;
  size_t sum = 0, most = 0;
  state = 1;
  for (size_t run = 0; run < 2000; run++) {
    struct pool pool = {.limit = MEGABYTE};
    struct problem problem;
    make_problem(&pool, &problem, 12, 30, 3);
    size_t steps = 1000000, chosen[DIMENSIONS];
    assert_int_not_equal(cover_search(&pool, problem.dimensions, problem.count, problem.boxes,
                                      problem.settled, &steps, chosen),
                         COVER_LIMIT);
    sum += 1000000 - steps;
    most = most > 1000000 - steps ? most : 1000000 - steps;
    pool_free(&pool);
  }
  assert_true(sum <= 580000); /* 569,760 */
  assert_true(most <= 1800);  /* 1,761 */
}

static void a_search_ends_at_its_limits(void **unused) {
  (void)unused;
  size_t limited = 0;
  for (size_t run = 0; run < 500; run++) {
    struct pool pool = {.limit = MEGABYTE};
    struct problem problem;
    make_problem(&pool, &problem, 12, 20, 3);
    size_t chosen[DIMENSIONS], first = 1000000;
    enum cover_outcome expected = cover_search(&pool, problem.dimensions, problem.count,
                                               problem.boxes, problem.settled, &first, chosen);
    size_t needed = 1000000 - first;
    for (size_t given = 0; given < needed + 10; given += 1 + needed / 20) {
      size_t steps = given;
      enum cover_outcome outcome = cover_search(&pool, problem.dimensions, problem.count,
                                                problem.boxes, problem.settled, &steps, chosen);
      assert_true(outcome == expected || (outcome == COVER_LIMIT && given < needed));
      assert_true(steps <= given);
      limited += outcome == COVER_LIMIT;
    }
    size_t steps = needed;
    assert_int_equal(cover_search(&pool, problem.dimensions, problem.count, problem.boxes,
                                  problem.settled, &steps, chosen),
                     expected);
    assert_int_equal(steps, 0);
    pool_free(&pool);
  }
  assert_true(limited > 500);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pool_gives_zeroed_and_aligned_memory),
      cmocka_unit_test(a_pool_fills_its_blocks),
      cmocka_unit_test(a_pool_ends_at_its_limit),
      cmocka_unit_test(an_array_of_a_pool_grows),
      cmocka_unit_test(a_pool_forgets_what_follows_a_mark),
      cmocka_unit_test(a_set_contains_its_subsets),
      cmocka_unit_test(only_the_best_candidates_stay),
      cmocka_unit_test(a_choice_avoids_all_boxes_if_one_does),
      cmocka_unit_test(a_search_takes_few_steps),
      cmocka_unit_test(a_search_ends_at_its_limits),
  };
  return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
