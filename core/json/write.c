#include "json/write.h"

void json_add_escaped(struct buf *out, const char *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c < 0x20) {
      buf_addf(out, "\\u%04x", c);
      continue;
    }
    if (c == '"' || c == '\\')
      buf_addc(out, '\\');
    buf_addc(out, (char)c);
  }
}

void json_add_string(struct buf *out, const char *bytes, size_t length) {
  buf_addc(out, '"');
  json_add_escaped(out, bytes, length);
  buf_addc(out, '"');
}
