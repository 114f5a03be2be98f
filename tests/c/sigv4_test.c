/* The signer from C alone, on a case of AWS's signing suite. */

#include "sigv4.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char empty_hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void a_hash_is_that_of_the_bytes(void **state) {
  (void)state;
  char hex[SIGV4_HEX];
  sigv4_sha256("", 0, hex);
  assert_string_equal(hex, empty_hash);
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
  struct sigv4_header headers[] = {{"X-B", 3, "  two   words ", 14}, {"x-a", 3, "1", 1}};
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
}

static void a_signature_is_that_of_awss_suite(void **state) {
  (void)state;
  struct secret secret = {0};
  assert_true(secret_set(&secret, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", 40));
  struct sigv4_keys *keys = sigv4_keys_new();
  assert_non_null(keys);
  const struct sigv4_scope scope = {"20150830T123600Z", "us-east-1", "service"};
  const char *text = "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
                     "dc7f04a3abfde8d472b0ab1a418b741b7c67174dad1551b4117b15527fbe966c";
  char hex[SIGV4_HEX];
  for (int i = 0; i < 2; i++) { /* derived, and kept */
    sigv4_signature(keys, &secret, &scope, text, strlen(text), hex);
    assert_string_equal(hex, "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  }
  sigv4_keys_free(keys);
  secret_wipe(&secret);
}

static void secrets_go_from_a_text(void **state) {
  (void)state;
  struct secret secrets[2] = {{0}, {0}};
  assert_true(secret_set(&secrets[0], "abc", 3));
  assert_true(secret_set(&secrets[1], "abcdef", 6));
  struct buf out = {0};
  secrets_redact(secrets, 2, "xabcabcdefab", 12, &out);
  assert_string_equal(out.data, "x******ab");
  buf_free(&out);
  secret_wipe(&secrets[0]);
  secret_wipe(&secrets[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_hash_is_that_of_the_bytes),
      cmocka_unit_test(a_time_is_spelled_in_utc),
      cmocka_unit_test(requests_become_canonical),
      cmocka_unit_test(a_signature_is_that_of_awss_suite),
      cmocka_unit_test(secrets_go_from_a_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
