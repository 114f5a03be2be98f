#ifndef LANYARD_REASON_ALPHABET_H
#define LANYARD_REASON_ALPHABET_H

#include "reason/atom.h"

/* The bytes of which words_propose makes texts, in groups of bytes that differ only for literals:
 * the same sets contain them, and they have the same place in UTF-8. */
struct alphabet {
  unsigned char bytes[256]; /* a group after the other; in a group the preferred bytes first */
  size_t starts[257];       /* of each group in `bytes`, and the end of the last */
  size_t groups;
};

/* Where a text is within a UTF-8 sequence. */
enum { UTF8_COMPLETE = 0, UTF8_BROKEN = 8 };

/* alphabet_fill finds the groups. `literals` are the bytes of literal items. Control bytes and the
 * bytes of characters beyond ASCII are left out unless a text may need them. `prefer` is as in
 * struct words_limits. */
void alphabet_fill(struct alphabet *alphabet, const struct byte_set *sets, size_t count,
                   const struct byte_set *literals, const char *prefer);

/* alphabet_utf8 returns where a text is after one more byte. */
unsigned char alphabet_utf8(unsigned char where, unsigned char byte);

#endif
