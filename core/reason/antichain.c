#include "reason/antichain.h"

#include <stdlib.h>
#include <string.h>

/* Reports whether an ascending list contains all elements of another. */
static bool contains(const uint32_t *list, size_t count, const uint32_t *others,
                     size_t others_count) {
  if (others_count > count)
    return false;
  size_t at = 0;
  for (size_t i = 0; i < others_count; i++) {
    while (at < count && list[at] < others[i])
      at++;
    if (at == count || list[at] != others[i])
      return false;
    at++;
  }
  return true;
}

/* Reports whether `state` is dispensable where there is `other`. */
static bool is_dispensable(const struct chain_state *state, const uint32_t *places,
                           const struct chain_state *other, const uint32_t *other_places) {
  if (state->utf8 != other->utf8 || (state->wanted & ~other->wanted) != 0 ||
      (other->unwanted & ~state->unwanted) != 0)
    return false;
  size_t wanted = state->split - state->first, other_wanted = other->split - other->first;
  return contains(other_places, other_wanted, places, wanted) &&
         contains(places + wanted, state->end - state->split, other_places + other_wanted,
                  other->end - other->split);
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
  void *states = chain->states, *places = chain->places;
  bool made = grow(&states, chain->count + 1, &chain->capacity, sizeof *chain->states);
  chain->states = states;
  /* One more place, so that there is an array even for a state without places. */
  size_t needed = chain->places_count + count + 1;
  made = made && grow(&places, needed, &chain->places_capacity, sizeof *chain->places);
  chain->places = places;
  return made;
}

static void summarize(struct chain_state *state, const uint32_t *places, uint32_t count,
                      uint32_t split) {
  state->wanted = state->unwanted = 0;
  state->split = state->first;
  for (uint32_t i = 0; i < count; i++) {
    uint64_t bit = (uint64_t)1 << places[i] % 64;
    if (places[i] < split) {
      state->split++;
      state->wanted |= bit;
    } else {
      state->unwanted |= bit;
    }
  }
}

/* A longer text makes a shorter one dispensable, which is not yet continued, only if so many states
 * wait: texts are short where that is cheap. */
#define PATIENCE 8

enum chain_outcome antichain_add(struct antichain *chain, const uint32_t *places, uint32_t count,
                                 struct chain_state state) {
  state.first = (uint32_t)chain->places_count;
  state.end = state.first + count;
  state.dropped = false;
  summarize(&state, places, count, chain->split);
  for (size_t i = 0; i < chain->count; i++) {
    struct chain_state *other = &chain->states[i];
    const uint32_t *other_places = chain->places + other->first;
    if (other->dropped)
      continue;
    if (is_dispensable(&state, places, other, other_places))
      return CHAIN_DISPENSABLE;
    if (other->length == state.length || chain->count - chain->expanded >= PATIENCE)
      other->dropped = is_dispensable(other, other_places, &state, places);
  }
  if (!make_room(chain, count))
    return CHAIN_NO_MEMORY;
  if (count > 0)
    memcpy(chain->places + chain->places_count, places, count * sizeof *places);
  chain->places_count += count;
  chain->states[chain->count++] = state;
  return CHAIN_ADDED;
}

void antichain_free(struct antichain *chain) {
  free(chain->states);
  free(chain->places);
  *chain = (struct antichain){0};
}
