#ifndef LANYARD_NET_HTTPD_H
#define LANYARD_NET_HTTPD_H

#include "net/loop.h"

#include <stddef.h>

/* An HTTP server on libevent's evhttp, in the same loop as everything else. A request waits in the
 * server until somebody accepts it, and is answered whenever the answer is there. */

struct evhttp_request;
struct httpd;

struct httpd_request {
  struct httpd *server; /* NULL once the server is closed */
  struct evhttp_request *event;
  struct httpd_request *next;
};

/* Waits for one request; `request` is set when the operation has ended, and NULL when the server
 * was closed meanwhile. */
struct httpd_accept {
  struct loop_op op;
  struct httpd *server;
  struct httpd_request *request;
};

/* NULL and errno when the address cannot be had; port 0 picks one. */
struct httpd *httpd_open(struct loop *loop, const char *address, int port, size_t max_body);
int httpd_port(const struct httpd *server);

/* Closes every connection; requests not answered yet stay valid, and an answer goes nowhere. */
void httpd_close(struct httpd *server);

/* One acceptor at a time; false when there is one already. */
bool httpd_accept_start(struct httpd *server, struct httpd_accept *accept);
void httpd_accept_stop(struct httpd_accept *accept);

struct httpd_header {
  const char *name;
  const char *value;
};

/* Answers with `length` bytes of a body that is announced to be `announced` bytes long: where it
 * is longer, the connection ends there, and the reader sees a reply cut off. */
void httpd_reply(struct httpd_request *request, int status, const struct httpd_header *headers,
                 size_t header_count, const char *body, size_t length, size_t announced);

/* Ends the connection with a TCP reset, unanswered. */
void httpd_reset(struct httpd_request *request);

/* A request not answered is answered 500. */
void httpd_request_free(struct httpd_request *request);

#endif
