#include "base/blocks.h"

#include "base/platform.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 128 * 1024 };

static bool is_small(size_t size) {
#ifdef __SANITIZE_ADDRESS__
  (void)size;
  return false;
#else
  return size <= BLOCKS_LARGEST;
#endif
}

/* The list of the blocks that a size is rounded up to. The size is not 0. */
static size_t list_of(size_t size) {
  return (size - 1) / BLOCKS_STEP;
}

static void keep(struct blocks *blocks, void *block, size_t list) {
  memcpy(block, &blocks->free[list], sizeof(void *));
  blocks->free[list] = block;
}

static void release(struct blocks *blocks, void *block, size_t size) {
  if (is_small(size))
    keep(blocks, block, list_of(size));
  else
    free(block);
}

/* Cuts a block from the chunk. What is left of a chunk that is too short becomes a free block. */
static void *cut(struct blocks *blocks, size_t size) {
  size_t left = (size_t)(blocks->end - blocks->at);
  if (left < size) {
    char *chunk = platform_pages(CHUNK);
    if (!chunk)
      return NULL;
    if (left > 0)
      keep(blocks, blocks->at, list_of(left));
    blocks->at = chunk;
    blocks->end = chunk + CHUNK;
  }
  void *block = blocks->at;
  blocks->at += size;
  return block;
}

static void *take(struct blocks *blocks, size_t size) {
  if (!is_small(size))
    return malloc(size);
  size_t list = list_of(size);
  void *block = blocks->free[list];
  if (!block)
    return cut(blocks, (list + 1) * BLOCKS_STEP);
  memcpy(&blocks->free[list], block, sizeof(void *));
  return block;
}

void *blocks_resize(void *state, void *block, size_t old, size_t size) {
  struct blocks *blocks = state;
  if (!block)
    return size > 0 ? take(blocks, size) : NULL;
  if (size == 0) {
    release(blocks, block, old);
    return NULL;
  }
  bool was_small = is_small(old), stays_small = is_small(size);
  if (was_small && stays_small && list_of(old) == list_of(size))
    return block;
  bool is_moved = was_small || stays_small;
  void *resized = is_moved ? take(blocks, size) : realloc(block, size);
  if (!resized)
    return size <= old ? block : NULL;
  if (is_moved) {
    memcpy(resized, block, old < size ? old : size);
    release(blocks, block, old);
  }
  return resized;
}
