/* base64: the encoding is that of OpenSSL. The URL-safe encoding is the same text with the two other digits and without
 * padding. Both are appended, and leave what the buffer contains. Decoding gives the bytes back; any other text that it
 * accepts is the encoding of what it gives, but for white space. */

#include "crypto/base64.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(const struct buf *out, const char *text, size_t length) {
  if (out->failed || out->length != length + 1 || out->data[0] != '>' ||
      memcmp(out->data + 1, text, length) != 0)
    abort();
}

/* Changes base64 to the URL-safe form. Returns its length. */
static size_t make_url_safe(char *text, size_t length) {
  while (length > 0 && text[length - 1] == '=')
    length--;
  for (size_t i = 0; i < length; i++)
    text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
  return length;
}

/* The input itself, as base64. */
static void parse(const char *text, size_t length) {
  struct buf bytes = {0}, again = {0};
  if (base64_parse(text, length, &bytes)) {
    base64_add(bytes.data, bytes.length, &again);
    size_t j = 0;
    for (size_t i = 0; i < length; i++)
      if (!memchr(" \t\r\n", text[i], 4) && (j >= again.length || again.data[j++] != text[i]))
        abort();
    if (j != again.length)
      abort();
  }
  buf_free(&bytes);
  buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  parse((const char *)data, size);
  char *text = malloc(size / 3 * 4 + 5);
  if (!text)
    abort();
  size_t length = (size_t)EVP_EncodeBlock((unsigned char *)text, data, (int)size);
  struct buf plain = {0}, url_safe = {0};
  buf_addc(&plain, '>');
  base64_add((const char *)data, size, &plain);
  expect(&plain, text, length);
  struct buf back = {0};
  buf_addc(&back, '>');
  if (!base64_parse(text, length, &back))
    abort();
  expect(&back, (const char *)data, size);
  buf_free(&back);
  buf_addc(&url_safe, '>');
  base64url_add((const char *)data, size, &url_safe);
  expect(&url_safe, text, make_url_safe(text, length));
  buf_free(&plain);
  buf_free(&url_safe);
  free(text);
  return 0;
}
