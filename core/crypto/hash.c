#include "crypto/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 64 /* of SHA-256 */

struct hasher {
  EVP_MD *sha256;
  EVP_MD_CTX *state;
};

struct hmac_key {
  EVP_MD_CTX *inner, *outer; /* the names of RFC 2104 */
};

struct hasher *hasher_new(void) {
  /* EVP_MD_fetch uses the default context without a check. There is none if memory was short when it
   * was initialized. */
  if (!OSSL_LIB_CTX_get0_global_default())
    return NULL;
  struct hasher *hasher = calloc(1, sizeof *hasher);
  if (!hasher)
    return NULL;
  if (!OPENSSL_init_crypto(0, NULL)) { /* EVP_MD_fetch crashes without it */
    free(hasher);
    return NULL;
  }
  hasher->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  hasher->state = EVP_MD_CTX_new();
  if (hasher->sha256 && hasher->state)
    return hasher;
  hasher_free(hasher);
  return NULL;
}

void hasher_free(struct hasher *hasher) {
  if (!hasher)
    return;
  EVP_MD_CTX_free(hasher->state);
  EVP_MD_free(hasher->sha256);
  free(hasher);
}

bool hash_sha256(struct hasher *hasher, const char *bytes, size_t length,
                 unsigned char digest[HASH_SHA256_SIZE]) {
  return EVP_DigestInit_ex2(hasher->state, hasher->sha256, NULL) &&
         EVP_DigestUpdate(hasher->state, bytes, length) &&
         EVP_DigestFinal_ex(hasher->state, digest, NULL);
}

static void write_hex(const unsigned char *digest, size_t length, char *hex) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < length; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[2 * length] = '\0';
}

bool hash_sha256_hex(struct hasher *hasher, const char *bytes, size_t length,
                     char hex[HASH_SHA256_HEX]) {
  unsigned char digest[HASH_SHA256_SIZE];
  if (!hash_sha256(hasher, bytes, length, digest))
    return false;
  write_hex(digest, sizeof digest, hex);
  return true;
}

bool hash_sha1_hex(const char *bytes, size_t length, char hex[HASH_SHA1_HEX]) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  if (!OSSL_LIB_CTX_get0_global_default() ||
      !EVP_Digest(bytes, length, digest, NULL, EVP_sha1(), NULL))
    return false;
  write_hex(digest, sizeof digest, hex);
  return true;
}

bool hash_equal(const char *a, const char *b, size_t length) {
  return CRYPTO_memcmp(a, b, length) == 0;
}

struct hmac_key *hmac_key_new(void) {
  struct hmac_key *key = calloc(1, sizeof *key);
  if (!key)
    return NULL;
  key->inner = EVP_MD_CTX_new();
  key->outer = EVP_MD_CTX_new();
  if (key->inner && key->outer)
    return key;
  hmac_key_free(key);
  return NULL;
}

void hmac_key_free(struct hmac_key *key) {
  if (!key)
    return;
  EVP_MD_CTX_free(key->inner); /* OpenSSL wipes the state */
  EVP_MD_CTX_free(key->outer);
  free(key);
}

static bool hash_padded_key(struct hasher *hasher, EVP_MD_CTX *state, unsigned char pad,
                            const unsigned char key[BLOCK_SIZE]) {
  unsigned char block[BLOCK_SIZE];
  for (size_t i = 0; i < BLOCK_SIZE; i++)
    block[i] = key[i] ^ pad;
  bool done =
      EVP_DigestInit_ex2(state, hasher->sha256, NULL) && EVP_DigestUpdate(state, block, BLOCK_SIZE);
  OPENSSL_cleanse(block, sizeof block);
  return done;
}

bool hmac_key_set(struct hasher *hasher, struct hmac_key *key, const char *bytes, size_t length) {
  unsigned char block[BLOCK_SIZE] = {0};
  bool done = true;
  if (length > BLOCK_SIZE)
    done = hash_sha256(hasher, bytes, length, block);
  else
    memcpy(block, bytes, length);
  done = done && hash_padded_key(hasher, key->inner, 0x36, block) &&
         hash_padded_key(hasher, key->outer, 0x5c, block);
  OPENSSL_cleanse(block, sizeof block);
  return done;
}

bool hmac_sha256(struct hasher *hasher, const struct hmac_key *key, const char *text, size_t length,
                 unsigned char digest[HASH_SHA256_SIZE]) {
  EVP_MD_CTX *state = hasher->state;
  return EVP_MD_CTX_copy_ex(state, key->inner) && EVP_DigestUpdate(state, text, length) &&
         EVP_DigestFinal_ex(state, digest, NULL) && EVP_MD_CTX_copy_ex(state, key->outer) &&
         EVP_DigestUpdate(state, digest, HASH_SHA256_SIZE) &&
         EVP_DigestFinal_ex(state, digest, NULL);
}

bool hmac_sha256_hex(struct hasher *hasher, const struct hmac_key *key, const char *text,
                     size_t length, char hex[HASH_SHA256_HEX]) {
  unsigned char digest[HASH_SHA256_SIZE];
  if (!hmac_sha256(hasher, key, text, length, digest))
    return false;
  write_hex(digest, sizeof digest, hex);
  return true;
}
