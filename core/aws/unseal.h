#ifndef LANYARD_AWS_UNSEAL_H
#define LANYARD_AWS_UNSEAL_H

#include "base/buf.h"
#include "base/secret.h"

/* A sealed text (the reply of a service, what a command printed) is opened member by member: out come
 * the text without the values of those that are secret, and these values, sealed each. All memory that
 * they went through on the way is wiped. */

enum unseal_form { UNSEAL_JSON, UNSEAL_XML };

enum unseal_outcome { UNSEALED, UNSEAL_MALFORMED, UNSEAL_NO_MEMORY };

/* Nesting of elements; that of JSON is bounded by its reader. */
#define UNSEAL_XML_DEPTH 32

struct unsealed {
  struct buf text;        /* "***" in the place of each value */
  struct secret *secrets; /* one for each name asked for; none where there is no such member */
  size_t mistake;         /* the byte where the text is malformed */
};

/* Every member (JSON, at any depth) or element (XML; a prefix of its name does not count) that has one
 * of the names loses its value. The secret of a name is the first such value: of a string its
 * characters, of anything else its bytes as they stand; null and what is empty are no value. XML has
 * no document type, and only the predefined and the numeric character references. The caller frees
 * the unsealed, whatever the outcome; a zeroed struct is ready for use. */
enum unseal_outcome unseal(const struct secret *sealed, enum unseal_form form,
                           const char *const names[], size_t count, struct unsealed *unsealed);

/* `count` as at unseal. */
void unsealed_free(struct unsealed *unsealed, size_t count);

#endif
