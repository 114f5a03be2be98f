#include "net/httpd.h"

#include "base/civil.h"
#include "base/platform.h"
#include "net/httpd_connection.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct httpd {
  struct evhttp *http;
  struct loop *loop;
  struct httpd_accept *acceptor;
  struct httpd_request *waiting; /* arrived, not accepted */
  struct httpd_request *taken;   /* accepted, not answered */
  struct httpd_connections connections;
  int port;
};

static void hand_over(struct httpd *server) {
  struct httpd_accept *acceptor = server->acceptor;
  struct httpd_request *request = server->waiting;
  if (!acceptor || !request)
    return;
  server->waiting = request->next;
  request->next = server->taken;
  server->taken = request;
  acceptor->request = request;
  acceptor->server = NULL; /* the operation may outlive the server */
  server->acceptor = NULL;
  loop_complete(&acceptor->op);
}

static void on_request(struct evhttp_request *event, void *context) {
  struct httpd *server = context;
  struct httpd_request *request = calloc(1, sizeof *request);
  if (!request) {
    evhttp_send_error(event, 503, NULL);
    return;
  }
  request->server = server;
  request->event = event;
  /* evhttp must not read on: for further bytes it would end the process, for an end it would drop the
   * connection of a request that is being handled. */
  struct evhttp_connection *connection = evhttp_request_get_connection(event);
  bufferevent_disable(evhttp_connection_get_bufferevent(connection), EV_READ);
  httpd_connections_complete(&server->connections, connection);
  struct httpd_request **last = &server->waiting;
  while (*last)
    last = &(*last)->next;
  *last = request;
  hand_over(server);
}

/* A descriptor that is given up to accept a connection when no other is free. One serves all servers
 * of the process. */
static int spare = -1;

static bool keep_spare(void) {
  if (spare < 0)
    spare = platform_open_marker();
  return spare >= 0;
}

/* Accepting fails as long as no file descriptor is free, and would fail again at once. The connection
 * is accepted with the spare descriptor and closed, so that its client fails instead of waiting. */
static void on_accept_error(struct evconnlistener *listener, void *context) {
  (void)context;
  static const struct timespec pause = {.tv_nsec = 5000000};
  if (spare >= 0) {
    close(spare);
    int fd = accept(evconnlistener_get_fd(listener), NULL, NULL);
    if (fd >= 0)
      close(fd);
    spare = -1;
    keep_spare();
  }
  nanosleep(&pause, NULL);
}

static struct timeval interval(double seconds) {
  double bounded = seconds < 0.001 ? 0.001 : seconds < 1e6 ? seconds : 1e6;
  return (struct timeval){.tv_sec = (time_t)bounded,
                          .tv_usec = (suseconds_t)((bounded - (double)(time_t)bounded) * 1e6)};
}

static void set_limits(struct httpd *server, const struct httpd_limits *limits) {
  struct timeval idle = interval(limits->idle_timeout);
  evhttp_set_max_headers_size(server->http, 64 * 1024);
  evhttp_set_max_body_size(server->http, (ev_ssize_t)limits->max_body);
  evhttp_set_timeout_tv(server->http, &idle);
  server->connections.patience = interval(limits->request_timeout);
  server->connections.max_held = limits->max_held;
  httpd_connections_watch(&server->connections, server->http);
}

static bool listen_at(struct httpd *server, const char *address, int port) {
  errno = 0;
  struct evhttp_bound_socket *socket =
      evhttp_bind_socket_with_handle(server->http, address, (ev_uint16_t)port);
  if (!socket)
    return false;
  if (!keep_spare())
    return false;
  evconnlistener_set_error_cb(evhttp_bound_socket_get_listener(socket), on_accept_error);
  /* Accepted sockets inherit the option. Without it, the second part of a reply waits until the client
   * has acknowledged the first. */
  int fd = evhttp_bound_socket_get_fd(socket), on = 1;
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      getsockname(fd, (struct sockaddr *)&name, &size) != 0)
    return false;
  server->port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                                  : ((struct sockaddr_in *)&name)->sin_port);
  return true;
}

static void free_server(struct httpd *server) {
  if (server->http)
    evhttp_free(server->http);
  httpd_connections_free(&server->connections);
  loop_drop(server->loop);
  free(server);
}

struct httpd *httpd_open(struct loop *loop, const char *address, int port,
                         const struct httpd_limits *limits) {
  struct httpd *server = calloc(1, sizeof *server);
  if (!server)
    return NULL;
  loop_hold(loop);
  server->loop = loop;
  server->http = evhttp_new(loop_base(loop));
  errno = ENOMEM;
  if (server->http) {
    evhttp_set_gencb(server->http, on_request, server);
    set_limits(server, limits);
    if (listen_at(server, address, port))
      return server;
  }
  int saved = errno;
  free_server(server);
  errno = saved;
  return NULL;
}

int httpd_port(const struct httpd *server) {
  return server->port;
}

void httpd_close(struct httpd *server) {
  if (server->acceptor) {
    server->acceptor->server = NULL;
    loop_complete(&server->acceptor->op);
  }
  for (struct httpd_request *request = server->taken; request; request = request->next)
    request->server = NULL;
  while (server->waiting) {
    struct httpd_request *request = server->waiting;
    server->waiting = request->next;
    free(request);
  }
  free_server(server);
}

bool httpd_accept_start(struct httpd *server, struct httpd_accept *accept) {
  if (server->acceptor)
    return false;
  loop_op_start(&accept->op, server->loop);
  accept->server = server;
  server->acceptor = accept;
  hand_over(server);
  return true;
}

void httpd_accept_stop(struct httpd_accept *accept) {
  if (accept->server && accept->server->acceptor == accept)
    accept->server->acceptor = NULL;
  accept->server = NULL;
  loop_op_end(&accept->op);
}

/* Removes the request from the server's list, because it is being answered. */
static void unlink_request(struct httpd_request *request) {
  struct httpd_request **link = &request->server->taken;
  while (*link != request)
    link = &(*link)->next;
  *link = request->next;
  request->server = NULL;
}

/* Adds the current date (RFC 9110, 6.6.1), unless the reply has one. libevent's own is computed by
 * libc. */
static void add_date(struct evkeyvalq *output) {
  static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (evhttp_find_header(output, "Date"))
    return;
  time_t now = time(NULL);
  struct civil at = civil_from_seconds(now);
  char day[8], rest[16], date[40];
  civil_format(now, "D", day);
  civil_format(now, "Y h:m:s", rest);
  snprintf(date, sizeof date, "%s, %s %s %s GMT", days[at.weekday], day, months[at.month - 1],
           rest);
  evhttp_add_header(output, "Date", date);
}

void httpd_reply(struct httpd_request *request, int status, const struct httpd_header *headers,
                 size_t header_count, const char *body, size_t length, size_t announced) {
  if (!request->server)
    return;
  struct httpd_connections *connections = &request->server->connections;
  unlink_request(request);
  httpd_connections_answer(connections, evhttp_request_get_connection(request->event));
  struct evkeyvalq *output = evhttp_request_get_output_headers(request->event);
  for (size_t i = 0; i < header_count; i++)
    evhttp_add_header(output, headers[i].name, headers[i].value);
  add_date(output);
  char size[32];
  snprintf(size, sizeof size, "%zu", announced);
  evhttp_add_header(output, "Content-Length", size);
  if (length != announced)
    evhttp_add_header(output, "Connection", "close");
  struct evbuffer *buffer = evbuffer_new();
  if (buffer)
    evbuffer_add(buffer, body, length);
  evhttp_send_reply(request->event, status, NULL, buffer);
  if (buffer)
    evbuffer_free(buffer);
}

void httpd_reset(struct httpd_request *request) {
  if (!request->server)
    return;
  unlink_request(request);
  struct evhttp_connection *connection = evhttp_request_get_connection(request->event);
  if (!connection)
    return;
  int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  evhttp_connection_free(connection);
}

void httpd_request_free(struct httpd_request *request) {
  httpd_reply(request, 500, NULL, 0, "", 0, 0);
  free(request);
}
