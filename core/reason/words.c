/* The search reads texts byte by byte, with all patterns at once. After each byte, the text is
 * described by the places that it has reached in the patterns (automaton.h). The search gives up a
 * text when no continuation satisfies the inside atoms, when another text has a better set of
 * places (antichain.h), or when every continuation satisfies all avoided atoms that a proposal
 * satisfies. It tries only one of the bytes that no pattern mentions next (alphabet.h), so a text
 * has few continuations. */
#include "reason/words.h"

#include "reason/alphabet.h"
#include "reason/antichain.h"
#include "reason/automaton.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct search {
  struct words_limits limits;
  struct automaton automaton;
  struct alphabet alphabet;
  struct antichain chain;
  uint32_t *places;    /* of the text that is considered */
  uint64_t *satisfied; /* by it */
  struct words_list *list;
  enum words_outcome outcome;
};

/* --- Proposals -------------------------------------------------------------------------------- */

static bool is_subset(const uint64_t *a, const uint64_t *b, size_t words) {
  for (size_t i = 0; i < words; i++)
    if (a[i] & ~b[i])
      return false;
  return true;
}

/* Reports whether a proposal satisfies only avoided atoms of `satisfied`. */
static bool has_better(const struct search *search, const uint64_t *satisfied) {
  for (size_t i = 0; i < search->list->count; i++)
    if (is_subset(search->list->items[i].satisfied, satisfied, search->automaton.words))
      return true;
  return false;
}

/* The memory of a text begins with the bits. */
static void free_text(struct words_text *text) {
  free((void *)text->satisfied);
}

/* Removes the proposals that satisfy all atoms of `satisfied`. */
static void remove_worse(struct search *search, const uint64_t *satisfied) {
  struct words_list *list = search->list;
  size_t kept = 0;
  for (size_t i = 0; i < list->count; i++) {
    if (is_subset(satisfied, list->items[i].satisfied, search->automaton.words))
      free_text(&list->items[i]);
    else
      list->items[kept++] = list->items[i];
  }
  list->count = kept;
}

static bool make_text(const struct search *search, size_t index, struct words_text *text) {
  const struct antichain *chain = &search->chain;
  size_t size = search->automaton.words * sizeof *search->satisfied;
  size_t length = chain->states[index].length;
  char *memory = malloc(size + length + 1);
  if (!memory)
    return false;
  if (size > 0)
    memcpy(memory, search->satisfied, size);
  char *end = memory + size + length;
  *end = '\0';
  for (; index > 0; index = chain->states[index].parent)
    *--end = (char)chain->states[index].byte;
  *text = (struct words_text){end, length, (const uint64_t *)(void *)memory};
  return true;
}

/* Proposes the text of a state. */
static void propose(struct search *search, size_t index) {
  struct words_list *list = search->list;
  remove_worse(search, search->satisfied);
  if (list->count == search->limits.texts) {
    snprintf(list->limit, sizeof list->limit, "more than %zu texts", search->limits.texts);
    search->outcome = WORDS_LIMIT;
    return;
  }
  if (list->count == list->capacity) {
    size_t larger = list->capacity > 0 ? list->capacity * 2 : 4;
    struct words_text *grown = realloc(list->items, larger * sizeof *grown);
    if (!grown) {
      search->outcome = WORDS_NO_MEMORY;
      return;
    }
    list->items = grown;
    list->capacity = larger;
  }
  if (make_text(search, index, &list->items[list->count]))
    list->count++;
  else
    search->outcome = WORDS_NO_MEMORY;
}

/* --- The search ------------------------------------------------------------------------------- */

static bool within_limits(struct search *search, uint32_t count) {
  const struct words_limits *limits = &search->limits;
  char *limit = search->list->limit;
  if (search->chain.count >= limits->states)
    snprintf(limit, sizeof search->list->limit, "more than %zu states", limits->states);
  else if (count > limits->places - search->chain.places_count)
    snprintf(limit, sizeof search->list->limit, "more than %zu places", limits->places);
  else if (search->chain.steps > limits->steps)
    snprintf(limit, sizeof search->list->limit, "more than %zu steps", limits->steps);
  else
    return true;
  search->outcome = WORDS_LIMIT;
  return false;
}

/* Considers a text, whose places are in search->places. */
static void consider(struct search *search, uint32_t count, struct chain_state state) {
  struct automaton *automaton = &search->automaton;
  if (!automaton_bound(automaton, search->places, count, search->satisfied) ||
      has_better(search, search->satisfied) || !within_limits(search, count))
    return;
  switch (antichain_add(&search->chain, search->places, count, state)) {
  case CHAIN_DISPENSABLE:
    return;
  case CHAIN_NO_MEMORY:
    search->outcome = WORDS_NO_MEMORY;
    return;
  case CHAIN_ADDED:
    break;
  }
  if (state.utf8 == UTF8_COMPLETE &&
      automaton_accept(automaton, search->places, count, search->satisfied) &&
      !has_better(search, search->satisfied))
    propose(search, search->chain.count - 1);
}

/* Considers the text of a state and one more byte. */
static void extend(struct search *search, size_t index, unsigned char byte) {
  const struct chain_state *state = &search->chain.states[index];
  unsigned char utf8 = alphabet_utf8(state->utf8, byte);
  if (utf8 == UTF8_BROKEN || search->outcome != WORDS_EXACT)
    return;
  search->chain.steps += state->end - state->first;
  uint32_t count = automaton_step(&search->automaton, search->chain.places + state->first,
                                  state->end - state->first, byte, search->places);
  struct chain_state next = {
      .parent = (uint32_t)index, .length = state->length + 1, .byte = byte, .utf8 = utf8};
  consider(search, count, next);
}

/* Collects the bytes of the literals that are next in patterns: patterns that the text should match,
 * and patterns that it should not match. A folded literal does not need both cases of its letter
 * unless another item distinguishes them. */
static void collect_mentioned(const struct search *search, const struct chain_state *state,
                              struct byte_set *wanted, struct byte_set *unwanted) {
  const struct automaton *automaton = &search->automaton;
  for (uint32_t i = state->first; i < state->end; i++) {
    const struct place *place = &automaton->places[search->chain.places[i]];
    if (place->kind != ATOM_LITERAL && place->kind != ATOM_FOLDED)
      continue;
    byte_set_add(i < state->split ? wanted : unwanted, place->byte);
    if (place->kind == ATOM_FOLDED && (i >= state->split || automaton->sensitive))
      byte_set_add(i < state->split ? wanted : unwanted, place->byte ^ 0x20);
  }
}

static void add_accepted(const struct automaton *automaton, const struct place *place,
                         struct byte_set *accepted) {
  switch (place->kind) {
  case ATOM_FOLDED:
    byte_set_add(accepted, place->byte ^ 0x20);
    byte_set_add(accepted, place->byte);
    break;
  case ATOM_LITERAL:
    byte_set_add(accepted, place->byte);
    break;
  case ATOM_ONE:
  case ATOM_STAR:
    for (size_t i = 0; i < 4; i++)
      accepted->bits[i] |= automaton->sets[place->set].bits[i];
    break;
  default:
    break;
  }
}

/* Returns the bytes after which each inside atom still has a place. The places of an atom follow each other. */
static struct byte_set find_possible(const struct search *search, const struct chain_state *state) {
  const struct automaton *automaton = &search->automaton;
  struct byte_set possible = byte_set_any();
  uint32_t i = state->first;
  while (i < state->end && search->chain.places[i] < automaton->inside_end) {
    struct byte_set accepted = {{0}};
    uint32_t atom = automaton->places[search->chain.places[i]].atom;
    for (; i < state->end && search->chain.places[i] < automaton->inside_end &&
           automaton->places[search->chain.places[i]].atom == atom;
         i++)
      add_accepted(automaton, &automaton->places[search->chain.places[i]], &accepted);
    for (size_t word = 0; word < 4; word++)
      possible.bits[word] &= accepted.bits[word];
  }
  return possible;
}

/* Considers the text of a state and one more byte. In a group, all bytes that no pattern mentions
 * are equal, and they are better than a byte that only an unwanted pattern mentions. So one of them
 * and the wanted bytes are enough. Without such a byte, all are tried. */
static void expand(struct search *search, size_t index) {
  const struct alphabet *alphabet = &search->alphabet;
  struct byte_set wanted = {{0}}, unwanted = {{0}};
  collect_mentioned(search, &search->chain.states[index], &wanted, &unwanted);
  const struct byte_set possible = find_possible(search, &search->chain.states[index]);
  for (size_t group = 0; group < alphabet->groups; group++) {
    const unsigned char *bytes = alphabet->bytes + alphabet->starts[group];
    size_t count = alphabet->starts[group + 1] - alphabet->starts[group], other = 0;
    while (other < count && byte_set_has(&unwanted, bytes[other]))
      other++;
    if (other < count && byte_set_has(&possible, bytes[other]))
      extend(search, index, bytes[other]);
    for (size_t i = 0; i < count; i++)
      if (i != other && (other == count || byte_set_has(&wanted, bytes[i])) &&
          byte_set_has(&possible, bytes[i]))
        extend(search, index, bytes[i]);
  }
}

static bool is_hopeless(struct search *search, const struct chain_state *state) {
  automaton_bound(&search->automaton, search->chain.places + state->first,
                  state->end - state->first, search->satisfied);
  return has_better(search, search->satisfied);
}

static void run(struct search *search) {
  uint32_t count = automaton_start(&search->automaton, search->places);
  consider(search, count, (struct chain_state){.utf8 = UTF8_COMPLETE});
  size_t next;
  while (search->outcome == WORDS_EXACT && (next = antichain_take(&search->chain)) != SIZE_MAX)
    if (!is_hopeless(search, &search->chain.states[next]))
      expand(search, next);
}

static int compare_texts(const void *a, const void *b) {
  const struct words_text *x = a;
  const struct words_text *y = b;
  if (x->length != y->length)
    return x->length < y->length ? -1 : 1;
  return memcmp(x->bytes, y->bytes, x->length);
}

static struct words_limits resolve(const struct words_limits *limits) {
  static const struct words_limits defaults = {
      .states = 4096, .places = 1u << 20, .steps = 1u << 22, .texts = 256};
  struct words_limits resolved = limits ? *limits : defaults;
  if (resolved.states == 0)
    resolved.states = defaults.states;
  if (resolved.places == 0)
    resolved.places = defaults.places;
  if (resolved.steps == 0)
    resolved.steps = defaults.steps;
  /* The states refer to each other and to places with 32 bits. */
  if (resolved.states > UINT32_MAX)
    resolved.states = UINT32_MAX;
  if (resolved.places > UINT32_MAX)
    resolved.places = UINT32_MAX;
  if (resolved.texts == 0)
    resolved.texts = defaults.texts;
  return resolved;
}

enum words_outcome words_propose(const struct atom *const *inside, size_t inside_count,
                                 const struct atom *const *avoided, size_t avoided_count,
                                 const struct words_limits *limits, struct words_list *list) {
  *list = (struct words_list){0};
  struct search search = {.limits = resolve(limits), .list = list};
  struct automaton *automaton = &search.automaton;
  if (automaton_open(automaton, inside, inside_count, avoided, avoided_count)) {
    search.chain.split = automaton->wanted_end;
    search.places = malloc(((size_t)automaton->count + 1) * sizeof *search.places);
    search.satisfied = malloc((automaton->words + 1) * sizeof *search.satisfied);
  }
  if (search.places && search.satisfied) {
    alphabet_fill(&search.alphabet, automaton->sets, automaton->sets_count, &automaton->literals,
                  search.limits.prefer);
    run(&search);
  } else {
    search.outcome = WORDS_NO_MEMORY;
  }
  list->states = search.chain.count;
  list->steps = search.chain.steps;
  automaton_close(automaton);
  antichain_free(&search.chain);
  free(search.places);
  free(search.satisfied);
  if (search.outcome == WORDS_NO_MEMORY)
    words_free(list);
  else if (list->count > 1)
    qsort(list->items, list->count, sizeof *list->items, compare_texts);
  return search.outcome;
}

void words_free(struct words_list *list) {
  for (size_t i = 0; i < list->count; i++)
    free_text(&list->items[i]);
  free(list->items);
  *list = (struct words_list){0};
}
