#ifndef LANYARD_REASON_ANTICHAIN_H
#define LANYARD_REASON_ANTICHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The states of a search: sets of places, each with the text that reaches it. A state is
 * dispensable if another is in the same place of a UTF-8 sequence, and has at least its places
 * below `split` and at most its other places. Whatever the text of the first continues with, the
 * text of the second continues with too, matches no less of what it should match, and no more of
 * what it should not. So the first is never needed: only an antichain of states is. */

struct chain_state {
  uint32_t first, split, end; /* its places: indexes in `places` */
  uint32_t parent;            /* the state before the last byte of its text */
  uint32_t length;            /* of the text */
  unsigned char byte, utf8;   /* that byte; where the text is within a sequence */
  bool dropped;               /* another state was found later that makes it dispensable */
  bool taken;                 /* by antichain_take */
};

/* A state that is not dropped, with what most comparisons need. */
struct chain_link {
  uint64_t wanted, unwanted; /* a bit for each place modulo 64 */
  uint32_t state;
};

struct antichain {
  struct chain_state *states; /* in the order in which they were added */
  struct chain_link *links;
  uint32_t *places;
  size_t count, links_count, places_count;
  size_t capacity, links_capacity, places_capacity;
  size_t waiting; /* states that are neither taken nor dropped */
  size_t oldest;  /* all states before this one are taken or dropped */
  size_t steps;   /* comparisons of states and of places so far */
  uint32_t split; /* the places from this one on should not be reached */
};

enum chain_outcome { CHAIN_ADDED, CHAIN_DISPENSABLE, CHAIN_NO_MEMORY };

/* antichain_add adds a state with the given places at the end, or finds that it is dispensable, and
 * drops the states that it makes dispensable. Only `parent`, `length`, `byte` and `utf8` of `state`
 * count. */
enum chain_outcome antichain_add(struct antichain *chain, const uint32_t *places, uint32_t count,
                                 struct chain_state state);

/* antichain_take returns the next state whose text the search should continue, or SIZE_MAX after
 * the last one: the one with the shortest text or, where many wait, the one that most likely makes
 * others dispensable. */
size_t antichain_take(struct antichain *chain);

void antichain_free(struct antichain *chain);

#endif
