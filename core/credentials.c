#include "credentials.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

bool secret_set(struct secret *secret, const char *bytes, size_t length) {
  char *copy = malloc(length + 1);
  if (!copy)
    return false;
  memcpy(copy, bytes, length);
  copy[length] = '\0';
  secret_wipe(secret);
  *secret = (struct secret){copy, length};
  return true;
}

void secret_wipe(struct secret *secret) {
  if (secret->bytes)
    explicit_bzero(secret->bytes, secret->length);
  free(secret->bytes);
  *secret = (struct secret){0};
}

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

/* The secret that begins at `text`, or NULL. The longest wins: one may begin with another. */
static const struct secret *secret_at(const struct secret *secrets, size_t count, const char *text,
                                      size_t length) {
  const struct secret *found = NULL;
  for (size_t i = 0; i < count; i++) {
    const struct secret *secret = &secrets[i];
    if (secret->length > 0 && secret->length <= length &&
        memcmp(secret->bytes, text, secret->length) == 0 &&
        (!found || secret->length > found->length))
      found = secret;
  }
  return found;
}

void secrets_redact(const struct secret *secrets, size_t count, const char *text, size_t length,
                    struct buf *out) {
  size_t kept = 0; /* where the bytes begin that are not added yet */
  for (size_t i = 0; i < length;) {
    const struct secret *secret = secret_at(secrets, count, text + i, length - i);
    if (!secret) {
      i++;
      continue;
    }
    buf_add(out, text + kept, i - kept);
    buf_adds(out, "***");
    i += secret->length;
    kept = i;
  }
  buf_add(out, text + kept, length - kept);
}
