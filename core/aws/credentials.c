#include "aws/credentials.h"

#include <stdatomic.h>
#include <stdlib.h>

unsigned long credentials_number(void) {
  static atomic_ulong last;
  return atomic_fetch_add(&last, 1) + 1;
}

void credentials_wipe(struct credentials *credentials) {
  free(credentials->access_key_id);
  credentials->access_key_id = NULL;
  secret_wipe(&credentials->secret_access_key);
  secret_wipe(&credentials->session_token);
  credentials->number = 0;
}
