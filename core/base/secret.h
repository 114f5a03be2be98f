#ifndef LANYARD_BASE_SECRET_H
#define LANYARD_BASE_SECRET_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Bytes that nobody may see: copied in, wiped from memory when they go. A zeroed struct is none. */
struct secret {
  char *bytes; /* NULL: none; else NUL-terminated */
  size_t length;
};

/* Keeps a copy; what was there before is wiped. False without memory. */
bool secret_set(struct secret *secret, const char *bytes, size_t length);
void secret_wipe(struct secret *secret);

/* Adds `text` with every occurrence of every secret replaced by "***", also where some of its bytes are
 * spelled as in JSON (\/ and \u002f), in a URL (%2F) or in XML (&#47;). */
void secrets_redact(const struct secret *secrets, size_t count, const char *text, size_t length,
                    struct buf *out);

#endif
