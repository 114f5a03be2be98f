#include "base/secret.h"

#include "base/platform.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

bool secret_set(struct secret *secret, const char *bytes, size_t length) {
  char *copy = malloc(length + 1);
  if (!copy)
    return false;
  memcpy(copy, bytes, length);
  copy[length] = '\0';
  secret_wipe(secret);
  *secret = (struct secret){copy, length};
  return true;
}

void secret_wipe(struct secret *secret) {
  if (secret->bytes)
    explicit_bzero(secret->bytes, secret->length);
  free(secret->bytes);
  *secret = (struct secret){0};
}

/* Returns the value of `count` hexadecimal digits, or -1. */
static int hexadecimal(const char *text, size_t count) {
  int value = 0;
  for (size_t i = 0; i < count; i++) {
    if (!isxdigit((unsigned char)text[i]))
      return -1;
    int c = tolower((unsigned char)text[i]);
    value = value * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  return value;
}

/* Returns how many bytes of the text are an escape of a byte as in JSON, a URL or XML, or 0. */
static size_t escape_of(unsigned char byte, const char *text, size_t length) {
  if (length >= 3 && text[0] == '%')
    return hexadecimal(text + 1, 2) == byte ? 3 : 0;
  if (length >= 2 && text[0] == '\\') {
    if (length >= 6 && text[1] == 'u' && hexadecimal(text + 2, 4) == byte)
      return 6;
    return (unsigned char)text[1] == byte ? 2 : 0;
  }
  if (length < 4 || text[0] != '&' || text[1] != '#')
    return 0;
  const char *end = memchr(text, ';', length < 8 ? length : 8);
  if (!end)
    return 0;
  bool hex = text[2] == 'x';
  const char *digits = text + (hex ? 3 : 2);
  char *stop;
  long value = isxdigit((unsigned char)*digits) ? strtol(digits, &stop, hex ? 16 : 10) : -1;
  return value == byte && stop == end ? (size_t)(end + 1 - text) : 0;
}

/* Returns the length of a secret at the start of the text, escapes included, or 0 if it is not
 * there. */
static size_t match_secret(const struct secret *secret, const char *text, size_t length) {
  size_t at = 0;
  for (size_t i = 0; i < secret->length; i++) {
    if (at == length)
      return 0;
    size_t size = text[at] == secret->bytes[i]
                      ? 1
                      : escape_of((unsigned char)secret->bytes[i], text + at, length - at);
    if (size == 0)
      return 0;
    at += size;
  }
  return at;
}

void secrets_redact(const struct secret *secrets, size_t count, const char *text, size_t length,
                    struct buf *out) {
  size_t copied = 0; /* the start of the bytes that are not copied yet */
  for (size_t i = 0; i < length;) {
    size_t longest = 0; /* a secret can be a prefix of another */
    for (size_t j = 0; j < count; j++) {
      size_t size = match_secret(&secrets[j], text + i, length - i);
      longest = size > longest ? size : longest;
    }
    if (longest == 0) {
      i++;
      continue;
    }
    buf_add(out, text + copied, i - copied);
    buf_adds(out, "***");
    i += longest;
    copied = i;
  }
  buf_add(out, text + copied, length - copied);
}
