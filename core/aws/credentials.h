#ifndef LANYARD_AWS_CREDENTIALS_H
#define LANYARD_AWS_CREDENTIALS_H

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

/* What signs a request: an access key, and for temporary ones the token that goes with it. */
struct credentials {
  char *access_key_id; /* not secret: it is in every request */
  struct secret secret_access_key;
  struct secret session_token; /* none for a long-term key */
  unsigned long number;        /* theirs alone in this process, so that they can be told without a
                                * look at the secret; 0: none */
};

/* A number that no credentials have had. */
unsigned long credentials_number(void);

/* Frees and wipes; the struct is empty and usable again. */
void credentials_wipe(struct credentials *credentials);

/* Adds `text` with every occurrence of every secret replaced by "***", also where some of its bytes are
 * spelled as in JSON (\/ and \u002f), in a URL (%2F) or in XML (&#47;). */
void secrets_redact(const struct secret *secrets, size_t count, const char *text, size_t length,
                    struct buf *out);

#endif
