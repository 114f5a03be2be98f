#include "net/httpd_connection.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

struct httpd_connection {
  struct httpd_connections *all;
  struct httpd_connection *next;
  struct bufferevent *buffer;       /* evhttp owns it */
  struct evhttp_connection *handle; /* NULL until evhttp has created it */
  struct event *alarm;
  size_t received; /* bytes of the request that is not answered */
  size_t checked;  /* `received` at the last alarm */
  bool complete;   /* the request has arrived */
};

static void forget(struct httpd_connection *connection) {
  struct httpd_connection **link = &connection->all->first;
  while (*link != connection)
    link = &(*link)->next;
  *link = connection->next;
  connection->all->held -= connection->received;
  event_free(connection->alarm);
  free(connection);
}

static void on_close(struct evhttp_connection *handle, void *context) {
  (void)handle;
  forget(context);
}

/* evhttp does not report a new connection, but is the context of its buffer's callbacks. */
static void attach(struct httpd_connection *connection) {
  void *context = NULL;
  bufferevent_getcb(connection->buffer, NULL, NULL, NULL, &context);
  connection->handle = context;
  evhttp_connection_set_closecb(connection->handle, on_close, connection);
}

/* Called once after the connection was accepted, after each period of `patience` while a request
 * arrives, and when the server holds too much. */
static void on_alarm(evutil_socket_t fd, short what, void *context) {
  (void)fd;
  struct httpd_connection *connection = context;
  if (!connection->handle) {
    attach(connection);
  } else if (connection->complete || connection->received == 0) {
    return;
  } else if ((what & EV_TIMEOUT) && connection->received - connection->checked >= HTTPD_PROGRESS) {
    connection->checked = connection->received;
    event_add(connection->alarm, &connection->all->patience);
  } else {
    evhttp_connection_free(connection->handle);
  }
}

static void on_bytes(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *context) {
  (void)buffer;
  struct httpd_connection *connection = context;
  struct httpd_connections *all = connection->all;
  if (info->n_added == 0)
    return;
  if (connection->received == 0 && !connection->complete)
    event_add(connection->alarm, &all->patience);
  connection->received += info->n_added;
  all->held += info->n_added;
  /* The connection must not end within this call. */
  if (all->held > all->max_held)
    event_active(connection->alarm, EV_READ, 0);
}

/* Creates the buffer of a new connection. After a failure evhttp creates it, or drops the
 * connection. */
static struct bufferevent *on_connection(struct event_base *base, void *context) {
  struct httpd_connection *connection = calloc(1, sizeof *connection);
  if (!connection)
    return NULL;
  connection->all = context;
  connection->alarm = event_new(base, -1, 0, on_alarm, connection);
  connection->buffer = bufferevent_socket_new(base, -1, 0);
  if (!connection->alarm || !connection->buffer ||
      !evbuffer_add_cb(bufferevent_get_input(connection->buffer), on_bytes, connection)) {
    if (connection->alarm)
      event_free(connection->alarm);
    if (connection->buffer)
      bufferevent_free(connection->buffer);
    free(connection);
    return NULL;
  }
  connection->next = connection->all->first;
  connection->all->first = connection;
  /* Before any event of the connection. */
  event_active(connection->alarm, EV_READ, 0);
  return connection->buffer;
}

void httpd_connections_watch(struct httpd_connections *connections, struct evhttp *http) {
  evhttp_set_bevcb(http, on_connection, connections);
}

void httpd_connections_free(struct httpd_connections *connections) {
  while (connections->first)
    forget(connections->first);
}

static struct httpd_connection *find(const struct httpd_connections *connections,
                                     const struct evhttp_connection *handle) {
  struct httpd_connection *connection = connections->first;
  while (connection && (!handle || connection->handle != handle))
    connection = connection->next;
  return connection;
}

void httpd_connections_complete(struct httpd_connections *connections,
                                const struct evhttp_connection *handle) {
  struct httpd_connection *connection = find(connections, handle);
  if (!connection)
    return;
  connection->complete = true;
  event_del(connection->alarm);
}

void httpd_connections_answer(struct httpd_connections *connections,
                              const struct evhttp_connection *handle) {
  struct httpd_connection *connection = find(connections, handle);
  if (!connection)
    return;
  connections->held -= connection->received;
  connection->received = connection->checked = 0;
  connection->complete = false;
}
