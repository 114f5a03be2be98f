#ifndef LANYARD_TESTS_HTTP_WORLD_H
#define LANYARD_TESTS_HTTP_WORLD_H

/* A pool of HTTP connections, and a server of raw sockets on the same loop. */

#include "net/http.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static bool is_server; /* an event of the server is being created or added */

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

#endif
