/* The HTTP server when libevent or the system fails: a client gets a reply, or the end of its connection, but does not
 * wait. */

#include "net/httpd.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* The function whose next call fails; NULL: none. */
static const char *failing;

static bool fails(const char *name) {
  if (!failing || strcmp(failing, name) != 0)
    return false;
  failing = NULL;
  errno = ENOMEM;
  return true;
}

/* The functions below replace functions of the libraries. */

#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real)                                                                                       \
  *(void **)&real = dlsym(RTLD_NEXT, #name)

struct event *event_new(struct event_base *base, evutil_socket_t fd, short kind,
                        event_callback_fn callback, void *context) {
  REAL(event_new);
  return fails("event_new") ? NULL : real(base, fd, kind, callback, context);
}

struct bufferevent *bufferevent_socket_new(struct event_base *base, evutil_socket_t fd,
                                           int options) {
  REAL(bufferevent_socket_new);
  return fails("bufferevent_socket_new") ? NULL : real(base, fd, options);
}

struct evbuffer_cb_entry *evbuffer_add_cb(struct evbuffer *buffer, evbuffer_cb_func callback,
                                          void *context) {
  REAL(evbuffer_add_cb);
  return fails("evbuffer_add_cb") ? NULL : real(buffer, callback, context);
}

struct evbuffer *evbuffer_new(void) {
  REAL(evbuffer_new);
  return fails("evbuffer_new") ? NULL : real();
}

struct evhttp *evhttp_new(struct event_base *base) {
  REAL(evhttp_new);
  return fails("evhttp_new") ? NULL : real(base);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length) {
  REAL(setsockopt);
  return name == TCP_NODELAY && level == IPPROTO_TCP && fails("setsockopt")
             ? -1
             : real(fd, level, name, value, length);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  REAL(getsockname);
  return fails("getsockname") ? -1 : real(fd, address, length);
}

static const struct httpd_limits limits = {
    .max_body = 1000, .max_held = 2000, .idle_timeout = 60, .request_timeout = 60};

struct world {
  struct loop *loop;
  struct httpd *server;
  struct httpd_accept accept;
  const char *fails_in_reply; /* fails when the server replies */
};

static void open_world(struct world *world) {
  *world = (struct world){.loop = loop_new()};
  assert_non_null(world->loop);
  world->server = httpd_open(world->loop, "127.0.0.1", 0, &limits);
  assert_non_null(world->server);
  assert_true(httpd_accept_start(world->server, &world->accept));
}

static void close_world(struct world *world) {
  assert_null(failing);
  httpd_accept_stop(&world->accept);
  httpd_close(world->server);
  loop_free(world->loop);
}

static int connect_to(const struct world *world) {
  const struct sockaddr_in address = {.sin_family = AF_INET,
                                      .sin_port = htons((uint16_t)httpd_port(world->server)),
                                      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static void answer(struct world *world) {
  struct httpd_request *request = world->accept.request;
  assert_non_null(request);
  failing = world->fails_in_reply;
  httpd_reply(request, 200, NULL, 0, "ok", 2, 2);
  httpd_request_free(request);
  httpd_accept_stop(&world->accept);
  world->accept = (struct httpd_accept){0};
  assert_true(httpd_accept_start(world->server, &world->accept));
}

/* Serves until the client's connection has bytes or ends, and sets what the client receives. */
static void serve(struct world *world, int fd, struct loop_watch *watch, char reply[200]) {
  while (watch->op.state == LOOP_STARTED) {
    assert_true(loop_step(world->loop, true));
    while (loop_next_completed(world->loop))
      ;
    if (world->accept.op.state == LOOP_DONE)
      answer(world);
  }
  ssize_t length = recv(fd, reply, 199, 0);
  assert_true(length >= 0);
  reply[length] = '\0';
}

/* Sets the reply to a request, during which a function fails. */
static void exchange(struct world *world, const char *name, char reply[200]) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  int fd = connect_to(world);
  assert_int_equal(send(fd, request, sizeof request - 1, 0), sizeof request - 1);
  struct loop_watch watch = {0};
  assert_true(loop_watch_start(world->loop, &watch, fd));
  failing = name;
  serve(world, fd, &watch, reply);
  loop_watch_stop(&watch);
  close(fd);
}

static int lowest_free(void) {
  int fd = open("/", O_PATH | O_CLOEXEC);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

/* Leaves `count` descriptors free, and returns the limit before. */
static struct rlimit leave_free(int count) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit limit = {(rlim_t)(lowest_free() + count), before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  return before;
}

/* This test is the first: the spare descriptor of the process is not open yet. */
static void a_server_does_not_open_without_a_spare_descriptor(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  for (int count = 0; count < 2; count++) {
    const struct rlimit before = leave_free(count);
    errno = 0;
    struct httpd *server = httpd_open(loop, "127.0.0.1", 0, &limits);
    int failed = errno;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_null(server);
    assert_int_equal(failed, EMFILE);
  }
  loop_free(loop);
}

static void a_server_that_cannot_open_says_why(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  int lowest = lowest_free();
  static const char *const names[] = {"evhttp_new", "setsockopt", "getsockname"};
  for (size_t i = 0; i < 3; i++) {
    failing = names[i];
    errno = 0;
    assert_null(httpd_open(world.loop, "127.0.0.1", 0, &limits));
    assert_int_equal(errno, ENOMEM);
    assert_null(failing);
  }
  assert_null(httpd_open(world.loop, "127.0.0.1", httpd_port(world.server), &limits));
  assert_int_equal(errno, EADDRINUSE);
  assert_int_equal(lowest_free(), lowest);
  close_world(&world);
}

static void a_connection_that_cannot_be_watched_is_answered_nevertheless(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  static const char *const names[] = {"event_new", "bufferevent_socket_new", "evbuffer_add_cb"};
  for (size_t i = 0; i < 3; i++) {
    char reply[200];
    exchange(&world, names[i], reply);
    assert_memory_equal(reply, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(reply, "\r\n\r\nok"));
  }
  close_world(&world);
}

static void a_reply_without_memory_for_its_body_is_cut(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  world.fails_in_reply = "evbuffer_new";
  char reply[200];
  exchange(&world, NULL, reply);
  assert_memory_equal(reply, "HTTP/1.1 200 OK\r\n", 17);
  assert_non_null(strstr(reply, "Content-Length: 2\r\n"));
  assert_null(strstr(reply, "ok"));
  world.fails_in_reply = NULL;
  exchange(&world, NULL, reply);
  assert_non_null(strstr(reply, "\r\n\r\nok"));
  close_world(&world);
}

static void a_client_is_dropped_if_no_descriptor_is_free(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  int fd = connect_to(&world);
  struct loop_watch watch = {0};
  assert_true(loop_watch_start(world.loop, &watch, fd));
  const struct rlimit before = leave_free(0);
  char reply[200];
  serve(&world, fd, &watch, reply);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  assert_string_equal(reply, ""); /* the connection has ended */
  loop_watch_stop(&watch);
  close(fd);
  exchange(&world, NULL, reply);
  assert_memory_equal(reply, "HTTP/1.1 200 OK\r\n", 17);
  close_world(&world);
}

static void connections_without_an_event_end_with_the_server(void **state) {
  (void)state;
  struct world world;
  open_world(&world);
  int lowest = lowest_free(), fd = connect_to(&world);
  while (lowest_free() == fd + 1) /* the server has not accepted it yet */
    loop_step(world.loop, false);
  close_world(&world);
  char byte;
  assert_true(recv(fd, &byte, 1, 0) <= 0);
  close(fd);
  assert_true(lowest_free() <= lowest);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_server_does_not_open_without_a_spare_descriptor),
      cmocka_unit_test(a_server_that_cannot_open_says_why),
      cmocka_unit_test(a_connection_that_cannot_be_watched_is_answered_nevertheless),
      cmocka_unit_test(a_reply_without_memory_for_its_body_is_cut),
      cmocka_unit_test(a_client_is_dropped_if_no_descriptor_is_free),
      cmocka_unit_test(connections_without_an_event_end_with_the_server),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
