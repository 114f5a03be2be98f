#include "crypto/jws.h"

#include "crypto/base64.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PEM 65535  /* bytes */
#define NUMBER_SIZE 32 /* of a coordinate, and of each half of a signature */

struct jws_key {
  EVP_PKEY *pair;
  unsigned char x[NUMBER_SIZE], y[NUMBER_SIZE]; /* the public point */
};

/* Without this callback, OpenSSL prompts on the terminal for the passphrase of an encrypted key. */
static int no_passphrase(char *buffer, int size, int for_writing, void *context) {
  (void)buffer, (void)size, (void)for_writing, (void)context;
  return -1;
}

static bool read_coordinate(const EVP_PKEY *pair, const char *name, unsigned char *out) {
  BIGNUM *number = NULL;
  bool read = EVP_PKEY_get_bn_param(pair, name, &number) == 1 &&
              BN_bn2binpad(number, out, NUMBER_SIZE) == NUMBER_SIZE;
  BN_free(number);
  return read;
}

static bool is_private_p256(const EVP_PKEY *pair) {
  char group[32] = "";
  size_t length;
  BIGNUM *secret = NULL;
  bool is = EVP_PKEY_is_a(pair, "EC") &&
            EVP_PKEY_get_group_name(pair, group, sizeof group, &length) == 1 &&
            strcmp(group, SN_X9_62_prime256v1) == 0 &&
            EVP_PKEY_get_bn_param(pair, OSSL_PKEY_PARAM_PRIV_KEY, &secret) == 1;
  BN_clear_free(secret);
  return is;
}

/* Reports whether the public point belongs to the private number. A file can contain others. */
static bool is_pair(EVP_PKEY *pair) {
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(pair, NULL);
  bool is = context && EVP_PKEY_pairwise_check(context) == 1;
  EVP_PKEY_CTX_free(context);
  return is;
}

/* Removes OpenSSL's errors, which a later caller would read as its own. Reports whether one of them
 * says that there was not enough memory. */
static bool take_errors(void) {
  bool short_of_memory = false;
  for (unsigned long error; (error = ERR_get_error()) != 0;)
    short_of_memory = short_of_memory || ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
  return short_of_memory;
}

static enum jws_failure read_pair(struct jws_key *key, const char *pem, size_t length) {
  if (!OPENSSL_init_crypto(0, NULL))
    return JWS_NO_MEMORY;
  ERR_clear_error();
  BIO *text = BIO_new_mem_buf(pem, (int)length);
  if (!text) {
    ERR_clear_error();
    return JWS_NO_MEMORY;
  }
  EVP_PKEY_free(key->pair);
  key->pair = PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL);
  BIO_free(text);
  bool read = key->pair && is_private_p256(key->pair) && is_pair(key->pair) &&
              read_coordinate(key->pair, OSSL_PKEY_PARAM_EC_PUB_X, key->x) &&
              read_coordinate(key->pair, OSSL_PKEY_PARAM_EC_PUB_Y, key->y);
  bool short_of_memory = take_errors();
  return read ? JWS_OK : short_of_memory ? JWS_NO_MEMORY : JWS_INVALID_KEY;
}

struct jws_key *jws_key_read(const char *pem, size_t length, enum jws_failure *failure) {
  struct jws_key *key = calloc(1, sizeof *key);
  *failure = !key               ? JWS_NO_MEMORY
             : length > MAX_PEM ? JWS_INVALID_KEY
                                : read_pair(key, pem, length);
  /* OpenSSL reports some failed allocations as a key that no decoder supports. */
  if (*failure == JWS_INVALID_KEY && length <= MAX_PEM)
    *failure = read_pair(key, pem, length);
  if (*failure == JWS_OK)
    return key;
  jws_key_free(key);
  return NULL;
}

void jws_key_free(struct jws_key *key) {
  if (key)
    EVP_PKEY_free(key->pair);
  free(key);
}

static void add_header(const struct jws_key *key, const char *type, struct buf *out) {
  struct buf text = {0};
  buf_addf(&text,
           "{\"typ\":\"%s\",\"alg\":\"ES256\",\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"",
           type);
  base64url_add((const char *)key->x, NUMBER_SIZE, &text);
  buf_adds(&text, "\",\"y\":\"");
  base64url_add((const char *)key->y, NUMBER_SIZE, &text);
  buf_adds(&text, "\"}}");
  if (text.failed)
    out->failed = true;
  else
    base64url_add(text.data, text.length, out);
  buf_free(&text);
}

/* ES256 concatenates the two numbers of a signature; OpenSSL encodes them in DER. */
static bool flatten(const unsigned char *der, size_t length, unsigned char flat[2 * NUMBER_SIZE]) {
  ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
  if (!pair)
    return false;
  bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(pair), flat, NUMBER_SIZE) == NUMBER_SIZE &&
              BN_bn2binpad(ECDSA_SIG_get0_s(pair), flat + NUMBER_SIZE, NUMBER_SIZE) == NUMBER_SIZE;
  ECDSA_SIG_free(pair);
  return fits;
}

static bool add_signature(const struct jws_key *key, const char *text, size_t length,
                          struct buf *out) {
  unsigned char der[128], flat[2 * NUMBER_SIZE];
  size_t size = sizeof der;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool signed_it = context &&
                   EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
                   EVP_DigestSign(context, der, &size, (const unsigned char *)text, length) == 1 &&
                   flatten(der, size, flat);
  EVP_MD_CTX_free(context);
  if (signed_it)
    base64url_add((const char *)flat, sizeof flat, out);
  else
    ERR_clear_error();
  return signed_it;
}

bool jws_sign(const struct jws_key *key, const char *type, const char *payload, size_t length,
              struct buf *out) {
  struct buf text = {0}; /* the signing input: header and payload */
  add_header(key, type, &text);
  buf_addc(&text, '.');
  base64url_add(payload, length, &text);
  bool whole = !text.failed;
  if (whole) {
    buf_add(out, text.data, text.length);
    buf_addc(out, '.');
    whole = add_signature(key, text.data, text.length, out) && !out->failed;
  }
  buf_free(&text);
  return whole;
}
