#include "net/http_failure.h"

#include "base/descriptors.h"
#include "base/platform.h"
#include "net/http_file.h"

#include <stdlib.h>
#include <string.h>

/* libcurl and the C library open a pair of sockets, a file and a socket to resolve a host name. */
#define LOOKUP_DESCRIPTORS 4

/* Returns the host of a URL without user and password, and the length of the host with its port. */
static const char *host_of(const char *url, size_t *length) {
  const char *host = strstr(url, "://");
  host = host ? host + 3 : "";
  *length = strcspn(host, "/?#");
  const char *user_end = memrchr(host, '@', *length);
  if (user_end) {
    *length -= (size_t)(user_end + 1 - host);
    host = user_end + 1;
  }
  return host;
}

static const char *url_of(const struct http_transfer *transfer) {
  char *url = NULL;
  curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
  return url ? url : "";
}

/* Reports whether the connection that failed was to a proxy: libcurl 7 does not report that it uses
 * one. The port differs from the URL's, or the error names another host. */
static bool connects_to_proxy(const struct http_transfer *transfer) {
  const char *url = url_of(transfer);
  size_t length;
  const char *host = host_of(url, &length);
  const char *colon = memrchr(host, ':', length);
  bool has_port = colon && !memchr(colon, ']', length - (size_t)(colon - host));
  long port = has_port                             ? strtol(colon + 1, NULL, 10)
              : strncasecmp(url, "https:", 6) == 0 ? 443
                                                   : 80;
  if (transfer->peer_port && transfer->peer_port != port)
    return true;
  static const char named[] = "Failed to connect to ";
  const char *peer = transfer->detail + sizeof named - 1;
  if (strncmp(transfer->detail, named, sizeof named - 1) != 0 || *host == '[')
    return false;
  size_t host_length = has_port ? (size_t)(colon - host) : length;
  return strcspn(peer, " ") != host_length || strncasecmp(peer, host, host_length) != 0;
}

/* Reports whether the proxy refused to connect, or could not be reached. */
static bool proxy_failed(struct http_transfer *transfer, CURLcode code) {
  curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &transfer->proxy_status);
  if (code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_PROXY)
    return true;
  if (transfer->proxy_status > 0)
    return transfer->proxy_status >= 300;
  return !transfer->begun && connects_to_proxy(transfer);
}

/* Reports whether OpenSSL rejected the certificate of an https proxy. */
static bool proxy_is_unverified(const struct http_transfer *transfer) {
  long result = 0;
  return curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_SSL_VERIFYRESULT, &result) == CURLE_OK &&
         result != 0;
}

/* A proxy that asks for a password, or forbids the host, does so again. */
static enum http_failure proxy_failure(const struct http_transfer *transfer) {
  long status = transfer->proxy_status;
  bool rejected = status >= 400 && status < 500 && status != 408 && status != 429;
  return rejected ? HTTP_PROXY_REFUSED : HTTP_PROXY;
}

/* Reports whether the connection ended within the handshake. Otherwise libcurl quotes OpenSSL. */
static bool handshake_ended(const struct http_transfer *transfer) {
  return !strstr(transfer->detail, "error:") || strstr(transfer->detail, "unexpected eof");
}

/* Reports whether a transfer failed because no descriptor was free, and explains it. libcurl reports
 * that as a refused connection or an unknown host. */
static bool lacks_descriptors(struct http_transfer *transfer, CURLcode code) {
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY)
    transfer->shortage = descriptors_shortage(descriptors_probe(LOOKUP_DESCRIPTORS));
  if (transfer->begun || transfer->shortage == 0)
    return false;
  snprintf(transfer->detail, sizeof transfer->detail, "%s", error_text(transfer->shortage));
  return true;
}

static enum http_failure failure_of(struct http_transfer *transfer, CURLcode code) {
  if (code == CURLE_OK)
    return HTTP_OK;
  if (transfer->file_error) {
    snprintf(transfer->detail, sizeof transfer->detail, "%s", http_file_error(transfer));
    return HTTP_FILE;
  }
  if (lacks_descriptors(transfer, code))
    return HTTP_TOO_MANY_OPEN_FILES;
  switch (code) {
  case CURLE_OUT_OF_MEMORY:
    return HTTP_CONNECTION;
  case CURLE_URL_MALFORMAT:
    return HTTP_INVALID_URL;
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
    transfer->without_authorities = code == CURLE_SSL_CACERT_BADFILE;
    transfer->proxy_certificate = !transfer->without_authorities &&
                                  (proxy_failed(transfer, code) || proxy_is_unverified(transfer));
    return HTTP_CERTIFICATE;
  default:
    break;
  }
  if (proxy_failed(transfer, code))
    return proxy_failure(transfer);
  switch (code) {
  case CURLE_UNSUPPORTED_PROTOCOL: /* of the URL or of the reply */
    return transfer->begun ? HTTP_CONNECTION : HTTP_INVALID_URL;
  case CURLE_COULDNT_RESOLVE_HOST:
    return HTTP_NAME_RESOLUTION;
  case CURLE_COULDNT_CONNECT:
    return HTTP_CONNECTION_REFUSED;
  case CURLE_OPERATION_TIMEDOUT:
    return HTTP_TIMEOUT;
  case CURLE_PARTIAL_FILE:
    return HTTP_BODY_CUT;
  case CURLE_SSL_CONNECT_ERROR:
    return handshake_ended(transfer) ? HTTP_CONNECTION : HTTP_TLS;
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CLIENTCERT:
    return HTTP_TLS;
  case CURLE_WRITE_ERROR:
    return transfer->too_large ? HTTP_TOO_LARGE : HTTP_CONNECTION;
  default:
    return transfer->head.length > 0 ? HTTP_BODY_CUT : HTTP_CONNECTION;
  }
}

/* Returns what explains an error that libcurl's words do not. */
static const char *explanation(const struct http_transfer *transfer, CURLcode code) {
  if (transfer->failure == HTTP_FILE)
    return transfer->has_sink ? "cannot write the file of the reply: "
                              : "cannot read the file of the request: ";
  if (transfer->failure == HTTP_PROXY && !strstr(transfer->detail, "roxy"))
    return "cannot use the proxy: ";
  if (transfer->failure == HTTP_CERTIFICATE && transfer->proxy_certificate)
    return "the certificate of the proxy: ";
  if (transfer->failure == HTTP_CONNECTION && code == CURLE_SSL_CONNECT_ERROR)
    return "the connection ended during the TLS handshake: ";
  return "";
}

/* Sets `detail` to the host and the error. The part of a URL before an @ is a user and a password,
 * and is left out. */
static void name_failure(struct http_transfer *transfer, CURLcode code) {
  char what[sizeof transfer->detail];
  bool usable = transfer->detail[0] && !strchr(transfer->detail, '@');
  snprintf(what, sizeof what, "%s", usable ? transfer->detail : curl_easy_strerror(code));
  what[strcspn(what, "\r\n")] = '\0';
  const char *explained = explanation(transfer, code);
  size_t length;
  const char *host = host_of(url_of(transfer), &length);
  size_t room = sizeof transfer->detail;
  snprintf(transfer->detail, room, "%.*s: %s%.*s", length < 100 ? (int)length : 100, host,
           explained, (int)(room - 160), what);
}

void http_failure_set(struct http_transfer *transfer, CURLcode code) {
  transfer->failure = failure_of(transfer, code);
  if (code != CURLE_OK)
    name_failure(transfer, code);
}
