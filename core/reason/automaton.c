#include "reason/automaton.h"

#include <stdlib.h>
#include <string.h>

static bool is_letter(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void set_bit(uint64_t *bits, size_t i) {
  bits[i / 64] |= (uint64_t)1 << i % 64;
}

static void clear_bit(uint64_t *bits, size_t i) {
  bits[i / 64] &= ~((uint64_t)1 << i % 64);
}

/* --- Opening ---------------------------------------------------------------------------------- */

/* Reports whether a set contains a letter in one case only. */
static bool heeds_case(const struct byte_set *set) {
  for (unsigned char c = 'a'; c <= 'z'; c++)
    if (byte_set_has(set, c) != byte_set_has(set, c ^ 0x20))
      return true;
  return false;
}

static uint16_t index_of(struct automaton *automaton, const struct byte_set *set) {
  for (size_t i = 0; i < automaton->sets_count; i++)
    if (byte_set_equal(&automaton->sets[i], set))
      return (uint16_t)i;
  automaton->sets[automaton->sets_count] = *set;
  automaton->whole[automaton->sets_count] = true;
  for (size_t i = 0; i < 4; i++)
    if (~set->bits[i])
      automaton->whole[automaton->sets_count] = false;
  automaton->sensitive = automaton->sensitive || heeds_case(set);
  return (uint16_t)automaton->sets_count++;
}

static void load_atom(struct automaton *automaton, const struct atom *atom, size_t index) {
  for (size_t i = 0; i < atom->count; i++) {
    const struct atom_item *item = &atom->items[i];
    struct place *place = &automaton->places[automaton->count++];
    *place = (struct place){.kind = item->kind, .byte = item->byte, .atom = (uint32_t)index};
    if (item->kind == ATOM_ONE || item->kind == ATOM_STAR) {
      place->set = index_of(automaton, &atom->sets[item->set]);
    } else if (item->kind != ATOM_END) {
      byte_set_add(&automaton->literals, item->byte);
      if (item->kind == ATOM_FOLDED)
        byte_set_add(&automaton->literals, item->byte ^ 0x20);
      else
        automaton->sensitive = automaton->sensitive || is_letter(item->byte);
    }
  }
}

/* Loads the atoms that are negated, or the others. Inside atoms are numbered among these. */
static size_t load_atoms(struct automaton *automaton, const struct atom *const *atoms, size_t count,
                         bool negated, bool renumber) {
  size_t loaded = 0;
  for (size_t i = 0; i < count; i++) {
    if (atoms[i]->negated == negated)
      load_atom(automaton, atoms[i], renumber ? loaded++ : i);
  }
  return loaded;
}

bool automaton_open(struct automaton *automaton, const struct atom *const *inside,
                    size_t inside_count, const struct atom *const *avoided, size_t avoided_count) {
  *automaton = (struct automaton){.words = (avoided_count + 63) / 64};
  size_t places = 0, sets = 0;
  for (size_t i = 0; i < inside_count + avoided_count; i++) {
    const struct atom *atom = i < inside_count ? inside[i] : avoided[i - inside_count];
    if (atom->failed)
      return false;
    places += atom->count;
    sets += atom->sets_count;
  }
  if (places >= UINT32_MAX || sets > UINT16_MAX)
    return false;
  automaton->places = malloc((places + 1) * sizeof *automaton->places);
  automaton->sets = malloc((sets + 1) * sizeof *automaton->sets);
  automaton->whole = malloc((sets + 1) * sizeof *automaton->whole);
  automaton->negated = calloc(automaton->words + 1, sizeof *automaton->negated);
  if (!automaton->places || !automaton->sets || !automaton->whole || !automaton->negated)
    return false;
  for (size_t i = 0; i < avoided_count; i++)
    if (avoided[i]->negated)
      set_bit(automaton->negated, i);
  automaton->inside = load_atoms(automaton, inside, inside_count, false, true);
  automaton->inside_end = automaton->count;
  load_atoms(automaton, avoided, avoided_count, true, false);
  automaton->wanted_end = automaton->count;
  load_atoms(automaton, inside, inside_count, true, true);
  automaton->banned_end = automaton->count;
  load_atoms(automaton, avoided, avoided_count, false, false);
  return true;
}

void automaton_close(struct automaton *automaton) {
  free(automaton->places);
  free(automaton->sets);
  free(automaton->whole);
  free(automaton->negated);
  *automaton = (struct automaton){0};
}

/* --- Reading ---------------------------------------------------------------------------------- */

/* Adds a place and the places that it reaches without a byte. Each call adds consecutive places. The
 * first one is greater than the first one of the call before. So a place that is not greater than
 * the last one is already in the list. */
static uint32_t add_place(const struct automaton *automaton, uint32_t place, uint32_t *to,
                          uint32_t count) {
  for (;; place++) {
    if (count == 0 || to[count - 1] < place)
      to[count++] = place;
    if (automaton->places[place].kind != ATOM_STAR)
      return count;
  }
}

uint32_t automaton_start(const struct automaton *automaton, uint32_t *to) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < automaton->count; i++)
    if (i == 0 || automaton->places[i - 1].kind == ATOM_END)
      count = add_place(automaton, i, to, count);
  return count;
}

uint32_t automaton_step(const struct automaton *automaton, const uint32_t *from, uint32_t count,
                        unsigned char byte, uint32_t *to) {
  uint32_t added = 0;
  for (uint32_t i = 0; i < count; i++) {
    const struct place *place = &automaton->places[from[i]];
    switch (place->kind) {
    case ATOM_LITERAL:
      if (place->byte == byte)
        added = add_place(automaton, from[i] + 1, to, added);
      break;
    case ATOM_FOLDED:
      if ((place->byte | 0x20) == (byte | 0x20))
        added = add_place(automaton, from[i] + 1, to, added);
      break;
    case ATOM_ONE:
      if (byte_set_has(&automaton->sets[place->set], byte))
        added = add_place(automaton, from[i] + 1, to, added);
      break;
    case ATOM_STAR:
      if (byte_set_has(&automaton->sets[place->set], byte))
        added = add_place(automaton, from[i], to, added);
      break;
    default:
      break;
    }
  }
  return added;
}

/* --- Verdicts --------------------------------------------------------------------------------- */

/* Reports whether a place has reached every text that continues this one. */
static bool is_final(const struct automaton *automaton, uint32_t place) {
  const struct place *star = &automaton->places[place];
  return star->kind == ATOM_STAR && automaton->whole[star->set] && star[1].kind == ATOM_END;
}

bool automaton_bound(const struct automaton *automaton, const uint32_t *places, uint32_t count,
                     uint64_t *satisfied) {
  size_t alive = 0;
  uint32_t i = 0;
  for (; i < count && places[i] < automaton->inside_end; i++) {
    size_t atom = automaton->places[places[i]].atom;
    if (atom > alive)
      return false;
    alive = atom + 1;
  }
  if (alive < automaton->inside)
    return false;
  if (automaton->words > 0)
    memcpy(satisfied, automaton->negated, automaton->words * sizeof *satisfied);
  for (; i < count && places[i] < automaton->wanted_end; i++)
    clear_bit(satisfied, automaton->places[places[i]].atom);
  for (; i < count; i++) {
    if (!is_final(automaton, places[i]))
      continue;
    if (places[i] < automaton->banned_end)
      return false;
    set_bit(satisfied, automaton->places[places[i]].atom);
  }
  return true;
}

bool automaton_accept(const struct automaton *automaton, const uint32_t *places, uint32_t count,
                      uint64_t *satisfied) {
  size_t accepted = 0;
  if (automaton->words > 0)
    memcpy(satisfied, automaton->negated, automaton->words * sizeof *satisfied);
  for (uint32_t i = 0; i < count; i++) {
    const struct place *place = &automaton->places[places[i]];
    if (place->kind != ATOM_END)
      continue;
    if (places[i] < automaton->inside_end) {
      if (place->atom > accepted)
        return false;
      accepted = place->atom + 1;
    } else if (places[i] < automaton->wanted_end) {
      clear_bit(satisfied, place->atom);
    } else if (places[i] < automaton->banned_end) {
      return false;
    } else {
      set_bit(satisfied, place->atom);
    }
  }
  return accepted == automaton->inside;
}
