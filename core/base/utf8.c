#include "base/utf8.h"

size_t utf8_sequence(const char *text, size_t left) {
  const unsigned char *s = (const unsigned char *)text;
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  size_t length;
  if (s[0] < 0x80)
    return 1;
  if (s[0] >= 0xc2 && s[0] <= 0xdf) {
    length = 2;
  } else if (s[0] >= 0xe0 && s[0] <= 0xef) {
    length = 3;
    low = s[0] == 0xe0 ? 0xa0 : low;   /* overlong */
    high = s[0] == 0xed ? 0x9f : high; /* surrogates */
  } else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
    length = 4;
    low = s[0] == 0xf0 ? 0x90 : low;   /* overlong */
    high = s[0] == 0xf4 ? 0x8f : high; /* beyond U+10FFFF */
  } else {
    return 0;
  }
  if (left < length || s[1] < low || s[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if ((s[i] & 0xc0) != 0x80)
      return 0;
  return length;
}

bool utf8_valid(const char *text, size_t length) {
  for (size_t at = 0; at < length;) {
    size_t sequence = utf8_sequence(text + at, length - at);
    if (sequence == 0)
      return false;
    at += sequence;
  }
  return true;
}

size_t utf8_write(char *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (char)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, code >>= 6)
    out[i] = (char)(0x80 | (code & 0x3f));
  /* The first byte begins with as many ones as there are bytes. */
  out[0] = (char)(0xf00 >> length | code);
  return length;
}

void utf8_add(struct buf *buf, uint32_t code) {
  char bytes[4];
  buf_add(buf, bytes, utf8_write(bytes, code));
}
