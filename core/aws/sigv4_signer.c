#include "aws/sigv4.h"
#include "aws/sigv4a.h"
#include "base/platform.h"

#include <stdlib.h>
#include <string.h>

#define CACHED_KEYS 32

/* A signing key and what it was derived for. Keys for longer names are not cached. */
struct cached_key {
  unsigned long credentials; /* their number; 0: an empty entry */
  char day[8], region[32], service[32];
  struct hmac_key *key;
  unsigned long used;
};

struct sigv4_signer {
  struct hasher *hasher;
  struct hmac_key *deriving;
  struct cached_key cached[CACHED_KEYS];
  unsigned long clock;
  struct ecdsa_key *asymmetric; /* the key of Version 4a that was used last */
  unsigned long asymmetric_of;  /* the number of its credentials */
};

bool sigv4_payload_hash(struct sigv4_signer *signer, const char *bytes, size_t length,
                        char hex[HASH_SHA256_HEX]) {
  return hash_sha256_hex(signer->hasher, bytes, length, hex);
}

/* Derives kSecret, kDate, kRegion, kService and kSigning. The last one goes to `key`. */
static bool derive(struct sigv4_signer *signer, const struct secret *secret,
                   const struct sigv4_scope *scope, struct hmac_key *key) {
  struct secret first = {malloc(4 + secret->length + 1), 4 + secret->length};
  if (!first.bytes)
    return false;
  memcpy(first.bytes, "AWS4", 4);
  memcpy(first.bytes + 4, secret->bytes, secret->length + 1);
  struct hmac_key *deriving = signer->deriving;
  bool done = hmac_key_set(signer->hasher, deriving, first.bytes, first.length);
  secret_wipe(&first);
  unsigned char next[HASH_SHA256_SIZE];
  const char *parts[] = {scope->date, scope->region, scope->service, "aws4_request"};
  for (size_t i = 0; i < 4 && done; i++)
    done = hmac_sha256(signer->hasher, deriving, parts[i], i == 0 ? 8 : strlen(parts[i]), next) &&
           hmac_key_set(signer->hasher, i < 3 ? deriving : key, (const char *)next, sizeof next);
  explicit_bzero(next, sizeof next);
  return done;
}

struct sigv4_signer *sigv4_signer_new(void) {
  struct sigv4_signer *signer = calloc(1, sizeof *signer);
  if (!signer)
    return NULL;
  signer->hasher = hasher_new();
  signer->deriving = hmac_key_new();
  bool made = signer->hasher && signer->deriving;
  for (size_t i = 0; i < CACHED_KEYS && made; i++)
    made = (signer->cached[i].key = hmac_key_new()) != NULL;
  if (made)
    return signer;
  sigv4_signer_free(signer);
  return NULL;
}

void sigv4_signer_free(struct sigv4_signer *signer) {
  if (!signer)
    return;
  for (size_t i = 0; i < CACHED_KEYS; i++)
    hmac_key_free(signer->cached[i].key);
  hmac_key_free(signer->deriving);
  ecdsa_key_free(signer->asymmetric);
  hasher_free(signer->hasher);
  free(signer);
}

static bool is_for(const struct cached_key *cached, const struct credentials *credentials,
                   const struct sigv4_scope *scope) {
  return cached->credentials == credentials->number && cached->credentials != 0 &&
         memcmp(cached->day, scope->date, sizeof cached->day) == 0 &&
         strcmp(cached->region, scope->region) == 0 && strcmp(cached->service, scope->service) == 0;
}

/* Returns the signing key from the cache, or derives it into the entry that was not used for the
 * longest time. Returns NULL if there is not enough memory. */
static const struct hmac_key *find_key(struct sigv4_signer *signer,
                                       const struct credentials *credentials,
                                       const struct sigv4_scope *scope) {
  struct cached_key *oldest = &signer->cached[0];
  for (size_t i = 0; i < CACHED_KEYS; i++) {
    struct cached_key *cached = &signer->cached[i];
    if (is_for(cached, credentials, scope)) {
      cached->used = ++signer->clock;
      return cached->key;
    }
    if (cached->used < oldest->used)
      oldest = cached;
  }
  oldest->credentials = 0;
  if (!derive(signer, &credentials->secret_access_key, scope, oldest->key))
    return NULL;
  size_t region = strlen(scope->region) + 1, service = strlen(scope->service) + 1;
  if (region <= sizeof oldest->region && service <= sizeof oldest->service) {
    oldest->credentials = credentials->number;
    memcpy(oldest->day, scope->date, sizeof oldest->day);
    memcpy(oldest->region, scope->region, region);
    memcpy(oldest->service, scope->service, service);
    oldest->used = ++signer->clock;
  }
  return oldest->key;
}

/* Returns the key of Version 4a, which is derived if the last one was of other credentials. Returns NULL
 * if OpenSSL fails. */
static const struct ecdsa_key *find_asymmetric(struct sigv4_signer *signer,
                                               const struct credentials *credentials) {
  if (signer->asymmetric && credentials->number != 0 &&
      signer->asymmetric_of == credentials->number)
    return signer->asymmetric;
  ecdsa_key_free(signer->asymmetric);
  unsigned char number[ECDSA_NUMBER];
  bool derived = sigv4a_private(signer->hasher, credentials, number);
  signer->asymmetric = derived ? ecdsa_key_new(number) : NULL;
  signer->asymmetric_of = credentials->number;
  explicit_bzero(number, sizeof number);
  return signer->asymmetric;
}

static bool sign_asymmetrically(struct sigv4_signer *signer, const struct credentials *credentials,
                                const char *text, size_t length, char hex[SIGV4_SIGNATURE]) {
  static const char digits[] = "0123456789abcdef";
  const struct ecdsa_key *key = find_asymmetric(signer, credentials);
  struct buf der = {0};
  bool done = key && ecdsa_sign(key, text, length, &der) && 2 * der.length < SIGV4_SIGNATURE;
  for (size_t i = 0; done && i < der.length; i++) {
    unsigned char byte = (unsigned char)der.data[i];
    hex[2 * i] = digits[byte >> 4];
    hex[2 * i + 1] = digits[byte & 15];
  }
  hex[done ? 2 * der.length : 0] = '\0';
  buf_free(&der);
  return done;
}

bool sigv4_signature(struct sigv4_signer *signer, const struct credentials *credentials,
                     const struct sigv4_scope *scope, const char *text, size_t length,
                     char hex[SIGV4_SIGNATURE]) {
  if (scope->asymmetric)
    return sign_asymmetrically(signer, credentials, text, length, hex);
  const struct hmac_key *key = find_key(signer, credentials, scope);
  return key && hmac_sha256_hex(signer->hasher, key, text, length, hex);
}
