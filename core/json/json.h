#ifndef LANYARD_JSON_JSON_H
#define LANYARD_JSON_JSON_H

#include <stddef.h>

/* A strict JSON reader (RFC 8259) that keeps where each value stood, so that a text can be edited
 * without touching what the edit does not mean. Refused, with the place: duplicate keys in an
 * object (compared after unescaping), bytes that are not UTF-8, NUL (raw or as \u0000), raw control
 * characters, lone surrogates, nesting deeper than JSON_MAX_DEPTH, anything after the value but
 * white space. A leading byte order mark is skipped and counts in the offsets. */

#define JSON_MAX_DEPTH 64

enum json_type {
  JSON_NULL,
  JSON_FALSE,
  JSON_TRUE,
  JSON_NUMBER,
  JSON_STRING,
  JSON_ARRAY,
  JSON_OBJECT,
};

struct json_value {
  enum json_type type;
  size_t start, end;  /* byte range in the text: [start, end), quotes and brackets included */
  const char *string; /* JSON_STRING: unescaped, NUL-terminated; JSON_NUMBER: as spelled */
  size_t length;      /* bytes in `string` */
  size_t count;       /* members of an object, elements of an array */
  const struct json_value *key;   /* the member's name (a JSON_STRING); NULL outside objects */
  const struct json_value *first; /* first child, in the order of the text */
  const struct json_value *next;  /* next sibling */
};

struct json_error {
  size_t offset;     /* bytes from the start of the text */
  size_t line;       /* from 1; LF, CR and CRLF each end a line */
  size_t column;     /* from 1, in characters; a byte order mark is none */
  char message[160]; /* what was expected or found; no place in it, no newline */
};

struct json_doc;

/* Parses `length` bytes. The document keeps its own copy of the text. NULL on error, `error` set
 * (out of memory too). The caller frees the document. */
struct json_doc *json_parse(const char *text, size_t length, struct json_error *error);
void json_free(struct json_doc *doc);

/* As json_parse, for a text that holds secrets: all memory that it came to is wiped when it goes. */
struct json_doc *json_parse_secret(const char *text, size_t length, struct json_error *error);

const struct json_value *json_root(const struct json_doc *doc);

/* The text as it was given, NUL-terminated; owned by the document. */
const char *json_text(const struct json_doc *doc, size_t *length);

/* The member of an object, or NULL when there is none or `object` is no object. */
const struct json_value *json_member(const struct json_value *object, const char *name);

/* json_member_start returns the offset where a member of an object (its name) or an element of an array
 * begins. */
size_t json_member_start(const struct json_value *member);

/* json_last_member returns the last child of an array or object, or NULL if it is empty. */
const struct json_value *json_last_member(const struct json_value *container);

/* json_position sets the line and the column, both from 1, of a byte offset. */
void json_position(const struct json_doc *doc, size_t offset, size_t *line, size_t *column);

#endif
