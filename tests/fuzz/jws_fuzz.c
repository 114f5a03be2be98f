/* JSON Web Signatures: no input crashes the reader of keys. A text that it rejects leaves no error in OpenSSL's queue.
 * What a key signs has three parts of base64url, contains the payload, and OpenSSL verifies it with the same key.
 *
 * The input is the text of a key, and the payload that a fixed key signs. */

#include "crypto/base64.h"
#include "crypto/jws.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char fixed_key[] = "-----BEGIN EC PRIVATE KEY-----\n"
                                "MHcCAQEEICohQ+AY94oRTSZac6B5Tp20NB4ajNk431zVPyQsjOOLoAoGCCqGSM49\n"
                                "AwEHoUQDQgAEHhy38VsWc2EmN1LfHsXNg/LSMhoUU6CIqXTaEPExswwGIe636fNU\n"
                                "juSS9JuJgcZb5E71Mc/2hlOdSlRxiODTMQ==\n"
                                "-----END EC PRIVATE KEY-----\n";

static int digit_of(char c) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const char *at = c ? strchr(digits, c) : NULL;
  if (!at)
    abort();
  return (int)(at - digits);
}

/* Decodes the 86 digits of a signature to two numbers of 32 bytes. */
static void decode_signature(const char *text, size_t length, unsigned char numbers[64]) {
  if (length != 86)
    abort();
  unsigned int bits = 0, count = 0;
  for (size_t i = 0, at = 0; i < length; i++) {
    bits = bits << 6 | (unsigned int)digit_of(text[i]);
    count += 6;
    if (count >= 8 && at < 64) {
      count -= 8;
      numbers[at++] = (unsigned char)(bits >> count & 0xff);
    }
  }
}

static EVP_PKEY *read_pair(const char *pem, size_t length) {
  BIO *text = BIO_new_mem_buf(pem, (int)length);
  EVP_PKEY *pair = PEM_read_bio_PrivateKey(text, NULL, NULL, (void *)"");
  BIO_free(text);
  if (!pair)
    abort();
  return pair;
}

static bool verifies(EVP_PKEY *pair, const char *text, size_t length,
                     const unsigned char numbers[64]) {
  ECDSA_SIG *signature = ECDSA_SIG_new();
  ECDSA_SIG_set0(signature, BN_bin2bn(numbers, 32, NULL), BN_bin2bn(numbers + 32, 32, NULL));
  unsigned char *der = NULL;
  int size = i2d_ECDSA_SIG(signature, &der);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  bool good =
      EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, pair) == 1 &&
      EVP_DigestVerify(context, der, (size_t)size, (const unsigned char *)text, length) == 1;
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  ECDSA_SIG_free(signature);
  return good;
}

static void check_payload(const char *text, size_t length, const uint8_t *payload, size_t size) {
  struct buf expected = {0};
  base64url_add((const char *)payload, size, &expected);
  if (expected.length != length || (length > 0 && memcmp(expected.data, text, length) != 0))
    abort();
  buf_free(&expected);
}

static void check_key(const struct jws_key *key, EVP_PKEY *pair, const uint8_t *payload,
                      size_t size) {
  struct buf out = {0};
  if (!jws_sign(key, "dpop+jwt", (const char *)payload, size, &out))
    abort();
  const char *first = memchr(out.data, '.', out.length);
  const char *last = memrchr(out.data, '.', out.length);
  if (!first || last == first)
    abort();
  check_payload(first + 1, (size_t)(last - first) - 1, payload, size);
  unsigned char numbers[64];
  decode_signature(last + 1, out.length - (size_t)(last - out.data) - 1, numbers);
  if (!verifies(pair, out.data, (size_t)(last - out.data), numbers))
    abort();
  buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct jws_key *fixed;
  static EVP_PKEY *fixed_pair;
  enum jws_failure failure;
  if (!fixed) {
    fixed = jws_key_read(fixed_key, sizeof fixed_key - 1, &failure);
    fixed_pair = read_pair(fixed_key, sizeof fixed_key - 1);
  }
  check_key(fixed, fixed_pair, data, size);
  struct jws_key *key = jws_key_read((const char *)data, size, &failure);
  if (key) {
    EVP_PKEY *pair = read_pair((const char *)data, size);
    check_key(key, pair, data, size);
    EVP_PKEY_free(pair);
    jws_key_free(key);
  } else if (failure != JWS_INVALID_KEY || ERR_peek_error()) {
    abort();
  }
  return 0;
}
