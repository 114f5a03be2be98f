#ifndef LANYARD_NET_HTTP_FILE_H
#define LANYARD_NET_HTTP_FILE_H

#include "net/http.h"

/* Bodies of transfers in files, for http.c and http_failure.c only. They are read and written in
 * parts, so that their size does not matter. */

/* http_file_start duplicates the descriptors of a request. It returns false if none is free. */
bool http_file_start(struct http_transfer *transfer, const struct http_request *request);

/* http_file_end closes the descriptors. */
void http_file_end(struct http_transfer *transfer);

/* http_file_set_options sets the options of libcurl for the source and the sink. */
CURLcode http_file_set_options(struct http_transfer *transfer);

/* http_file_takes_reply reports whether the body of the reply goes to the sink. */
bool http_file_takes_reply(const struct http_transfer *transfer);

/* http_file_write appends bytes to the sink. It returns false and sets file_error on failure. */
bool http_file_write(struct http_transfer *transfer, const char *bytes, size_t length);

/* http_file_error describes the file_error of a transfer. */
const char *http_file_error(const struct http_transfer *transfer);

#endif
