#include "base/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void aligns_each_block(void **state) {
  (void)state;
  struct blocks blocks = {0};
  for (size_t size = 1; size <= BLOCKS_LARGEST + 40; size++) {
    char *block = blocks_resize(&blocks, NULL, 0, size);
    assert_int_equal(0, (uintptr_t)block % BLOCKS_STEP);
    memset(block, 1, size);
    assert_null(blocks_resize(&blocks, block, size, 0));
  }
  assert_null(blocks_resize(&blocks, NULL, 3, 0));
}

/* Blocks of random sizes are resized at random. Each has its own bytes, which no other block may change. */
static void keeps_the_bytes_of_each_block(void **state) {
  (void)state;
  enum { COUNT = 300, ROUNDS = 60000, LARGEST = 700 };
  static struct {
    unsigned char *bytes;
    size_t size;
  } held[COUNT];
  struct blocks blocks = {0};
  srand(1);
  for (int round = 0; round < ROUNDS; round++) {
    size_t i = (size_t)rand() % COUNT,
           size = round < ROUNDS - COUNT * 20 ? (size_t)rand() % LARGEST : 0;
    size_t common = held[i].size < size ? held[i].size : size;
    held[i].bytes = blocks_resize(&blocks, held[i].bytes, held[i].size, size);
    assert_true((held[i].bytes == NULL) == (size == 0));
    for (size_t at = 0; at < common; at++)
      assert_int_equal(i % 251, held[i].bytes[at]);
    if (size > 0)
      memset(held[i].bytes, (int)(i % 251), size);
    held[i].size = size;
  }
  for (size_t i = 0; i < COUNT; i++)
    blocks_resize(&blocks, held[i].bytes, held[i].size, 0);
}

#ifndef __SANITIZE_ADDRESS__
static void uses_freed_blocks_again(void **state) {
  (void)state;
  struct blocks blocks = {0};
  void *first = blocks_resize(&blocks, NULL, 0, 40), *other = blocks_resize(&blocks, NULL, 0, 40);
  assert_ptr_equal(other, blocks_resize(&blocks, other, 40, 48));
  assert_ptr_not_equal(first, other);
  blocks_resize(&blocks, first, 40, 0);
  assert_ptr_not_equal(first, blocks_resize(&blocks, NULL, 0, 60));
  assert_ptr_equal(first, blocks_resize(&blocks, NULL, 0, 33));
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(aligns_each_block),
      cmocka_unit_test(keeps_the_bytes_of_each_block),
#ifndef __SANITIZE_ADDRESS__
      cmocka_unit_test(uses_freed_blocks_again),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
