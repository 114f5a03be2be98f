#ifndef LANYARD_NET_HTTP_FAILURE_H
#define LANYARD_NET_HTTP_FAILURE_H

#include "net/http.h"

/* http_failure_set sets `failure` and `detail` of a finished transfer that still has its handle.
 * libcurl's code alone does not say what failed: the proxy or the endpoint, the network or the
 * certificate, the peer or a shortage in this process. */
void http_failure_set(struct http_transfer *transfer, CURLcode code);

#endif
