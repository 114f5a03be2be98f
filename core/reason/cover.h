#ifndef LANYARD_REASON_COVER_H
#define LANYARD_REASON_COVER_H

#include "reason/pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The search for a request that is in none of several boxes. */

/* A value of one dimension: the set of the boxes that it avoids, a bit for each. */
struct cover_candidate {
  const uint64_t *avoids;
  const void *value; /* of the caller */
};

/* The candidates of one dimension. None avoids all the boxes of another. */
struct cover_dimension {
  struct cover_candidate *items;
  size_t count, capacity;
};

/* cover_words returns how many elements the set of a number of boxes has. */
static inline size_t cover_words(size_t boxes) {
  return (boxes + 63) / 64;
}

/* cover_contains reports whether one set contains another one. */
bool cover_contains(const uint64_t *outer, const uint64_t *inner, size_t words);

/* cover_offer adds a candidate, unless another one avoids as many boxes, and removes the candidates that
 * avoid no other boxes. It copies the set, and returns true if it added the candidate. A failed
 * allocation is recorded in the pool. */
bool cover_offer(struct pool *pool, struct cover_dimension *dimension, const uint64_t *avoids,
                 size_t boxes, const void *value);

enum cover_outcome {
  COVER_FOUND,
  COVER_NONE,
  COVER_LIMIT, /* the steps were used up, or the pool has no memory */
};

/* cover_search chooses a candidate of each dimension, so that each box is avoided by one of them. All
 * choices avoid the boxes of `settled`.
 * `chosen` receives their indexes. *steps is how many candidates the search may still consider. */
enum cover_outcome cover_search(struct pool *pool, const struct cover_dimension *dimensions,
                                size_t count, size_t boxes, const uint64_t *settled, size_t *steps,
                                size_t *chosen);

#endif
