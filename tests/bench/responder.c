/* Answers every HTTP/1.1 request on a free port of 127.0.0.1 with the same JSON, as fast as it can:
 *   responder [KEY.pem CERTIFICATE.pem]        with a key and certificate: over TLS
 * Prints its port. Exits at the end of its standard input. */

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ECR's reply to GetRepositoryPolicy. */
static const char reply[] =
    "{\"registryId\":\"111122223333\",\"repositoryName\":\"team/web\",\"policyText\":"
    "\"{\\\"Version\\\":\\\"2012-10-17\\\",\\\"Statement\\\":[{\\\"Sid\\\":\\\"Pull-1\\\","
    "\\\"Effect\\\":"
    "\\\"Allow\\\",\\\"Principal\\\":{\\\"AWS\\\":\\\"arn:aws:iam::111122223333:role/"
    "service-1\\\"},"
    "\\\"Action\\\":[\\\"ecr:BatchGetImage\\\",\\\"ecr:GetDownloadUrlForLayer\\\"]}]}\"}";

static struct event_base *base;
static SSL_CTX *tls;
static char response[2048]; /* with the header */
static size_t response_length;

/* Returns the length of the first request in the input, or 0 if it is incomplete. */
static size_t request_length(struct evbuffer *input) {
  struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
  if (end.pos < 0)
    return 0;
  size_t head = (size_t)end.pos + 4, body = 0;
  const char *text = (const char *)evbuffer_pullup(input, (ev_ssize_t)head);
  const char *field = memmem(text, head, "Content-Length: ", 16);
  if (field)
    body = strtoul(field + 16, NULL, 10);
  return evbuffer_get_length(input) >= head + body ? head + body : 0;
}

static void on_read(struct bufferevent *connection, void *context) {
  (void)context;
  struct evbuffer *input = bufferevent_get_input(connection);
  size_t length;
  while ((length = request_length(input)) > 0) {
    evbuffer_drain(input, length);
    evbuffer_add(bufferevent_get_output(connection), response, response_length);
  }
}

static void on_event(struct bufferevent *connection, short what, void *context) {
  (void)context;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
    bufferevent_free(connection);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context) {
  (void)listener, (void)address, (void)length, (void)context;
  struct bufferevent *connection =
      tls ? bufferevent_openssl_socket_new(base, fd, SSL_new(tls), BUFFEREVENT_SSL_ACCEPTING,
                                           BEV_OPT_CLOSE_ON_FREE)
          : bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(connection, on_read, NULL, on_event, NULL);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static void on_input_end(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what, (void)context;
  event_base_loopbreak(base);
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN); /* a client can close a connection while its response is written */
  if (argc == 3) {
    tls = SSL_CTX_new(TLS_server_method());
    if (!tls || SSL_CTX_use_PrivateKey_file(tls, argv[1], SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_certificate_file(tls, argv[2], SSL_FILETYPE_PEM) != 1)
      return 1;
  }
  response_length =
      (size_t)snprintf(response, sizeof response,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
                       "x-amzn-RequestId: 2f1e8c1e-8a5c-4d3c-9f4b-8d5c7c3f0a11\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       sizeof reply - 1, reply);
  base = event_base_new();
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  struct evconnlistener *listener =
      evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE, 256,
                              (struct sockaddr *)&address, (int)sizeof address);
  struct event *input = event_new(base, 0, EV_READ, on_input_end, NULL);
  if (!listener || event_add(input, NULL) != 0 ||
      getsockname(evconnlistener_get_fd(listener), (struct sockaddr *)&address, &size) != 0)
    return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  event_base_dispatch(base);
  return 0;
}
