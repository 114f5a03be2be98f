#ifndef LANYARD_REASON_POOL_H
#define LANYARD_REASON_POOL_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that is freed as a whole. A zeroed struct with a limit is an empty pool. */
struct pool {
  struct pool_block *blocks;
  size_t used, limit; /* bytes of all blocks, and how many they may have */
  bool full;          /* an allocation exceeded the limit */
  bool failed;        /* there was not enough memory */
};

/* pool_new returns `count` zeroed elements of `size` bytes. It returns NULL, and records the reason
 * in the pool, if the limit is reached or there is not enough memory. */
void *pool_new(struct pool *pool, size_t count, size_t size);

/* pool_copy returns a NUL-terminated copy of a text, or NULL. */
char *pool_copy(struct pool *pool, const char *bytes, size_t length);

/* pool_grow returns an array of twice the capacity (at least 8) with the elements of `array`, or
 * NULL. It updates *capacity. */
void *pool_grow(struct pool *pool, const void *array, size_t *capacity, size_t size);

/* pool_mark and pool_release free what was allocated since the mark. */
struct pool_mark {
  struct pool_block *block;
  size_t block_used, used;
};

struct pool_mark pool_mark(const struct pool *pool);
void pool_release(struct pool *pool, struct pool_mark mark);

/* pool_free frees all memory. */
void pool_free(struct pool *pool);

#endif
