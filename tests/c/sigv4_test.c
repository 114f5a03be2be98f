/* The signer, without Lua, on a case of AWS's test suite. */

#include "aws/sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void a_hash_is_that_of_the_bytes(void **state) {
  (void)state;
  char hex[HASH_SHA256_HEX];
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  assert_true(sigv4_payload_hash(signer, "", 0, hex));
  assert_string_equal(hex, empty_hash);
  sigv4_signer_free(signer);
}

static void a_time_is_spelled_in_utc(void **state) {
  (void)state;
  char date[SIGV4_DATE];
  assert_true(sigv4_date(1440938160.9, date));
  assert_string_equal(date, "20150830T123600Z");
  assert_false(sigv4_date(-1, date));
  assert_false(sigv4_date(1e18, date));
}

static void canonical(const char *path, const char *query, bool normalize, const char *expected) {
  struct sigv4_header headers[] = {{"X-B", 3, "  two   words ", 14, false},
                                   {"x-a", 3, "1", 1, false}};
  struct sigv4_request request = {
      .method = "GET",
      .path = path,
      .path_length = strlen(path),
      .query = query,
      .query_length = strlen(query),
      .headers = headers,
      .header_count = 2,
      .payload_hash = empty_hash,
      .normalize = normalize,
  };
  struct buf out = {0};
  sigv4_canonical_request(&request, &out);
  assert_false(out.failed);
  const char *rest = strchr(out.data, '\n') + 1;
  const char *end = strstr(rest, "\nx-a:1\nx-b:two words\n\nx-a;x-b\n");
  assert_non_null(end);
  assert_int_equal(end - rest, strlen(expected));
  assert_memory_equal(rest, expected, strlen(expected));
  buf_free(&out);
}

static void requests_become_canonical(void **state) {
  (void)state;
  canonical("", "", true, "/\n");
  canonical("/", "b=2&a=1&a=0&c", true, "/\na=0&a=1&b=2&c=");
  canonical("//a/./b/../c//", "", true, "/a/c/\n");
  canonical("//a/./b/../c//", "", false, "//a/./b/../c//\n");
  canonical("/a b%20", "x=%7e%zz+y", true, "/a%20b%2520\nx=~%25zz%2By");
  canonical("/../..", "X-Amz-Signature=1&x=%", true, "/\nx=%25");
  canonical("/", "=", true, "/\n=");
  canonical("/", "&=&&", true, "/\n=");
  canonical("/", "&", true, "/\n");
}

static void signature_is(struct sigv4_signer *signer, const struct credentials *credentials,
                         const char *expected) {
  const struct sigv4_scope scope = {
      .date = "20150830T123600Z", .region = "us-east-1", .service = "service"};
  const char *text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
                     "dc7f04a3abfde8d472b0ab1a418b741b7c67174dad1551b4117b15527fbe966c";
  char hex[SIGV4_SIGNATURE];
  assert_true(sigv4_signature(signer, credentials, &scope, text, strlen(text), hex));
  assert_string_equal(hex, expected);
}

static void a_signature_is_that_of_awss_suite(void **state) {
  (void)state;
  const char *expected = "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea";
  struct credentials credentials = {.number = credentials_number()};
  assert_true(
      secret_set(&credentials.secret_access_key, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40));
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  signature_is(signer, &credentials, expected); /* derived */
  signature_is(signer, &credentials, expected); /* from the cache */
  credentials.number = 0;
  signature_is(signer, &credentials, expected); /* derived each time */
  sigv4_signer_free(signer);
  credentials_wipe(&credentials);
}

static void a_key_without_a_number_is_not_cached(void **state) {
  (void)state;
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  struct credentials credentials = {0};
  assert_true(secret_set(&credentials.secret_access_key, "another", 7));
  signature_is(signer, &credentials,
               "ce6ea000fd1138aab037b630d9ec135398be69240b390d367b65f11fedecb5ce");
  assert_true(
      secret_set(&credentials.secret_access_key, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40));
  signature_is(signer, &credentials,
               "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  sigv4_signer_free(signer);
  credentials_wipe(&credentials);
}

static void a_secret_longer_than_a_block_is_hashed_first(void **state) {
  (void)state;
  char secret[100];
  memset(secret, 'k', sizeof secret);
  struct sigv4_signer *signer = sigv4_signer_new();
  assert_non_null(signer);
  struct credentials credentials = {0};
  assert_true(secret_set(&credentials.secret_access_key, secret, sizeof secret));
  signature_is(signer, &credentials,
               "bfedead84de8f41eb610212855e47b9adaca13119f98352dd389e3422b2ea40f");
  sigv4_signer_free(signer);
  credentials_wipe(&credentials);
}

static void secrets_are_redacted_from_a_text(void **state) {
  (void)state;
  struct secret secrets[2] = {{0}, {0}};
  assert_true(secret_set(&secrets[0], "abc", 3));
  assert_true(secret_set(&secrets[1], "abcdef", 6));
  struct buf out = {0};
  secrets_redact(secrets, 2, "xabcabcdefab", 12, &out);
  assert_string_equal(out.data, "x******ab");
  buf_free(&out);
  assert_true(secret_set(&secrets[0], "a/b+", 4));
  static const char *const spellings[] = {"a/b+",          "a\\/b\\u002b", "a%2Fb%2b",
                                          "a&#47;b&#x2B;", "a\\u002Fb\\+", "\\u0061/b+",
                                          "%61%2f%62+",    "a/b&#43;"};
  for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
    secrets_redact(secrets, 2, spellings[i], strlen(spellings[i]), &out);
    assert_string_equal(out.data, "***");
    buf_free(&out);
  }
  static const char *const others[] = {"a/b", "a%2Eb+", "a&#47b+", "a&#047",
                                       "a\\", "a%2",    "a\\u00"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    secrets_redact(secrets, 2, others[i], strlen(others[i]), &out);
    assert_string_equal(out.data, others[i]);
    buf_free(&out);
  }
  secret_wipe(&secrets[0]);
  secret_wipe(&secrets[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hash_is_that_of_the_bytes),
      cmocka_unit_test(a_time_is_spelled_in_utc),
      cmocka_unit_test(requests_become_canonical),
      cmocka_unit_test(a_signature_is_that_of_awss_suite),
      cmocka_unit_test(a_key_without_a_number_is_not_cached),
      cmocka_unit_test(a_secret_longer_than_a_block_is_hashed_first),
      cmocka_unit_test(secrets_are_redacted_from_a_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
