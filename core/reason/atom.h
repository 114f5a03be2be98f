#ifndef LANYARD_REASON_ATOM_H
#define LANYARD_REASON_ATOM_H

#include "base/match.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An atom is a set of texts: the texts that match one of its patterns or, if `negated` is set, the
 * texts that match none. A pattern is a sequence of items over bytes, and an item is a literal byte, any one byte of
 * a set, or any number of bytes of a set. */

/* A set of bytes; a bit for each. */
struct byte_set {
  uint64_t bits[4];
};

/* byte_set_any is the set of all bytes, byte_set_of contains the bytes of a text, and
 * byte_set_except all other bytes. */
struct byte_set byte_set_any(void);
struct byte_set byte_set_of(const char *bytes);
struct byte_set byte_set_except(const char *bytes);

static inline bool byte_set_has(const struct byte_set *set, unsigned char byte) {
  return set->bits[byte >> 6] >> (byte & 63) & 1;
}

static inline void byte_set_add(struct byte_set *set, unsigned char byte) {
  set->bits[byte >> 6] |= (uint64_t)1 << (byte & 63);
}

bool byte_set_equal(const struct byte_set *a, const struct byte_set *b);

enum atom_kind {
  ATOM_LITERAL, /* `byte` */
  ATOM_FOLDED,  /* `byte`, an ASCII letter, in either case */
  ATOM_ONE,     /* one byte of sets[set]; none continues a character of UTF-8 */
  ATOM_STAR,    /* any number of bytes of sets[set] */
  ATOM_END,     /* the end of a pattern */
};

struct atom_item {
  unsigned char kind, byte;
  uint16_t set;
};

/* A zeroed struct is an atom without patterns: no text, or every text if `negated` is set. A failed
 * allocation is recorded in `failed`, as in struct buf; words_propose reports it. */
struct atom {
  struct atom_item *items; /* the patterns, each with its ATOM_END */
  size_t count, capacity;
  struct byte_set *sets; /* each once */
  size_t sets_count, sets_capacity;
  bool negated, failed;
};

/* These append items to the pattern that is not yet ended. `ignore_case` applies to ASCII letters.
 * atom_add_one appends one character whose bytes are in the set: a byte that begins a character of
 * UTF-8, and any bytes that continue it. atom_add_glob appends a text with wildcards, which match bytes
 * of `set`. A wildcard `one` is one character, as in match_pattern. */
void atom_add_text(struct atom *atom, const char *text, size_t length, bool ignore_case);
void atom_add_one(struct atom *atom, struct byte_set set);
void atom_add_star(struct atom *atom, struct byte_set set);
void atom_add_glob(struct atom *atom, const char *text, size_t length,
                   struct match_wildcards wildcards, struct byte_set set, bool ignore_case);

/* atom_add_arn appends the pattern of an ARN, whose wildcards match colons only in the sixth part.
 * If `operand` is set, it is an operand of ArnLike: a text is an ARN as arn_parse defines it, so
 * the second, third and sixth part are not empty. It returns false, and appends nothing, if the
 * pattern does not have six parts or, for an operand, is not an ARN. */
bool atom_add_arn(struct atom *atom, const char *text, size_t length,
                  struct match_wildcards wildcards, bool operand);

/* atom_end ends a pattern. An empty pattern matches the empty text. */
void atom_end(struct atom *atom);

/* atom_free frees the memory. The atom is empty and can be used again. */
void atom_free(struct atom *atom);

#endif
