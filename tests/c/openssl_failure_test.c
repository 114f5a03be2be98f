/* Hashes, signatures and keys when a function of OpenSSL fails: each call of an operation fails once. */

#include "aws/sigv4.h"
#include "crypto/hash.h"
#include "crypto/jws.h"

#include <dlfcn.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The number of the call that fails, counted from the next one. 0: none. */
static int failing, calls;

static bool fails(void) {
  return failing > 0 && ++calls == failing;
}

/* The functions below replace OpenSSL's. */

#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real)                                                                                       \
  *(void **)&real = dlsym(RTLD_NEXT, #name)

EVP_MD *EVP_MD_fetch(OSSL_LIB_CTX *library, const char *name, const char *properties) {
  REAL(EVP_MD_fetch);
  return fails() ? NULL : real(library, name, properties);
}

EVP_MD_CTX *EVP_MD_CTX_new(void) {
  REAL(EVP_MD_CTX_new);
  return fails() ? NULL : real();
}

OSSL_LIB_CTX *OSSL_LIB_CTX_get0_global_default(void) {
  REAL(OSSL_LIB_CTX_get0_global_default);
  return fails() ? NULL : real();
}

int OPENSSL_init_crypto(uint64_t options, const OPENSSL_INIT_SETTINGS *settings) {
  REAL(OPENSSL_init_crypto);
  return fails() ? 0 : real(options, settings);
}

int EVP_DigestInit_ex2(EVP_MD_CTX *state, const EVP_MD *type, const OSSL_PARAM parameters[]) {
  REAL(EVP_DigestInit_ex2);
  return fails() ? 0 : real(state, type, parameters);
}

int EVP_DigestUpdate(EVP_MD_CTX *state, const void *bytes, size_t length) {
  REAL(EVP_DigestUpdate);
  return fails() ? 0 : real(state, bytes, length);
}

int EVP_DigestFinal_ex(EVP_MD_CTX *state, unsigned char *digest, unsigned int *size) {
  REAL(EVP_DigestFinal_ex);
  return fails() ? 0 : real(state, digest, size);
}

int EVP_MD_CTX_copy_ex(EVP_MD_CTX *to, const EVP_MD_CTX *from) {
  REAL(EVP_MD_CTX_copy_ex);
  return fails() ? 0 : real(to, from);
}

int EVP_Digest(const void *bytes, size_t length, unsigned char *digest, unsigned int *size,
               const EVP_MD *type, ENGINE *engine) {
  REAL(EVP_Digest);
  return fails() ? 0 : real(bytes, length, digest, size, type, engine);
}

BIO *BIO_new_mem_buf(const void *bytes, int length) {
  REAL(BIO_new_mem_buf);
  return fails() ? NULL : real(bytes, length);
}

EVP_PKEY_CTX *EVP_PKEY_CTX_new(EVP_PKEY *pair, ENGINE *engine) {
  REAL(EVP_PKEY_CTX_new);
  return fails() ? NULL : real(pair, engine);
}

int EVP_PKEY_get_bn_param(const EVP_PKEY *pair, const char *name, BIGNUM **number) {
  REAL(EVP_PKEY_get_bn_param);
  return fails() ? 0 : real(pair, name, number);
}

int EVP_PKEY_get_group_name(const EVP_PKEY *pair, char *name, size_t room, size_t *length) {
  REAL(EVP_PKEY_get_group_name);
  return fails() ? 0 : real(pair, name, room, length);
}

int EVP_PKEY_pairwise_check(EVP_PKEY_CTX *context) {
  REAL(EVP_PKEY_pairwise_check);
  return fails() ? 0 : real(context);
}

int BN_bn2binpad(const BIGNUM *number, unsigned char *out, int length) {
  REAL(BN_bn2binpad);
  return fails() ? -1 : real(number, out, length);
}

int EVP_DigestSignInit(EVP_MD_CTX *context, EVP_PKEY_CTX **key, const EVP_MD *type, ENGINE *engine,
                       EVP_PKEY *pair) {
  REAL(EVP_DigestSignInit);
  return fails() ? 0 : real(context, key, type, engine, pair);
}

int EVP_DigestSign(EVP_MD_CTX *context, unsigned char *out, size_t *size, const unsigned char *text,
                   size_t length) {
  REAL(EVP_DigestSign);
  return fails() ? 0 : real(context, out, size, text, length);
}

ECDSA_SIG *d2i_ECDSA_SIG(ECDSA_SIG **pair, const unsigned char **bytes, long length) {
  REAL(d2i_ECDSA_SIG);
  return fails() ? NULL : real(pair, bytes, length);
}

/* Runs an operation with each call failing in turn, and asserts that it then fails, except in `spared` cases. */
static void fail_each(bool (*run)(void), int spared) {
  int number = 0, succeeded = 0;
  bool all_made;
  assert_true(run());
  do {
    calls = 0;
    failing = ++number;
    bool done = run();
    all_made = calls < number;
    failing = 0;
    assert_true(done || !all_made);
    succeeded += done && !all_made;
  } while (!all_made);
  assert_true(number > 1);
  assert_int_equal(succeeded, spared);
  assert_true(run());
}

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static bool run_sha256(void) {
  struct hasher *hasher = hasher_new();
  char hex[HASH_SHA256_HEX];
  bool done = hasher && hash_sha256_hex(hasher, "abc", 3, hex);
  if (done)
    assert_string_equal(hex, abc);
  hasher_free(hasher);
  return done;
}

static bool run_sha1(void) {
  char hex[HASH_SHA1_HEX];
  bool done = hash_sha1_hex("abc", 3, hex);
  if (done)
    assert_string_equal(hex, "a9993e364706816aba3e25717850c26c9cd0d89d");
  return done;
}

/* Test case 6 of RFC 4231: a key that is longer than a block. */
static bool run_hmac(void) {
  char bytes[131], hex[HASH_SHA256_HEX];
  memset(bytes, '\xaa', sizeof bytes);
  const char *message = "Test Using Larger Than Block-Size Key - Hash Key First";
  struct hasher *hasher = hasher_new();
  struct hmac_key *key = hmac_key_new();
  bool done = hasher && key && hmac_key_set(hasher, key, bytes, sizeof bytes) &&
              hmac_sha256_hex(hasher, key, message, strlen(message), hex);
  if (done)
    assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  hmac_key_free(key);
  hasher_free(hasher);
  return done;
}

static bool run_signer(void) {
  static const struct sigv4_scope scope = {
      .date = "20150830T123600Z", .region = "us-east-1", .service = "service"};
  const char *text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
                     "dc7f04a3abfde8d472b0ab1a418b741b7c67174dad1551b4117b15527fbe966c";
  const struct credentials credentials = {
      .access_key_id = (char *)(uintptr_t) "AKIDEXAMPLE",
      .secret_access_key = {(char *)(uintptr_t) "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40},
      .number = 1};
  struct sigv4_signer *signer = sigv4_signer_new();
  char hex[SIGV4_SIGNATURE];
  bool done = signer && sigv4_signature(signer, &credentials, &scope, text, strlen(text), hex);
  if (done)
    assert_string_equal(hex, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  sigv4_signer_free(signer);
  return done;
}

static void a_hash_fails_if_openssl_fails(void **state) {
  (void)state;
  fail_each(run_sha256, 0);
  fail_each(run_sha1, 0);
  fail_each(run_hmac, 0);
}

static void a_signature_of_sigv4_fails_if_openssl_fails(void **state) {
  (void)state;
  fail_each(run_signer, 0);
}

/* The key of RFC 9500, section 2.3. */
static const char pem[] = "-----BEGIN EC PRIVATE KEY-----\n"
                          "MHcCAQEEIObLW92AqkWunJXowVR2Z5/+yVPBaFHnEedDk5WJxk/BoAoGCCqGSM49\n"
                          "AwEHoUQDQgAEQiVI+I+3gv+17KN0RFLHKh5Vj71vc75eSOkyMsxFxbFsTNEMTLjV\n"
                          "uKFxOelIgsiZJXKZNCX0FBmrfpCkKklCcg==\n"
                          "-----END EC PRIVATE KEY-----\n";

static bool run_key(void) {
  enum jws_failure failure;
  struct jws_key *key = jws_key_read(pem, sizeof pem - 1, &failure);
  assert_true((key != NULL) == (failure == JWS_OK));
  jws_key_free(key);
  return key;
}

static struct jws_key *signing_key;

static bool run_sign(void) {
  struct buf out = {0};
  bool done = jws_sign(signing_key, "dpop+jwt", "{}", 2, &out);
  if (done) { /* {"typ":"dpop+jwt",...}.{}. and 64 bytes */
    assert_memory_equal(out.data, "eyJ0eXAiOiJkcG9wK2p3dCIs", 24);
    assert_int_equal(strlen(strrchr(out.data, '.') + 1), 86);
    assert_memory_equal(strrchr(out.data, '.') - 4, ".e30", 4);
  }
  buf_free(&out);
  return done;
}

/* A key that OpenSSL could not read is read once more, so that only the failures of the initialization, the first BIO
 * and the allocation end it. */
static void a_key_is_read_again_if_openssl_fails_once(void **state) {
  (void)state;
  assert_true(run_key());
  for (failing = 1; failing < 100; failing++) {
    calls = 0;
    bool done = run_key();
    if (calls < failing)
      break;
    assert_true(done == (failing > 2));
  }
  assert_in_range(failing, 8, 99);
  failing = 0;
}

static void a_proof_fails_if_openssl_fails(void **state) {
  (void)state;
  enum jws_failure failure;
  signing_key = jws_key_read(pem, sizeof pem - 1, &failure);
  assert_non_null(signing_key);
  fail_each(run_sign, 0);
  jws_key_free(signing_key);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hash_fails_if_openssl_fails),
      cmocka_unit_test(a_signature_of_sigv4_fails_if_openssl_fails),
      cmocka_unit_test(a_key_is_read_again_if_openssl_fails_once),
      cmocka_unit_test(a_proof_fails_if_openssl_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
