#include "net/http.h"

#include "base/descriptors.h"
#include "net/http_failure.h"
#include "net/http_file.h"
#include "net/http_pool.h"
#include "net/http_socket.h"
#include "net/http_syntax.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* The headers of a reply, in bytes. */
#define MAX_HEAD ((size_t)256 * 1024)

/* The headers of most requests, in bytes. */
#define HEADERS_ROOM 960

/* Returns whether the request was sent as a whole. A peer can reply before that. */
static bool is_sent(const struct http_transfer *transfer) {
  curl_off_t sent = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return !transfer->has_source && (uint64_t)sent == transfer->body_length;
}

/* Reports whether a reply of HTTP/1 arrived on a reused connection although the peer has acknowledged nothing
 * of the request: it is not the reply to this request. */
static bool is_premature(struct http_transfer *transfer) {
  bool all;
  uint64_t acked = http_socket_acked(transfer->socket, &all);
  transfer->settled = all && is_sent(transfer) ? acked : 0;
  return transfer->acked > 0 && acked == transfer->acked;
}

static size_t on_header(char *line, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  size_t length = size * count;
  /* Trailers have no size limit and are not used. */
  if (transfer->headed)
    return length;
  /* Each reply begins with a status line. The headers of an interim reply (100, 103) are
   * dropped. */
  if (length > 5 && memcmp(line, "HTTP/", 5) == 0) {
    if (line[5] == '1' && is_premature(transfer)) {
      transfer->premature = true;
      return 0;
    }
    transfer->acked = 0;
    const char *code = memchr(line, ' ', length);
    transfer->interim = code && code[1] == '1';
    buf_reset(&transfer->head);
  } else if (line[0] == '\r' || line[0] == '\n') {
    transfer->headed = !transfer->interim;
  } else if (length > MAX_HEAD - transfer->head.length) {
    transfer->too_large = true;
    return 0;
  } else {
    buf_add(&transfer->head, line, length);
  }
  return transfer->head.failed ? 0 : length;
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  size_t length = size * count;
  if (http_file_takes_reply(transfer))
    return http_file_write(transfer, bytes, length) ? length : 0;
  if (length > transfer->max_size - transfer->body.length) {
    transfer->too_large = true;
    return 0;
  }
  buf_add(&transfer->body, bytes, length);
  return transfer->body.failed ? 0 : length;
}

/* Called before a request is sent. libcurl repeats a request if a reused connection ends without a
 * reply, but the peer may have executed the first one. The caller decides about retries. An idle
 * HTTP/1 connection that has bytes to read is not reused: they do not answer this request. */
static int before_request(void *context, char *peer, char *own, int peer_port, int own_port) {
  (void)peer, (void)own, (void)peer_port, (void)own_port;
  struct http_transfer *transfer = context;
  if (transfer->begun)
    return CURL_PREREQFUNC_ABORT;
  transfer->socket = http_sockets_find(transfer->pool->sockets, transfer->easy);
  if (http_sockets_has_replied(transfer->pool->sockets, transfer->socket)) {
    if (!http_socket_is_silent(transfer->socket)) {
      transfer->unusable = true;
      return CURL_PREREQFUNC_ABORT;
    }
    transfer->acked = http_sockets_acked(transfer->pool->sockets, transfer->socket);
  }
  transfer->begun = true;
  return CURL_PREREQFUNC_OK;
}

/* Returns the buffer of the header lines, with room for the headers of most requests: it would grow in
 * steps, and wipe what it leaves at each. */
static struct buf *header_text(struct http_transfer *transfer) {
  struct buf *text = &transfer->header_text;
  if (!text->data)
    buf_reserve(text, HEADERS_ROOM);
  return text;
}

bool http_transfer_header(struct http_transfer *transfer, const char *name, const char *value) {
  struct buf *text = header_text(transfer);
  buf_adds(text, name);
  /* libcurl spells an empty header with a semicolon. */
  buf_adds(text, *value ? ": " : ";");
  buf_add(text, value, strlen(value) + 1);
  transfer->header_count++;
  return !text->failed;
}

bool http_transfer_no_header(struct http_transfer *transfer, const char *name) {
  struct buf *text = header_text(transfer);
  buf_adds(text, name);
  buf_add(text, ":", 2);
  transfer->header_count++;
  return !text->failed;
}

/* libcurl takes header lines as a linked list. All nodes are in one array: they are many and
 * short-lived. */
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

/* At least 1: to libcurl, 0 is its default or no limit. */
static long milliseconds(double seconds) {
  return seconds < 0.001 ? 1 : seconds > 1e6 ? 1000000000 : (long)(seconds * 1000);
}

static long whole_seconds(double seconds) {
  return seconds < 1 ? 1 : seconds > 1e6 ? 1000000 : (long)seconds;
}

/* The AWS SDKs also read HTTP_PROXY in capitals. libcurl does not, because CGI servers set it from
 * a request's Proxy header; they also set REQUEST_METHOD. Returns NULL to leave the choice to
 * libcurl. */
static const char *proxy_in_capitals(const char *url) {
  const char *lower = getenv("http_proxy");
  if ((lower && *lower) || getenv("REQUEST_METHOD") || strncasecmp(url, "http:", 5) != 0)
    return NULL;
  const char *proxy = getenv("HTTP_PROXY");
  return proxy && *proxy ? proxy : NULL;
}

/* Records the port of the peer, which is the proxy if there is one, and a shortage of descriptors. */
static curl_socket_t open_socket(void *context, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
  (void)purpose;
  struct http_transfer *transfer = context;
  in_port_t port = address->family == AF_INET6
                       ? ((const struct sockaddr_in6 *)(const void *)&address->addr)->sin6_port
                       : ((const struct sockaddr_in *)(const void *)&address->addr)->sin_port;
  transfer->peer_port = ntohs(port);
  curl_socket_t fd = http_sockets_open(transfer->pool->sockets, address);
  if (fd == CURL_SOCKET_BAD)
    transfer->shortage = descriptors_shortage(errno);
  return fd;
}

/* Chooses the CA certificates. A bundle replaces the system's. The system's folder is preferred,
 * because only the needed certificates are read from it; reading its file takes 25 ms, which
 * libcurl does once, and only if no folder is given. */
static CURLcode set_certificates(struct http_transfer *transfer, const char *bundle) {
  const struct http_pool *pool = transfer->pool;
  transfer->by_folder = !bundle && pool->folder_works;
  const char *file = bundle ? bundle : transfer->by_folder ? NULL : pool->ca_file;
  CURLcode code = curl_easy_setopt(transfer->easy, CURLOPT_CAPATH, file ? NULL : pool->ca_folder);
  return code ? code : curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, file);
}

/* Sets what all requests have in common. CURLOPT_PIPEWAIT is not set: without HTTP/2, all requests would
 * wait for the handshake of the first. */
static CURLcode set_common_options(CURL *easy, const struct http_pool *pool) {
  CURLcode code = CURLE_OK;
#define SET(option, value) code = code ? code : curl_easy_setopt(easy, option, value)
  SET(CURLOPT_SHARE, pool->share);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_CLOSESOCKETFUNCTION, http_sockets_close);
  SET(CURLOPT_CLOSESOCKETDATA, (void *)pool->sockets);
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L); /* the proxy's, which come first */
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  SET(CURLOPT_UPLOAD_BUFFERSIZE, 16L * 1024); /* each request over TLS allocates it */
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
  SET(CURLOPT_PATH_AS_IS, 1L); /* the signature covers the path as it is */
  SET(CURLOPT_PREREQFUNCTION, before_request);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_WRITEFUNCTION, on_body);
#undef SET
  return code;
}

/* Sets what differs between requests. The handle may have the options of an earlier request, all of which this
 * replaces; a handle with the options of files is not used again. */
static CURLcode set_options(struct http_transfer *transfer, const struct http_request *request) {
  CURL *easy = transfer->easy;
  bool has_stall = request->stall_timeout > 0;
  CURLcode code = CURLE_OK;
#define SET(option, value) code = code ? code : curl_easy_setopt(easy, option, value)
  SET(CURLOPT_PRIVATE, (void *)transfer);
  SET(CURLOPT_ERRORBUFFER, transfer->detail);
  SET(CURLOPT_OPENSOCKETDATA, (void *)transfer);
  SET(CURLOPT_PREREQDATA, (void *)transfer);
  SET(CURLOPT_HEADERDATA, (void *)transfer);
  SET(CURLOPT_WRITEDATA, (void *)transfer);
  code = code ? code : set_certificates(transfer, request->ca_bundle);
  SET(CURLOPT_PROXY, request->direct ? "" : proxy_in_capitals(request->url));
  SET(CURLOPT_ACCEPT_ENCODING, request->as_stored ? NULL : "");
  SET(CURLOPT_CONNECTTIMEOUT_MS, milliseconds(request->connect_timeout));
  SET(CURLOPT_TIMEOUT_MS, milliseconds(request->timeout));
  SET(CURLOPT_LOW_SPEED_LIMIT, has_stall ? 1L : 0L);
  SET(CURLOPT_LOW_SPEED_TIME, has_stall ? whole_seconds(request->stall_timeout) : 0L);
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_HTTPHEADER, transfer->header_lines);
  SET(CURLOPT_HTTPGET, 1L); /* no body, and no upload */
  code = code ? code : http_file_set_options(transfer);
  if (request->body) {
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_length);
    SET(CURLOPT_POSTFIELDS, request->body);
  }
  bool is_head = strcmp(request->method, "HEAD") == 0;
  if (is_head)
    SET(CURLOPT_NOBODY, 1L);
  SET(CURLOPT_CUSTOMREQUEST, is_head ? NULL : request->method);
#undef SET
  return code;
}

static bool restart(struct http_transfer *transfer) {
  struct http_pool *pool = transfer->pool;
  curl_multi_remove_handle(pool->multi, transfer->easy);
  transfer->detail[0] = '\0';
  transfer->shortage = 0;
  return curl_multi_add_handle(pool->multi, transfer->easy) == CURLM_OK;
}

/* Restarts a transfer that failed because the system's CA folder does not verify the peer: the file
 * may. Returns false if there is nothing to try. */
static bool retry_with_file(struct http_transfer *transfer, CURLcode code) {
  if (code != CURLE_PEER_FAILED_VERIFICATION || !transfer->by_folder)
    return false;
  transfer->pool->folder_works = false;
  return set_certificates(transfer, NULL) == CURLE_OK && restart(transfer);
}

/* Restarts a transfer for which libcurl chose a connection that cannot be used. libcurl has closed
 * the connection, so that this ends with a new one. */
static bool retry_elsewhere(struct http_transfer *transfer) {
  if (!transfer->unusable)
    return false;
  transfer->unusable = false;
  return restart(transfer);
}

/* Marks the connection of a complete reply of HTTP/1: it is silent until the next request. */
static void note_reply(const struct http_transfer *transfer) {
  long version = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_VERSION, &version);
  if (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1)
    http_sockets_note_reply(transfer->pool->sockets, transfer->socket, transfer->settled);
}

/* Called by the pool when libcurl has finished a transfer. Sets the outcome, releases the handle and
 * completes the operation, unless the transfer restarts. */
static void end_transfer(struct http_transfer *transfer, CURLcode code) {
  if (retry_with_file(transfer, code) || retry_elsewhere(transfer))
    return;
  if (code == CURLE_ABORTED_BY_CALLBACK && !transfer->file_error)
    snprintf(transfer->detail, sizeof transfer->detail,
             "the connection closed before a reply arrived");
  else if (transfer->premature)
    snprintf(transfer->detail, sizeof transfer->detail,
             "a reply arrived before the peer had received the request");
  long request_size = 0;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
  curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME, &transfer->elapsed);
  curl_easy_getinfo(transfer->easy, CURLINFO_REQUEST_SIZE, &request_size);
  http_failure_set(transfer, code);
  /* The size includes the request to a proxy to connect. */
  transfer->sent = transfer->begun && request_size > 0;
  if (code == CURLE_OK)
    note_reply(transfer);
  http_pool_release(transfer, code == CURLE_OK && !transfer->has_source && !transfer->has_sink);
  loop_complete(&transfer->op);
}

bool http_transfer_start(struct http_pool *pool, struct http_transfer *transfer,
                         const struct http_request *request) {
  loop_op_start(&transfer->op, pool->loop);
  transfer->pool = pool;
  http_pool_enter(transfer);
  transfer->on_end = end_transfer;
  transfer->socket = CURL_SOCKET_BAD;
  transfer->max_size = request->max_size;
  transfer->body_length = request->body ? request->body_length : 0;
  transfer->body.secret = request->sealed;
  if (!http_is_url(request->url)) {
    transfer->failure = HTTP_INVALID_URL;
    snprintf(transfer->detail, sizeof transfer->detail,
             "the URL contains a blank or a control character");
    loop_complete(&transfer->op);
    return true;
  }
  if (transfer->header_text.failed || !link_headers(transfer) ||
      !http_file_start(transfer, request))
    return false;
  transfer->easy = http_pool_handle(pool);
  if (!transfer->easy ||
      (!http_pool_is_prepared(transfer->easy) &&
       set_common_options(transfer->easy, pool) != CURLE_OK) ||
      set_options(transfer, request) != CURLE_OK || !http_pool_queue(transfer, request->url)) {
    curl_easy_cleanup(transfer->easy);
    transfer->easy = NULL;
    return false;
  }
  return true;
}

void http_transfer_free(struct http_transfer *transfer) {
  if (transfer->pool)
    http_pool_forget(transfer);
  loop_op_end(&transfer->op);
  free(transfer->header_lines);
  transfer->header_lines = NULL;
  buf_free(&transfer->header_text);
  transfer->header_count = 0;
  buf_free(&transfer->head);
  buf_free(&transfer->body);
  http_file_end(transfer);
}
