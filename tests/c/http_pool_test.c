/* The HTTP client when libcurl fails: before a pool exists, when a request starts, and while it runs. The server is the
 * project's own, on the same loop. */

#include "net/http.h"
#include "net/http_socket.h"
#include "net/httpd.h"

#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The function that fails, and the number of its call, counted from the next one. NULL: none. */
static const char *failing;
static int failing_call;

/* The function whose next call fails after that. NULL: none. */
static const char *failing_then;

static bool fails(const char *name) {
  if (!failing || strcmp(failing, name) != 0 || --failing_call > 0)
    return false;
  failing = failing_then;
  failing_call = 1;
  failing_then = NULL;
  errno = ENOMEM;
  return true;
}

static void fail_next(const char *name) {
  failing = name;
  failing_call = 1;
}

/* The functions below replace functions of the libraries. */

#undef curl_easy_setopt

#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real)                                                                                       \
  *(void **)&real = dlsym(RTLD_NEXT, #name)

CURLcode curl_global_init(long flags) {
  REAL(curl_global_init);
  return fails("curl_global_init") ? CURLE_OUT_OF_MEMORY : real(flags);
}

CURLSH *curl_share_init(void) {
  REAL(curl_share_init);
  return fails("curl_share_init") ? NULL : real();
}

CURLM *curl_multi_init(void) {
  REAL(curl_multi_init);
  return fails("curl_multi_init") ? NULL : real();
}

CURL *curl_easy_init(void) {
  REAL(curl_easy_init);
  return fails("curl_easy_init") ? NULL : real();
}

CURLcode curl_easy_setopt(CURL *easy, CURLoption option, ...) {
  REAL(curl_easy_setopt);
  va_list arguments;
  va_start(arguments, option);
  void *value = va_arg(arguments, void *); /* a long and a pointer have the same size */
  va_end(arguments);
  return fails("curl_easy_setopt") ? CURLE_OUT_OF_MEMORY : real(easy, option, value);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *easy) {
  REAL(curl_multi_add_handle);
  return fails("curl_multi_add_handle") ? CURLM_OUT_OF_MEMORY : real(multi, easy);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int flags, int *running) {
  REAL(curl_multi_socket_action);
  return fails("curl_multi_socket_action") ? CURLM_OUT_OF_MEMORY : real(multi, fd, flags, running);
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short kind,
                        event_callback_fn callback, void *context) {
  REAL(event_new);
  return fails("event_new") ? NULL : real(base, fd, kind, callback, context);
}

struct world {
  struct loop *loop;
  struct http_pool *pool;
  struct httpd *server;
  struct httpd_accept accept;
  char url[64];
  bool silent; /* the server does not reply */
};

static void open_world(struct world *world) {
  static const struct httpd_limits limits = {
      .max_body = 1000, .max_held = 2000, .idle_timeout = 60, .request_timeout = 60};
  *world = (struct world){.loop = loop_new()};
  assert_non_null(world->loop);
  world->pool = http_pool_new(world->loop);
  assert_non_null(world->pool);
  world->server = httpd_open(world->loop, "127.0.0.1", 0, &limits);
  assert_non_null(world->server);
  assert_true(httpd_accept_start(world->server, &world->accept));
  snprintf(world->url, sizeof world->url, "http://127.0.0.1:%d/", httpd_port(world->server));
}

static void close_world(struct world *world) {
  assert_null(failing);
  http_pool_free(world->pool);
  httpd_accept_stop(&world->accept);
  httpd_close(world->server);
  loop_free(world->loop);
}

static bool start(struct world *world, struct http_transfer *transfer) {
  const struct http_request request = {.method = "POST",
                                       .url = world->url,
                                       .body = "{}",
                                       .body_length = 2,
                                       .connect_timeout = 30,
                                       .timeout = 30,
                                       .direct = true,
                                       .max_size = 100};
  memset(transfer, 0, sizeof *transfer);
  return http_transfer_start(world->pool, transfer, &request);
}

static void answer(struct world *world) {
  struct httpd_request *request = world->accept.request;
  assert_non_null(request);
  if (world->silent)
    httpd_reset(request);
  else
    httpd_reply(request, 200, NULL, 0, "ok", 2, 2);
  httpd_request_free(request);
  httpd_accept_stop(&world->accept);
  world->accept = (struct httpd_accept){0};
  assert_true(httpd_accept_start(world->server, &world->accept));
}

static void wait_for(struct world *world, const struct http_transfer *transfer) {
  while (transfer->op.state == LOOP_STARTED) {
    assert_true(loop_step(world->loop, true));
    while (loop_next_completed(world->loop))
      ;
    if (world->accept.op.state == LOOP_DONE)
      answer(world);
  }
}

static void is_answered(struct world *world) {
  struct http_transfer transfer;
  assert_true(start(world, &transfer));
  wait_for(world, &transfer);
  assert_string_equal(transfer.detail, "");
  assert_int_equal(transfer.status, 200);
  http_transfer_free(&transfer);
}

static int lowest_free(void) {
  int fd = open("/", O_PATH | O_CLOEXEC);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

static void a_pool_that_cannot_start_leaves_nothing_open(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  http_pool_free(http_pool_new(loop));
  int lowest = lowest_free();
  static const char *const names[] = {"curl_global_init", "curl_share_init", "curl_multi_init",
                                      "curl_easy_init", "event_new"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    fail_next(names[i]);
    assert_null(http_pool_new(loop));
    assert_null(failing);
    assert_int_equal(lowest_free(), lowest);
  }
  http_pool_free(NULL);
  loop_free(loop);
}

static void a_request_does_not_start_without_one_of_its_options(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  struct http_transfer transfer;
  int options = 0;
  for (bool started = false; !started; options++) {
    failing = "curl_easy_setopt";
    failing_call = options + 1;
    started = start(&world, &transfer);
    if (!started)
      assert_null(failing);
    else
      failing = NULL; /* the request has fewer options */
    http_transfer_free(&transfer);
  }
  assert_true(options > 20);
  is_answered(&world);
  close_world(&world);
}

static void a_request_does_not_start_without_a_handle(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  struct http_transfer first, second;
  assert_true(start(&world, &first)); /* takes the idle handle */
  fail_next("curl_easy_init");
  assert_false(start(&world, &second));
  assert_null(failing);
  http_transfer_free(&second);
  wait_for(&world, &first);
  assert_int_equal(first.status, 200);
  http_transfer_free(&first);
  close_world(&world);
}

static void a_request_that_libcurl_does_not_add_fails(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  struct http_transfer transfer;
  fail_next("curl_multi_add_handle");
  assert_true(start(&world, &transfer));
  wait_for(&world, &transfer);
  assert_int_equal(transfer.failure, HTTP_CONNECTION);
  assert_non_null(strstr(transfer.detail, "not enough memory"));
  assert_false(transfer.sent);
  http_transfer_free(&transfer);
  is_answered(&world);
  close_world(&world);
}

/* After a failure in the middle, libcurl's handle is not used again. Each call fails in turn. */
static void a_pool_works_again_after_libcurl_failed(void **state) {
  (void)state;
  int failed = 0;
  for (int call = 1; call <= 6; call++) {
    struct world world;
    open_world(&world);
    failing = "curl_multi_socket_action";
    failing_call = call;
    struct http_transfer transfers[3];
    for (size_t i = 0; i < 3; i++)
      assert_true(start(&world, &transfers[i]));
    for (size_t i = 0; i < 3; i++) {
      wait_for(&world, &transfers[i]);
      if (transfers[i].failure != HTTP_OK) {
        assert_int_equal(transfers[i].failure, HTTP_CONNECTION);
        assert_non_null(strstr(transfers[i].detail, "not enough memory"));
        failed++;
      }
      http_transfer_free(&transfers[i]);
    }
    assert_null(failing);
    is_answered(&world);
    close_world(&world);
  }
  assert_true(failed >= 6);
}

static void a_pool_keeps_its_handle_if_there_is_no_other(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  struct http_transfer transfer;
  assert_true(start(&world, &transfer));
  fail_next("curl_multi_socket_action");
  failing_then = "curl_multi_init";
  wait_for(&world, &transfer);
  assert_non_null(strstr(transfer.detail, "not enough memory"));
  http_transfer_free(&transfer);
  is_answered(&world);
  close_world(&world);
}

static void a_reset_is_a_lost_connection(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.silent = true;
  struct http_transfer transfer;
  assert_true(start(&world, &transfer));
  wait_for(&world, &transfer);
  assert_int_equal(transfer.failure, HTTP_CONNECTION);
  assert_true(transfer.sent);
  http_transfer_free(&transfer);
  close_world(&world);
}

static void a_socket_is_not_opened_without_a_further_descriptor(void **state) {
  (void)state;
  struct http_sockets *sockets = http_sockets_new();
  assert_non_null(sockets);
  const struct curl_sockaddr address = {.family = AF_INET, .socktype = SOCK_STREAM};
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  for (int count = 0; count < 2; count++) {
    const struct rlimit limit = {(rlim_t)(lowest_free() + count), before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    errno = 0;
    curl_socket_t fd = http_sockets_open(sockets, &address);
    int failed = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(fd, CURL_SOCKET_BAD);
    assert_int_equal(failed, EMFILE);
  }
  http_sockets_free(sockets);
}

static void replies_are_noted_by_socket(void **state) {
  (void)state;
  struct http_sockets *sockets = http_sockets_new();
  assert_non_null(sockets);
  const struct curl_sockaddr address = {.family = AF_INET, .socktype = SOCK_STREAM};
  curl_socket_t first = http_sockets_open(sockets, &address);
  curl_socket_t second = http_sockets_open(sockets, &address);
  assert_true(first >= 0 && second >= 0);
  assert_false(http_sockets_has_replied(sockets, first));
  assert_int_equal(http_sockets_acked(sockets, first), 0); /* it is not connected */
  http_sockets_note_reply(sockets, first, 99);
  http_sockets_note_reply(sockets, CURL_SOCKET_BAD, 99);
  assert_int_equal(http_sockets_acked(sockets, first), 99);
  assert_int_equal(http_sockets_acked(sockets, second), 0);
  assert_int_equal(http_sockets_acked(sockets, CURL_SOCKET_BAD), 0);
  assert_true(http_sockets_has_replied(sockets, first));
  assert_false(http_sockets_has_replied(sockets, second));
  assert_false(http_sockets_has_replied(sockets, CURL_SOCKET_BAD));
  assert_int_equal(http_sockets_close(sockets, first), 0);
  assert_false(http_sockets_has_replied(sockets, first));
  assert_int_equal(http_sockets_close(sockets, second), 0);
  assert_int_equal(http_sockets_close(sockets, second), -1); /* not open any more */
  http_sockets_free(sockets);
  http_sockets_free(NULL);
}

static void a_descriptor_that_is_no_socket_is_not_silent(void **state) {
  (void)state;
  int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  assert_true(fd >= 0);
  assert_false(http_socket_is_silent(fd));
  bool all = true;
  assert_int_equal(http_socket_acked(fd, &all), 0);
  assert_false(all);
  close(fd);
  int pair[2];
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  assert_true(http_socket_is_silent(pair[0]));
  assert_int_equal(http_socket_acked(pair[0], &all), 0); /* it is not TCP */
  close(pair[1]);
  assert_false(http_socket_is_silent(pair[0]));
  close(pair[0]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_pool_that_cannot_start_leaves_nothing_open),
      cmocka_unit_test(a_request_does_not_start_without_one_of_its_options),
      cmocka_unit_test(a_request_does_not_start_without_a_handle),
      cmocka_unit_test(a_request_that_libcurl_does_not_add_fails),
      cmocka_unit_test(a_pool_works_again_after_libcurl_failed),
      cmocka_unit_test(a_pool_keeps_its_handle_if_there_is_no_other),
      cmocka_unit_test(a_reset_is_a_lost_connection),
      cmocka_unit_test(a_socket_is_not_opened_without_a_further_descriptor),
      cmocka_unit_test(replies_are_noted_by_socket),
      cmocka_unit_test(a_descriptor_that_is_no_socket_is_not_silent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
