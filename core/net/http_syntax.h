#ifndef LANYARD_NET_HTTP_SYNTAX_H
#define LANYARD_NET_HTTP_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

/* The characters of HTTP messages (RFC 9110), so that no text from outside can begin another header,
 * another message or a body. */

/* http_is_token reports whether a text is a method or the name of a header (RFC 9110, 5.6.2). */
bool http_is_token(const char *text, size_t length);

/* http_is_header_value reports whether a text has no control character but the tab (RFC 9110,
 * 5.5). */
bool http_is_header_value(const char *text, size_t length);

/* http_is_url reports whether a URL has neither blanks nor control characters. */
bool http_is_url(const char *url);

#endif
