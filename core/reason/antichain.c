#include "reason/antichain.h"

#include <stdlib.h>
#include <string.h>

/* Reports whether an ascending list contains all elements of another. */
static bool contains(const uint32_t *list, size_t count, const uint32_t *others,
                     size_t others_count, size_t *steps) {
  size_t at = 0;
  bool has = true;
  for (size_t i = 0; has && i < others_count; i++) {
    while (at < count && list[at] < others[i])
      at++;
    has = at < count && list[at] == others[i];
  }
  *steps += at;
  return has;
}

/* Reports whether `state` is dispensable where there is `other`. */
static bool is_dispensable(const struct chain_state *state, const uint32_t *places,
                           const struct chain_state *other, const uint32_t *other_places,
                           size_t *steps) {
  size_t wanted = state->split - state->first, other_wanted = other->split - other->first;
  size_t unwanted = state->end - state->split, other_unwanted = other->end - other->split;
  return state->utf8 == other->utf8 && wanted <= other_wanted && other_unwanted <= unwanted &&
         contains(other_places, other_wanted, places, wanted, steps) &&
         contains(places + wanted, unwanted, other_places + other_wanted, other_unwanted, steps);
}

static bool grow(void **elements, size_t needed, size_t *capacity, size_t size) {
  if (needed <= *capacity)
    return true;
  size_t larger = *capacity > 0 ? *capacity * 2 : 64;
  while (larger < needed)
    larger *= 2;
  void *grown = realloc(*elements, larger * size);
  if (!grown)
    return false;
  *elements = grown;
  *capacity = larger;
  return true;
}

static bool make_room(struct antichain *chain, uint32_t count) {
  void *states = chain->states, *links = chain->links, *places = chain->places;
  /* One more place, so that there is an array even for a state without places. */
  size_t needed = chain->places_count + count + 1;
  bool made = grow(&states, chain->count + 1, &chain->capacity, sizeof *chain->states) &&
              grow(&links, chain->links_count + 1, &chain->links_capacity, sizeof *chain->links) &&
              grow(&places, needed, &chain->places_capacity, sizeof *chain->places);
  chain->states = states;
  chain->links = links;
  chain->places = places;
  return made;
}

/* Fills in what follows from the places of a state. */
static void summarize(struct chain_state *state, struct chain_link *link, const uint32_t *places,
                      uint32_t count, uint32_t split) {
  state->split = state->first;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t bit = (uint64_t)1 << places[i] % 64;
    if (places[i] < split) {
      state->split++;
      link->wanted |= bit;
    } else {
      link->unwanted |= bit;
    }
  }
}

/* Most states that make another dispensable are among the last. */
static bool has_better(struct antichain *chain, const struct chain_state *state,
                       const struct chain_link *link, const uint32_t *places) {
  for (size_t i = chain->links_count; i-- > 0;) {
    const struct chain_link *other = &chain->links[i];
    chain->steps++;
    if ((link->wanted & ~other->wanted) == 0 && (other->unwanted & ~link->unwanted) == 0 &&
        is_dispensable(state, places, &chain->states[other->state],
                       chain->places + chain->states[other->state].first, &chain->steps))
      return true;
  }
  return false;
}

/* With fewer states that wait, the search prefers short texts to few states: the shortest text is
 * next, and a longer one does not make it dispensable. */
#define PATIENCE 8

static void drop_worse(struct antichain *chain, const struct chain_state *state,
                       const struct chain_link *link, const uint32_t *places) {
  bool patient = chain->waiting < PATIENCE;
  size_t kept = 0;
  chain->steps += chain->links_count;
  for (size_t i = 0; i < chain->links_count; i++) {
    const struct chain_link other = chain->links[i];
    struct chain_state *worse = &chain->states[other.state];
    if ((other.wanted & ~link->wanted) == 0 && (link->unwanted & ~other.unwanted) == 0 &&
        (!patient || worse->length == state->length))
      worse->dropped =
          is_dispensable(worse, chain->places + worse->first, state, places, &chain->steps);
    if (!worse->dropped)
      chain->links[kept++] = other;
    else if (!worse->taken)
      chain->waiting--;
  }
  chain->links_count = kept;
}

enum chain_outcome antichain_add(struct antichain *chain, const uint32_t *places, uint32_t count,
                                 struct chain_state state) {
  struct chain_link link = {.state = (uint32_t)chain->count};
  state.first = (uint32_t)chain->places_count;
  state.end = state.first + count;
  state.dropped = state.taken = false;
  summarize(&state, &link, places, count, chain->split);
  if (has_better(chain, &state, &link, places))
    return CHAIN_DISPENSABLE;
  drop_worse(chain, &state, &link, places);
  if (!make_room(chain, count))
    return CHAIN_NO_MEMORY;
  if (count > 0)
    memcpy(chain->places + chain->places_count, places, count * sizeof *places);
  chain->places_count += count;
  chain->states[chain->count++] = state;
  chain->links[chain->links_count++] = link;
  chain->waiting++;
  return CHAIN_ADDED;
}

/* A state is likely to make others dispensable if it has many wanted and few unwanted places; of
 * equal ones, the last continues the text that was continued last. */
static int64_t score(const struct chain_state *state) {
  return 2 * (int64_t)state->split - state->first - state->end;
}

size_t antichain_take(struct antichain *chain) {
  if (chain->waiting == 0)
    return SIZE_MAX;
  while (chain->states[chain->oldest].taken || chain->states[chain->oldest].dropped)
    chain->oldest++;
  size_t next = chain->oldest;
  if (chain->waiting >= PATIENCE)
    for (size_t i = 0; i < chain->links_count; i++) {
      const struct chain_state *state = &chain->states[chain->links[i].state];
      if (!state->taken && score(state) >= score(&chain->states[next]))
        next = chain->links[i].state;
    }
  chain->states[next].taken = true;
  chain->waiting--;
  return next;
}

void antichain_free(struct antichain *chain) {
  free(chain->states);
  free(chain->links);
  free(chain->places);
  *chain = (struct antichain){0};
}
