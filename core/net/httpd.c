#include "net/httpd.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

struct httpd {
  struct evhttp *http;
  struct loop *loop;
  struct httpd_accept *acceptor;
  struct httpd_request *waiting; /* arrived, not accepted */
  struct httpd_request *taken;   /* accepted, not answered */
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
  struct httpd_request **last = &server->waiting;
  while (*last)
    last = &(*last)->next;
  *last = request;
  hand_over(server);
}

struct httpd *httpd_open(struct loop *loop, const char *address, int port, size_t max_body) {
  struct httpd *server = calloc(1, sizeof *server);
  if (!server)
    return NULL;
  server->loop = loop;
  server->http = evhttp_new(loop_base(loop));
  if (!server->http)
    goto failed;
  evhttp_set_max_headers_size(server->http, 64 * 1024);
  evhttp_set_max_body_size(server->http, (ev_ssize_t)max_body);
  evhttp_set_gencb(server->http, on_request, server);
  errno = 0;
  struct evhttp_bound_socket *socket =
      evhttp_bind_socket_with_handle(server->http, address, (ev_uint16_t)port);
  if (!socket)
    goto failed;
  struct sockaddr_storage name;
  socklen_t size = sizeof name;
  if (getsockname(evhttp_bound_socket_get_fd(socket), (struct sockaddr *)&name, &size) != 0)
    goto failed;
  server->port = ntohs(name.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&name)->sin6_port
                                                  : ((struct sockaddr_in *)&name)->sin_port);
  return server;
failed:;
  int saved = errno;
  if (server->http)
    evhttp_free(server->http);
  free(server);
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
  evhttp_free(server->http);
  free(server);
}

bool httpd_accept_start(struct httpd *server, struct httpd_accept *accept) {
  if (server->acceptor)
    return false;
  *accept = (struct httpd_accept){.op = {.loop = server->loop}, .server = server};
  server->acceptor = accept;
  hand_over(server);
  return true;
}

void httpd_accept_stop(struct httpd_accept *accept) {
  loop_dequeue(&accept->op);
  if (accept->server && accept->server->acceptor == accept)
    accept->server->acceptor = NULL;
}

/* Removes the request from the server's list, because it is being answered. */
static void unlink_request(struct httpd_request *request) {
  struct httpd_request **link = &request->server->taken;
  while (*link != request)
    link = &(*link)->next;
  *link = request->next;
  request->server = NULL;
}

void httpd_reply(struct httpd_request *request, int status, const struct httpd_header *headers,
                 size_t header_count, const char *body, size_t length, size_t announced) {
  if (!request->server)
    return;
  unlink_request(request);
  struct evkeyvalq *output = evhttp_request_get_output_headers(request->event);
  for (size_t i = 0; i < header_count; i++)
    evhttp_add_header(output, headers[i].name, headers[i].value);
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
  int fd = bufferevent_getfd(evhttp_connection_get_bufferevent(connection));
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  evhttp_connection_free(connection);
}

void httpd_request_free(struct httpd_request *request) {
  httpd_reply(request, 500, NULL, 0, "", 0, 0);
  free(request);
}
