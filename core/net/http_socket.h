#ifndef LANYARD_NET_HTTP_SOCKET_H
#define LANYARD_NET_HTTP_SOCKET_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* The sockets that libcurl keeps open. libcurl does not report which one a transfer is about to
 * use, and over TLS takes an idle connection with unread bytes for a live one: the bytes would be
 * the reply to the next request. */

struct http_sockets;

struct http_sockets *http_sockets_new(void);

/* http_sockets_free accepts NULL. The sockets must be closed. */
void http_sockets_free(struct http_sockets *sockets);

/* http_sockets_open creates a socket for libcurl. It is close-on-exec, so that no child process
 * holds a connection open. It returns CURL_SOCKET_BAD and sets errno on failure. It also fails if no
 * further descriptor is free: OpenSSL then reads no CA certificates, and takes the peer for one that
 * it cannot verify. */
curl_socket_t http_sockets_open(struct http_sockets *sockets, const struct curl_sockaddr *address);

/* http_sockets_close is libcurl's CURLOPT_CLOSESOCKETFUNCTION; its context is the http_sockets. */
int http_sockets_close(void *context, curl_socket_t fd);

/* http_sockets_find returns the socket whose addresses a transfer reports, or CURL_SOCKET_BAD. */
curl_socket_t http_sockets_find(struct http_sockets *sockets, CURL *easy);

/* http_sockets_note_reply records that a reply of HTTP/1 has been read from a socket, and that the peer had
 * acknowledged so many bytes when all requests until then had been sent; 0: not known. It accepts CURL_SOCKET_BAD, as
 * http_sockets_has_replied does. */
void http_sockets_note_reply(struct http_sockets *sockets, curl_socket_t fd, uint64_t acked);
bool http_sockets_has_replied(const struct http_sockets *sockets, curl_socket_t fd);

/* http_sockets_acked returns how many bytes the peer has acknowledged before the next request, or 0 if it is not
 * known. It asks the system if http_sockets_note_reply does not know. */
uint64_t http_sockets_acked(const struct http_sockets *sockets, curl_socket_t fd);

/* http_socket_is_silent reports whether the peer has neither sent unread bytes nor closed. */
bool http_socket_is_silent(curl_socket_t fd);

/* http_socket_acked returns how many bytes the peer has acknowledged, or 0 if it is not known. It sets `all` to whether
 * these are all bytes that were sent. */
uint64_t http_socket_acked(curl_socket_t fd, bool *all);

#endif
