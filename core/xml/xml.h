#ifndef LANYARD_XML_XML_H
#define LANYARD_XML_XML_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* A reader of XML 1.0 that returns one token at a time and copies nothing. It rejects what is not
 * well-formed, document types (so there are no entities but the predefined ones, and nothing to
 * fetch), encodings other than UTF-8, and deep nesting. It does not resolve namespaces: a name is
 * the part after the prefix. Two rules are laxer than XML's, because services break them: a
 * character reference may name a control character (S3 writes keys so), and white space may precede
 * the XML declaration.
 *
 *   struct xml_reader reader;
 *   xml_begin(&reader, text, length);
 *   while ((token = xml_next(&reader)) > XML_END) ...
 */

#define XML_MAX_DEPTH 64
#define XML_MAX_ATTRIBUTES 64 /* of one element */

enum xml_token {
  XML_ERROR, /* `message` and `at` say what and where; the message has no byte of the text */
  XML_END,   /* the document is complete */
  XML_OPEN,  /* the start of an element: `name`, `attributes` */
  XML_CLOSE, /* the end of the innermost open element */
  XML_TEXT,  /* character data: `content`, `verbatim` */
};

/* Bytes of the text. */
struct xml_slice {
  const char *bytes;
  size_t length;
};

struct xml_attribute {
  struct xml_slice name;  /* with its prefix */
  struct xml_slice value; /* as written: see xml_decode */
};

struct xml_reader {
  const char *text;
  size_t length;
  size_t at;           /* the offset of the next byte to read; of an error, the byte where it is */
  size_t start;        /* the offset of the first byte of the token */
  const char *message; /* of an error */
  struct xml_slice name; /* without its prefix */
  struct xml_attribute attributes[XML_MAX_ATTRIBUTES];
  size_t attribute_count;
  struct xml_slice content; /* as written: see xml_decode */
  bool verbatim;            /* the content is of a CDATA section, which has no references */
  struct xml_slice open[XML_MAX_DEPTH]; /* names of the open elements, with their prefixes */
  size_t depth;
  bool rooted; /* the root element has begun */
  bool empty;  /* an empty-element tag was read, and its XML_CLOSE is due */
};

/* xml_begin sets a reader to the start of a text, which must outlive it. */
void xml_begin(struct xml_reader *reader, const char *text, size_t length);

/* xml_next reads the next token. After XML_ERROR and XML_END it returns the same again. */
enum xml_token xml_next(struct xml_reader *reader);

/* xml_is_plain reports whether content or a value is its own characters, so that it needs no
 * xml_decode. */
bool xml_is_plain(struct xml_slice slice, bool verbatim);

/* xml_decode appends the characters of content: references are replaced, and each line ends in LF
 * (XML 1.0, 2.11). `attribute` is for values of attributes, in which white space becomes spaces
 * (3.3.3). The slice comes from a reader, which has checked its references. */
void xml_decode(struct buf *into, struct xml_slice slice, bool verbatim, bool attribute);

#endif
