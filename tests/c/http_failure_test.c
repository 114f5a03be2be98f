/* The kind and the text of a failed transfer, from libcurl's code and what the transfer recorded. */

#include "net/http_failure.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

/* What libcurl would report of the transfer. */
static char *effective_url;
static long connect_status;

/* Replaces libcurl's function. */
#undef curl_easy_getinfo
CURLcode curl_easy_getinfo(CURL *easy, CURLINFO info, ...) {
  (void)easy;
  va_list arguments;
  va_start(arguments, info);
  if (info == CURLINFO_EFFECTIVE_URL)
    *va_arg(arguments, char **) = effective_url;
  else if (info == CURLINFO_HTTP_CONNECTCODE)
    *va_arg(arguments, long *) = connect_status;
  else if (info == CURLINFO_PROXY_SSL_VERIFYRESULT)
    *va_arg(arguments, long *) = 0;
  else
    fail_msg("no test expects curl_easy_getinfo(%d)", (int)info);
  va_end(arguments);
  return CURLE_OK;
}

/* A request to https://ecr.example/ that got as far as `begun` says. */
static struct http_transfer transfer_with(const char *detail, bool begun) {
  static char url[] = "https://ecr.example/path?query";
  effective_url = url;
  connect_status = 0;
  struct http_transfer transfer = {.begun = begun};
  snprintf(transfer.detail, sizeof transfer.detail, "%s", detail);
  return transfer;
}

static enum http_failure failure_of(CURLcode code, const char *detail, bool begun) {
  struct http_transfer transfer = transfer_with(detail, begun);
  http_failure_set(&transfer, code);
  return transfer.failure;
}

/* Asserts the text of an error for an URL. */
static void assert_text(char *url, CURLcode code, const char *detail, const char *expected) {
  struct http_transfer transfer = transfer_with(detail, true);
  effective_url = url;
  http_failure_set(&transfer, code);
  assert_string_equal(transfer.detail, expected);
}

static void a_transfer_without_an_error_has_no_text(void **state) {
  (void)state;
  struct http_transfer transfer = transfer_with("", true);
  http_failure_set(&transfer, CURLE_OK);
  assert_int_equal(transfer.failure, HTTP_OK);
  assert_string_equal(transfer.detail, "");
}

static void each_code_has_its_kind(void **state) {
  (void)state;
  static const struct {
    CURLcode code;
    enum http_failure failure;
  } cases[] = {
      {CURLE_OUT_OF_MEMORY, HTTP_CONNECTION},
      {CURLE_URL_MALFORMAT, HTTP_INVALID_URL},
      {CURLE_PEER_FAILED_VERIFICATION, HTTP_CERTIFICATE},
      {CURLE_SSL_CERTPROBLEM, HTTP_CERTIFICATE},
      {CURLE_SSL_CACERT_BADFILE, HTTP_CERTIFICATE},
      {CURLE_SSL_ISSUER_ERROR, HTTP_CERTIFICATE},
      {CURLE_COULDNT_RESOLVE_PROXY, HTTP_PROXY},
      {CURLE_PROXY, HTTP_PROXY},
      {CURLE_COULDNT_RESOLVE_HOST, HTTP_NAME_RESOLUTION},
      {CURLE_COULDNT_CONNECT, HTTP_CONNECTION_REFUSED},
      {CURLE_OPERATION_TIMEDOUT, HTTP_TIMEOUT},
      {CURLE_PARTIAL_FILE, HTTP_BODY_CUT},
      {CURLE_SSL_CIPHER, HTTP_TLS},
      {CURLE_SSL_CLIENTCERT, HTTP_TLS},
      {CURLE_WRITE_ERROR, HTTP_CONNECTION},
      {CURLE_UNSUPPORTED_PROTOCOL, HTTP_CONNECTION},
      {CURLE_RECV_ERROR, HTTP_CONNECTION},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (failure_of(cases[i].code, "", true) != cases[i].failure)
      fail_msg("code %d is the failure %d", cases[i].code, failure_of(cases[i].code, "", true));
}

static void the_same_code_depends_on_how_far_the_transfer_got(void **state) {
  (void)state;
  assert_int_equal(failure_of(CURLE_UNSUPPORTED_PROTOCOL, "", false), HTTP_INVALID_URL);
  assert_int_equal(failure_of(CURLE_SSL_CONNECT_ERROR, "SSL_ERROR_SYSCALL", true), HTTP_CONNECTION);
  assert_int_equal(failure_of(CURLE_SSL_CONNECT_ERROR, "error:0A000126:unexpected eof", true),
                   HTTP_CONNECTION);
  assert_int_equal(failure_of(CURLE_SSL_CONNECT_ERROR, "error:0A00010B:wrong version", true),
                   HTTP_TLS);

  struct http_transfer large = transfer_with("", true);
  large.too_large = true;
  http_failure_set(&large, CURLE_WRITE_ERROR);
  assert_int_equal(large.failure, HTTP_TOO_LARGE);

  struct http_transfer cut = transfer_with("", true);
  buf_adds(&cut.head, "HTTP/1.1 200 OK\r\n");
  http_failure_set(&cut, CURLE_RECV_ERROR);
  assert_int_equal(cut.failure, HTTP_BODY_CUT);
  buf_free(&cut.head);
}

static enum http_failure refused_by_proxy(long status) {
  struct http_transfer transfer = transfer_with("", false);
  connect_status = status;
  http_failure_set(&transfer, CURLE_RECV_ERROR);
  return transfer.failure;
}

static void the_status_of_a_proxy_decides_whether_it_refuses_for_good(void **state) {
  (void)state;
  assert_int_equal(refused_by_proxy(403), HTTP_PROXY_REFUSED);
  assert_int_equal(refused_by_proxy(407), HTTP_PROXY_REFUSED);
  assert_int_equal(refused_by_proxy(499), HTTP_PROXY_REFUSED);
  assert_int_equal(refused_by_proxy(302), HTTP_PROXY);
  assert_int_equal(refused_by_proxy(408), HTTP_PROXY);
  assert_int_equal(refused_by_proxy(429), HTTP_PROXY);
  assert_int_equal(refused_by_proxy(502), HTTP_PROXY);
  assert_int_equal(refused_by_proxy(200), HTTP_CONNECTION);
}

/* Returns the failure of a connection to `url` that reached the port, and ended with `detail`. */
static enum http_failure refused(char *url, long peer_port, const char *detail) {
  struct http_transfer transfer = transfer_with(detail, false);
  effective_url = url;
  transfer.peer_port = peer_port;
  http_failure_set(&transfer, CURLE_COULDNT_CONNECT);
  return transfer.failure;
}

static void a_connection_to_another_port_or_host_was_to_a_proxy(void **state) {
  (void)state;
  static char secure[] = "https://ecr.example/", plain[] = "http://ecr.example",
              with_port[] = "http://u@ecr.example:8080/x", six[] = "http://[2001:db8::1]/",
              six_port[] = "http://[2001:db8::1]:99/", none[] = "ecr.example";
  assert_int_equal(refused(secure, 443, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(secure, 80, ""), HTTP_PROXY);
  assert_int_equal(refused(plain, 80, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(plain, 3128, ""), HTTP_PROXY);
  assert_int_equal(refused(with_port, 8080, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(with_port, 80, ""), HTTP_PROXY);
  assert_int_equal(refused(six, 80, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(six_port, 99, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(six_port, 80, ""), HTTP_PROXY);
  assert_int_equal(refused(none, 80, ""), HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(NULL, 0, ""), HTTP_CONNECTION_REFUSED);

  assert_int_equal(refused(secure, 0, "Failed to connect to ecr.example port 443 after 0 ms"),
                   HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(secure, 0, "Failed to connect to ECR.example port 443 after 0 ms"),
                   HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(secure, 0, "Failed to connect to proxy.test1 port 443 after 0 ms"),
                   HTTP_PROXY);
  assert_int_equal(refused(secure, 0, "Failed to connect to proxy port 443 after 0 ms"),
                   HTTP_PROXY);
  assert_int_equal(refused(with_port, 0, "Failed to connect to ecr.example port 8080"),
                   HTTP_CONNECTION_REFUSED);
  assert_int_equal(refused(six, 0, "Failed to connect to 2001:db8::1 port 80"),
                   HTTP_CONNECTION_REFUSED);
}

static void a_shortage_of_descriptors_explains_a_refused_connection(void **state) {
  (void)state;
  struct http_transfer transfer = transfer_with("Couldn't connect to server", false);
  transfer.shortage = EMFILE;
  http_failure_set(&transfer, CURLE_COULDNT_CONNECT);
  assert_int_equal(transfer.failure, HTTP_TOO_MANY_OPEN_FILES);
  assert_string_equal(transfer.detail,
                      "ecr.example: too many open files; raise the limit of `ulimit -n`");

  struct http_transfer begun = transfer_with("", true); /* its connection did not need another */
  begun.shortage = EMFILE;
  http_failure_set(&begun, CURLE_OPERATION_TIMEDOUT);
  assert_int_equal(begun.failure, HTTP_TIMEOUT);
}

static void an_unknown_host_may_be_a_shortage_of_descriptors(void **state) {
  (void)state;
  static const CURLcode codes[] = {CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY};
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit none = {0, before.rlim_max};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    enum http_failure failure = failure_of(codes[i], "Could not resolve", false);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(failure, HTTP_TOO_MANY_OPEN_FILES);
  }
}

static void the_text_names_the_host_without_user_and_password(void **state) {
  (void)state;
  static char plain[] = "http://ecr.example", with_user[] = "http://me:pw@ecr.example:80/a@b?c",
              query[] = "http://ecr.example?x", fragment[] = "http://ecr.example#x";
  assert_text(plain, CURLE_RECV_ERROR, "reset", "ecr.example: reset");
  assert_text(with_user, CURLE_RECV_ERROR, "reset", "ecr.example:80: reset");
  assert_text(query, CURLE_RECV_ERROR, "reset", "ecr.example: reset");
  assert_text(fragment, CURLE_RECV_ERROR, "reset", "ecr.example: reset");
  assert_text(plain, CURLE_RECV_ERROR, "",
              "ecr.example: Failure when receiving data from the peer");
  assert_text(plain, CURLE_RECV_ERROR, "cannot read me:pw@host",
              "ecr.example: Failure when receiving data from the peer");
  assert_text(plain, CURLE_RECV_ERROR, "one line\r\nanother", "ecr.example: one line");
}

static void a_long_host_is_shortened(void **state) {
  (void)state;
  char url[200] = "http://", expected[200] = "";
  memset(url + 7, 'h', 150);
  memset(expected, 'h', 100);
  strcat(expected, ": reset");
  assert_text(url, CURLE_RECV_ERROR, "reset", expected);
}

static void a_proxy_and_a_handshake_are_named(void **state) {
  (void)state;
  static char url[] = "https://ecr.example/";
  assert_text(url, CURLE_PROXY, "refused", "ecr.example: cannot use the proxy: refused");
  assert_text(url, CURLE_PROXY, "Proxy CONNECT aborted", "ecr.example: Proxy CONNECT aborted");
  assert_text(url, CURLE_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL",
              "ecr.example: the connection ended during the TLS handshake: OpenSSL SSL_connect: "
              "SSL_ERROR_SYSCALL");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_transfer_without_an_error_has_no_text),
      cmocka_unit_test(each_code_has_its_kind),
      cmocka_unit_test(the_same_code_depends_on_how_far_the_transfer_got),
      cmocka_unit_test(the_status_of_a_proxy_decides_whether_it_refuses_for_good),
      cmocka_unit_test(a_connection_to_another_port_or_host_was_to_a_proxy),
      cmocka_unit_test(a_shortage_of_descriptors_explains_a_refused_connection),
      cmocka_unit_test(an_unknown_host_may_be_a_shortage_of_descriptors),
      cmocka_unit_test(the_text_names_the_host_without_user_and_password),
      cmocka_unit_test(a_long_host_is_shortened),
      cmocka_unit_test(a_proxy_and_a_handshake_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
