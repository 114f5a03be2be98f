#include "http.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MOST_IDLE 64

struct http_pool {
  struct loop *loop;
  CURLM *multi;
  CURLSH *share; /* of TLS sessions: libcurl keeps them a handle otherwise */
  struct event *timer;
  char *ca_file;         /* the system's certificates in one file, or NULL */
  bool ca_folder;        /* they are in a folder too, which serves */
  CURL *idle[MOST_IDLE]; /* for the next requests: to make a handle costs more than to reset it */
  size_t idle_count;
  struct http_host *hosts; /* those with requests under way */
  size_t limit;            /* of requests under way with one host */
};

/* The requests to one host. libcurl has a limit too, but looks at all that wait whenever one ends. */
struct http_host {
  struct http_host *next;
  struct http_transfer *first, **last; /* those that wait */
  size_t running;
  size_t length;
  char name[]; /* https://host:port */
};

/* A finished transfer tells its operation. */
static void collect(struct http_pool *pool);

static void on_socket_event(evutil_socket_t fd, short what, void *context) {
  struct http_pool *pool = context;
  int flags = ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
  int running;
  curl_multi_socket_action(pool->multi, fd, flags, &running);
  collect(pool);
}

static void on_timeout(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  struct http_pool *pool = context;
  int running;
  curl_multi_socket_action(pool->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  collect(pool);
}

/* libcurl says what it wants to know of a socket; the socket's event is its private pointer. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *socket_data) {
  (void)easy;
  struct http_pool *pool = context;
  struct event *event = socket_data;
  if (event)
    event_free(event);
  event = NULL;
  if (what != CURL_POLL_REMOVE) {
    short kind = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
                         ((what & CURL_POLL_OUT) ? EV_WRITE : 0));
    event = event_new(loop_base(pool->loop), fd, kind, on_socket_event, pool);
    if (!event || event_add(event, NULL) != 0)
      return -1;
  }
  curl_multi_assign(pool->multi, fd, event);
  return 0;
}

static int watch_time(CURLM *multi, long milliseconds, void *context) {
  (void)multi;
  struct http_pool *pool = context;
  if (milliseconds < 0)
    return event_del(pool->timer);
  struct timeval delay = {.tv_sec = milliseconds / 1000, .tv_usec = milliseconds % 1000 * 1000};
  return event_add(pool->timer, &delay);
}

void http_pool_limit(struct http_pool *pool, unsigned connections) {
  pool->limit = connections;
  /* Kept open between requests, by default no more than four a handle under way: a lull would close
   * them. */
  curl_multi_setopt(pool->multi, CURLMOPT_MAXCONNECTS, 4 * (long)connections);
}

/* Finds out where libcurl has the system's certificates. */
static bool find_certificates(struct http_pool *pool) {
  CURL *easy = curl_easy_init();
  if (!easy)
    return false;
  pool->idle[pool->idle_count++] = easy;
  char *file = NULL, *folder = NULL;
  curl_easy_getinfo(easy, CURLINFO_CAINFO, &file);
  curl_easy_getinfo(easy, CURLINFO_CAPATH, &folder);
  pool->ca_folder = file && folder;
  pool->ca_file = file ? strdup(file) : NULL;
  return !file || pool->ca_file;
}

struct http_pool *http_pool_new(struct loop *loop) {
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
    return NULL;
  struct http_pool *pool = calloc(1, sizeof *pool);
  if (!pool) {
    curl_global_cleanup();
    return NULL;
  }
  pool->loop = loop;
  pool->multi = curl_multi_init();
  pool->share = curl_share_init();
  pool->timer = event_new(loop_base(loop), -1, 0, on_timeout, pool);
  if (!pool->multi || !pool->share || !pool->timer || !find_certificates(pool)) {
    http_pool_free(pool);
    return NULL;
  }
  curl_share_setopt(pool->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  curl_multi_setopt(pool->multi, CURLMOPT_SOCKETDATA, pool);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERFUNCTION, watch_time);
  curl_multi_setopt(pool->multi, CURLMOPT_TIMERDATA, pool);
  http_pool_limit(pool, HTTP_HOST_CONNECTIONS);
  return pool;
}

void http_pool_free(struct http_pool *pool) {
  if (!pool)
    return;
  while (pool->idle_count > 0)
    curl_easy_cleanup(pool->idle[--pool->idle_count]);
  if (pool->multi)
    curl_multi_cleanup(pool->multi);
  curl_share_cleanup(pool->share);
  free(pool->ca_file);
  if (pool->timer)
    event_free(pool->timer);
  free(pool);
  curl_global_cleanup();
}

static size_t on_header(char *line, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  size_t length = size * count;
  /* Each reply begins with its status line: what an interim reply (100, 103) said does not count. */
  if (length >= 5 && memcmp(line, "HTTP/", 5) == 0)
    buf_reset(&transfer->head);
  else
    buf_add(&transfer->head, line, length);
  return transfer->head.failed ? 0 : length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  size_t length = size * count;
  if (length > transfer->max_size - transfer->body.length) {
    transfer->too_large = true;
    return 0;
  }
  buf_add(&transfer->body, bytes, length);
  return transfer->body.failed ? 0 : length;
}

/* Before a request is sent. libcurl sends one again by itself when a connection that was kept open ends
 * without an answer; but then the peer may have carried it out. Whether to ask again is the caller's to
 * decide, who is told. */
static int before_request(void *context, char *peer, char *own, int peer_port, int own_port) {
  (void)peer, (void)own, (void)peer_port, (void)own_port;
  struct http_transfer *transfer = context;
  bool again = transfer->begun;
  transfer->begun = true;
  return again ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

bool http_transfer_header(struct http_transfer *transfer, const char *name, const char *value) {
  struct buf *text = &transfer->header_text;
  buf_adds(text, name);
  /* libcurl's spelling of a header with no value is a semicolon. */
  buf_adds(text, *value ? ": " : ";");
  buf_add(text, value, strlen(value) + 1);
  transfer->header_count++;
  return !text->failed;
}

bool http_transfer_no_header(struct http_transfer *transfer, const char *name) {
  struct buf *text = &transfer->header_text;
  buf_adds(text, name);
  buf_add(text, ":", 2);
  transfer->header_count++;
  return !text->failed;
}

/* The header lines as libcurl takes them: one array, as they are many and short-lived. */
static bool link_headers(struct http_transfer *transfer) {
  size_t count = transfer->header_count;
  if (count == 0)
    return true;
  struct curl_slist *lines = calloc(count, sizeof *lines);
  if (!lines)
    return false;
  char *text = transfer->header_text.data;
  for (size_t i = 0; i < count; i++) {
    lines[i].data = text;
    lines[i].next = i + 1 < count ? &lines[i + 1] : NULL;
    text += strlen(text) + 1;
  }
  transfer->header_lines = lines;
  return true;
}

/* At least a millisecond: libcurl takes 0 for its own default or for no limit. */
static long milliseconds(double seconds) {
  return seconds < 0.001 ? 1 : seconds > 1e6 ? 1000000000 : (long)(seconds * 1000);
}

/* AWS's SDKs take HTTP_PROXY in capitals too. libcurl does not, since a web server puts a request's
 * header Proxy there; then there is REQUEST_METHOD as well. NULL: what libcurl finds itself. */
static const char *proxy_in_capitals(const char *url) {
  const char *lower = getenv("http_proxy");
  if ((lower && *lower) || getenv("REQUEST_METHOD") || strncasecmp(url, "http:", 5) != 0)
    return NULL;
  const char *proxy = getenv("HTTP_PROXY");
  return proxy && *proxy ? proxy : NULL;
}

/* No child process is to hold a connection open. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
  (void)context, (void)purpose;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Who vouches for a peer. A bundle stands in the place of all that the system has. The system's
 * folder is asked first, as only what is needed is read from it; its file takes 25 ms to read, which
 * libcurl does once, and only where no folder is given besides it. */
static CURLcode set_certificates(struct http_transfer *transfer, const char *bundle) {
  const struct http_pool *pool = transfer->pool;
  transfer->by_folder = !bundle && pool->ca_folder;
  if (transfer->by_folder)
    return curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, NULL);
  if (!bundle)
    bundle = pool->ca_file;
  if (!bundle)
    return CURLE_OK;
  CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, NULL);
  return code ? code : curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, bundle);
}

/* Not CURLOPT_PIPEWAIT: with a host that does not offer HTTP/2 every request but the first would wait
 * for the first one's handshake. */
static CURLcode set_options(struct http_transfer *transfer, const struct http_request *request) {
  CURL *easy = transfer->easy;
  CURLcode code = CURLE_OK;
#define SET(option, value) code = code ? code : curl_easy_setopt(easy, option, value)
  SET(CURLOPT_SHARE, transfer->pool->share);
  SET(CURLOPT_PRIVATE, (void *)transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->detail);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  code = code ? code : set_certificates(transfer, request->ca_bundle);
  const char *proxy = request->direct ? "" : proxy_in_capitals(request->url);
  if (proxy)
    SET(CURLOPT_PROXY, proxy);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_ACCEPT_ENCODING, "");
  SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request->connect_timeout));
  SET(CURLOPT_TIMEOUT_MS, milliseconds(request->timeout));
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_PATH_AS_IS, 1L); /* the path is signed as it stands */
  if (request->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    SET(CURLOPT_POSTFIELDS, request->body);
  }
  if (strcmp(request->method, "HEAD") == 0)
    SET(CURLOPT_NOBODY, 1L);
  else
    SET(CURLOPT_CUSTOMREQUEST, request->method);
  SET(CURLOPT_HTTPHEADER, transfer->header_lines);
  SET(CURLOPT_PREREQFUNCTION, before_request);
  SET(CURLOPT_PREREQDATA, (void *)transfer);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, (void *)transfer);
  SET(CURLOPT_WRITEFUNCTION, on_body);
  SET(CURLOPT_WRITEDATA, (void *)transfer);
#undef SET
  return code;
}

/* --- Turns --- */

/* The host of a URL, as the pool knows it or new to it; NULL without memory. */
static struct http_host *find_host(struct http_pool *pool, const char *url) {
  const char *authority = strstr(url, "://");
  size_t length = authority ? (size_t)(authority - url) + 3 : 0;
  length += strcspn(url + length, "/?#");
  for (struct http_host *host = pool->hosts; host; host = host->next) {
    if (host->length == length && memcmp(host->name, url, length) == 0)
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

/* Takes the first that waits, or the one given. */
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

/* Lets those run whose turn it is. */
static void advance(struct http_pool *pool, struct http_host *host) {
  while (host->first && host->running < pool->limit) {
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

/* Takes the handle from a transfer and keeps it for another, with nothing of this one in it: libcurl
 * would go on counting the retries of a handle that is not reset. */
static void release_handle(struct http_transfer *transfer) {
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
  curl_easy_reset(easy);
  if (pool->idle_count < MOST_IDLE)
    pool->idle[pool->idle_count++] = easy;
  else
    curl_easy_cleanup(easy);
  advance(pool, host);
  forget_host(pool, host);
}

bool http_transfer_start(struct http_pool *pool, struct http_transfer *transfer,
                         const struct http_request *request) {
  transfer->op = (struct loop_op){.loop = pool->loop};
  transfer->pool = pool;
  transfer->max_size = request->max_size;
  transfer->body.secret = request->sealed;
  if (transfer->header_text.failed || !link_headers(transfer))
    return false;
  transfer->easy = pool->idle_count > 0 ? pool->idle[--pool->idle_count] : curl_easy_init();
  if (!transfer->easy || set_options(transfer, request) != CURLE_OK ||
      !(transfer->host = find_host(pool, request->url))) {
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    return false;
  }
  *transfer->host->last = transfer;
  transfer->host->last = &transfer->next_waiting;
  advance(pool, transfer->host);
  return true;
}

/* Whether a proxy was asked for a connection and made none. */
static bool proxy_refused(const struct http_transfer *transfer) {
  long answer = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &answer);
  return answer >= 300;
}

static enum http_failure failure_of(const struct http_transfer *transfer, CURLcode code) {
  if (code != CURLE_OK && proxy_refused(transfer))
    return HTTP_PROXY;
  switch (code) {
  case CURLE_OK:
    return HTTP_OK;
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
    return HTTP_INVALID_URL;
  case CURLE_COULDNT_RESOLVE_HOST:
    return HTTP_NAME_RESOLUTION;
  case CURLE_COULDNT_RESOLVE_PROXY:
    return HTTP_PROXY;
  case CURLE_COULDNT_CONNECT:
    return HTTP_CONNECTION_REFUSED;
  case CURLE_OPERATION_TIMEDOUT:
    return HTTP_TIMEOUT;
  case CURLE_PARTIAL_FILE:
    return HTTP_BODY_CUT;
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
    return HTTP_TLS;
  case CURLE_WRITE_ERROR:
    return transfer->too_large ? HTTP_TOO_LARGE : HTTP_CONNECTION;
  default:
    return transfer->head.length > 0 ? HTTP_BODY_CUT : HTTP_CONNECTION;
  }
}

/* Sets `detail` to what failed, after the host that it failed with. What stands before an @, in the
 * URL or in that of a proxy, is a user and a password. */
static void name_failure(struct http_transfer *transfer, CURLcode code) {
  char what[sizeof transfer->detail];
  bool usable = transfer->detail[0] && !strchr(transfer->detail, '@');
  snprintf(what, sizeof what, "%s", usable ? transfer->detail : curl_easy_strerror(code));
  what[strcspn(what, "\r\n")] = '\0';
  char *url = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
  const char *host = url ? strstr(url, "://") : NULL;
  host = host ? host + 3 : "";
  int length = (int)strcspn(host, "/?#");
  const char *user_end = memrchr(host, '@', (size_t)length);
  if (user_end) {
    length -= (int)(user_end + 1 - host);
    host = user_end + 1;
  }
  size_t room = sizeof transfer->detail;
  snprintf(transfer->detail, room, "%.*s: %.*s", length < 100 ? length : 100, host,
           (int)(room - 110), what);
}

/* Starts a transfer again whose peer the system's folder did not vouch for: the file may. False where
 * there is no such hope. */
static bool ask_file(struct http_transfer *transfer, CURLcode code) {
  if (code != CURLE_PEER_FAILED_VERIFICATION || !transfer->by_folder)
    return false;
  struct http_pool *pool = transfer->pool;
  pool->ca_folder = false;
  curl_multi_remove_handle(pool->multi, transfer->easy);
  transfer->detail[0] = '\0';
  return set_certificates(transfer, NULL) == CURLE_OK &&
         curl_multi_add_handle(pool->multi, transfer->easy) == CURLM_OK;
}

static void collect(struct http_pool *pool) {
  CURLMsg *message;
  int left;
  while ((message = curl_multi_info_read(pool->multi, &left))) {
    if (message->msg != CURLMSG_DONE)
      continue;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    struct http_transfer *transfer = (void *)private;
    if (ask_file(transfer, code))
      continue;
    if (code == CURLE_ABORTED_BY_CALLBACK)
      snprintf(transfer->detail, sizeof transfer->detail,
               "the connection ended before an answer came");
    long request_size = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &transfer->status);
    curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME, &transfer->elapsed);
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_size);
    transfer->failure = failure_of(transfer, code);
    transfer->sent = request_size > 0 && transfer->failure != HTTP_PROXY;
    if (code != CURLE_OK)
      name_failure(transfer, code);
    release_handle(transfer);
    loop_complete(&transfer->op);
  }
}

void http_transfer_free(struct http_transfer *transfer) {
  if (transfer->easy)
    release_handle(transfer);
  if (transfer->op.loop)
    loop_forget(&transfer->op);
  free(transfer->header_lines);
  transfer->header_lines = NULL;
  buf_free(&transfer->header_text);
  transfer->header_count = 0;
  buf_free(&transfer->head);
  buf_free(&transfer->body);
}
