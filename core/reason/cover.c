/* A request is in none of the boxes if each box is avoided in one dimension at least. So the search
 * chooses one candidate of each dimension such that the union of their sets contains every box.
 *
 * It proceeds depth first. At each level it takes the box that the fewest candidates avoid, among
 * the dimensions without a choice, and tries these candidates in order of how many other boxes they
 * avoid. A box that no candidate avoids ends the branch. A candidate that failed for a box is
 * excluded for the rest of that level: another candidate has to avoid the box. Each level decides a
 * dimension, so there are no more levels than dimensions. Before, candidates are removed that leave a box to
 * dimensions which cannot avoid it. The problem contains 3-SAT (each Boolean key is a variable), hence the bound on
 * steps. */

#include "reason/cover.h"

#include <string.h>

bool cover_contains(const uint64_t *outer, const uint64_t *inner, size_t words) {
  for (size_t i = 0; i < words; i++)
    if (inner[i] & ~outer[i])
      return false;
  return true;
}

bool cover_offer(struct pool *pool, struct cover_dimension *dimension, const uint64_t *avoids,
                 size_t boxes, const void *value) {
  size_t words = cover_words(boxes), kept = 0;
  for (size_t i = 0; i < dimension->count; i++)
    if (cover_contains(dimension->items[i].avoids, avoids, words))
      return false;
  for (size_t i = 0; i < dimension->count; i++)
    if (!cover_contains(avoids, dimension->items[i].avoids, words))
      dimension->items[kept++] = dimension->items[i];
  dimension->count = kept;
  if (dimension->count == dimension->capacity) {
    void *items = pool_grow(pool, dimension->items, &dimension->capacity, sizeof *dimension->items);
    if (!items)
      return false;
    dimension->items = items;
  }
  uint64_t *copy = pool_new(pool, words, sizeof *copy);
  if (!copy)
    return false;
  if (words > 0)
    memcpy(copy, avoids, words * sizeof *copy);
  dimension->items[dimension->count++] = (struct cover_candidate){copy, value};
  return true;
}

/* One level of the search: the box to avoid, and the candidate that is tried. */
struct level {
  uint64_t *covered; /* the boxes that the choices so far avoid */
  size_t box;
  size_t dimension, candidate; /* the current choice */
  size_t excluded;             /* where the candidates begin that failed at this level */
};

struct search {
  const struct cover_dimension *dimensions;
  size_t count, boxes, words;
  struct level *levels;
  bool *decided;       /* by dimension */
  size_t *first;       /* the number of a dimension's first candidate */
  unsigned char *dead; /* by candidate: it failed at a level above */
  size_t *dead_list, dead_count;
  size_t *steps;
};

static bool avoids(const struct cover_candidate *candidate, size_t box) {
  return candidate->avoids[box / 64] >> box % 64 & 1;
}

/* Counts the candidates that avoid a box, up to `most`. Returns false if the steps are used up. */
static bool count_options(struct search *search, size_t box, size_t most, size_t *options) {
  *options = 0;
  for (size_t d = 0; d < search->count && *options < most; d++) {
    const struct cover_dimension *dimension = &search->dimensions[d];
    if (search->decided[d])
      continue;
    if (*search->steps < dimension->count)
      return false;
    *search->steps -= dimension->count;
    for (size_t c = 0; c < dimension->count; c++)
      *options += avoids(&dimension->items[c], box) && !search->dead[search->first[d] + c];
  }
  return true;
}

enum box_choice { BOX_FOUND, BOX_ALL_COVERED, BOX_HOPELESS, BOX_LIMIT };

/* Chooses the box with the fewest options among the boxes that are not covered. */
static enum box_choice choose_box(struct search *search, const uint64_t *covered, size_t *box) {
  size_t fewest = SIZE_MAX;
  for (size_t w = 0; w < search->words; w++) {
    size_t left = search->boxes - w * 64;
    uint64_t all = left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
    for (uint64_t open = ~covered[w] & all; open; open &= open - 1) {
      size_t options, candidate = w * 64 + (size_t)__builtin_ctzll(open);
      if (!count_options(search, candidate, fewest, &options))
        return BOX_LIMIT;
      if (options == 0)
        return BOX_HOPELESS;
      if (options < fewest) {
        fewest = options;
        *box = candidate;
      }
    }
  }
  return fewest == SIZE_MAX ? BOX_ALL_COVERED : BOX_FOUND;
}

/* Returns how many boxes a candidate adds to the covered ones. */
static size_t gain(const struct search *search, const struct cover_candidate *candidate,
                   const uint64_t *covered) {
  size_t count = 0;
  for (size_t w = 0; w < search->words; w++)
    count += (size_t)__builtin_popcountll(candidate->avoids[w] & ~covered[w]);
  return count;
}

/* Moves a level to its next candidate: the one with the largest gain. Returns false if there is
 * none. */
static bool next_candidate(struct search *search, struct level *level) {
  size_t best = 0;
  for (size_t d = 0; d < search->count; d++) {
    const struct cover_dimension *dimension = &search->dimensions[d];
    for (size_t c = 0; c < dimension->count && !search->decided[d]; c++) {
      if (!avoids(&dimension->items[c], level->box) || search->dead[search->first[d] + c])
        continue;
      size_t one = gain(search, &dimension->items[c], level->covered);
      if (one > best) {
        best = one;
        level->dimension = d;
        level->candidate = c;
      }
    }
  }
  return best > 0;
}

/* Makes the choice of a level, and computes what the next level finds covered. */
static void descend(struct search *search, size_t depth, size_t *chosen) {
  struct level *level = &search->levels[depth];
  const uint64_t *more = search->dimensions[level->dimension].items[level->candidate].avoids;
  for (size_t w = 0; w < search->words; w++)
    search->levels[depth + 1].covered[w] = level->covered[w] | more[w];
  search->decided[level->dimension] = true;
  chosen[level->dimension] = level->candidate;
}

/* Undoes the choice of a level, and excludes it from the level's further choices. */
static void undo(struct search *search, struct level *level) {
  size_t candidate = search->first[level->dimension] + level->candidate;
  search->decided[level->dimension] = false;
  search->dead[candidate] = 1;
  search->dead_list[search->dead_count++] = candidate;
}

static void revive(struct search *search, size_t from) {
  while (search->dead_count > from)
    search->dead[search->dead_list[--search->dead_count]] = 0;
}

static enum cover_outcome run(struct search *search, size_t *chosen) {
  size_t depth = 0;
  for (;;) {
    struct level *level = &search->levels[depth];
    enum box_choice choice = choose_box(search, level->covered, &level->box);
    if (choice == BOX_LIMIT)
      return COVER_LIMIT;
    if (choice == BOX_ALL_COVERED)
      return COVER_FOUND;
    level->excluded = search->dead_count;
    /* Without a candidate, the level above tries its next one. */
    while (choice == BOX_HOPELESS || !next_candidate(search, level)) {
      revive(search, level->excluded);
      if (depth == 0)
        return COVER_NONE;
      level = &search->levels[--depth];
      undo(search, level);
      choice = BOX_FOUND;
    }
    descend(search, depth++, chosen);
  }
}

/* --- Boxes that only one dimension avoids ------------------------------------------------------ */

/* Finds the boxes that candidates of exactly one dimension avoid, except settled ones. */
static void find_single(const struct cover_dimension *dimensions, size_t count, size_t words,
                        const uint64_t *settled, uint64_t *unions, uint64_t *single) {
  uint64_t *several = unions + count * words;
  memset(unions, 0, (count + 1) * words * sizeof *unions);
  memset(single, 0, words * sizeof *single);
  for (size_t d = 0; d < count; d++) {
    uint64_t *all = unions + d * words;
    for (size_t c = 0; c < dimensions[d].count; c++)
      for (size_t w = 0; w < words; w++)
        all[w] |= dimensions[d].items[c].avoids[w];
    for (size_t w = 0; w < words; w++) {
      several[w] |= single[w] & all[w];
      single[w] |= all[w];
    }
  }
  for (size_t w = 0; w < words; w++)
    single[w] &= ~several[w] & ~settled[w];
}

/* Removes the candidates that do not avoid a box which no other dimension avoids, again and again.
 * Returns false if a dimension has none left. */
static bool reduce(struct pool *pool, struct cover_dimension *dimensions, size_t count,
                   size_t words, const uint64_t *settled, size_t *steps) {
  uint64_t *unions = pool_new(pool, (count + 2) * words + 1, sizeof *unions);
  if (!unions)
    return true;
  uint64_t *single = unions + (count + 1) * words;
  for (bool changed = true; changed;) {
    changed = false;
    find_single(dimensions, count, words, settled, unions, single);
    for (size_t d = 0; d < count; d++) {
      size_t kept = 0;
      *steps -= dimensions[d].count * words < *steps ? dimensions[d].count * words : *steps;
      for (size_t w = 0; w < words; w++)
        unions[d * words + w] &= single[w];
      for (size_t c = 0; c < dimensions[d].count; c++)
        if (cover_contains(dimensions[d].items[c].avoids, unions + d * words, words))
          dimensions[d].items[kept++] = dimensions[d].items[c];
      changed = changed || kept < dimensions[d].count;
      dimensions[d].count = kept;
      if (kept == 0)
        return false;
    }
  }
  return true;
}

/* Copies the lists of candidates, so that they can lose some. The value of a copy is its original. */
static struct cover_dimension *
copy_dimensions(struct pool *pool, const struct cover_dimension *dimensions, size_t count) {
  struct cover_dimension *copies = pool_new(pool, count + 1, sizeof *copies);
  for (size_t d = 0; copies && d < count; d++) {
    copies[d] = dimensions[d];
    copies[d].items = pool_new(pool, dimensions[d].count + 1, sizeof *copies[d].items);
    if (!copies[d].items)
      return NULL;
    for (size_t c = 0; c < dimensions[d].count; c++)
      copies[d].items[c] =
          (struct cover_candidate){dimensions[d].items[c].avoids, &dimensions[d].items[c]};
  }
  return copies;
}

static enum cover_outcome search_all(struct pool *pool, const struct cover_dimension *dimensions,
                                     size_t count, size_t boxes, const uint64_t *settled,
                                     size_t *steps, size_t *chosen) {
  struct search search = {.dimensions = dimensions,
                          .count = count,
                          .boxes = boxes,
                          .words = cover_words(boxes),
                          .steps = steps};
  size_t candidates = 0;
  search.first = pool_new(pool, count + 1, sizeof *search.first);
  search.decided = pool_new(pool, count + 1, sizeof *search.decided);
  search.levels = pool_new(pool, count + 1, sizeof *search.levels);
  uint64_t *sets = pool_new(pool, (count + 1) * search.words + 1, sizeof *sets);
  if (!search.first || !search.decided || !search.levels || !sets)
    return COVER_LIMIT;
  for (size_t d = 0; d < count; d++) {
    search.first[d] = candidates;
    candidates += dimensions[d].count;
    chosen[d] = 0;
    if (dimensions[d].count == 0)
      return COVER_NONE;
  }
  for (size_t i = 0; i <= count; i++)
    search.levels[i].covered = sets + i * search.words;
  if (search.words > 0)
    memcpy(sets, settled, search.words * sizeof *sets);
  search.dead = pool_new(pool, candidates + 1, 1);
  search.dead_list = pool_new(pool, candidates + 1, sizeof *search.dead_list);
  if (!search.dead || !search.dead_list)
    return COVER_LIMIT;
  return run(&search, chosen);
}

enum cover_outcome cover_search(struct pool *pool, const struct cover_dimension *dimensions,
                                size_t count, size_t boxes, const uint64_t *settled, size_t *steps,
                                size_t *chosen) {
  struct cover_dimension *copies = copy_dimensions(pool, dimensions, count);
  if (!copies)
    return COVER_LIMIT;
  if (!reduce(pool, copies, count, cover_words(boxes), settled, steps))
    return COVER_NONE;
  enum cover_outcome outcome = search_all(pool, copies, count, boxes, settled, steps, chosen);
  for (size_t d = 0; outcome == COVER_FOUND && d < count; d++) {
    const struct cover_candidate *origin = copies[d].items[chosen[d]].value;
    chosen[d] = (size_t)(origin - dimensions[d].items);
  }
  return outcome;
}
