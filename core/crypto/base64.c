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

enum { PADDING = 64, SPACE = 65 };

/* Returns the value of a digit, PADDING, SPACE, or -1 for all other characters. */
static int digit_of(char c) {
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == ' ' || c == '\t' || c == '\r' || c == '\n')
    return SPACE;
  return c == '+' ? 62 : c == '/' ? 63 : c == '=' ? PADDING : -1;
}

bool base64_parse(const char *text, size_t length, struct buf *out) {
  unsigned long group = 0;
  size_t digits = 0, padding = 0;
  bool ended = false;
  for (size_t i = 0; i < length; i++) {
    int digit = digit_of(text[i]);
    if (digit == SPACE)
      continue;
    bool is_padding = digit == PADDING;
    if (digit < 0 || ended || (is_padding ? digits < 2 : padding > 0))
      return false;
    padding += is_padding;
    group = group << 6 | (is_padding ? 0 : (unsigned long)digit);
    if (++digits < 4)
      continue;
    /* The bits that the padding leaves over are zero in the only correct form. */
    if (padding > 0 && (group & (padding == 1 ? 0xff : 0xffff)) != 0)
      return false;
    for (size_t j = 0; j < 3 - padding; j++)
      buf_addc(out, (char)(group >> (16 - 8 * j) & 0xff));
    ended = padding > 0;
    group = 0;
    digits = padding = 0;
  }
  return digits == 0;
}
