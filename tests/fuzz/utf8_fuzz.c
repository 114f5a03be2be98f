/* UTF-8: utf8_sequence accepts the sequences that a decoder by the definition of RFC 3629 accepts, and no others. It
 * reads no further than the text. utf8_add encodes each decoded character as the same bytes, and utf8_valid accepts
 * exactly the texts that consist of such sequences. */

#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decodes the character at the start of a text by arithmetic: the number of leading ones is the length, and the code
 * must need that length. Returns the length, or 0. */
static size_t decode(const uint8_t *text, size_t left, uint32_t *code) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  size_t length = 0;
  while (length < 5 && text[0] & 0x80 >> length)
    length++;
  if (length == 1 || length > 4 || (length ? length : 1) > left)
    return 0;
  *code = length == 0 ? text[0] : text[0] & (0x7fU >> length);
  for (size_t i = 1; i < length; i++) {
    if (text[i] >> 6 != 2)
      return 0;
    *code = *code << 6 | (text[i] & 0x3f);
  }
  bool is_surrogate = *code >> 11 == 0xd800 >> 11;
  return *code < least[length] || *code > 0x10ffff || is_surrogate ? 0 : length ? length : 1;
}

static void check_encoding(uint32_t code, const uint8_t *text, size_t length) {
  struct buf again = {0};
  utf8_add(&again, code);
  if (again.failed || again.length != length || memcmp(again.data, text, length) != 0)
    abort();
  buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  bool valid = true;
  for (size_t at = 0; at < size;) {
    uint32_t code = 0;
    size_t length = decode(data + at, size - at, &code);
    if (utf8_sequence((const char *)data + at, size - at) != length)
      abort();
    if (length)
      check_encoding(code, data + at, length);
    valid = valid && length;
    at += length ? length : 1;
  }
  if (utf8_valid((const char *)data, size) != valid)
    abort();
  return 0;
}
