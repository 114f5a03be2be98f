/* Canonical requests of SigV4: the order of query parameters and of headers with different names does not matter, the
 * canonical query is its own canonical form, and the text has one line per part and a bounded length.
 *
 * Input: the path, the query, and a header "name:value" in each further line. */

#include "aws/sigv4.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 16 };

static const char hash[] = "UNSIGNED-PAYLOAD";

struct input {
  const char *path, *query;
  size_t path_length, query_length, count;
  struct sigv4_header headers[HEADERS_MAX];
};

/* Returns the length of the line at *text, and advances *text to the next line. */
static size_t take_line(const char **text, const char *end) {
  const char *start = *text, *newline = memchr(start, '\n', (size_t)(end - start));
  *text = newline ? newline + 1 : end;
  return (size_t)((newline ? newline : end) - start);
}

static struct input split(const char *text, size_t size) {
  struct input input = {0};
  const char *end = text + size;
  input.path = text;
  input.path_length = take_line(&text, end);
  input.query = text;
  input.query_length = take_line(&text, end);
  while (text < end && input.count < HEADERS_MAX) {
    const char *line = text;
    size_t length = take_line(&text, end);
    const char *colon = length ? memchr(line, ':', length) : NULL;
    if (!colon || colon == line)
      continue;
    input.headers[input.count++] = (struct sigv4_header){
        line, (size_t)(colon - line), colon + 1, length - (size_t)(colon - line) - 1, false};
  }
  return input;
}

static struct buf canonical_of(const struct input *input, const char *query, size_t query_length,
                               bool normalize) {
  struct sigv4_header headers[HEADERS_MAX];
  memcpy(headers, input->headers, sizeof headers);
  struct sigv4_request request = {
      .method = "GET",
      .path = input->path,
      .path_length = input->path_length,
      .query = query,
      .query_length = query_length,
      .headers = headers,
      .header_count = input->count,
      .payload_hash = hash,
      .normalize = normalize,
  };
  struct buf text = {0};
  sigv4_canonical_request(&request, &text);
  if (text.failed)
    abort();
  return text;
}

static bool same(const struct buf *a, const struct buf *b) {
  return a->length == b->length && (a->length == 0 || memcmp(a->data, b->data, a->length) == 0);
}

static void reverse_query(const char *query, size_t length, struct buf *out) {
  size_t end = length;
  while (true) {
    size_t start = end;
    while (start > 0 && query[start - 1] != '&')
      start--;
    buf_add(out, query + start, end - start);
    if (start == 0)
      return;
    buf_add(out, "&", 1);
    end = start - 1;
  }
}

static bool has_equal_names(const struct input *input) {
  for (size_t i = 0; i < input->count; i++)
    for (size_t j = 0; j < i; j++)
      if (input->headers[i].name_length == input->headers[j].name_length &&
          strncasecmp(input->headers[i].name, input->headers[j].name,
                      input->headers[i].name_length) == 0)
        return true;
  return false;
}

static void check_order(const struct input *input, const struct buf *expected) {
  struct input reversed = *input;
  for (size_t i = 0; i < input->count; i++)
    reversed.headers[i] = input->headers[input->count - 1 - i];
  struct buf query = {0};
  reverse_query(input->query, input->query_length, &query);
  struct buf text =
      canonical_of(has_equal_names(input) ? input : &reversed, query.data, query.length, false);
  if (!same(expected, &text))
    abort();
  buf_free(&text);
  buf_free(&query);
}

/* Signs again with the canonical query in place of the query. */
static void check_query(const struct input *input, const struct buf *expected) {
  const char *line = expected->data, *end = expected->data + expected->length;
  take_line(&line, end);
  take_line(&line, end);
  const char *query = line;
  size_t length = take_line(&line, end);
  struct buf again = canonical_of(input, query, length, false);
  if (!same(expected, &again))
    abort();
  buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *bytes = (const char *)data;
  if (memchr(bytes, '\0', size))
    return 0;
  struct input input = split(bytes, size);
  if (input.count == 0) /* Host is always signed */
    return 0;
  struct buf text = canonical_of(&input, input.query, input.query_length, false);
  size_t lines = 0;
  for (size_t i = 0; i < text.length; i++)
    lines += text.data[i] == '\n';
  if (lines > 5 + input.count || text.length > 4 * size + 64)
    abort();
  check_order(&input, &text);
  check_query(&input, &text);
  struct buf normal = canonical_of(&input, input.query, input.query_length, true);
  if (normal.length > text.length + 1)
    abort();
  buf_free(&normal);
  buf_free(&text);
  return 0;
}
