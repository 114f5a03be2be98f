#ifndef LANYARD_BASE_BLOCKS_H
#define LANYARD_BASE_BLOCKS_H

#include <stddef.h>

/* An allocator for a program with one thread that knows the size of what it frees, as Lua does. Small blocks have no
 * header: freed ones are kept in a list for each size, and new ones are cut from chunks of malloc. A list is used again
 * for blocks of its size; the chunks are never returned. The largest small block is the first stack of a Lua
 * coroutine. Under AddressSanitizer all blocks come from malloc. */

enum { BLOCKS_STEP = 16, BLOCKS_LARGEST = 720 };

struct blocks {
  void *free[BLOCKS_LARGEST /
             BLOCKS_STEP]; /* the first free block of each size; it begins with the next one */
  char *at, *end;          /* the rest of the last chunk */
};

/* blocks_resize changes the size of a block as realloc does, with the alignment of malloc. `blocks` is a struct blocks,
 * zeroed at first. `old` is the size of the block, and ignored if `block` is NULL. A size of 0 frees the block. Returns
 * NULL if there is not enough memory; making a block smaller does not fail. It is a lua_Alloc. */
void *blocks_resize(void *blocks, void *block, size_t old, size_t size);

#endif
