/* The XML reader: no input crashes it, every token is inside the text, opens and closes are
 * balanced, every error has a position, and decoded characters are valid UTF-8. */

#include "base/utf8.h"
#include "xml/xml.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_slice(const struct xml_reader *reader, struct xml_slice slice) {
  if (slice.bytes < reader->text || slice.bytes + slice.length > reader->text + reader->length)
    abort();
}

static void check_characters(const struct xml_reader *reader, struct xml_slice slice, bool verbatim,
                             bool attribute) {
  struct buf decoded = {0};
  check_slice(reader, slice);
  xml_decode(&decoded, slice, verbatim, attribute);
  if (!utf8_valid(decoded.data ? decoded.data : "", decoded.length))
    abort();
  if (xml_is_plain(slice, verbatim) && decoded.length != slice.length)
    abort();
  buf_free(&decoded);
}

static void check_open(const struct xml_reader *reader) {
  if (reader->name.length == 0 || reader->attribute_count > XML_MAX_ATTRIBUTES)
    abort();
  check_slice(reader, reader->name);
  for (size_t i = 0; i < reader->attribute_count; i++) {
    check_slice(reader, reader->attributes[i].name);
    check_characters(reader, reader->attributes[i].value, false, true);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct xml_reader reader;
  xml_begin(&reader, (const char *)data, size);
  size_t depth = 0;
  enum xml_token token;
  while ((token = xml_next(&reader)) > XML_END) {
    if (token == XML_OPEN) {
      check_open(&reader);
      depth++;
    } else if (token == XML_CLOSE) {
      depth--;
    } else {
      check_characters(&reader, reader.content, reader.verbatim, false);
    }
    if (depth > XML_MAX_DEPTH || reader.depth != depth)
      abort();
  }
  if (token == XML_ERROR && (!reader.message || reader.at > size))
    abort();
  if (token == XML_END && depth > 0)
    abort();
  if (xml_next(&reader) != token)
    abort();
  return 0;
}
