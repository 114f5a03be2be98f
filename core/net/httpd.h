#ifndef LANYARD_NET_HTTPD_H
#define LANYARD_NET_HTTPD_H

#include "net/loop.h"

#include <stddef.h>

/* An HTTP server on libevent's evhttp, in the same event loop. A request waits in the server until
 * it is accepted, and may be answered at any time after that. */

struct evhttp_request;
struct httpd;

struct httpd_request {
  struct httpd *server; /* NULL after the server was closed */
  struct evhttp_request *event;
  struct httpd_request *next;
};

/* Waits for one request. `request` is set when the operation completes; it is NULL if the server
 * was closed. */
struct httpd_accept {
  struct loop_op op;
  struct httpd *server;
  struct httpd_request *request;
};

struct httpd_limits {
  size_t max_body;     /* bytes of a request */
  size_t max_held;     /* bytes of all requests that are not answered */
  double idle_timeout; /* seconds until a connection on which nothing happens is closed */
  double
      request_timeout; /* seconds in which the rest of a request, or at least 64 KiB of it, arrives */
};

/* httpd_open returns NULL and sets errno if it cannot listen on the address. Port 0 chooses a free
 * port. The caller closes the server with httpd_close. */
struct httpd *httpd_open(struct loop *loop, const char *address, int port,
                         const struct httpd_limits *limits);
int httpd_port(const struct httpd *server);

/* httpd_close closes every connection. Unanswered requests stay valid; answering them has no
 * effect. */
void httpd_close(struct httpd *server);

/* httpd_accept_start returns false if another accept is pending. */
bool httpd_accept_start(struct httpd *server, struct httpd_accept *accept);
void httpd_accept_stop(struct httpd_accept *accept);

struct httpd_header {
  const char *name;
  const char *value;
};

/* httpd_reply sends `length` bytes of a body with a Content-Length of `announced`. If `announced`
 * is larger, the connection is closed after these bytes, and the client sees a truncated reply. */
void httpd_reply(struct httpd_request *request, int status, const struct httpd_header *headers,
                 size_t header_count, const char *body, size_t length, size_t announced);

/* httpd_reset closes the connection with a TCP reset, without a reply. */
void httpd_reset(struct httpd_request *request);

/* httpd_request_free frees a request. An unanswered request is answered with status 500. */
void httpd_request_free(struct httpd_request *request);

#endif
