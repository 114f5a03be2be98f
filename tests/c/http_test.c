/* The HTTP client against a server of raw sockets on the same loop: how connections are reused,
 * limited, and replaced after the server closed them; and what happens if an event cannot be
 * created. */

#include "net/http.h"
#include "net/http_socket.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The functions below replace functions of the libraries. */

/* The number of the next event of libcurl, a socket or a timeout, that cannot be created or added.
 * 0: none. The server's own events do not count. */
static int failing_event;
static bool is_server;

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

/* What the kernel reports as acknowledged, instead of the truth. 0: the truth. */
static uint64_t pretended_acked;

int getsockopt(int fd, int level, int name, void *value, socklen_t *length) {
  static __typeof__(&getsockopt) real;
  if (!real)
    *(void **)&real = dlsym(RTLD_NEXT, "getsockopt");
  int result = real(fd, level, name, value, length);
  if (pretended_acked && level == IPPROTO_TCP && name == TCP_INFO)
    ((struct tcp_info *)value)->tcpi_bytes_acked = pretended_acked;
  return result;
}

/* A server that answers each request with 200 and then continues or closes the connection. */
struct server {
  struct event_base *base;
  struct evconnlistener *listener;
  char url[64];
  bool closes;       /* after each reply */
  bool vanishes;     /* closes without a reply at the second request of a connection */
  const char *reply; /* instead of the default reply */
  struct timeval pause;
  int accepted, open, most_open, requests;
  char last[1024]; /* the last request */
};

struct peer {
  struct server *server;
  struct bufferevent *connection;
  struct event *timer;
  int requests;
};

static void drop(struct peer *peer) {
  peer->server->open--;
  event_free(peer->timer);
  bufferevent_free(peer->connection);
  free(peer);
}

static void on_written(struct bufferevent *connection, void *context) {
  (void)connection;
  struct peer *peer = context;
  if (peer->server->closes && peer->requests > 0)
    drop(peer);
}

static void answer(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  struct peer *peer = context;
  const char *reply = peer->server->reply;
  reply = reply ? reply : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  bufferevent_write(peer->connection, reply, strlen(reply));
}

static void on_request(struct bufferevent *connection, void *context) {
  struct peer *peer = context;
  struct server *server = peer->server;
  struct evbuffer *input = bufferevent_get_input(connection);
  if (evbuffer_search(input, "\r\n\r\n", 4, NULL).pos < 0)
    return;
  if (peer->requests > 0 && server->vanishes) {
    drop(peer);
    return;
  }
  int length = evbuffer_remove(input, server->last, sizeof server->last - 1);
  server->last[length > 0 ? length : 0] = '\0';
  server->requests++;
  peer->requests++;
  is_server = true;
  event_add(peer->timer, &server->pause);
  is_server = false;
}

static void on_end(struct bufferevent *connection, short what, void *context) {
  (void)connection, (void)what;
  drop(context);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context) {
  (void)listener, (void)address, (void)length;
  struct server *server = context;
  struct peer *peer = calloc(1, sizeof *peer);
  assert_non_null(peer);
  peer->server = server;
  peer->connection = bufferevent_socket_new(server->base, fd, BEV_OPT_CLOSE_ON_FREE);
  is_server = true;
  peer->timer = event_new(server->base, -1, 0, answer, peer);
  is_server = false;
  bufferevent_setcb(peer->connection, on_request, on_written, on_end, peer);
  bufferevent_enable(peer->connection, EV_READ | EV_WRITE);
  server->accepted++;
  server->open++;
  if (server->open > server->most_open)
    server->most_open = server->open;
}

struct world {
  struct loop *loop;
  struct http_pool *pool;
  struct server server;
};

static void open_world(struct world *world) {
  memset(world, 0, sizeof *world);
  world->loop = loop_new();
  assert_non_null(world->loop);
  world->pool = http_pool_new(world->loop);
  assert_non_null(world->pool);
  struct server *server = &world->server;
  server->base = loop_base(world->loop);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  server->listener = evconnlistener_new_bind(server->base, on_accept, server, LEV_OPT_CLOSE_ON_FREE,
                                             64, (struct sockaddr *)&address, sizeof address);
  assert_non_null(server->listener);
  assert_int_equal(
      getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &size), 0);
  snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/", ntohs(address.sin_port));
}

static void close_world(struct world *world) {
  http_pool_free(world->pool);
  while (world->server.open > 0) /* until the server has seen the client close */
    loop_step(world->loop, true);
  evconnlistener_free(world->server.listener);
  loop_free(world->loop);
}

static void begin(struct world *world, struct http_transfer *transfer, const char *method,
                  const char *body) {
  struct http_request request = {
      .method = method,
      .url = world->server.url,
      .body = body,
      .body_length = body ? strlen(body) : 0,
      .connect_timeout = 0.5,
      .timeout = 30,
      .max_size = 100,
  };
  memset(transfer, 0, sizeof *transfer);
  assert_true(http_transfer_start(world->pool, transfer, &request));
}

static void wait_for(struct world *world, struct http_transfer *transfers, size_t count) {
  for (size_t i = 0; i < count; i++) {
    while (transfers[i].op.state == LOOP_STARTED) {
      assert_true(loop_step(world->loop, true) || transfers[i].op.state != LOOP_STARTED);
      while (loop_next_completed(world->loop))
        ;
    }
  }
}

static void is_answered(struct world *world, const char *method, const char *body) {
  struct http_transfer transfer;
  begin(world, &transfer, method, body);
  wait_for(world, &transfer, 1);
  assert_string_equal(transfer.detail, "");
  assert_int_equal(transfer.failure, HTTP_OK);
  assert_int_equal(transfer.status, 200);
  http_transfer_free(&transfer);
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

static void a_request_leaves_nothing_to_the_next(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  is_answered(&world, "POST", "a body");
  assert_non_null(strstr(world.server.last, "\r\n\r\na body"));
  is_answered(&world, "GET", NULL);
  assert_memory_equal(world.server.last, "GET / HTTP/1.1\r\n", 16);
  assert_null(strstr(world.server.last, "Content-"));
  is_answered(&world, "POST", "");
  assert_non_null(strstr(world.server.last, "Content-Length: 0\r\n"));
  is_answered(&world, "DELETE", NULL);
  assert_memory_equal(world.server.last, "DELETE / HTTP/1.1\r\n", 19);
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

/* The reply is not the one to this request: the peer has not received it. */
static void a_reply_before_its_request_is_discarded(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  is_answered(&world, "GET", NULL);
  pretended_acked = 77;
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
  uint64_t before = http_socket_acked(client);
  assert_true(before > 0);
  assert_int_equal(send(client, &byte, 1, 0), 1);
  assert_int_equal(recv(server, &byte, 1, 0), 1);
  assert_int_equal(send(server, &byte, 1, 0), 1);
  assert_int_equal(recv(client, &byte, 1, MSG_PEEK), 1);
  assert_int_equal(http_socket_acked(client), before + 1);
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
      cmocka_unit_test(requests_in_turn_share_a_connection),
      cmocka_unit_test(a_request_leaves_nothing_to_the_next),
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
      cmocka_unit_test(a_reply_before_its_request_is_discarded),
      cmocka_unit_test(a_socket_reports_bytes_and_acknowledgements),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
