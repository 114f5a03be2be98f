#include "xml/xml.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LONGEST_NUMBER 8 /* digits of a character reference; the last character is #x10FFFF */

static enum xml_token fail(struct xml_reader *reader, size_t at, const char *message) {
  reader->at = at;
  reader->message = message;
  return XML_ERROR;
}

static size_t left_of(const struct xml_reader *reader) {
  return reader->length - reader->at;
}

static bool begins(const struct xml_reader *reader, const char *mark) {
  return bytes_begin(reader->text + reader->at, left_of(reader), mark);
}

/* Returns the offset of the next `mark` at or after an offset, or the length of the text. */
static size_t find(const struct xml_reader *reader, size_t from, const char *mark) {
  const char *found = memmem(reader->text + from, reader->length - from, mark, strlen(mark));
  return found ? (size_t)(found - reader->text) : reader->length;
}

static bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void skip_space(struct xml_reader *reader) {
  while (reader->at < reader->length && is_space(reader->text[reader->at]))
    reader->at++;
}

/* ---- Characters ---- */

/* Returns the length of the reference at the start of the bytes, which is "&", and sets its
 * character; 0 if it is invalid. */
static size_t read_reference(const char *bytes, size_t length, uint32_t *code) {
  static const struct {
    const char *reference;
    char meaning;
  } known[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (bytes_begin(bytes, length, known[i].reference)) {
      *code = (unsigned char)known[i].meaning;
      return strlen(known[i].reference);
    }
  }
  if (length < 3 || bytes[1] != '#')
    return 0;
  bool hex = bytes[2] == 'x';
  size_t first = hex ? 3 : 2, at = first;
  uint32_t value = 0;
  for (; at < length && at - first < LONGEST_NUMBER; at++) {
    char c = bytes[at];
    if (c >= '0' && c <= '9')
      value = value * (hex ? 16 : 10) + (uint32_t)(c - '0');
    else if (hex && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
      value = value * 16 + (uint32_t)((c | 0x20) - 'a' + 10);
    else
      break;
  }
  if (at == first || at == length || bytes[at] != ';')
    return 0;
  if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
    return 0;
  *code = value;
  return at + 1;
}

/* Returns whether all references of bytes are valid; otherwise sets the offset of the first that is
 * not. */
static bool check_references(struct xml_slice slice, size_t *offset) {
  const char *at = slice.bytes, *end = slice.bytes + slice.length;
  while (at < end && (at = memchr(at, '&', (size_t)(end - at)))) {
    uint32_t code;
    size_t length = read_reference(at, (size_t)(end - at), &code);
    if (length == 0) {
      *offset = (size_t)(at - slice.bytes);
      return false;
    }
    at += length;
  }
  return true;
}

bool xml_is_plain(struct xml_slice slice, bool verbatim) {
  return !memchr(slice.bytes, '\r', slice.length) &&
         (verbatim || !memchr(slice.bytes, '&', slice.length));
}

void xml_decode(struct buf *into, struct xml_slice slice, bool verbatim, bool attribute) {
  for (size_t i = 0; i < slice.length; i++) {
    char c = slice.bytes[i];
    if (c == '&' && !verbatim) {
      uint32_t code = 0;
      size_t length = read_reference(slice.bytes + i, slice.length - i, &code);
      if (length == 0)
        return;
      utf8_add(into, code);
      i += length - 1;
    } else if (c == '\r') {
      buf_addc(into, attribute ? ' ' : '\n');
      if (i + 1 < slice.length && slice.bytes[i + 1] == '\n')
        i++;
    } else {
      buf_addc(into, attribute && is_space(c) ? ' ' : c);
    }
  }
}

/* Returns the offset of the first byte that no XML document in UTF-8 has, or the length. */
static size_t find_invalid(const char *text, size_t length) {
  size_t at = 0;
  while (at < length) {
    unsigned char c = (unsigned char)text[at];
    size_t size = c < 0x80 ? 1 : utf8_sequence(text + at, length - at);
    if (size == 0 || (c < 0x20 && !is_space((char)c)))
      return at;
    at += size;
  }
  return length;
}

/* ---- Tags ---- */

static bool is_name_start(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

/* Reads a name. An empty slice: there is none. */
static struct xml_slice read_name(struct xml_reader *reader) {
  size_t start = reader->at;
  if (start < reader->length && is_name_start((unsigned char)reader->text[start])) {
    while (++reader->at < reader->length) {
      unsigned char c = (unsigned char)reader->text[reader->at];
      if (!is_name_start(c) && (c < '0' || c > '9') && c != '-' && c != '.' && c != ':')
        break;
    }
  }
  return (struct xml_slice){reader->text + start, reader->at - start};
}

static struct xml_slice local_name(struct xml_slice name) {
  const char *colon = memchr(name.bytes, ':', name.length);
  if (!colon || colon + 1 == name.bytes + name.length)
    return name;
  return (struct xml_slice){colon + 1, (size_t)(name.bytes + name.length - colon - 1)};
}

static bool has_attribute(const struct xml_reader *reader, struct xml_slice name) {
  for (size_t i = 0; i < reader->attribute_count; i++) {
    struct xml_slice other = reader->attributes[i].name;
    if (bytes_equal(other.bytes, other.length, name.bytes, name.length))
      return true;
  }
  return false;
}

/* Reads one attribute. Returns a message, or NULL; `reader->at` is where the error is. */
static const char *read_attribute(struct xml_reader *reader) {
  size_t start = reader->at;
  struct xml_slice name = read_name(reader);
  if (name.length == 0)
    return "invalid tag";
  skip_space(reader);
  if (!begins(reader, "="))
    return "an attribute without a value";
  reader->at++;
  skip_space(reader);
  char quote = left_of(reader) > 0 ? reader->text[reader->at] : '\0';
  if (quote != '"' && quote != '\'')
    return "an attribute without quotes";
  size_t first = ++reader->at;
  while (left_of(reader) > 0 && reader->text[reader->at] != quote) {
    if (reader->text[reader->at] == '<')
      return "a tag inside an attribute";
    reader->at++;
  }
  if (left_of(reader) == 0)
    return "unterminated attribute";
  struct xml_slice value = {reader->text + first, reader->at - first};
  size_t offset;
  if (!check_references(value, &offset)) {
    reader->at = first + offset;
    return "invalid character reference";
  }
  reader->at++;
  if (reader->attribute_count == XML_MAX_ATTRIBUTES || has_attribute(reader, name)) {
    reader->at = start;
    return reader->attribute_count == XML_MAX_ATTRIBUTES ? "too many attributes"
                                                         : "an attribute occurs twice";
  }
  reader->attributes[reader->attribute_count++] = (struct xml_attribute){name, value};
  return NULL;
}

static enum xml_token read_open(struct xml_reader *reader) {
  size_t start = reader->at++;
  struct xml_slice name = read_name(reader);
  reader->attribute_count = 0;
  if (name.length == 0)
    return fail(reader, start, "invalid tag");
  if (reader->depth == XML_MAX_DEPTH)
    return fail(reader, start, "nesting too deep");
  if (reader->rooted && reader->depth == 0)
    return fail(reader, start, "second root element");
  for (;;) {
    size_t before = reader->at;
    skip_space(reader);
    if (left_of(reader) == 0)
      return fail(reader, start, "unterminated tag");
    if (begins(reader, ">") || begins(reader, "/>"))
      break;
    if (reader->at == before)
      return fail(reader, start, "invalid tag");
    const char *message = read_attribute(reader);
    if (message)
      return fail(reader, reader->at, message);
  }
  reader->empty = reader->text[reader->at] == '/';
  reader->at += reader->empty ? 2 : 1;
  reader->open[reader->depth++] = name;
  reader->rooted = true;
  reader->name = local_name(name);
  return XML_OPEN;
}

static enum xml_token read_close(struct xml_reader *reader) {
  size_t start = reader->at;
  reader->at += 2;
  struct xml_slice name = read_name(reader);
  skip_space(reader);
  if (!begins(reader, ">"))
    return fail(reader, start, "invalid end tag");
  reader->at++;
  struct xml_slice expected =
      reader->depth > 0 ? reader->open[reader->depth - 1] : (struct xml_slice){"", 0};
  if (name.length == 0 || !bytes_equal(name.bytes, name.length, expected.bytes, expected.length))
    return fail(reader, start, "end tag without a start tag");
  reader->depth--;
  return XML_CLOSE;
}

/* ---- What is between tags ---- */

static enum xml_token read_text(struct xml_reader *reader) {
  size_t start = reader->at;
  size_t stop = find(reader, start, "<");
  struct xml_slice content = {reader->text + start, stop - start};
  size_t offset;
  if (reader->depth == 0)
    return fail(reader, start, "text outside the root element");
  if (!check_references(content, &offset))
    return fail(reader, start + offset, "invalid character reference");
  const char *mark = memmem(content.bytes, content.length, "]]>", 3);
  if (mark)
    return fail(reader, (size_t)(mark - reader->text),
                "an end of a CDATA section without its start");
  reader->content = content;
  reader->verbatim = false;
  reader->at = stop;
  return XML_TEXT;
}

static enum xml_token read_cdata(struct xml_reader *reader) {
  size_t start = reader->at + strlen("<![CDATA[");
  size_t stop = find(reader, start, "]]>");
  if (reader->depth == 0 || stop == reader->length)
    return fail(reader, reader->at, "misplaced CDATA section");
  reader->content = (struct xml_slice){reader->text + start, stop - start};
  reader->verbatim = true;
  reader->at = stop + strlen("]]>");
  return XML_TEXT;
}

/* Reports whether the declaration names another encoding than UTF-8. */
static bool is_foreign(struct xml_slice declaration) {
  const char *end = declaration.bytes + declaration.length;
  const char *at = memmem(declaration.bytes, declaration.length, "encoding", strlen("encoding"));
  if (!at)
    return false;
  at += strlen("encoding");
  while (at < end && (is_space(*at) || *at == '='))
    at++;
  if (at == end || (*at != '"' && *at != '\''))
    return true;
  const char *stop = memchr(at + 1, *at, (size_t)(end - at - 1));
  size_t length = stop ? (size_t)(stop - at - 1) : 0;
  return !(length == 5 && strncasecmp(at + 1, "utf-8", 5) == 0) &&
         !(length == 4 && strncasecmp(at + 1, "utf8", 4) == 0) &&
         !(length == 8 && strncasecmp(at + 1, "us-ascii", 8) == 0);
}

/* Skips a comment or a processing instruction. Returns false after an error. */
static bool skip_misc(struct xml_reader *reader) {
  bool comment = begins(reader, "<!--");
  const char *mark = comment ? "-->" : "?>";
  size_t start = reader->at;
  size_t stop = find(reader, start + (comment ? 4 : 2), mark);
  if (stop == reader->length) {
    fail(reader, start, comment ? "unterminated comment" : "unterminated instruction");
    return false;
  }
  struct xml_slice inside = {reader->text + start, stop - start};
  if (bytes_begin(inside.bytes, inside.length, "<?xml") && inside.length > 5 &&
      is_space(inside.bytes[5]) && is_foreign(inside)) {
    fail(reader, start, "an encoding other than UTF-8");
    return false;
  }
  reader->at = stop + strlen(mark);
  return true;
}

static enum xml_token read_end(struct xml_reader *reader) {
  if (reader->depth > 0)
    return fail(reader, reader->length, "unterminated element");
  return reader->rooted ? XML_END : fail(reader, 0, "no element");
}

void xml_begin(struct xml_reader *reader, const char *text, size_t length) {
  *reader = (struct xml_reader){.text = text, .length = length};
  size_t invalid = find_invalid(text, length);
  if (bytes_begin(text, length, "\xef\xbb\xbf"))
    reader->at = 3;
  else if (bytes_begin(text, length, "\xfe\xff") || bytes_begin(text, length, "\xff\xfe"))
    fail(reader, 0, "an encoding other than UTF-8");
  if (invalid < length && !reader->message)
    fail(reader, invalid, "invalid UTF-8 or a control character");
}

enum xml_token xml_next(struct xml_reader *reader) {
  if (reader->message)
    return XML_ERROR;
  reader->start = reader->at;
  if (reader->empty) {
    reader->empty = false;
    reader->depth--;
    return XML_CLOSE;
  }
  for (;;) {
    if (reader->depth == 0)
      skip_space(reader);
    reader->start = reader->at;
    if (left_of(reader) == 0)
      return read_end(reader);
    if (reader->text[reader->at] != '<')
      return read_text(reader);
    if (begins(reader, "<!--") || begins(reader, "<?")) {
      if (!skip_misc(reader))
        return XML_ERROR;
    } else if (begins(reader, "<![CDATA[")) {
      return read_cdata(reader);
    } else if (begins(reader, "<!")) {
      return fail(reader, reader->at, "a document type or declaration, which is not supported");
    } else {
      return begins(reader, "</") ? read_close(reader) : read_open(reader);
    }
  }
}
