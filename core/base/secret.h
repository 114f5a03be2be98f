#ifndef LANYARD_BASE_SECRET_H
#define LANYARD_BASE_SECRET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* A secret: bytes that are copied in, and wiped before their memory is freed. A zeroed struct holds
 * none. */
struct secret {
  char *bytes; /* NULL if there is none; else NUL-terminated */
  size_t length;
};

/* secret_set stores a copy of the bytes and wipes the previous ones. It returns false if there is
 * not enough memory. */
bool secret_set(struct secret *secret, const char *bytes, size_t length);

/* secret_wipe wipes and frees the bytes. */
void secret_wipe(struct secret *secret);

/* secrets_redact appends a text with every occurrence of a secret replaced by "***". It also finds
 * secrets whose bytes are escaped as in JSON (\/ and \u002f), a URL (%2F) or XML (&#47;). */
void secrets_redact(const struct secret *secrets, size_t count, const char *text, size_t length,
                    struct buf *out);

#endif
