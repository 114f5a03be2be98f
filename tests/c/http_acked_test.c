/* What the peer of a connection has acknowledged: a reply that arrives before its request is not the reply to it. */

#include "http_world.h"
#include "net/http_socket.h"

#include <dlfcn.h>
#include <linux/tcp.h>
#include <unistd.h>

/* What the kernel reports as acknowledged, and as segments that are not, instead of the truth. 0: the truth. */
static uint64_t pretended_acked;
static unsigned pretended_unacked;

static int asked; /* how often the kernel was asked for it */

int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  static __typeof__(&getsockopt) real;
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "getsockopt");
  int result = real(fd, level, name, value, length);
  if (level != IPPROTO_TCP || name != TCP_INFO)
    return result;
  struct tcp_info *info = value;
  info->tcpi_bytes_acked = pretended_acked ? pretended_acked : info->tcpi_bytes_acked;
  info->tcpi_unacked = pretended_unacked ? pretended_unacked : info->tcpi_unacked;
  asked++;
  return result;
}

/* The reply is not the one to this request: the peer has not received it. */
static void a_reply_before_its_request_is_discarded(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  pretended_acked = 77;
  is_answered(&world, "GET", NULL);
  struct http_transfer transfer;
  begin(&world, &transfer, "GET", NULL);
  wait_for(&world, &transfer, 1);
  pretended_acked = 0;
  assert_int_equal(transfer.failure, HTTP_CONNECTION);
  assert_non_null(strstr(transfer.detail, "before the peer had received the request"));
  assert_int_equal(transfer.head.length, 0);
  assert_true(transfer.sent);
  http_transfer_free(&transfer);
  is_answered(&world, "GET", NULL); /* on a new connection */
  assert_int_equal(world.server.accepted, 2);
  close_world(&world);
}

static void the_kernel_is_asked_once_for_each_reply(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  asked = 0;
  for (int i = 0; i < 10; i++)
    is_answered(&world, "POST", "{}");
  assert_int_equal(asked, 10);
  close_world(&world);
}

/* What the peer acknowledges after the reply must not pass for a part of the next request. */
static void bytes_without_acknowledgement_count_at_the_next_request(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  pretended_acked = 76;
  pretended_unacked = 1;
  is_answered(&world, "GET", NULL);
  pretended_acked = 77;
  pretended_unacked = 0;
  struct http_transfer transfer;
  begin(&world, &transfer, "GET", NULL);
  wait_for(&world, &transfer, 1);
  pretended_acked = 0;
  assert_non_null(strstr(transfer.detail, "before the peer had received the request"));
  http_transfer_free(&transfer);
  close_world(&world);
}

static void a_socket_reports_bytes_and_acknowledgements(void **state) {
  (void)state;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
  assert_int_equal(listen(listener, 1), 0);
  assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof address), 0);
  int server = accept(listener, NULL, NULL);
  assert_true(http_socket_is_silent(client));
  char byte = 0;
  assert_int_equal(send(client, &byte, 1, 0), 1);
  assert_int_equal(recv(server, &byte, 1, 0), 1);
  bool all = false;
  uint64_t before = http_socket_acked(client, &all);
  assert_true(all);
  assert_true(before > 0);
  assert_int_equal(send(client, &byte, 1, 0), 1);
  assert_int_equal(recv(server, &byte, 1, 0), 1);
  assert_int_equal(send(server, &byte, 1, 0), 1);
  assert_int_equal(recv(client, &byte, 1, MSG_PEEK), 1);
  assert_int_equal(http_socket_acked(client, &all), before + 1);
  assert_false(http_socket_is_silent(client));
  assert_int_equal(recv(client, &byte, 1, 0), 1);
  assert_true(http_socket_is_silent(client));
  close(server);
  assert_int_equal(recv(client, &byte, 1, 0), 0);
  assert_false(http_socket_is_silent(client));
  close(client);
  close(listener);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_reply_before_its_request_is_discarded),
      cmocka_unit_test(the_kernel_is_asked_once_for_each_reply),
      cmocka_unit_test(bytes_without_acknowledgement_count_at_the_next_request),
      cmocka_unit_test(a_socket_reports_bytes_and_acknowledgements),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
