#include "aws/sigv4.h"

#include "base/bytes.h"
#include "base/civil.h"

#include <stdlib.h>
#include <string.h>

bool sigv4_date(double seconds, char date[SIGV4_DATE]) {
  if (!(seconds >= 0 && seconds < 253402300800.0)) /* the year 10000 */
    return false;
  civil_format((long long)seconds, "YMDThmsZ", date);
  return true;
}

static bool is_unreserved(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

static void encode_byte(unsigned char c, struct buf *out) {
  static const char digits[] = "0123456789ABCDEF";
  if (is_unreserved(c)) {
    buf_addc(out, (char)c);
  } else {
    const char encoded[] = {'%', digits[c >> 4], digits[c & 15]};
    buf_add(out, encoded, sizeof encoded);
  }
}

void sigv4_uri_encode(const char *text, size_t length, struct buf *out) {
  for (size_t i = 0; i < length; i++)
    encode_byte((unsigned char)text[i], out);
}

/* --- The path --- */

/* Removes empty, "." and ".." segments (RFC 3986, section 5.2.4). The result begins with a slash.
 * It ends with one if the path does, or if the last segment is a dot segment. */
static void normalize_path(const char *path, size_t length, struct buf *out) {
  bool open = true; /* the last segment is empty or a dot segment */
  size_t i = 0;
  while (i < length) {
    size_t start = i;
    while (i < length && path[i] != '/')
      i++;
    size_t size = i - start;
    open = size == 0 || (size == 1 && path[start] == '.') ||
           (size == 2 && path[start] == '.' && path[start + 1] == '.');
    if (size == 2 && open) {
      while (out->length > 0 && out->data[out->length - 1] != '/')
        out->length--;
      if (out->length > 0)
        out->length--;
    } else if (!open) {
      buf_addc(out, '/');
      buf_add(out, path + start, size);
    }
    if (i < length) {
      i++;
      open = open || i == length;
    }
  }
  if (open || out->length == 0)
    buf_addc(out, '/');
}

/* Reports whether a path has no empty segment and none that begins with a dot. */
static bool is_normal(const char *path, size_t length) {
  for (size_t i = 0; i + 1 < length; i++) {
    if (path[i] == '/' && (path[i + 1] == '/' || path[i + 1] == '.'))
      return false;
  }
  return path[0] == '/';
}

static void add_path(const struct sigv4_request *request, struct buf *out) {
  struct buf normal = {0};
  const char *path = request->path_length > 0 ? request->path : "/";
  size_t length = request->path_length > 0 ? request->path_length : 1;
  if (request->normalize && !is_normal(path, length)) {
    normalize_path(path, length, &normal);
    out->failed = out->failed || normal.failed;
    path = normal.data ? normal.data : "/";
    length = normal.data ? normal.length : 1;
  }
  for (size_t i = 0; i < length; i++) {
    if (path[i] == '/' || request->raw_path)
      buf_addc(out, path[i]);
    else
      encode_byte((unsigned char)path[i], out);
  }
  buf_free(&normal);
}

/* --- The query --- */

struct parameter {
  size_t name, name_length, value, value_length; /* offsets in one buffer of encoded text */
  const struct buf *text;
};

static int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/* Appends text in the canonical encoding, decoding it first if necessary. */
static void recode(const char *text, size_t length, struct buf *out) {
  for (size_t i = 0; i < length; i++) {
    int high = text[i] == '%' && i + 2 < length ? hex_digit(text[i + 1]) : -1;
    int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      encode_byte((unsigned char)(high * 16 + low), out);
      i += 2;
    } else {
      encode_byte((unsigned char)text[i], out);
    }
  }
}

static int compare_parameters(const void *left, const void *right) {
  const struct parameter *a = left, *b = right;
  int order = bytes_compare(a->text->data + a->name, a->name_length, b->text->data + b->name,
                            b->name_length);
  return order != 0 ? order
                    : bytes_compare(a->text->data + a->value, a->value_length,
                                    b->text->data + b->value, b->value_length);
}

static void add_query(const struct sigv4_request *request, struct buf *out) {
  if (request->query_length == 0)
    return;
  size_t most = 1;
  for (size_t i = 0; i < request->query_length; i++)
    most += request->query[i] == '&';
  struct parameter *parameters = calloc(most, sizeof *parameters);
  struct buf text = {0};
  if (!parameters || !buf_reserve(&text, request->query_length)) {
    free(parameters);
    out->failed = true;
    return;
  }
  size_t count = 0;
  const char *end = request->query + request->query_length;
  for (const char *start = request->query; start < end;) {
    const char *stop = memchr(start, '&', (size_t)(end - start));
    stop = stop ? stop : end;
    const char *sign = memchr(start, '=', (size_t)(stop - start));
    const char *name_end = sign ? sign : stop;
    struct parameter parameter = {.text = &text, .name = text.length};
    recode(start, (size_t)(name_end - start), &text);
    parameter.name_length = text.length - parameter.name;
    parameter.value = text.length;
    if (sign)
      recode(sign + 1, (size_t)(stop - sign - 1), &text);
    parameter.value_length = text.length - parameter.value;
    bool is_signature = parameter.name_length == 15 &&
                        memcmp(text.data + parameter.name, "X-Amz-Signature", 15) == 0;
    if (stop > start && !is_signature)
      parameters[count++] = parameter;
    start = stop + 1;
  }
  if (text.failed)
    out->failed = true;
  else
    qsort(parameters, count, sizeof *parameters, compare_parameters);
  for (size_t i = 0; i < count && !text.failed; i++) {
    if (i > 0)
      buf_addc(out, '&');
    buf_add(out, text.data + parameters[i].name, parameters[i].name_length);
    buf_addc(out, '=');
    buf_add(out, text.data + parameters[i].value, parameters[i].value_length);
  }
  free(parameters);
  buf_free(&text);
}

/* --- The headers --- */

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static int compare_names(const struct sigv4_header *a, const struct sigv4_header *b) {
  size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
  for (size_t i = 0; i < shorter; i++) {
    int order = (unsigned char)lower(a->name[i]) - (unsigned char)lower(b->name[i]);
    if (order != 0)
      return order;
  }
  return (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/* Sorts by name; headers of the same name keep their order, and all but the first are marked. An
 * insertion sort, because there are few. */
static void sort_headers(struct sigv4_request *request) {
  struct sigv4_header *headers = request->headers;
  for (size_t i = 1; i < request->header_count; i++) {
    struct sigv4_header moved = headers[i];
    size_t j = i;
    for (; j > 0 && compare_names(&headers[j - 1], &moved) > 0; j--)
      headers[j] = headers[j - 1];
    headers[j] = moved;
  }
  for (size_t i = 0; i < request->header_count; i++)
    headers[i].repeated = i > 0 && headers[i - 1].name_length == headers[i].name_length &&
                          compare_names(&headers[i - 1], &headers[i]) == 0;
}

static void add_name(const struct sigv4_header *header, struct buf *out) {
  if (!buf_reserve(out, header->name_length))
    return;
  char *to = out->data + out->length;
  for (size_t i = 0; i < header->name_length; i++)
    to[i] = lower(header->name[i]);
  out->length += header->name_length;
  out->data[out->length] = '\0';
}

/* Appends the value trimmed, each run of white space as one space. */
static void add_value(const struct sigv4_header *header, struct buf *out) {
  if (!buf_reserve(out, header->value_length))
    return;
  char *start = out->data + out->length, *to = start;
  const char *from = header->value, *end = from + header->value_length;
  while (from < end) {
    const char *word = from;
    while (from < end && !is_space(*from))
      from++;
    size_t size = (size_t)(from - word);
    if (size > 0 && to > start)
      *to++ = ' ';
    memcpy(to, word, size);
    to += size;
    while (from < end && is_space(*from))
      from++;
  }
  *to = '\0';
  out->length += (size_t)(to - start);
}

static void add_headers(const struct sigv4_request *request, struct buf *out) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (request->headers[i].repeated) {
      buf_addc(out, ',');
    } else {
      if (i > 0)
        buf_addc(out, '\n');
      add_name(&request->headers[i], out);
      buf_addc(out, ':');
    }
    add_value(&request->headers[i], out);
  }
  buf_addc(out, '\n');
}

static void add_names(const struct sigv4_request *request, struct buf *out) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (request->headers[i].repeated)
      continue;
    if (i > 0)
      buf_addc(out, ';');
    add_name(&request->headers[i], out);
  }
}

void sigv4_signed_headers(struct sigv4_request *request, struct buf *out) {
  sort_headers(request);
  add_names(request, out);
}

void sigv4_canonical_request(struct sigv4_request *request, struct buf *out) {
  sort_headers(request);
  buf_adds(out, request->method);
  buf_addc(out, '\n');
  add_path(request, out);
  buf_addc(out, '\n');
  add_query(request, out);
  buf_addc(out, '\n');
  add_headers(request, out);
  buf_addc(out, '\n');
  request->names_start = out->length;
  add_names(request, out);
  request->names_length = out->length - request->names_start;
  buf_addc(out, '\n');
  buf_adds(out, request->payload_hash);
}

/* --- The string to sign --- */

const char *sigv4_algorithm(const struct sigv4_scope *scope) {
  return scope->asymmetric ? "AWS4-ECDSA-P256-SHA256" : "AWS4-HMAC-SHA256";
}

void sigv4_credential_scope(const struct sigv4_scope *scope, struct buf *out) {
  buf_add(out, scope->date, 8);
  buf_addc(out, '/');
  if (!scope->asymmetric) {
    buf_adds(out, scope->region);
    buf_addc(out, '/');
  }
  buf_adds(out, scope->service);
  buf_adds(out, "/aws4_request");
}

void sigv4_string_to_sign(struct sigv4_signer *signer, const struct sigv4_scope *scope,
                          const char *canonical, size_t length, struct buf *out) {
  char hash[HASH_SHA256_HEX];
  if (!sigv4_payload_hash(signer, canonical, length, hash)) {
    out->failed = true;
    return;
  }
  buf_adds(out, sigv4_algorithm(scope));
  buf_addc(out, '\n');
  buf_adds(out, scope->date);
  buf_addc(out, '\n');
  sigv4_credential_scope(scope, out);
  buf_addc(out, '\n');
  buf_add(out, hash, HASH_SHA256_HEX - 1);
}
