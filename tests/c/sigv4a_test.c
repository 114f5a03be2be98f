/* Signature Version 4a, on the cases of awslabs/aws-c-auth: the key that is derived from credentials, and
 * signatures that its public key verifies. */

#include "aws/sigv4.h"
#include "aws/sigv4a.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <cmocka.h>

static size_t from_hex(const char *hex, unsigned char *bytes) {
  size_t size = strlen(hex) / 2;
  for (size_t i = 0; i < size; i++) {
    const char pair[] = {hex[2 * i], hex[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return size;
}

static struct credentials credentials_of(const char *id, const char *secret) {
  struct credentials credentials = {.access_key_id = strdup(id), .number = credentials_number()};
  assert_non_null(credentials.access_key_id);
  assert_true(secret_set(&credentials.secret_access_key, secret, strlen(secret)));
  return credentials;
}

/* Verifies a signature with a public key that is given by its coordinates. */
static bool verifies(const char *x, const char *y, const char *text, const char *signature) {
  unsigned char point[65] = {4}, der[SIGV4_SIGNATURE / 2];
  assert_int_equal(from_hex(x, point + 1), 32);
  assert_int_equal(from_hex(y, point + 33), 32);
  size_t size = from_hex(signature, der);
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"prime256v1"}, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
      OSSL_PARAM_construct_end()};
  EVP_PKEY *key = NULL;
  EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
  assert_int_equal(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
  EVP_MD_CTX *verification = EVP_MD_CTX_new();
  assert_int_equal(EVP_DigestVerifyInit(verification, NULL, EVP_sha256(), NULL, key), 1);
  bool verified =
      EVP_DigestVerify(verification, der, size, (const unsigned char *)text, strlen(text)) == 1;
  EVP_MD_CTX_free(verification);
  EVP_PKEY_CTX_free(context);
  EVP_PKEY_free(key);
  return verified;
}

static void a_private_number_is_derived(void **state) {
  (void)state;
  unsigned char number[ECDSA_NUMBER], expected[ECDSA_NUMBER];
  struct hasher *hasher = hasher_new();
  assert_non_null(hasher);
  struct credentials credentials =
      credentials_of("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom");
  assert_true(sigv4a_private(hasher, &credentials, number));
  from_hex("7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd", expected);
  assert_memory_equal(number, expected, sizeof number);
  credentials_wipe(&credentials);
  hasher_free(hasher);
}

/* The suite's credentials and public key; the string to sign of its case get-vanilla. */
static const char X[] = "b6618f6a65740a99e650b33b6b4b5bd0d43b176d721a3edfea7e7d2d56d936b1";
static const char Y[] = "865ed22a7eadc9c5cb9d2cbaca1b3699139fedc5043dc6661864218330c8e518";
static const char vanilla[] =
    "AWS4-ECDSA-P256-SHA256\n20150830T123600Z\n20150830/service/aws4_request\n"
    "cf59db423e841c8b7e3444158185aa261b724a5c27cbe762676f3eed19f4dc02";

static void a_signature_is_verified_by_the_public_key(void **state) {
  (void)state;
  const struct sigv4_scope scope = {"20150830T123600Z", "us-east-1", "service", true};
  struct credentials credentials =
      credentials_of("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  struct credentials others = credentials_of("AKIDEXAMPLE", "another");
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  char hex[SIGV4_SIGNATURE];
  for (int i = 0; i < 20; i++) { /* derived, then from the cache; signatures have several lengths */
    assert_true(sigv4_signature(signer, &credentials, &scope, vanilla, strlen(vanilla), hex));
    assert_true(verifies(X, Y, vanilla, hex));
  }
  assert_false(verifies(X, Y, "another text", hex));
  assert_true(sigv4_signature(signer, &others, &scope, vanilla, strlen(vanilla), hex));
  assert_false(verifies(X, Y, vanilla, hex));
  credentials.number = 0; /* derived each time */
  assert_true(sigv4_signature(signer, &credentials, &scope, vanilla, strlen(vanilla), hex));
  assert_true(verifies(X, Y, vanilla, hex));
  sigv4_signer_free(signer);
  credentials_wipe(&credentials);
  credentials_wipe(&others);
}

static void the_scope_has_no_region(void **state) {
  (void)state;
  const struct sigv4_scope scope = {"20150830T123600Z", "*", "service", true};
  static const char request[] =
      "GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n"
      "x-amz-region-set:us-east-1\n\nhost;x-amz-date;x-amz-region-set\n"
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  struct buf text = {0};
  sigv4_string_to_sign(signer, &scope, request, strlen(request), &text);
  assert_int_equal(text.length, strlen(vanilla));
  assert_memory_equal(text.data, vanilla, text.length);
  buf_free(&text);
  sigv4_signer_free(signer);
}

static void a_number_outside_the_curve_is_no_key(void **state) {
  (void)state;
  unsigned char number[ECDSA_NUMBER] = {0};
  assert_null(ecdsa_key_new(number));
  memset(number, 0xff, sizeof number);
  assert_null(ecdsa_key_new(number));
  from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", number);
  assert_null(ecdsa_key_new(number)); /* the order itself */
  number[31] = 0x50;
  struct ecdsa_key *key = ecdsa_key_new(number);
  assert_non_null(key);
  ecdsa_key_free(key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_private_number_is_derived),
      cmocka_unit_test(a_signature_is_verified_by_the_public_key),
      cmocka_unit_test(the_scope_has_no_region),
      cmocka_unit_test(a_number_outside_the_curve_is_no_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
