#include "reason/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* AddressSanitizer finds accesses past an array: in sanitized builds, the memory after it is unused, and a small
 * array that grows has no spare elements. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { SPREAD = 2 };
#define LARGER(capacity) ((capacity) < 64 ? (capacity) + 1 : (capacity)*2)
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
enum { SPREAD = 1 };
#define LARGER(capacity) ((capacity) > 0 ? (capacity)*2 : 8)
#endif

/* The smallest block. Most questions need one or two. */
#define BLOCK 16384

struct pool_block {
  struct pool_block *next;
  size_t size, used;
  alignas(max_align_t) char bytes[];
};

static bool add_block(struct pool *pool, size_t bytes) {
  size_t size = bytes > BLOCK ? bytes : BLOCK;
  if (size > pool->limit || pool->used > pool->limit - size) {
    pool->full = true;
    return false;
  }
  struct pool_block *block = malloc(sizeof *block + size * SPREAD);
  if (!block) {
    pool->failed = true;
    return false;
  }
  *block = (struct pool_block){.next = pool->blocks, .size = size};
  ASAN_POISON_MEMORY_REGION(block->bytes, size * SPREAD);
  pool->blocks = block;
  pool->used += size;
  return true;
}

void *pool_new(struct pool *pool, size_t count, size_t size) {
  const size_t step = alignof(max_align_t);
  if (size > 0 && count > (SIZE_MAX - step) / size) {
    pool->full = true;
    return NULL;
  }
  size_t bytes = (count * size + step - 1) / step * step;
  if ((!pool->blocks || pool->blocks->size - pool->blocks->used < bytes) && !add_block(pool, bytes))
    return NULL;
  char *start = pool->blocks->bytes + pool->blocks->used * SPREAD;
  pool->blocks->used += bytes;
  ASAN_UNPOISON_MEMORY_REGION(start, count * size);
  return memset(start, 0, count * size);
}

char *pool_copy(struct pool *pool, const char *bytes, size_t length) {
  char *copy = pool_new(pool, length + 1, 1);
  if (copy && length > 0)
    memcpy(copy, bytes, length);
  return copy;
}

void *pool_grow(struct pool *pool, const void *array, size_t *capacity, size_t size) {
  size_t larger = LARGER(*capacity);
  void *grown = pool_new(pool, larger, size);
  if (!grown)
    return NULL;
  if (*capacity > 0)
    memcpy(grown, array, *capacity * size);
  *capacity = larger;
  return grown;
}

struct pool_mark pool_mark(const struct pool *pool) {
  return (struct pool_mark){pool->blocks, pool->blocks ? pool->blocks->used : 0, pool->used};
}

void pool_release(struct pool *pool, struct pool_mark mark) {
  while (pool->blocks != mark.block) {
    struct pool_block *block = pool->blocks;
    pool->blocks = block->next;
    free(block);
  }
  if (pool->blocks) {
    ASAN_POISON_MEMORY_REGION(pool->blocks->bytes + mark.block_used * SPREAD,
                              (pool->blocks->used - mark.block_used) * SPREAD);
    pool->blocks->used = mark.block_used;
  }
  pool->used = mark.used;
}

void pool_free(struct pool *pool) {
  pool_release(pool, (struct pool_mark){NULL, 0, 0});
}
