#include "net/http_pool.h"

#include "base/bytes.h"
#include "net/certificates.h"
#include "net/http_socket.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The requests to one host. libcurl has such a limit too, but examines all waiting requests when
 * one ends. */
struct http_host {
  struct http_host *next;
  struct http_transfer *first, **last; /* the waiting ones */
  size_t running;
  size_t length;
  char name[]; /* https://host:port */
};

static void advance(struct http_pool *pool, struct http_host *host);
static bool create_multi(struct http_pool *pool);

/* Replaces the multi handle after libcurl had not enough memory for its table of sockets: a broken
 * entry remains in it, with which libcurl 7 crashes. */
static void replace_multi(struct http_pool *pool) {
  CURLM *old = pool->multi;
  if (!create_multi(pool)) {
    pool->multi = old;
    return;
  }
  CURLM *new = pool->multi;
  pool->multi = old; /* its callbacks still run */
  curl_multi_cleanup(old);
  event_del(pool->timer);
  loop_task_remove(pool->loop, &pool->timeout);
  pool->multi = new;
  pool->broken = false;
}

/* Ends the running transfers if a socket or a timeout cannot be watched, because libcurl would wait
 * for them forever. Then starts the waiting ones. */
static void end_failed(struct http_pool *pool) {
  while (pool->failed && !pool->failing) {
    pool->failed = false;
    pool->failing = true;
    for (struct http_transfer *transfer = pool->transfers; transfer;
         transfer = transfer->next_of_pool) {
      if (!transfer->running)
        continue;
      snprintf(transfer->detail, sizeof transfer->detail, "not enough memory");
      transfer->on_end(transfer, CURLE_OUT_OF_MEMORY);
    }
    pool->failing = false;
    if (pool->broken)
      replace_multi(pool);
    for (struct http_host *host = pool->hosts; host; host = host->next)
      advance(pool, host);
  }
}

/* Lets libcurl handle what happened to a socket. */
static void act(struct http_pool *pool, curl_socket_t fd, int flags) {
  int running;
  CURLMcode code = curl_multi_socket_action(pool->multi, fd, flags, &running);
  if (code != CURLM_OK && code != CURLM_BAD_SOCKET)
    pool->failed = pool->broken = true;
}

/* Completes the operations of finished transfers. If one fails, the other streams of its connection
 * read once more: the first may have read the end of the connection, which makes the socket
 * readable only once if the peer ended TLS but not TCP. */
static void collect(struct http_pool *pool) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(pool->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURL *easy = message->easy_handle;
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct http_transfer *transfer = (void *)private;
    CURLcode code = message->data.result;
    curl_socket_t fd = code == CURLE_OK ? CURL_SOCKET_BAD : http_sockets_find(pool->sockets, easy);
    transfer->on_end(transfer, code);
    if (fd != CURL_SOCKET_BAD)
      act(pool, fd, CURL_CSELECT_IN);
  }
  end_failed(pool);
}

static void on_socket_event(evutil_socket_t fd, short what, void *context) {
  act(context, fd,
      ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0));
  collect(context);
}

static void handle_timeout(void *context) {
  act(context, CURL_SOCKET_TIMEOUT, 0);
  collect(context);
}

static void on_timeout(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  handle_timeout(context);
}

/* Changes what the event of a socket waits for, and creates it at first. An existing event is kept
 * in memory, so that this fails rarely. */
static bool watch(struct http_pool *pool, struct event **event, curl_socket_t fd, short kind) {
  if (*event)
    event_del(*event);
  else
    *event = event_new(loop_base(pool->loop), fd, kind, on_socket_event, pool);
  return *event &&
         event_assign(*event, loop_base(pool->loop), fd, kind, on_socket_event, pool) == 0 &&
         event_add(*event, NULL) == 0;
}

/* Called when libcurl changes what it waits for. The event of a socket is its private pointer. A
 * failure is not returned: libcurl would then leave all transfers as they are. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_data) {
  (void)easy;
  struct http_pool *pool = context;
  struct event *event = socket_data;
  if (what == CURL_POLL_REMOVE) {
    if (event)
      event_free(event);
    event = NULL;
  } else {
    short kind = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
                         ((what & CURL_POLL_OUT) ? EV_WRITE : 0));
    if (!watch(pool, &event, fd, kind))
      pool->failed = true;
  }
  curl_multi_assign(pool->multi, fd, event);
  return 0;
}

/* Called when libcurl changes its timeout. It is zero after a transfer was added. If the loop waited for that
 * timeout, it would remove the connection of the last transfer from the kernel's list and add it again. */
static int watch_time(CURLM *multi, long milliseconds, void *context) {
  (void)multi;
  struct http_pool *pool = context;
  struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  loop_task_remove(pool->loop, &pool->timeout);
  if (milliseconds == 0)
    loop_task_queue(pool->loop, &pool->timeout);
  if (milliseconds <= 0)
    event_del(pool->timer);
  else if (event_add(pool->timer, &delay) != 0)
    pool->failed = true;
  return 0;
}

void http_pool_limit(struct http_pool *pool, unsigned connections) {
  pool->limit = connections;
  /* libcurl's default keeps four idle connections per running handle, and so would close most of
   * them when there is little to do. */
  curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, 4 * (long)connections);
}

static bool create_multi(struct http_pool *pool) {
  pool->multi = curl_multi_init();
  if (!pool->multi)
    return false;
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, watch_time);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
  http_pool_limit(pool, pool->limit > 0 ? (unsigned)pool->limit : HTTP_HOST_CONNECTIONS);
  return true;
}

/* Reads where libcurl finds the system's CA certificates. */
static bool find_certificates(struct http_pool *pool) {
  CURL *easy = curl_easy_init();
  if (!easy)
    return false;
  pool->idle[pool->idle_count++] = easy;
  char *file = NULL, *folder = NULL;
  curl_easy_getinfo(easy, CURLINFO_CAINFO, &file);
  curl_easy_getinfo(easy, CURLINFO_CAPATH, &folder);
  pool->folder_works = file && folder && access(folder, X_OK) == 0;
  const char *found = certificates_file(file);
  pool->ca_file = found ? strdup(found) : NULL;
  pool->ca_folder = folder ? strdup(folder) : NULL;
  return (!found || pool->ca_file) && (!folder || pool->ca_folder);
}

struct http_pool *http_pool_new(struct loop *loop) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
    return NULL;
  struct http_pool *pool = calloc(1, sizeof *pool);
  if (!pool) {
    curl_global_cleanup();
    return NULL;
  }
  loop_hold(loop);
  pool->loop = loop;
  pool->timeout = (struct loop_task){.call = handle_timeout, .context = pool};
  pool->share = curl_share_init();
  pool->sockets = http_sockets_new();
  pool->timer = event_new(loop_base(loop), -1, 0, on_timeout, pool);
  if (!pool->share || !pool->sockets || !pool->timer || !create_multi(pool) ||
      !find_certificates(pool)) {
    http_pool_free(pool);
    return NULL;
  }
  curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  return pool;
}

void http_pool_free(struct http_pool *pool) {
  if (!pool)
    return;
  while (pool->transfers) {
    struct http_transfer *transfer = pool->transfers;
    http_pool_forget(transfer);
    loop_op_end(&transfer->op);
  }
  while (pool->idle_count > 0)
    curl_easy_cleanup(pool->idle[--pool->idle_count]);
  if (pool->multi)
    curl_multi_cleanup(pool->multi);
  loop_task_remove(pool->loop, &pool->timeout);
  curl_share_cleanup(pool->share);
  http_sockets_free(pool->sockets);
  free(pool->ca_file);
  free(pool->ca_folder);
  if (pool->timer)
    event_free(pool->timer);
  loop_drop(pool->loop);
  free(pool);
  curl_global_cleanup();
}

/* --- Turns --- */

/* Returns the entry of the URL's host, and creates it if needed. Returns NULL if there is not
 * enough memory. */
static struct http_host *find_host(struct http_pool *pool, const char *url) {
  const char *authority = strstr(url, "://");
  size_t length = authority ? (size_t)(authority - url) + 3 : 0;
  length += strcspn(url + length, "/?#");
  for (struct http_host *host = pool->hosts; host; host = host->next) {
    if (bytes_equal(host->name, host->length, url, length))
      return host;
  }
  struct http_host *host = calloc(1, sizeof *host + length + 1);
  if (!host)
    return NULL;
  host->last = &host->first;
  host->length = length;
  memcpy(host->name, url, length);
  host->next = pool->hosts;
  pool->hosts = host;
  return host;
}

static void forget_host(struct http_pool *pool, struct http_host *host) {
  if (host->running > 0 || host->first)
    return;
  struct http_host **link = &pool->hosts;
  while (*link != host)
    link = &(*link)->next;
  *link = host->next;
  free(host);
}

/* Removes `which`, or the first transfer, from the queue. */
static struct http_transfer *leave_queue(struct http_host *host, struct http_transfer *which) {
  for (struct http_transfer **link = &host->first; *link; link = &(*link)->next_waiting) {
    struct http_transfer *transfer = *link;
    if (which && transfer != which)
      continue;
    *link = transfer->next_waiting;
    if (!*link)
      host->last = link;
    transfer->next_waiting = NULL;
    return transfer;
  }
  return NULL;
}

/* Starts waiting transfers up to the limit. */
static void advance(struct http_pool *pool, struct http_host *host) {
  while (host->first && host->running < pool->limit && !pool->failing) {
    struct http_transfer *transfer = leave_queue(host, NULL);
    if (curl_multi_add_handle(pool->multi, transfer->easy) == CURLM_OK) {
      transfer->running = true;
      host->running++;
    } else {
      transfer->failure = HTTP_CONNECTION;
      snprintf(transfer->detail, sizeof transfer->detail, "not enough memory");
      loop_complete(&transfer->op);
    }
  }
}

CURL *http_pool_handle(struct http_pool *pool) {
  return pool->idle_count > 0 ? pool->idle[--pool->idle_count] : curl_easy_init();
}

/* A new handle has no private pointer. */
bool http_pool_is_prepared(CURL *easy) {
  char *private = NULL;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
  return private;
}

/* Leaves no pointer to the transfer that libcurl could follow. Returns false if that fails. */
static bool clear(struct http_pool *pool, CURL *easy) {
  return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_PRIVATE, (void *)pool) == CURLE_OK;
}

bool http_pool_queue(struct http_transfer *transfer, const char *url) {
  struct http_pool *pool = transfer->pool;
  transfer->host = find_host(pool, url);
  if (!transfer->host)
    return false;
  *transfer->host->last = transfer;
  transfer->host->last = &transfer->next_waiting;
  advance(pool, transfer->host);
  end_failed(pool);
  return true;
}

void http_pool_release(struct http_transfer *transfer, bool clean) {
  struct http_pool *pool = transfer->pool;
  struct http_host *host = transfer->host;
  CURL *easy = transfer->easy;
  transfer->easy = NULL;
  transfer->host = NULL;
  if (transfer->running) {
    curl_multi_remove_handle(pool->multi, easy);
    transfer->running = false;
    host->running--;
  } else {
    leave_queue(host, transfer);
  }
  if (clean && pool->idle_count < HTTP_MAX_IDLE && clear(pool, easy))
    pool->idle[pool->idle_count++] = easy;
  else
    curl_easy_cleanup(easy);
  advance(pool, host);
  forget_host(pool, host);
  end_failed(pool);
}

void http_pool_enter(struct http_transfer *transfer) {
  struct http_transfer **first = &transfer->pool->transfers;
  transfer->next_of_pool = *first;
  if (*first)
    (*first)->link_of_pool = &transfer->next_of_pool;
  transfer->link_of_pool = first;
  *first = transfer;
}

void http_pool_forget(struct http_transfer *transfer) {
  *transfer->link_of_pool = transfer->next_of_pool;
  if (transfer->next_of_pool)
    transfer->next_of_pool->link_of_pool = transfer->link_of_pool;
  if (transfer->easy)
    http_pool_release(transfer, false);
  transfer->pool = NULL;
}
