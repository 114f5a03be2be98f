#include "sigv4.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEPT_KEYS 32

struct kept_key {
  unsigned char id[SHA256_DIGEST_LENGTH]; /* of secret, day, region and service */
  unsigned char key[SHA256_DIGEST_LENGTH];
  unsigned long used; /* 0: free */
};

struct sigv4_keys {
  struct kept_key kept[KEPT_KEYS];
  unsigned long clock;
};

bool sigv4_date(double seconds, char date[SIGV4_DATE]) {
  if (!(seconds >= 0 && seconds < 253402300800.0)) /* the year 10000 */
    return false;
  time_t time = (time_t)seconds;
  struct tm calendar;
  return gmtime_r(&time, &calendar) && strftime(date, SIGV4_DATE, "%Y%m%dT%H%M%SZ", &calendar) > 0;
}

static void add_hex(const unsigned char *digest, size_t length, char *hex) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < length; i++) {
    hex[2 * i] = digits[digest[i] >> 4];
    hex[2 * i + 1] = digits[digest[i] & 15];
  }
  hex[2 * length] = '\0';
}

static void to_hex(const unsigned char digest[SHA256_DIGEST_LENGTH], char hex[SIGV4_HEX]) {
  add_hex(digest, SHA256_DIGEST_LENGTH, hex);
}

void sigv4_sha1(const char *bytes, size_t length, char hex[SIGV4_SHA1_HEX]) {
  unsigned char digest[SHA_DIGEST_LENGTH];
  SHA1((const unsigned char *)bytes, length, digest);
  add_hex(digest, sizeof digest, hex);
}

void sigv4_sha256(const char *bytes, size_t length, char hex[SIGV4_HEX]) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256((const unsigned char *)bytes, length, digest);
  to_hex(digest, hex);
}

bool sigv4_equal(const char *a, const char *b, size_t length) {
  return CRYPTO_memcmp(a, b, length) == 0;
}

static bool is_unreserved(unsigned char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

static void encode_byte(unsigned char c, struct buf *out) {
  if (is_unreserved(c))
    buf_addc(out, (char)c);
  else
    buf_addf(out, "%%%02X", c);
}

void sigv4_uri_encode(const char *text, size_t length, struct buf *out) {
  for (size_t i = 0; i < length; i++)
    encode_byte((unsigned char)text[i], out);
}

/* --- The path --- */

/* Removes empty, "." and ".." segments (RFC 3986, 5.2.4). The result begins with a slash, and ends
 * with one where the path did or its last segment was a dot segment. */
static void normalize_path(const char *path, size_t length, struct buf *out) {
  bool open = true; /* the last segment was empty or dots */
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

static void add_path(const struct sigv4_request *request, struct buf *out) {
  struct buf normal = {0};
  const char *path = request->path_length > 0 ? request->path : "/";
  size_t length = request->path_length > 0 ? request->path_length : 1;
  if (request->normalize) {
    normalize_path(path, length, &normal);
    out->failed = out->failed || normal.failed;
    path = normal.data ? normal.data : "/";
    length = normal.data ? normal.length : 1;
  }
  for (size_t i = 0; i < length; i++) {
    if (path[i] == '/')
      buf_addc(out, '/');
    else
      encode_byte((unsigned char)path[i], out);
  }
  buf_free(&normal);
}

/* --- The query --- */

struct parameter {
  size_t name, name_length, value, value_length; /* encoded, in one buffer */
  const struct buf *text;
};

static int hex_digit(char c) {
  return isdigit((unsigned char)c)    ? c - '0'
         : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                      : -1;
}

/* Adds text in the one canonical encoding, whatever encoding it came in. */
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

static int compare_bytes(const char *a, size_t a_length, const char *b, size_t b_length) {
  int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
  return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static int compare_parameters(const void *left, const void *right) {
  const struct parameter *a = left, *b = right;
  int order = compare_bytes(a->text->data + a->name, a->name_length, b->text->data + b->name,
                            b->name_length);
  return order != 0 ? order
                    : compare_bytes(a->text->data + a->value, a->value_length,
                                    b->text->data + b->value, b->value_length);
}

static void add_query(const struct sigv4_request *request, struct buf *out) {
  size_t most = 1;
  for (size_t i = 0; i < request->query_length; i++)
    most += request->query[i] == '&';
  struct parameter *parameters = calloc(most, sizeof *parameters);
  struct buf text = {0};
  if (!parameters) {
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
    bool is_signature = parameter.name_length == 15 && text.data &&
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

static int compare_names(const struct sigv4_header *a, const struct sigv4_header *b) {
  size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
  for (size_t i = 0; i < shorter; i++) {
    int order = tolower((unsigned char)a->name[i]) - tolower((unsigned char)b->name[i]);
    if (order != 0)
      return order;
  }
  return (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/* By name; those of the same name keep their order. They are few. */
static void sort_headers(struct sigv4_request *request) {
  struct sigv4_header *headers = request->headers;
  for (size_t i = 1; i < request->header_count; i++) {
    struct sigv4_header moved = headers[i];
    size_t j = i;
    for (; j > 0 && compare_names(&headers[j - 1], &moved) > 0; j--)
      headers[j] = headers[j - 1];
    headers[j] = moved;
  }
}

static void add_name(const struct sigv4_header *header, struct buf *out) {
  for (size_t i = 0; i < header->name_length; i++)
    buf_addc(out, (char)tolower((unsigned char)header->name[i]));
}

/* Trimmed, and each run of white space one space. */
static void add_value(const struct sigv4_header *header, struct buf *out) {
  bool space = false, begun = false;
  for (size_t i = 0; i < header->value_length; i++) {
    if (isspace((unsigned char)header->value[i])) {
      space = begun;
      continue;
    }
    if (space)
      buf_addc(out, ' ');
    buf_addc(out, header->value[i]);
    space = false;
    begun = true;
  }
}

static bool same_name(const struct sigv4_request *request, size_t i) {
  return i > 0 && compare_names(&request->headers[i - 1], &request->headers[i]) == 0;
}

static void add_headers(const struct sigv4_request *request, struct buf *out) {
  for (size_t i = 0; i < request->header_count; i++) {
    if (same_name(request, i)) {
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

void sigv4_signed_headers(struct sigv4_request *request, struct buf *out) {
  sort_headers(request);
  for (size_t i = 0; i < request->header_count; i++) {
    if (same_name(request, i))
      continue;
    if (i > 0)
      buf_addc(out, ';');
    add_name(&request->headers[i], out);
  }
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
  sigv4_signed_headers(request, out);
  buf_addc(out, '\n');
  buf_adds(out, request->payload_hash);
}

/* --- The signature --- */

void sigv4_credential_scope(const struct sigv4_scope *scope, struct buf *out) {
  buf_addf(out, "%.8s/%s/%s/aws4_request", scope->date, scope->region, scope->service);
}

void sigv4_string_to_sign(const struct sigv4_scope *scope, const char *canonical, size_t length,
                          struct buf *out) {
  char hash[SIGV4_HEX];
  sigv4_sha256(canonical, length, hash);
  buf_addf(out, "AWS4-HMAC-SHA256\n%s\n", scope->date);
  sigv4_credential_scope(scope, out);
  buf_addc(out, '\n');
  buf_adds(out, hash);
}

static void hmac(const unsigned char *key, size_t key_length, const char *text, size_t length,
                 unsigned char digest[SHA256_DIGEST_LENGTH]) {
  HMAC(EVP_sha256(), key, (int)key_length, (const unsigned char *)text, length, digest, NULL);
}

static void derive(const struct secret *secret, const struct sigv4_scope *scope,
                   unsigned char key[SHA256_DIGEST_LENGTH]) {
  struct secret first = {malloc(4 + secret->length + 1), 4 + secret->length};
  if (!first.bytes)
    abort(); /* a wrong signature in its place would mislead */
  memcpy(first.bytes, "AWS4", 4);
  memcpy(first.bytes + 4, secret->bytes, secret->length + 1);
  hmac((const unsigned char *)first.bytes, first.length, scope->date, 8, key);
  secret_wipe(&first);
  const char *parts[] = {scope->region, scope->service, "aws4_request"};
  for (size_t i = 0; i < 3; i++)
    hmac(key, SHA256_DIGEST_LENGTH, parts[i], strlen(parts[i]), key);
}

struct sigv4_keys *sigv4_keys_new(void) {
  return calloc(1, sizeof(struct sigv4_keys));
}

void sigv4_keys_free(struct sigv4_keys *keys) {
  if (keys)
    explicit_bzero(keys, sizeof *keys);
  free(keys);
}

/* What a key is found by: a digest, so that no secret is kept. */
static void identify(const struct secret *secret, const struct sigv4_scope *scope,
                     unsigned char id[SHA256_DIGEST_LENGTH]) {
  struct buf text = {0};
  buf_addf(&text, "%.8s\n%s\n%s\n", scope->date, scope->region, scope->service);
  if (text.failed)
    abort();
  hmac((const unsigned char *)secret->bytes, secret->length, text.data, text.length, id);
  buf_free(&text);
}

static const unsigned char *find_key(struct sigv4_keys *keys, const struct secret *secret,
                                     const struct sigv4_scope *scope) {
  unsigned char id[SHA256_DIGEST_LENGTH];
  identify(secret, scope, id);
  struct kept_key *oldest = &keys->kept[0];
  for (size_t i = 0; i < KEPT_KEYS; i++) {
    struct kept_key *kept = &keys->kept[i];
    if (kept->used && CRYPTO_memcmp(kept->id, id, sizeof id) == 0) {
      kept->used = ++keys->clock;
      return kept->key;
    }
    if (kept->used < oldest->used)
      oldest = kept;
  }
  memcpy(oldest->id, id, sizeof id);
  derive(secret, scope, oldest->key);
  oldest->used = ++keys->clock;
  return oldest->key;
}

void sigv4_signature(struct sigv4_keys *keys, const struct secret *secret_access_key,
                     const struct sigv4_scope *scope, const char *text, size_t length,
                     char hex[SIGV4_HEX]) {
  const unsigned char *key = find_key(keys, secret_access_key, scope);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  hmac(key, SHA256_DIGEST_LENGTH, text, length, digest);
  to_hex(digest, hex);
}
