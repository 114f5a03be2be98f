#ifndef LANYARD_NET_HTTP_H
#define LANYARD_NET_HTTP_H

#include "base/buf.h"
#include "net/loop.h"

#include <curl/curl.h>
#include <stdint.h>

/* HTTP requests on libcurl's multi interface, driven by the event loop. There is one pool per Lua
 * state. It keeps connections, TLS sessions and host addresses (for a minute) between requests.
 * HTTP/2 is used over TLS if the server offers it. Redirects are not followed, and no request is
 * sent twice. TLS is version 1.2 or later, and the peer is always verified. */

struct http_pool;

#define HTTP_HOST_CONNECTIONS 64

/* http_pool_new returns NULL if libcurl cannot start. http_pool_free aborts the transfers that run;
 * all transfers stay valid. */
struct http_pool *http_pool_new(struct loop *loop);
void http_pool_free(struct http_pool *pool);

/* http_pool_limit sets the number of concurrent requests to one host, and so of connections. The
 * default is HTTP_HOST_CONNECTIONS. Further requests wait; their timeouts begin when they start. */
void http_pool_limit(struct http_pool *pool, unsigned connections);

enum http_failure {
  HTTP_OK,
  HTTP_INVALID_URL,
  HTTP_TOO_MANY_OPEN_FILES, /* no descriptor is free, in this process or in the system */
  HTTP_NAME_RESOLUTION,
  HTTP_PROXY,         /* the proxy cannot be reached, or failed to connect */
  HTTP_PROXY_REFUSED, /* the proxy rejects the host, or asks for a password */
  HTTP_CONNECTION_REFUSED,
  HTTP_CONNECTION,  /* lost, or the reply is not HTTP */
  HTTP_TLS,         /* both sides agree on no version or cipher, or the peer does not speak TLS */
  HTTP_CERTIFICATE, /* the peer could not be verified */
  HTTP_TIMEOUT,
  HTTP_BODY_CUT,
  HTTP_TOO_LARGE,
  HTTP_FILE, /* the file of a body cannot be read or written */
};

/* A body that is read from a file, with texts around it. The texts are not copied, and must stay valid
 * until the operation has completed; the descriptor is duplicated. */
struct http_source {
  int fd;
  uint64_t length; /* of the file */
  const char *before, *after;
  size_t before_length, after_length;
};

/* One request. The caller owns the struct, zeroes it before http_transfer_header or
 * http_transfer_start, and may call http_transfer_free at any time. */
struct http_transfer {
  struct loop_op op;
  struct http_pool *pool; /* NULL after the pool was freed */
  struct http_transfer *next_of_pool, **link_of_pool;
  CURL *easy;
  struct http_host *host;
  void (*on_end)(struct http_transfer *transfer, CURLcode code); /* called by the pool */
  struct http_transfer *next_waiting;                            /* in the queue of the host */
  bool running;                                                  /* started, not queued */
  struct buf header_text; /* the header lines, each with a NUL */
  size_t header_count;
  struct curl_slist *header_lines; /* a linked list in one array */
  size_t max_size, body_length;
  bool too_large;
  struct http_source source; /* of the body of the request, if it has one in a file */
  uint64_t source_position;
  int sink; /* the file that gets the body of a reply with status 2xx, if has_sink */
  bool has_source, has_sink;
  int file_error; /* an errno of the source or the sink */
  bool by_folder; /* the peer is verified by the system's CA folder, not by a file */
  bool interim,
      headed;     /* an interim reply is being read; the head of the final reply is complete */
  bool begun;     /* the request is being sent */
  bool unusable;  /* the connection that libcurl chose cannot be used */
  bool premature; /* a reply arrived before the peer had received the request */
  curl_socket_t socket; /* of the connection, if it is known; CURL_SOCKET_BAD otherwise */
  uint64_t acked;    /* bytes that the peer of a reused connection had acknowledged; 0: not known */
  uint64_t settled;  /* the same for the next request: when this one had been sent; 0: not known */
  int shortage;      /* EMFILE or ENFILE if a socket could not be opened; 0 otherwise */
  long peer_port;    /* the port of the last new connection; 0: none */
  long proxy_status; /* the status of the proxy's reply to CONNECT; 0: none */
  char detail[CURL_ERROR_SIZE]; /* the error in libcurl's words */

  /* The outcome, after the operation has completed. */
  enum http_failure failure;
  bool sent;                /* the peer may have received the request */
  bool proxy_certificate;   /* the certificate that failed is the one of the proxy */
  bool without_authorities; /* the file of CA certificates does not exist or has none */
  long status;              /* 200 and so on */
  struct buf head;          /* the header lines of the final reply, as received */
  struct buf body;          /* decompressed; empty if a file got it */
  double elapsed;           /* seconds */
};

struct http_request {
  const char *method;
  const char *url;
  const char *
      body; /* NULL: none. It is not copied, and must stay valid until the operation has completed */
  size_t body_length;
  const char *ca_bundle;            /* a file of CA certificates instead of the system's, or NULL */
  double connect_timeout;           /* seconds */
  double timeout;                   /* seconds, for the whole request */
  size_t max_size;                  /* of the reply's body, in bytes */
  bool direct;                      /* ignore the proxies of the environment */
  bool sealed;                      /* wipe the memory of bodies */
  const struct http_source *source; /* the body instead of `body`, or NULL */
  const int *sink;      /* a descriptor that gets the body of a reply with status 2xx, or NULL */
  bool as_stored;       /* accept no compressed reply, and do not decompress one */
  double stall_timeout; /* seconds without a byte in either direction; 0: no limit */
};

/* http_transfer_header adds a header line to a transfer that has not started. It returns false if
 * there is not enough memory. */
bool http_transfer_header(struct http_transfer *transfer, const char *name, const char *value);

/* http_transfer_no_header keeps libcurl from adding a header by itself. It returns false if there
 * is not enough memory. */
bool http_transfer_no_header(struct http_transfer *transfer, const char *name);

/* http_transfer_start starts a transfer. It returns false if there is not enough memory or libcurl
 * rejects an option. */
bool http_transfer_start(struct http_pool *pool, struct http_transfer *transfer,
                         const struct http_request *request);

/* http_transfer_free aborts a running transfer and frees what it holds. */
void http_transfer_free(struct http_transfer *transfer);

#endif
