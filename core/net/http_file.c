#include "net/http_file.h"

#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The buffers of libcurl for a file. The defaults are for small bodies. */
#define BUFFER (512L * 1024)

/* The file became shorter than it was when its length was announced. */
#define SHRUNK ENODATA

bool http_file_start(struct http_transfer *transfer, const struct http_request *request) {
  if (request->source) {
    transfer->source = *request->source;
    transfer->source.fd = fcntl(request->source->fd, F_DUPFD_CLOEXEC, 0);
    transfer->has_source = transfer->source.fd >= 0;
  }
  if (request->sink) {
    transfer->sink = fcntl(*request->sink, F_DUPFD_CLOEXEC, 0);
    transfer->has_sink = transfer->sink >= 0;
  }
  return transfer->has_source == (request->source != NULL) &&
         transfer->has_sink == (request->sink != NULL);
}

void http_file_end(struct http_transfer *transfer) {
  if (transfer->has_source)
    close(transfer->source.fd);
  if (transfer->has_sink)
    close(transfer->sink);
  transfer->has_source = transfer->has_sink = false;
}

static uint64_t total(const struct http_source *source) {
  return source->before_length + source->length + source->after_length;
}

/* Copies what a text that begins at `start` has at the position. */
static size_t copy_text(const char *text, size_t length, uint64_t start, uint64_t position,
                        char *to, size_t room) {
  size_t done = (size_t)(position - start);
  size_t size = length - done < room ? length - done : room;
  memcpy(to, text + done, size);
  return size;
}

/* Reads what the file has at the position. Returns 0 and sets file_error on failure. */
static size_t read_file(struct http_transfer *transfer, char *to, size_t room) {
  const struct http_source *source = &transfer->source;
  uint64_t done = transfer->source_position - source->before_length;
  uint64_t left = source->length - done;
  ssize_t got;
  do
    got = pread(source->fd, to, left < room ? (size_t)left : room, (off_t)done);
  while (got < 0 && errno == EINTR);
  if (got <= 0)
    transfer->file_error = got < 0 ? errno : SHRUNK;
  return got > 0 ? (size_t)got : 0;
}

static size_t on_read(char *to, size_t size, size_t count, void *context) {
  struct http_transfer *transfer = context;
  const struct http_source *source = &transfer->source;
  uint64_t position = transfer->source_position,
           end_of_file = source->before_length + source->length;
  size_t room = size * count, got;
  if (position < source->before_length)
    got = copy_text(source->before, source->before_length, 0, position, to, room);
  else if (position < end_of_file)
    got = read_file(transfer, to, room);
  else
    got = source->after_length > 0
              ? copy_text(source->after, source->after_length, end_of_file, position, to, room)
              : 0;
  transfer->source_position += got;
  return transfer->file_error ? CURL_READFUNC_ABORT : got;
}

static int on_seek(void *context, curl_off_t offset, int origin) {
  struct http_transfer *transfer = context;
  if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > total(&transfer->source))
    return CURL_SEEKFUNC_FAIL;
  transfer->source_position = (uint64_t)offset;
  return CURL_SEEKFUNC_OK;
}

CURLcode http_file_set_options(struct http_transfer *transfer) {
  CURL *easy = transfer->easy;
  CURLcode code = CURLE_OK;
#define SET(option, value) code = code ? code : curl_easy_setopt(easy, option, value)
  if (transfer->has_source) {
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)total(&transfer->source));
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, (void *)transfer);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, (void *)transfer);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, BUFFER);
  }
  if (transfer->has_sink)
    SET(CURLOPT_BUFFERSIZE, BUFFER);
#undef SET
  return code;
}

bool http_file_takes_reply(const struct http_transfer *transfer) {
  long status = 0;
  if (!transfer->has_sink)
    return false;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
  return status >= 200 && status < 300;
}

bool http_file_write(struct http_transfer *transfer, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t put = write(transfer->sink, bytes, length);
    if (put < 0 && errno != EINTR) {
      transfer->file_error = errno;
      return false;
    }
    if (put > 0) {
      bytes += put;
      length -= (size_t)put;
    }
  }
  return true;
}

const char *http_file_error(const struct http_transfer *transfer) {
  return transfer->file_error == SHRUNK ? "the file has become shorter"
                                        : error_text(transfer->file_error);
}
