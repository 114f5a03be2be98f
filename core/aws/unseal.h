#ifndef LANYARD_AWS_UNSEAL_H
#define LANYARD_AWS_UNSEAL_H

#include "base/buf.h"
#include "base/secret.h"

/* Opens a sealed text (the reply of a service, the output of a command) member by member. The
 * result is the text without the values of secret members, and these values, each sealed. All
 * memory in between is wiped. */

enum unseal_form { UNSEAL_JSON, UNSEAL_XML };

enum unseal_outcome { UNSEALED, UNSEAL_MALFORMED, UNSEAL_NO_MEMORY, UNSEAL_SHOWS_SEALED };

/* Bytes [start, end) of a sealed text that were secret before they became part of it. */
struct sealed_range {
  size_t start, end;
};

struct unsealed {
  const struct sealed_range *ranges; /* ascending; the caller sets and owns them */
  size_t range_count;
  struct buf text;        /* with "***" in place of each value */
  struct secret *secrets; /* one for each name; empty if there is no such member */
  size_t error_offset;    /* the offset where the text is malformed */
};

/* unseal hides the value of every member (JSON, at any depth) or element (XML, ignoring the prefix)
 * with one of the names. The secret of a name is the first such value: the characters of a string,
 * the bytes of any other value. null and empty values do not count. The outcome is
 * UNSEAL_SHOWS_SEALED if the text would show a byte of the ranges. The caller zeroes `unsealed`
 * before, may set `ranges`, and frees it with unsealed_free whatever the outcome. */
enum unseal_outcome unseal(const struct secret *sealed, enum unseal_form form,
                           const char *const names[], size_t count, struct unsealed *unsealed);

/* unsealed_free wipes and frees the result. `count` is the number of names. */
void unsealed_free(struct unsealed *unsealed, size_t count);

#endif
