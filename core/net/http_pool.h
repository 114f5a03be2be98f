#ifndef LANYARD_NET_HTTP_POOL_H
#define LANYARD_NET_HTTP_POOL_H

#include "net/http.h"

/* What the pool and its transfers know of each other, and nobody else: what a pool has for a
 * transfer, the queue in which it waits for its turn, and the word that it has ended. */

#define HTTP_MAX_IDLE 64

struct http_pool {
  struct loop *loop;
  CURLM *multi;
  CURLSH *share; /* of TLS sessions: libcurl keeps them a handle otherwise */
  struct event *timer;
  char *ca_file;  /* the system's certificates in one file, or NULL */
  bool ca_folder; /* they are in a folder too, which serves */
  /* For the next requests: to make a handle costs more than to reset it. */
  CURL *idle[HTTP_MAX_IDLE];
  size_t idle_count;
  struct http_host *hosts; /* those with requests under way */
  size_t limit;            /* of requests under way with one host */
};

/* A handle to set the options of a request on; the caller's until http_pool_queue. NULL without
 * memory. */
CURL *http_pool_handle(struct http_pool *pool);

/* Queues a transfer with its pool and its handle set, and starts it once it is its turn, which may be
 * at once. False without memory. */
bool http_pool_queue(struct http_transfer *transfer, const char *url);

/* Takes the handle from a transfer and keeps it for another, with nothing of this one in it: libcurl
 * would go on counting the retries of a handle that is not reset. */
void http_pool_release(struct http_transfer *transfer);

/* What the pool calls when libcurl is done with a transfer: sets its outcome, releases its handle and
 * completes its operation, unless it starts again. */
void http_transfer_end(struct http_transfer *transfer, CURLcode code);

#endif
