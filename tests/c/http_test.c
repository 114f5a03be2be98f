/* The HTTP client against a server of raw sockets on the same loop: how connections are reused,
 * limited, and replaced after the server closed them; and what happens if an event cannot be
 * created. */

#include "http_world.h"

#include <dlfcn.h>
#include <unistd.h>

/* The functions below replace functions of the libraries. */

/* The number of the next event of libcurl, a socket or a timeout, that cannot be created or added.
 * 0: none. The server's own events do not count. */
static int failing_event;

static bool event_fails(void) {
  return !is_server && failing_event > 0 && --failing_event == 0;
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short kind,
                        event_callback_fn callback, void *context) {
  static __typeof__(&event_new) real;
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "event_new");
  return event_fails() ? NULL : real(base, fd, kind, callback, context);
}

int event_add(struct event *event, const struct timeval *timeout) {
  static __typeof__(&event_add) real;
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "event_add");
  return event_fails() ? -1 : real(event, timeout);
}

static void requests_in_turn_share_a_connection(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  for (int i = 0; i < 20; i++)
    is_answered(&world, "POST", "{}");
  assert_int_equal(world.server.requests, 20);
  assert_int_equal(world.server.accepted, 1);
  close_world(&world);
}

static void a_closed_connection_is_replaced(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.closes = true;
  for (int i = 0; i < 20; i++)
    is_answered(&world, "POST", "{}");
  assert_int_equal(world.server.requests, 20);
  close_world(&world);
}

/* The peer may have executed the request, so the caller decides about a retry, which uses a new
 * connection. */
static void a_connection_closed_on_reuse_is_an_error(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.vanishes = true;
  for (int i = 0; i < 10; i++) {
    struct http_transfer transfer;
    is_answered(&world, "POST", "{}");
    begin(&world, &transfer, "POST", "{}");
    wait_for(&world, &transfer, 1);
    assert_int_equal(transfer.failure, HTTP_CONNECTION);
    assert_true(transfer.sent);
    http_transfer_free(&transfer);
  }
  assert_int_equal(world.server.requests, 10);
  close_world(&world);
}

static void only_the_head_of_the_final_reply_counts(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.reply = "HTTP/1.1 103 Early Hints\r\nEarly: 1\r\n\r\n"
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nFinal: 1\r\n\r\n"
                       "2\r\nok\r\n0\r\nHTTP/x: 1\r\nTrailer: 1\r\n\r\n";
  struct http_transfer transfer;
  begin(&world, &transfer, "GET", NULL);
  wait_for(&world, &transfer, 1);
  assert_int_equal(transfer.failure, HTTP_OK);
  assert_string_equal(transfer.head.data, "Transfer-Encoding: chunked\r\nFinal: 1\r\n");
  assert_string_equal(transfer.body.data, "ok");
  http_transfer_free(&transfer);
  close_world(&world);
}

static void a_reply_that_is_not_http_is_not_an_invalid_url(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.reply = "SSH-2.0-other\r\n\r\n";
  struct http_transfer transfer;
  begin(&world, &transfer, "GET", NULL);
  wait_for(&world, &transfer, 1);
  assert_int_equal(transfer.failure, HTTP_CONNECTION);
  assert_true(transfer.sent);
  http_transfer_free(&transfer);
  close_world(&world);
}

/* The time in the queue is longer than the connect timeout. */
static void connections_to_a_host_are_limited(void **state) {
  (void)state;
  enum { COUNT = 12, LIMIT = 2 };
  struct world world;
  open_world(&world);
  world.server.pause = (struct timeval){.tv_usec = 150000};
  http_pool_limit(world.pool, LIMIT);
  struct http_transfer transfers[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    begin(&world, &transfers[i], "GET", NULL);
  wait_for(&world, transfers, COUNT);
  for (size_t i = 0; i < COUNT; i++) {
    assert_string_equal(transfers[i].detail, "");
    assert_int_equal(transfers[i].status, 200);
    http_transfer_free(&transfers[i]);
  }
  assert_int_equal(world.server.requests, COUNT);
  assert_int_equal(world.server.most_open, LIMIT);
  close_world(&world);
}

static void a_freed_transfer_makes_room(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.pause = (struct timeval){.tv_sec = 60};
  http_pool_limit(world.pool, 1);
  struct http_transfer transfers[3];
  for (size_t i = 0; i < 3; i++)
    begin(&world, &transfers[i], "GET", NULL);
  while (world.server.requests == 0)
    loop_step(world.loop, true);
  world.server.pause = (struct timeval){0};
  http_transfer_free(&transfers[1]); /* a queued transfer */
  http_transfer_free(&transfers[0]); /* a running transfer */
  wait_for(&world, &transfers[2], 1);
  assert_int_equal(transfers[2].status, 200);
  http_transfer_free(&transfers[2]);
  assert_int_equal(world.server.requests, 2);
  close_world(&world);
}

static void many_at_once_keep_their_connections(void **state) {
  (void)state;
  enum { COUNT = 100 };
  struct world world;
  open_world(&world);
  for (int round = 0; round < 3; round++) {
    struct http_transfer transfers[COUNT];
    for (size_t i = 0; i < COUNT; i++)
      begin(&world, &transfers[i], "GET", NULL);
    wait_for(&world, transfers, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      assert_int_equal(transfers[i].status, 200);
      http_transfer_free(&transfers[i]);
    }
    is_answered(&world, "GET", NULL); /* idle connections stay open */
  }
  assert_true(world.server.accepted <= HTTP_HOST_CONNECTIONS);
  close_world(&world);
}

static void a_running_transfer_can_be_freed(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.server.pause = (struct timeval){.tv_sec = 60};
  struct http_transfer transfer;
  begin(&world, &transfer, "POST", "{}");
  while (world.server.requests == 0)
    loop_step(world.loop, true);
  http_transfer_free(&transfer);
  world.server.pause = (struct timeval){0};
  is_answered(&world, "GET", NULL);
  assert_memory_equal(world.server.last, "GET / HTTP/1.1\r\n", 16);
  close_world(&world);
}

/* Each event in turn fails, while several transfers run and others wait. All complete. */
static void transfers_end_if_an_event_cannot_be_created(void **state) {
  (void)state;
  enum { COUNT = 5, LIMIT = 3 };
  int failed = 0;
  for (int number = 1; number <= 60; number++) {
    struct world world;
    open_world(&world);
    http_pool_limit(world.pool, LIMIT);
    failing_event = number;
    struct http_transfer transfers[COUNT];
    for (size_t i = 0; i < COUNT; i++)
      begin(&world, &transfers[i], "GET", NULL);
    wait_for(&world, transfers, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
      if (transfers[i].failure == HTTP_OK) {
        assert_int_equal(transfers[i].status, 200);
      } else {
        assert_int_equal(transfers[i].failure, HTTP_CONNECTION);
        assert_non_null(strstr(transfers[i].detail, "not enough memory"));
        failed++;
      }
      http_transfer_free(&transfers[i]);
    }
    failing_event = 0;
    is_answered(&world, "GET", NULL); /* the pool works again */
    close_world(&world);
  }
  assert_true(failed > 20);
}

static void a_waiting_transfer_ends_if_its_start_fails(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  http_pool_limit(world.pool, 1);
  world.server.pause = (struct timeval){.tv_sec = 60};
  struct http_transfer first, second;
  begin(&world, &first, "GET", NULL);
  begin(&world, &second, "GET", NULL);
  while (world.server.requests == 0)
    loop_step(world.loop, true);
  failing_event = 1;
  http_transfer_free(&first); /* starts the second */
  wait_for(&world, &second, 1);
  assert_int_equal(failing_event, 0);
  assert_non_null(strstr(second.detail, "not enough memory"));
  http_transfer_free(&second);
  close_world(&world);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_in_turn_share_a_connection),
      cmocka_unit_test(a_closed_connection_is_replaced),
      cmocka_unit_test(a_connection_closed_on_reuse_is_an_error),
      cmocka_unit_test(only_the_head_of_the_final_reply_counts),
      cmocka_unit_test(a_reply_that_is_not_http_is_not_an_invalid_url),
      cmocka_unit_test(connections_to_a_host_are_limited),
      cmocka_unit_test(a_freed_transfer_makes_room),
      cmocka_unit_test(many_at_once_keep_their_connections),
      cmocka_unit_test(a_running_transfer_can_be_freed),
      cmocka_unit_test(transfers_end_if_an_event_cannot_be_created),
      cmocka_unit_test(a_waiting_transfer_ends_if_its_start_fails),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
