#ifndef LANYARD_NET_HTTP_POOL_H
#define LANYARD_NET_HTTP_POOL_H

#include "net/http.h"

/* The interface between the pool and its transfers, for http.c and http_pool.c only. */

#define HTTP_MAX_IDLE 64

struct http_pool {
  struct loop *loop;
  CURLM *multi;
  CURLSH *share; /* of TLS sessions, which libcurl otherwise keeps per handle */
  struct http_sockets *sockets;
  struct event *timer;
  struct loop_task timeout; /* queued if the timeout of libcurl is zero */
  bool broken;              /* the multi handle cannot be used any longer */
  bool failed;              /* a call of libcurl had not enough memory */
  bool failing;             /* the running transfers are being ended */
  char *ca_file;            /* the system's CA certificates in one file, or NULL */
  char *ca_folder;          /* and in a folder, or NULL */
  bool folder_works;        /* the folder is used */
  /* Handles to reuse, with the options of an earlier request or without any. */
  CURL *idle[HTTP_MAX_IDLE];
  size_t idle_count;
  struct http_host *hosts; /* hosts with requests */
  struct http_transfer *transfers;
  size_t limit; /* of concurrent requests to one host */
};

/* http_pool_handle returns a handle for the options of a request. The caller owns it until
 * http_pool_queue. NULL means that there is not enough memory. */
CURL *http_pool_handle(struct http_pool *pool);

/* http_pool_queue queues a transfer whose pool and handle are set. It starts the transfer at once
 * if the limit of the host permits. It returns false if there is not enough memory. */
bool http_pool_queue(struct http_transfer *transfer, const char *url);

/* http_pool_is_prepared reports whether a handle has the options of an earlier request. */
bool http_pool_is_prepared(CURL *easy);

/* http_pool_release takes the handle from a transfer, and keeps it for another one if it is `clean`. One that is not
 * has options that the next request would have to unset; or its transfer failed, and left in it what libcurl had not
 * finished: a count of retries, or a buffer whose size it then refuses to change. */
void http_pool_release(struct http_transfer *transfer, bool clean);

/* http_pool_enter adds a transfer to its pool. */
void http_pool_enter(struct http_transfer *transfer);

/* http_pool_forget removes a transfer from its pool, and aborts it if it runs. */
void http_pool_forget(struct http_transfer *transfer);

#endif
