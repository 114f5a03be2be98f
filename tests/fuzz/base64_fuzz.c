/* base64: the encoding is that of OpenSSL. The URL-safe encoding is the same text with the two other digits and without
 * padding. Both are appended, and leave what the buffer contains. */

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = malloc(size / 3 * 4 + 5);
  if (!text)
    abort();
  size_t length = (size_t)EVP_EncodeBlock((unsigned char *)text, data, (int)size);
  struct buf plain = {0}, url_safe = {0};
  buf_addc(&plain, '>');
  base64_add((const char *)data, size, &plain);
  expect(&plain, text, length);
  buf_addc(&url_safe, '>');
  base64url_add((const char *)data, size, &url_safe);
  expect(&url_safe, text, make_url_safe(text, length));
  buf_free(&plain);
  buf_free(&url_safe);
  free(text);
  return 0;
}
