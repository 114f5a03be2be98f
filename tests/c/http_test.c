/* The HTTP client against a server of raw sockets on the same loop: how connections are reused,
 * limited, and replaced after the server closed them. */

#include "net/http.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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
  event_add(peer->timer, &server->pause);
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
  peer->timer = event_new(server->base, -1, 0, answer, peer);
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
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
