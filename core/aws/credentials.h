#ifndef LANYARD_AWS_CREDENTIALS_H
#define LANYARD_AWS_CREDENTIALS_H

#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>

/* Credentials sign requests: an access key and, if it is temporary, a session token. */
struct credentials {
  char *access_key_id; /* not secret: every request contains it */
  struct secret secret_access_key;
  struct secret session_token; /* empty for a long-term key */
  unsigned long number;        /* unique in this process, to identify them in caches; 0: none */
};

/* credentials_number returns a number that no credentials have had in this process. */
unsigned long credentials_number(void);

/* credentials_wipe wipes and frees the contents. The struct is empty and can be used again. */
void credentials_wipe(struct credentials *credentials);

#endif
