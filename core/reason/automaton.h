#ifndef LANYARD_REASON_AUTOMATON_H
#define LANYARD_REASON_AUTOMATON_H

#include "reason/atom.h"

/* All patterns of a query as one nondeterministic automaton. A place is in front of an item of a
 * pattern. What a text that is read so far still can match is the set of the places that it has
 * reached, in ascending order. */

struct place {
  unsigned char kind, byte; /* as in struct atom_item */
  uint16_t set;
  uint32_t atom; /* the index in its list of atoms */
};

/* The places come in four parts. A text should match the patterns of the first two, and should not
 * match the others: inside atoms, avoided atoms that are negated, inside atoms that are negated,
 * avoided atoms. */
struct automaton {
  struct place *places;
  uint32_t count;
  uint32_t inside_end, wanted_end, banned_end; /* of the first three parts */
  size_t inside;                               /* inside atoms that are not negated */
  struct byte_set *sets;
  bool *whole; /* sets that contain all bytes */
  size_t sets_count;
  struct byte_set literals; /* the bytes of literal items, in both cases of folded ones */
  bool sensitive;           /* the case of a letter matters to a literal or a set */
  size_t words;             /* the size of a set of avoided atoms, a bit for each */
  uint64_t *negated;        /* the avoided atoms that are negated */
};

/* automaton_open returns false if there is not enough memory. automaton_close is needed anyway. */
bool automaton_open(struct automaton *automaton, const struct atom *const *inside,
                    size_t inside_count, const struct atom *const *avoided, size_t avoided_count);
void automaton_close(struct automaton *automaton);

/* automaton_start writes the places of the empty text. automaton_step writes the places of a text
 * and one more byte. Both return the number of places, which is at most automaton->count. */
uint32_t automaton_start(const struct automaton *automaton, uint32_t *to);
uint32_t automaton_step(const struct automaton *automaton, const uint32_t *from, uint32_t count,
                        unsigned char byte, uint32_t *to);

/* automaton_bound sets the bits of the avoided atoms that every continuation of a text satisfies,
 * as far as that is easy to see. It returns false if no continuation satisfies the inside atoms. */
bool automaton_bound(const struct automaton *automaton, const uint32_t *places, uint32_t count,
                     uint64_t *satisfied);

/* automaton_accept sets the bits of the avoided atoms that the text itself satisfies. It returns
 * false if the text does not satisfy the inside atoms. */
bool automaton_accept(const struct automaton *automaton, const uint32_t *places, uint32_t count,
                      uint64_t *satisfied);

#endif
