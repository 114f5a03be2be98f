#include "crypto/base64.h"

static void encode(const char *bytes, size_t length, const char *last_two, struct buf *out) {
  static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t i = 0; i < length; i += 3) {
    size_t left = length - i;
    unsigned long group = (unsigned long)(unsigned char)bytes[i] << 16;
    group |= left > 1 ? (unsigned long)(unsigned char)bytes[i + 1] << 8 : 0;
    group |= left > 2 ? (unsigned char)bytes[i + 2] : 0;
    for (size_t j = 0; j < 4 && j <= left; j++) {
      size_t digit = group >> (18 - 6 * j) & 63;
      buf_addc(out, digit < 62 ? first[digit] : last_two[digit - 62]);
    }
  }
}

void base64_add(const char *bytes, size_t length, struct buf *out) {
  encode(bytes, length, "+/", out);
  for (size_t i = length; i % 3 != 0; i++)
    buf_addc(out, '=');
}

void base64url_add(const char *bytes, size_t length, struct buf *out) {
  encode(bytes, length, "-_", out);
}
