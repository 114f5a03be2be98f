/* The pool reuses the handles of libcurl, with the options of earlier requests. Whatever a request was and however it
 * ended, the next one on the same handle is sent, byte by byte, as a new handle sends it, and has the same outcome. */

#include "net/http.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* --- The server: the path of a request says what it does --- */

#define TEN "0123456789"

static const struct behaviour {
  const char *path, *reply; /* without a reply, it is silent */
  bool closes;
  bool early; /* replies when it has the head of the request */
} behaviours[] = {
    {"/ok", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", false, false},
    {"/silent", NULL, false, false},
    {"/redirect", "HTTP/1.1 307 Moved\r\nLocation: /ok?moved\r\nContent-Length: 0\r\n\r\n", false,
     false},
    {"/garbage", "no HTTP at all\r\n\r\n", true, false},
    {"/cut", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf of", true, false},
    {"/half", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhalf of", false, false},
    {"/large",
     "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "x",
     false, false},
    {"/gone", "", true, false},
    {"/continue",
     "HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
     false, true},
    {"/refuse", "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig", false, true},
    {"/cookie", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\nok", false,
     false},
    {"/password",
     "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 2\r\n\r\nno", false,
     false},
    {"/trailers",
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Trailer: 1\r\n\r\n",
     false, false},
    {"/packed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nno gzip",
     false, false},
};

struct server {
  struct loop *loop;
  struct evconnlistener *listener;
  int port, open;
  char last[4096]; /* the last request */
};

struct peer {
  struct server *server;
  struct bufferevent *connection;
  bool answered; /* early */
};

static void drop(struct peer *peer) {
  peer->server->open--;
  bufferevent_free(peer->connection);
  free(peer);
}

static const struct behaviour *behaviour_of(const char *head) {
  const char *path = strchr(head, ' ') + 1, *host = strstr(path, "://");
  if (host && host < strchr(path, ' ')) /* as a proxy gets it */
    path = strchr(host + 3, '/');
  const struct behaviour *found = NULL;
  for (size_t i = 0; i < sizeof behaviours / sizeof *behaviours && !found; i++) {
    if (strncmp(path, behaviours[i].path, strlen(behaviours[i].path)) == 0)
      found = &behaviours[i];
  }
  assert_non_null(found);
  return found;
}

/* Handles the next request of a connection. Returns false if it is incomplete, or the last one. */
static bool handle(struct peer *peer) {
  struct bufferevent *connection = peer->connection;
  struct evbuffer *input = bufferevent_get_input(connection);
  struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
  if (end.pos < 0)
    return false;
  char head[2048] = "";
  evbuffer_copyout(input, head, (size_t)end.pos + 2 < sizeof head ? (size_t)end.pos + 2 : 0);
  const struct behaviour *behaviour = behaviour_of(head);
  if (behaviour->reply && behaviour->early && !peer->answered)
    bufferevent_write(connection, behaviour->reply, strlen(behaviour->reply));
  peer->answered = behaviour->early;
  const char *field = strstr(head, "Content-Length: ");
  size_t body = field ? strtoul(field + 16, NULL, 10) : 0, length = (size_t)end.pos + 4 + body;
  if (evbuffer_get_length(input) < length)
    return false;
  char *last = peer->server->last;
  assert_true(length < sizeof peer->server->last);
  last[evbuffer_remove(input, last, length)] = '\0';
  if (behaviour->reply && !behaviour->early)
    bufferevent_write(connection, behaviour->reply, strlen(behaviour->reply));
  peer->answered = false;
  if (!behaviour->closes || *behaviour->reply)
    return true;
  drop(peer);
  return false;
}

static void on_request(struct bufferevent *connection, void *context) {
  (void)connection;
  while (handle(context))
    ;
}

static void on_written(struct bufferevent *connection, void *context) {
  (void)connection;
  struct peer *peer = context;
  if (*peer->server->last && behaviour_of(peer->server->last)->closes)
    drop(peer);
}

static void on_end(struct bufferevent *connection, short what, void *context) {
  (void)connection, (void)what;
  drop(context);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address,
                      int length, void *context) {
  (void)listener, (void)address, (void)length;
  struct peer *peer = calloc(1, sizeof *peer);
  assert_non_null(peer);
  peer->server = context;
  peer->server->open++;
  peer->connection =
      bufferevent_socket_new(loop_base(peer->server->loop), fd, BEV_OPT_CLOSE_ON_FREE);
  bufferevent_setcb(peer->connection, on_request, on_written, on_end, peer);
  bufferevent_enable(peer->connection, EV_READ | EV_WRITE);
}

static void open_server(struct server *server) {
  memset(server, 0, sizeof *server);
  server->loop = loop_new();
  assert_non_null(server->loop);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  server->listener =
      evconnlistener_new_bind(loop_base(server->loop), on_accept, server, LEV_OPT_CLOSE_ON_FREE, 64,
                              (struct sockaddr *)&address, sizeof address);
  assert_non_null(server->listener);
  assert_int_equal(
      getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *)&address, &size), 0);
  server->port = ntohs(address.sin_port);
}

static void close_server(struct server *server) {
  while (server->open > 0) /* until the server has seen the client close */
    loop_step(server->loop, true);
  evconnlistener_free(server->listener);
  loop_free(server->loop);
}

/* --- The requests --- */

enum file { NO_FILE, SOURCE, SHORT_SOURCE, SINK, BAD_SINK };
enum ending { COMPLETES, FREED_AT_ONCE, FREED_LATER };

/* %d in a URL is the port. */
static const struct kind {
  const char *name, *method, *url, *body, *header, *value, *ca_bundle, *proxy;
  enum file file;
  enum ending ending;
  enum http_failure failure;
  bool direct, sealed, as_stored, stalls;
  double timeout; /* 0: 30 seconds */
} kinds[] = {
    {.name = "get", .method = "GET", .url = "http://127.0.0.1:%d/ok"},
    {.name = "get with headers",
     .method = "GET",
     .url = "http://127.0.0.1:%d/ok?a=b",
     .header = "Authorization",
     .value = "secret"},
    {.name = "post",
     .method = "POST",
     .url = "http://127.0.0.1:%d/ok",
     .body = "{\"a\": 1}",
     .header = "X-Token",
     .value = "secret",
     .sealed = true},
    {.name = "empty post", .method = "POST", .url = "http://127.0.0.1:%d/ok", .body = ""},
    {.name = "head", .method = "HEAD", .url = "http://127.0.0.1:%d/half"},
    {.name = "get with a body", .method = "GET", .url = "http://127.0.0.1:%d/ok", .body = "secret"},
    {.name = "own method", .method = "PURGE", .url = "http://127.0.0.1:%d/ok"},
    {.name = "upload", .method = "PUT", .url = "http://127.0.0.1:%d/ok", .file = SOURCE},
    {.name = "download", .method = "GET", .url = "http://127.0.0.1:%d/ok", .file = SINK},
    {.name = "as stored", .method = "GET", .url = "http://127.0.0.1:%d/ok", .as_stored = true},
    {.name = "direct",
     .method = "GET",
     .url = "http://127.0.0.1:%d/ok",
     .direct = true,
     .stalls = true},
    /* How requests end otherwise: */
    {.name = "by a proxy",
     .method = "GET",
     .url = "http://other.invalid/ok",
     .proxy = "http://127.0.0.1:%d"},
    {.name = "user and password",
     .method = "GET",
     .url = "http://user:secret@127.0.0.1:%d/password"},
    {.name = "cookie", .method = "GET", .url = "http://127.0.0.1:%d/cookie"},
    {.name = "trailers", .method = "GET", .url = "http://127.0.0.1:%d/trailers"},
    {.name = "redirect of a post",
     .method = "POST",
     .url = "http://127.0.0.1:%d/redirect",
     .body = "secret"},
    {.name = "redirect of an upload",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/redirect",
     .file = SOURCE},
    {.name = "timeout",
     .method = "POST",
     .url = "http://127.0.0.1:%d/silent",
     .body = "secret",
     .timeout = 0.02,
     .failure = HTTP_TIMEOUT},
    {.name = "timeout of an upload",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/silent",
     .file = SOURCE,
     .timeout = 0.02,
     .failure = HTTP_TIMEOUT},
    {.name = "freed at once",
     .method = "POST",
     .url = "http://127.0.0.1:%d/ok",
     .body = "secret",
     .ending = FREED_AT_ONCE},
    {.name = "freed while it runs",
     .method = "POST",
     .url = "http://127.0.0.1:%d/half",
     .body = "secret",
     .ending = FREED_LATER},
    {.name = "upload freed while it runs",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/silent",
     .file = SOURCE,
     .ending = FREED_LATER},
    {.name = "download freed while it runs",
     .method = "GET",
     .url = "http://127.0.0.1:%d/half",
     .file = SINK,
     .ending = FREED_LATER},
    {.name = "too large",
     .method = "GET",
     .url = "http://127.0.0.1:%d/large",
     .failure = HTTP_TOO_LARGE},
    {.name = "garbage",
     .method = "GET",
     .url = "http://127.0.0.1:%d/garbage",
     .failure = HTTP_CONNECTION},
    {.name = "cut", .method = "GET", .url = "http://127.0.0.1:%d/cut", .failure = HTTP_BODY_CUT},
    {.name = "no reply",
     .method = "POST",
     .url = "http://127.0.0.1:%d/gone",
     .body = "secret",
     .failure = HTTP_CONNECTION},
    {.name = "bad encoding",
     .method = "GET",
     .url = "http://127.0.0.1:%d/packed",
     .failure = HTTP_BODY_CUT},
    {.name = "refused connection",
     .method = "POST",
     .url = "http://127.0.0.1:1/ok",
     .body = "secret",
     .failure = HTTP_CONNECTION_REFUSED},
    {.name = "another protocol",
     .method = "GET",
     .url = "ftp://127.0.0.1:%d/ok",
     .failure = HTTP_INVALID_URL},
    {.name = "no TLS",
     .method = "POST",
     .url = "https://127.0.0.1:%d/ok",
     .body = "secret",
     .ca_bundle = "/nonexistent",
     .failure = HTTP_CERTIFICATE},
    {.name = "continue",
     .method = "POST",
     .url = "http://127.0.0.1:%d/continue",
     .body = "{}",
     .header = "Expect",
     .value = "100-continue"},
    {.name = "continue of an upload",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/continue",
     .file = SOURCE,
     .header = "Expect",
     .value = "100-continue"},
    {.name = "refused upload",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/refuse",
     .file = SOURCE},
    {.name = "short file",
     .method = "PUT",
     .url = "http://127.0.0.1:%d/ok",
     .file = SHORT_SOURCE,
     .failure = HTTP_FILE},
    {.name = "bad file",
     .method = "GET",
     .url = "http://127.0.0.1:%d/ok",
     .file = BAD_SINK,
     .failure = HTTP_FILE},
};

/* The first kinds are sent after each of all kinds. */
enum { PROBES = 11, KINDS = sizeof kinds / sizeof *kinds };

static FILE *source, *sink;
static int bad_sink; /* cannot be written */

/* Starts a request of a kind. The memory of its texts is the caller's. */
static void begin(struct http_pool *pool, struct http_transfer *transfer, const struct kind *kind,
                  int port, char url[100]) {
  static const char before[] = "before ", after[] = " after";
  int sink_fd = kind->file == BAD_SINK ? bad_sink : fileno(sink);
  struct http_source file = {.fd = fileno(source),
                             .length = kind->file == SHORT_SOURCE ? 12 : 11,
                             .before = before,
                             .after = after,
                             .before_length = strlen(before),
                             .after_length = strlen(after)};
  snprintf(url, 100, kind->url, port);
  struct http_request request = {
      .method = kind->method,
      .url = url,
      .body = kind->body,
      .body_length = kind->body ? strlen(kind->body) : 0,
      .ca_bundle = kind->ca_bundle,
      .connect_timeout = 5,
      .timeout = kind->timeout > 0 ? kind->timeout : 30,
      .max_size = 100,
      .direct = kind->direct,
      .sealed = kind->sealed,
      .as_stored = kind->as_stored,
      .stall_timeout = kind->stalls ? 20 : 0,
      .source = kind->file == SOURCE || kind->file == SHORT_SOURCE ? &file : NULL,
      .sink = kind->file == SINK || kind->file == BAD_SINK ? &sink_fd : NULL,
  };
  char proxy[100] = "";
  if (kind->proxy)
    snprintf(proxy, sizeof proxy, kind->proxy, port);
  setenv("http_proxy", proxy, 1);
  memset(transfer, 0, sizeof *transfer);
  if (kind->header)
    assert_true(http_transfer_header(transfer, kind->header, kind->value));
  if (!kind->header || strcmp(kind->header, "Expect") != 0)
    assert_true(http_transfer_no_header(transfer, "Expect"));
  assert_true(http_transfer_start(pool, transfer, &request));
}

static bool is_pending(const struct server *server, const struct http_transfer *transfer,
                       enum ending ending) {
  return transfer->op.state == LOOP_STARTED && (ending != FREED_LATER || !*server->last);
}

/* Sends a request, and sets `sent` to its text and `outcome` to how it ended. What it used is overwritten. */
static void run(struct server *server, struct http_pool *pool, const struct kind *kind,
                char sent[4096], char outcome[512]) {
  struct http_transfer *transfer = malloc(sizeof *transfer);
  char *url = malloc(100), file[64] = "";
  assert_non_null(transfer);
  assert_non_null(url);
  rewind(sink);
  assert_int_equal(ftruncate(fileno(sink), 0), 0);
  server->last[0] = '\0';
  begin(pool, transfer, kind, server->port, url);
  while (kind->ending != FREED_AT_ONCE && is_pending(server, transfer, kind->ending))
    assert_true(loop_step(server->loop, true) || transfer->op.state != LOOP_STARTED);
  while (loop_next_completed(server->loop))
    ;
  if (kind->ending == COMPLETES && transfer->failure != kind->failure)
    fail_msg("%s: failure %d: %s", kind->name, (int)transfer->failure, transfer->detail);
  strcpy(sent, server->last);
  assert_true(pread(fileno(sink), file, sizeof file - 1, 0) >= 0);
  snprintf(outcome, 512, "%d %ld %s|%s|%s|%s", (int)transfer->failure, transfer->status,
           transfer->detail, transfer->head.data ? transfer->head.data : "",
           transfer->body.data ? transfer->body.data : "", file);
  http_transfer_free(transfer);
  memset(transfer, 'X', sizeof *transfer);
  free(transfer);
  memset(url, 'X', 100);
  free(url);
}

static struct http_pool *new_pool(const struct server *server) {
  struct http_pool *pool = http_pool_new(server->loop);
  assert_non_null(pool);
  http_pool_limit(pool, 1);
  return pool;
}

/* [probe] = what a pool without earlier requests sends, and how it ends */
static char sent_by_new[PROBES][4096], outcome_of_new[PROBES][512];

static void fill(struct server *server) {
  for (size_t probe = 0; probe < PROBES; probe++) {
    struct http_pool *pool = new_pool(server);
    run(server, pool, &kinds[probe], sent_by_new[probe], outcome_of_new[probe]);
    http_pool_free(pool);
  }
}

/* Compares a request with the same one of a new pool. */
static void is_as_new(struct server *server, struct http_pool *pool, size_t probe,
                      const char *earlier) {
  char sent[4096], outcome[512];
  run(server, pool, &kinds[probe], sent, outcome);
  if (strcmp(sent, sent_by_new[probe]) != 0)
    fail_msg("'%s' after '%s' sent\n%s", kinds[probe].name, earlier, sent);
  if (strcmp(outcome, outcome_of_new[probe]) != 0)
    fail_msg("'%s' after '%s' ended with\n%s", kinds[probe].name, earlier, outcome);
}

static int open_files(void **state) {
  (void)state;
  source = tmpfile();
  sink = tmpfile();
  bad_sink = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return source && sink && bad_sink >= 0 && fputs("of the file", source) >= 0 && fflush(source) == 0
             ? 0
             : -1;
}

static int close_files(void **state) {
  (void)state;
  return fclose(source) + fclose(sink) + close(bad_sink);
}

static void a_request_is_sent_as_by_a_new_handle(void **state) {
  (void)state;
  struct server server;
  char sent[4096], outcome[512];
  open_server(&server);
  fill(&server);
  for (size_t earlier = 0; earlier < KINDS; earlier++) {
    for (size_t probe = 0; probe < PROBES; probe++) {
      struct http_pool *pool = new_pool(&server);
      run(&server, pool, &kinds[earlier], sent, outcome);
      is_as_new(&server, pool, probe, kinds[earlier].name);
      http_pool_free(pool);
    }
  }
  close_server(&server);
}

static void a_handle_is_reused_again_and_again(void **state) {
  (void)state;
  struct server server;
  char sent[4096], outcome[512];
  open_server(&server);
  fill(&server);
  struct http_pool *pool = new_pool(&server);
  for (size_t i = 0; i < 300; i++) {
    const struct kind *kind = &kinds[i * 7 % KINDS];
    run(&server, pool, kind, sent, outcome);
    is_as_new(&server, pool, i * 5 % PROBES, kind->name);
  }
  http_pool_free(pool);
  close_server(&server);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_request_is_sent_as_by_a_new_handle),
      cmocka_unit_test(a_handle_is_reused_again_and_again),
  };
  return cmocka_run_group_tests(tests, open_files, close_files);
}
