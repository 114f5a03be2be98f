#include "crypto/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <stdlib.h>

#define POINT (1 + 2 * ECDSA_NUMBER) /* bytes of a public point */
#define MOST 80                      /* bytes of a signature, rounded up */

struct ecdsa_key {
  EVP_PKEY *pair;
};

/* Writes the public point of a private number. */
static bool write_point(const BIGNUM *number, unsigned char point[POINT]) {
  EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  EC_POINT *public = group ? EC_POINT_new(group) : NULL;
  bool done =
      public && BN_is_zero(number) == 0 && BN_cmp(number, EC_GROUP_get0_order(group)) < 0 &&
      EC_POINT_mul(group, public, number, NULL, NULL, NULL) == 1 &&
      EC_POINT_point2oct(group, public, POINT_CONVERSION_UNCOMPRESSED, point, POINT, NULL) == POINT;
  EC_POINT_free(public);
  EC_GROUP_free(group);
  return done;
}

static EVP_PKEY *import_pair(OSSL_PARAM *parameters) {
  EVP_PKEY *pair = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  if (context && EVP_PKEY_fromdata_init(context) == 1)
    EVP_PKEY_fromdata(context, &pair, EVP_PKEY_KEYPAIR, parameters);
  EVP_PKEY_CTX_free(context);
  return pair;
}

static EVP_PKEY *make_pair(const BIGNUM *number) {
  unsigned char point[POINT];
  EVP_PKEY *pair = NULL;
  OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
  OSSL_PARAM *parameters = NULL;
  if (builder && write_point(number, point) &&
      OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1,
                                      0) &&
      OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, number) &&
      OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
    parameters = OSSL_PARAM_BLD_to_param(builder);
  if (parameters)
    pair = import_pair(parameters);
  OSSL_PARAM_free(parameters);
  OSSL_PARAM_BLD_free(builder);
  return pair;
}

struct ecdsa_key *ecdsa_key_new(const unsigned char number[ECDSA_NUMBER]) {
  struct ecdsa_key *key = calloc(1, sizeof *key);
  if (!key || !OPENSSL_init_crypto(0, NULL)) {
    free(key);
    return NULL;
  }
  BIGNUM *value = BN_secure_new();
  if (value && BN_bin2bn(number, ECDSA_NUMBER, value))
    key->pair = make_pair(value);
  BN_clear_free(value);
  ERR_clear_error();
  if (key->pair)
    return key;
  free(key);
  return NULL;
}

void ecdsa_key_free(struct ecdsa_key *key) {
  if (key)
    EVP_PKEY_free(key->pair);
  free(key);
}

bool ecdsa_sign(const struct ecdsa_key *key, const char *text, size_t length, struct buf *out) {
  unsigned char der[MOST];
  size_t size = sizeof der;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool done = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
              EVP_DigestSign(context, der, &size, (const unsigned char *)text, length) == 1;
  EVP_MD_CTX_free(context);
  if (done)
    buf_add(out, (const char *)der, size);
  ERR_clear_error();
  return done && !out->failed;
}
