#ifndef LANYARD_NET_HTTPD_CONNECTION_H
#define LANYARD_NET_HTTPD_CONNECTION_H

#include <event2/util.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/time.h>

/* What the connections of a server may cost, for httpd.c only. evhttp limits the size of one request,
 * and closes a connection on which nothing happens. It limits neither the requests of all
 * connections together nor a client that sends one byte at a time. */

struct event_base;
struct evhttp;
struct evhttp_connection;

struct httpd_connections {
  struct httpd_connection *first;
  struct timeval patience; /* for HTTPD_PROGRESS bytes or the rest of a request */
  size_t held;             /* bytes of requests that are not answered */
  size_t max_held;
};

/* The bytes that a client must send in the time of `patience` until its request is complete. */
#define HTTPD_PROGRESS ((size_t)64 * 1024)

/* httpd_connections_watch applies the limits to all connections that the server accepts. */
void httpd_connections_watch(struct httpd_connections *connections, struct evhttp *http);

/* httpd_connections_free is called after evhttp_free. */
void httpd_connections_free(struct httpd_connections *connections);

/* httpd_connections_complete is called when a request has arrived, and httpd_connections_answer when
 * it is answered. */
void httpd_connections_complete(struct httpd_connections *connections,
                                const struct evhttp_connection *handle);
void httpd_connections_answer(struct httpd_connections *connections,
                              const struct evhttp_connection *handle);

#endif
