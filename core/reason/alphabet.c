#include "reason/alphabet.h"

#include <string.h>

/* --- UTF-8 ------------------------------------------------------------------------------------ */

/* The roles of bytes in UTF-8 (RFC 3629). */
enum role {
  ASCII,
  LOW,    /* 80 to 8F */
  MIDDLE, /* 90 to 9F */
  HIGH,   /* A0 to BF */
  TWO,    /* the first of two */
  E0,
  THREE, /* the first of three, but E0 and ED */
  ED,
  F0,
  FOUR, /* F1 to F3 */
  F4,
  NEVER,
};

static enum role role_of(unsigned char byte) {
  if (byte < 0xC0)
    return byte < 0x80 ? ASCII : byte < 0x90 ? LOW : byte < 0xA0 ? MIDDLE : HIGH;
  if (byte < 0xE0)
    return byte < 0xC2 ? NEVER : TWO;
  if (byte < 0xF0)
    return byte == 0xE0 ? E0 : byte == 0xED ? ED : THREE;
  return byte == 0xF0 ? F0 : byte < 0xF4 ? FOUR : byte == 0xF4 ? F4 : NEVER;
}

unsigned char alphabet_utf8(unsigned char where, unsigned char byte) {
  enum { LAST = 1, LAST_TWO, LAST_THREE, AFTER_E0, AFTER_ED, AFTER_F0, AFTER_F4, NO = UTF8_BROKEN };
  static const unsigned char next[8][NEVER + 1] = {
      [UTF8_COMPLETE] = {UTF8_COMPLETE, NO, NO, NO, LAST, AFTER_E0, LAST_TWO, AFTER_ED, AFTER_F0,
                         LAST_THREE, AFTER_F4, NO},
      [LAST] = {NO, UTF8_COMPLETE, UTF8_COMPLETE, UTF8_COMPLETE, NO, NO, NO, NO, NO, NO, NO, NO},
      [LAST_TWO] = {NO, LAST, LAST, LAST, NO, NO, NO, NO, NO, NO, NO, NO},
      [LAST_THREE] = {NO, LAST_TWO, LAST_TWO, LAST_TWO, NO, NO, NO, NO, NO, NO, NO, NO},
      [AFTER_E0] = {NO, NO, NO, LAST, NO, NO, NO, NO, NO, NO, NO, NO},
      [AFTER_ED] = {NO, LAST, LAST, NO, NO, NO, NO, NO, NO, NO, NO, NO},
      [AFTER_F0] = {NO, NO, LAST_TWO, LAST_TWO, NO, NO, NO, NO, NO, NO, NO, NO},
      [AFTER_F4] = {NO, LAST_TWO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO},
  };
  return next[where][role_of(byte)];
}

/* --- Groups ----------------------------------------------------------------------------------- */

/* Splits each group into the bytes that are in the set and the bytes that are not, but
 * for group 0. */
static void split(unsigned short group[256], size_t *groups, const struct byte_set *set) {
  unsigned short moved[257] = {0};
  bool stays[257] = {false};
  for (size_t byte = 0; byte < 256; byte++)
    if (!byte_set_has(set, (unsigned char)byte))
      stays[group[byte]] = true;
  for (size_t byte = 0; byte < 256; byte++) {
    unsigned short old = group[byte];
    if (old == 0 || !stays[old] || !byte_set_has(set, (unsigned char)byte))
      continue;
    if (moved[old] == 0)
      moved[old] = (unsigned short)++*groups;
    group[byte] = moved[old];
  }
}

/* Reports whether a text may need bytes beyond ASCII: because such a byte is a literal, or because
 * every ASCII byte of the same sets as the first byte of a character is a literal and cannot replace
 * the character: no item needs the bytes that continue it. */
static bool needs_beyond_ascii(const unsigned short membership[256],
                               const struct byte_set *literals) {
  bool free_byte[257] = {false};
  for (size_t byte = 0x20; byte < 0x7F; byte++)
    if (!byte_set_has(literals, (unsigned char)byte))
      free_byte[membership[byte]] = true;
  for (size_t byte = 0x80; byte < 256; byte++)
    if (byte_set_has(literals, (unsigned char)byte) ||
        (role_of((unsigned char)byte) >= TWO && !free_byte[membership[byte]]))
      return true;
  return false;
}

/* Lists all bytes, the most readable first. */
static void list_by_preference(unsigned char bytes[256], const char *prefer) {
  bool listed[256] = {false};
  size_t count = 0;
  const char *const texts[] = {prefer ? prefer : "", "abcdefghijklmnopqrstuvwxyz",
                               "0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZ.@=+,/"};
  /* The letters with accents are 80 to BF after C3. */
  const unsigned ranges[][2] = {{0x21, 0x7F}, {0x20, 0x21}, {0xA0, 0xC0}, {0xC3, 0xC4}, {0, 0x100}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    for (const char *c = texts[i]; *c; c++)
      if (!listed[(unsigned char)*c]) {
        listed[(unsigned char)*c] = true;
        bytes[count++] = (unsigned char)*c;
      }
  for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
    for (unsigned byte = ranges[i][0]; byte < ranges[i][1]; byte++)
      if (!listed[byte]) {
        listed[byte] = true;
        bytes[count++] = (unsigned char)byte;
      }
}

static bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7F;
}

/* Fills in the group of each byte. The bytes of group 0 are unused. */
static void find_groups(unsigned short group[256], const struct byte_set *sets, size_t count,
                        const struct byte_set *literals) {
  for (size_t byte = 0; byte < 256; byte++)
    group[byte] = 1;
  size_t groups = 1;
  for (size_t i = 0; i < count; i++)
    split(group, &groups, &sets[i]);
  bool beyond_ascii = needs_beyond_ascii(group, literals);
  for (enum role role = LOW; beyond_ascii && role < NEVER; role++) {
    struct byte_set bytes = {{0}};
    for (size_t byte = 0x80; byte < 256; byte++)
      if (role_of((unsigned char)byte) == role)
        byte_set_add(&bytes, (unsigned char)byte);
    split(group, &groups, &bytes);
  }
  for (size_t i = 0; i < 256; i++) {
    unsigned char byte = (unsigned char)i;
    if (role_of(byte) == NEVER || (byte >= 0x80 && !beyond_ascii) ||
        (is_control(byte) && !byte_set_has(literals, byte)))
      group[byte] = 0;
  }
}

void alphabet_fill(struct alphabet *alphabet, const struct byte_set *sets, size_t count,
                   const struct byte_set *literals, const char *prefer) {
  unsigned short group[256];
  unsigned char listed[256];
  bool done[257] = {true};
  find_groups(group, sets, count, literals);
  list_by_preference(listed, prefer);
  alphabet->groups = 0;
  alphabet->starts[0] = 0;
  size_t filled = 0;
  for (size_t first = 0; first < 256; first++) {
    unsigned short number = group[listed[first]];
    if (done[number])
      continue;
    done[number] = true;
    for (size_t i = first; i < 256; i++)
      if (group[listed[i]] == number)
        alphabet->bytes[filled++] = listed[i];
    alphabet->starts[++alphabet->groups] = filled;
  }
}
