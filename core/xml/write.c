#include "xml/write.h"

#include "base/bytes.h"

void xml_add_escaped(struct buf *out, const char *bytes, size_t length, bool attribute) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)bytes[i];
    if (c == '&')
      buf_adds(out, "&amp;");
    else if (c == '<')
      buf_adds(out, "&lt;");
    else if (c == '>')
      buf_adds(out, "&gt;");
    else if (c == '"' && attribute)
      buf_adds(out, "&quot;");
    else if (c < 0x20 && (c != '\t' || attribute))
      buf_addf(out, "&#x%X;", c);
    else if (bytes_begin(bytes + i, length - i, "\xc2\x85")) { /* a line end of XML 1.1 */
      buf_adds(out, "&#x85;");
      i++;
    } else if (bytes_begin(bytes + i, length - i, "\xe2\x80\xa8")) { /* as well */
      buf_adds(out, "&#x2028;");
      i += 2;
    } else
      buf_addc(out, (char)c);
  }
}
