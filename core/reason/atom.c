#include "reason/atom.h"

#include "base/bytes.h"
#include "policy/arn.h"

#include <stdlib.h>

/* --- Sets of bytes ---------------------------------------------------------------------------- */

struct byte_set byte_set_any(void) {
  return byte_set_except("");
}

struct byte_set byte_set_of(const char *bytes) {
  struct byte_set set = {{0}};
  for (; *bytes; bytes++)
    byte_set_add(&set, (unsigned char)*bytes);
  return set;
}

struct byte_set byte_set_except(const char *bytes) {
  struct byte_set set = byte_set_of(bytes);
  for (size_t i = 0; i < 4; i++)
    set.bits[i] = ~set.bits[i];
  return set;
}

bool byte_set_equal(const struct byte_set *a, const struct byte_set *b) {
  return memcmp(a, b, sizeof *a) == 0;
}

/* --- Items ------------------------------------------------------------------------------------ */

/* Makes room for one more element. Returns false if there is not enough memory. */
static bool grow(struct atom *atom, void **elements, size_t count, size_t *capacity, size_t size) {
  if (count < *capacity)
    return true;
  size_t larger = *capacity > 0 ? *capacity * 2 : 8;
  void *grown = larger < SIZE_MAX / size ? realloc(*elements, larger * size) : NULL;
  if (!grown) {
    atom->failed = true;
    return false;
  }
  *elements = grown;
  *capacity = larger;
  return true;
}

static void add_item(struct atom *atom, struct atom_item item) {
  void *items = atom->items;
  if (atom->failed || !grow(atom, &items, atom->count, &atom->capacity, sizeof item))
    return;
  atom->items = items;
  atom->items[atom->count++] = item;
}

/* Returns the index of a set, which it adds if it is new. */
static uint16_t index_of(struct atom *atom, const struct byte_set *set) {
  for (size_t i = 0; i < atom->sets_count; i++)
    if (byte_set_equal(&atom->sets[i], set))
      return (uint16_t)i;
  void *sets = atom->sets;
  if (atom->sets_count > UINT16_MAX) {
    atom->failed = true;
    return 0;
  }
  if (!grow(atom, &sets, atom->sets_count, &atom->sets_capacity, sizeof *set))
    return 0;
  atom->sets = sets;
  atom->sets[atom->sets_count] = *set;
  return (uint16_t)atom->sets_count++;
}

/* Returns the last item of the pattern that is not yet ended, if it is a star of a set, or NULL. */
static struct atom_item *last_star(struct atom *atom, uint16_t set) {
  if (atom->count == 0)
    return NULL;
  struct atom_item *last = &atom->items[atom->count - 1];
  return last->kind == ATOM_STAR && last->set == set ? last : NULL;
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void add_byte(struct atom *atom, char c, bool ignore_case) {
  unsigned char kind = ignore_case && is_letter(c) ? ATOM_FOLDED : ATOM_LITERAL;
  add_item(atom, (struct atom_item){.kind = kind, .byte = (unsigned char)c});
}

void atom_add_text(struct atom *atom, const char *text, size_t length, bool ignore_case) {
  for (size_t i = 0; i < length; i++)
    add_byte(atom, text[i], ignore_case);
}

/* Splits a set into the bytes that begin a character of UTF-8, and the bytes that continue one. */
static struct byte_set split_set(const struct byte_set *set, struct byte_set *continuing) {
  struct byte_set first = *set;
  *continuing = (struct byte_set){.bits = {[2] = set->bits[2]}};
  first.bits[2] = 0;
  return first;
}

/* Equal wildcards have one spelling: `*?` becomes `?*`, and `**` becomes `*`. The search then
 * has fewer states. */
void atom_add_one(struct atom *atom, struct byte_set set) {
  struct byte_set continuing, first = split_set(&set, &continuing);
  struct atom_item *star = last_star(atom, index_of(atom, &set));
  struct atom_item one = {.kind = ATOM_ONE, .set = index_of(atom, &first)};
  if (star)
    *star = one;
  else
    add_item(atom, one);
  if (continuing.bits[2])
    atom_add_star(atom, continuing);
  if (star)
    atom_add_star(atom, set);
}

void atom_add_star(struct atom *atom, struct byte_set set) {
  uint16_t index = index_of(atom, &set);
  if (!last_star(atom, index))
    add_item(atom, (struct atom_item){.kind = ATOM_STAR, .set = index});
}

void atom_add_glob(struct atom *atom, const char *text, size_t length,
                   struct match_wildcards wildcards, struct byte_set set, bool ignore_case) {
  for (size_t i = 0; i < length; i++) {
    if (text[i] == wildcards.any)
      atom_add_star(atom, set);
    else if (text[i] == wildcards.one)
      atom_add_one(atom, set);
    else
      add_byte(atom, text[i], ignore_case);
  }
}

/* --- ARNs ------------------------------------------------------------------------------------- */

/* Appends a part of an ARN that is not empty: stars alone match at least one byte. */
static void add_filled_part(struct atom *atom, const char *part, size_t length,
                            struct match_wildcards wildcards, struct byte_set set) {
  size_t stars = 0;
  while (stars < length && part[stars] == wildcards.any)
    stars++;
  if (stars == length)
    atom_add_one(atom, set);
  atom_add_glob(atom, part, length, wildcards, set, false);
}

bool atom_add_arn(struct atom *atom, const char *text, size_t length,
                  struct match_wildcards wildcards, bool operand) {
  enum { PARTITION = 1, SERVICE = 2, RESOURCE = 5 };
  size_t colons = 0;
  for (size_t i = 0; i < length; i++)
    colons += text[i] == ':';
  struct arn arn;
  if (colons < RESOURCE || (operand && !arn_parse(text, length, &arn)))
    return false;
  const struct byte_set within = byte_set_except(":"), any = byte_set_any();
  const char *end = text + length;
  for (size_t part = 0;; part++) {
    const char *colon = part < RESOURCE ? memchr(text, ':', (size_t)(end - text)) : NULL;
    size_t size = (size_t)((colon ? colon : end) - text);
    bool filled = operand && (part == PARTITION || part == SERVICE || part == RESOURCE);
    struct byte_set set = part == RESOURCE ? any : within;
    if (filled)
      add_filled_part(atom, text, size, wildcards, set);
    else
      atom_add_glob(atom, text, size, wildcards, set, false);
    if (!colon)
      return true;
    add_byte(atom, ':', false);
    text = colon + 1;
  }
}

/* ---------------------------------------------------------------------------------------------- */

void atom_end(struct atom *atom) {
  add_item(atom, (struct atom_item){.kind = ATOM_END});
}

void atom_free(struct atom *atom) {
  free(atom->items);
  free(atom->sets);
  *atom = (struct atom){.negated = atom->negated};
}
