#ifndef LANYARD_AWS_CREDENTIALS_H
#define LANYARD_AWS_CREDENTIALS_H

#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

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

#endif
