#ifndef LANYARD_NET_HTTP_H
#define LANYARD_NET_HTTP_H

#include "base/buf.h"
#include "net/loop.h"

#include <curl/curl.h>

/* HTTP requests on libcurl's multi interface, driven by the loop. One pool per Lua state keeps
 * connections, TLS sessions and the addresses of hosts (for a minute) between requests. HTTP/2 is
 * spoken with who offers it over TLS. No redirect is followed, and no request is sent twice; TLS is 1.2
 * or newer, and the peer is always verified. */

struct http_pool;

#define HTTP_HOST_CONNECTIONS 64

/* NULL when libcurl cannot start. The pool must be freed before its loop. */
struct http_pool *http_pool_new(struct loop *loop);
void http_pool_free(struct http_pool *pool);

/* How many requests to one host are under way at once, and so how many connections, unless set
 * HTTP_HOST_CONNECTIONS. Those past that wait for their turn, when their time begins. */
void http_pool_limit(struct http_pool *pool, unsigned connections);

enum http_failure {
  HTTP_OK,
  HTTP_INVALID_URL,
  HTTP_NAME_RESOLUTION,
  HTTP_PROXY, /* not found, or would not make the connection */
  HTTP_CONNECTION_REFUSED,
  HTTP_CONNECTION, /* lost, or answered with what is not HTTP */
  HTTP_TLS,
  HTTP_TIMEOUT,
  HTTP_BODY_CUT,
  HTTP_TOO_LARGE,
};

/* One request. The caller owns the struct, zeroed before http_transfer_start, and ends it with
 * http_transfer_free, at any time. */
struct http_transfer {
  struct loop_op op;
  struct http_pool *pool;
  CURL *easy;
  struct http_host *host;
  struct http_transfer *next_waiting; /* for its turn */
  bool running;                       /* it is its turn */
  struct buf header_text;             /* the header lines, each ended by NUL */
  size_t header_count;
  struct curl_slist *header_lines; /* an array of the lines, linked */
  size_t max_size;
  bool too_large;
  bool by_folder; /* the system's folder of certificates vouches for the peer, not a file */
  bool interim,
      headed; /* the reply at hand is an interim one; the head of the final one has ended */
  bool begun; /* sending it */
  char detail[CURL_ERROR_SIZE]; /* what went wrong, in libcurl's words */

  /* The outcome, once the operation has ended. */
  enum http_failure failure;
  bool sent;       /* the peer may have seen the request */
  long status;     /* 200 and so on */
  struct buf head; /* the header lines of the final reply, as received */
  struct buf body; /* decompressed */
  double elapsed;  /* seconds */
};

struct http_request {
  const char *method;
  const char *url;
  const char *body; /* NULL: none; not copied: it stays until the transfer has ended */
  size_t body_length;
  const char *ca_bundle;  /* a file of certificates in place of the system's, or NULL */
  double connect_timeout; /* seconds */
  double timeout;         /* seconds, for the whole */
  size_t max_size;        /* of the reply's body, in bytes */
  bool direct;            /* past every proxy that the environment names */
  bool sealed;            /* bodies are wiped from memory that they leave */
};

/* Adds a header line to a transfer that has not started; false when memory ends. */
bool http_transfer_header(struct http_transfer *transfer, const char *name, const char *value);

/* Keeps libcurl from adding a header of its own. */
bool http_transfer_no_header(struct http_transfer *transfer, const char *name);

/* Starts it; false when memory ends or libcurl refuses an option. */
bool http_transfer_start(struct http_pool *pool, struct http_transfer *transfer,
                         const struct http_request *request);

/* Aborts what is under way and frees all it holds. */
void http_transfer_free(struct http_transfer *transfer);

#endif
