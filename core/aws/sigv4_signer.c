#include "aws/sigv4.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_KEYS 32
#define DIGEST_SIZE 32
#define BLOCK_SIZE 64

/* HMAC with one key: SHA-256 once it has taken the padded key in, for the text and for the result
 * (RFC 2104). */
struct hmac_key {
  EVP_MD_CTX *inner, *outer;
};

/* A signing key, and what it was derived for. Longer names are not kept. */
struct kept_key {
  unsigned long credentials; /* their number; 0: for nothing */
  char day[8], region[32], service[32];
  struct hmac_key key;
  unsigned long used;
};

struct sigv4_signer {
  EVP_MD *sha256; /* fetched once: the one-shot functions look it up at every call */
  EVP_MD_CTX *digest;
  struct hmac_key deriving;
  struct kept_key kept[KEPT_KEYS];
  unsigned long clock;
};

static void add_hex(const unsigned char *digest, size_t length, char *hex) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < length; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[2 * length] = '\0';
}

static void to_hex(const unsigned char digest[DIGEST_SIZE], char hex[SIGV4_HEX]) {
  add_hex(digest, DIGEST_SIZE, hex);
}

void sigv4_sha1(const char *bytes, size_t length, char hex[SIGV4_SHA1_HEX]) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1((const unsigned char *)bytes, length, digest);
  add_hex(digest, sizeof digest, hex);
}

bool sigv4_sha256(struct sigv4_signer *signer, const char *bytes, size_t length,
                  char hex[SIGV4_HEX]) {
  unsigned char digest[DIGEST_SIZE];
  bool done = EVP_DigestInit_ex2(signer->digest, signer->sha256, NULL) &&
              EVP_DigestUpdate(signer->digest, bytes, length) &&
              EVP_DigestFinal_ex(signer->digest, digest, NULL);
  if (done)
    to_hex(digest, hex);
  return done;
}

bool sigv4_equal(const char *a, const char *b, size_t length) {
  return CRYPTO_memcmp(a, b, length) == 0;
}

static bool pad_key(struct sigv4_signer *signer, EVP_MD_CTX *into, unsigned char pad,
                    const unsigned char key[BLOCK_SIZE]) {
  unsigned char block[BLOCK_SIZE];
  for (size_t i = 0; i < BLOCK_SIZE; i++)
    block[i] = key[i] ^ pad;
  bool done =
      EVP_DigestInit_ex2(into, signer->sha256, NULL) && EVP_DigestUpdate(into, block, BLOCK_SIZE);
  OPENSSL_cleanse(block, sizeof block);
  return done;
}

static bool hmac_set(struct sigv4_signer *signer, struct hmac_key *key, const char *bytes,
                     size_t length) {
  unsigned char block[BLOCK_SIZE] = {0};
  bool done = true;
  if (length > BLOCK_SIZE)
    done = EVP_DigestInit_ex2(signer->digest, signer->sha256, NULL) &&
           EVP_DigestUpdate(signer->digest, bytes, length) &&
           EVP_DigestFinal_ex(signer->digest, block, NULL);
  else
    memcpy(block, bytes, length);
  done =
      done && pad_key(signer, key->inner, 0x36, block) && pad_key(signer, key->outer, 0x5c, block);
  OPENSSL_cleanse(block, sizeof block);
  return done;
}

static bool hmac(struct sigv4_signer *signer, const struct hmac_key *key, const char *text,
                 size_t length, unsigned char result[DIGEST_SIZE]) {
  EVP_MD_CTX *digest = signer->digest;
  return EVP_MD_CTX_copy_ex(digest, key->inner) && EVP_DigestUpdate(digest, text, length) &&
         EVP_DigestFinal_ex(digest, result, NULL) && EVP_MD_CTX_copy_ex(digest, key->outer) &&
         EVP_DigestUpdate(digest, result, DIGEST_SIZE) && EVP_DigestFinal_ex(digest, result, NULL);
}

/* kSecret, kDate, kRegion, kService and at last kSigning, which goes to `key`. */
static bool derive(struct sigv4_signer *signer, const struct secret *secret,
                   const struct sigv4_scope *scope, struct hmac_key *key) {
  struct secret first = {malloc(4 + secret->length + 1), 4 + secret->length};
  if (!first.bytes)
    return false;
  memcpy(first.bytes, "AWS4", 4);
  memcpy(first.bytes + 4, secret->bytes, secret->length + 1);
  struct hmac_key *deriving = &signer->deriving;
  bool done = hmac_set(signer, deriving, first.bytes, first.length);
  secret_wipe(&first);
  unsigned char next[DIGEST_SIZE];
  const char *parts[] = {scope->date, scope->region, scope->service, "aws4_request"};
  for (size_t i = 0; i < 4 && done; i++)
    done = hmac(signer, deriving, parts[i], i == 0 ? 8 : strlen(parts[i]), next) &&
           hmac_set(signer, i < 3 ? deriving : key, (const char *)next, sizeof next);
  OPENSSL_cleanse(next, sizeof next);
  return done;
}

static bool hmac_new(struct hmac_key *key) {
  key->inner = EVP_MD_CTX_new();
  key->outer = EVP_MD_CTX_new();
  return key->inner && key->outer;
}

/* OpenSSL wipes the state of a digest that it frees. */
static void hmac_free(struct hmac_key *key) {
  EVP_MD_CTX_free(key->inner);
  EVP_MD_CTX_free(key->outer);
}

struct sigv4_signer *sigv4_signer_new(void) {
  struct sigv4_signer *signer = calloc(1, sizeof *signer);
  if (!signer)
    return NULL;
  signer->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  signer->digest = EVP_MD_CTX_new();
  bool made = signer->sha256 && signer->digest && hmac_new(&signer->deriving);
  for (size_t i = 0; i < KEPT_KEYS && made; i++)
    made = hmac_new(&signer->kept[i].key);
  if (made)
    return signer;
  sigv4_signer_free(signer);
  return NULL;
}

void sigv4_signer_free(struct sigv4_signer *signer) {
  if (!signer)
    return;
  for (size_t i = 0; i < KEPT_KEYS; i++)
    hmac_free(&signer->kept[i].key);
  hmac_free(&signer->deriving);
  EVP_MD_CTX_free(signer->digest);
  EVP_MD_free(signer->sha256);
  free(signer);
}

static bool is_for(const struct kept_key *kept, const struct credentials *credentials,
                   const struct sigv4_scope *scope) {
  return kept->credentials == credentials->number && kept->credentials != 0 &&
         memcmp(kept->day, scope->date, sizeof kept->day) == 0 &&
         strcmp(kept->region, scope->region) == 0 && strcmp(kept->service, scope->service) == 0;
}

/* The signing key, from where it is kept or derived in the place that was used longest ago; NULL
 * without memory. */
static const struct hmac_key *find_key(struct sigv4_signer *signer,
                                       const struct credentials *credentials,
                                       const struct sigv4_scope *scope) {
  struct kept_key *oldest = &signer->kept[0];
  for (size_t i = 0; i < KEPT_KEYS; i++) {
    struct kept_key *kept = &signer->kept[i];
    if (is_for(kept, credentials, scope)) {
      kept->used = ++signer->clock;
      return &kept->key;
    }
    if (kept->used < oldest->used)
      oldest = kept;
  }
  oldest->credentials = 0;
  if (!derive(signer, &credentials->secret_access_key, scope, &oldest->key))
    return NULL;
  size_t region = strlen(scope->region) + 1, service = strlen(scope->service) + 1;
  if (region <= sizeof oldest->region && service <= sizeof oldest->service) {
    oldest->credentials = credentials->number;
    memcpy(oldest->day, scope->date, sizeof oldest->day);
    memcpy(oldest->region, scope->region, region);
    memcpy(oldest->service, scope->service, service);
    oldest->used = ++signer->clock;
  }
  return &oldest->key;
}

bool sigv4_signature(struct sigv4_signer *signer, const struct credentials *credentials,
                     const struct sigv4_scope *scope, const char *text, size_t length,
                     char hex[SIGV4_HEX]) {
  const struct hmac_key *key = find_key(signer, credentials, scope);
  unsigned char digest[DIGEST_SIZE];
  if (!key || !hmac(signer, key, text, length, digest))
    return false;
  to_hex(digest, hex);
  return true;
}
