#ifndef LANYARD_JSON_JSON_H
#define LANYARD_JSON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A strict JSON reader (RFC 8259) that records where each value is in the text, so that an edit can
 * leave all other bytes unchanged. It rejects, with line and column: duplicate keys in an object
 * (compared after unescaping), invalid UTF-8, NUL (raw or as \u0000), raw control characters, lone
 * surrogates, nesting deeper than JSON_MAX_DEPTH, and anything but white space after the value. A
 * leading byte order mark is skipped; offsets count it. */

#define JSON_MAX_DEPTH 64
/* What JSON_DEEP accepts: the endpoint rules of Amazon S3 are nested 79 deep. */
#define JSON_MAX_DEEP 128
/* The maximum number of bytes of a text: offsets have 32 bits, which makes values small. */
#define JSON_MAX_BYTES (UINT32_MAX - 64)

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
  uint32_t start, end; /* byte range in the text: [start, end), quotes and brackets included */
  uint32_t length;     /* bytes in `string` */
  uint32_t count;      /* members of an object, elements of an array */
  const char
      *string; /* JSON_STRING: unescaped, NUL-terminated; JSON_NUMBER: as spelled, NUL-terminated */
  const struct json_value *key;   /* the member's name (a JSON_STRING); NULL outside objects */
  const struct json_value *first; /* first child, in the order of the text */
  const struct json_value *next;  /* next sibling */
};

struct json_error {
  size_t offset;     /* bytes from the start of the text */
  size_t line;       /* from 1; LF, CR and CRLF each end a line */
  size_t column;     /* from 1, in characters; a byte order mark does not count */
  bool no_memory;    /* there was not enough memory; the text may be valid */
  char message[160]; /* what was expected or found, on one line, without the position */
};

struct json_doc;

/* json_parse parses `length` bytes, at most JSON_MAX_BYTES. The document has its own copy of the text; the caller
 * frees it with json_free. On an error, also if there is not enough memory, json_parse returns NULL
 * and sets `error`. */
struct json_doc *json_parse(const char *text, size_t length, struct json_error *error);

/* json_free accepts NULL. */
void json_free(struct json_doc *doc);

/* json_memory returns how many bytes of memory a document owns. */
size_t json_memory(const struct json_doc *doc);

/* json_allocate returns memory, aligned for pointers, that is freed with the document. It returns NULL
 * if there is not enough memory. */
void *json_allocate(struct json_doc *doc, size_t size);

enum json_flag {
  JSON_DEEP = 1, /* nesting up to JSON_MAX_DEEP */
  JSON_NUL = 2,  /* \u0000 in strings, whose `length` counts */
};

/* json_parse_with is like json_parse, with flags for what else is accepted. */
struct json_doc *json_parse_with(const char *text, size_t length, unsigned flags,
                                 struct json_error *error);

/* json_parse_secret is like json_parse, for a text that contains secrets: all memory is wiped
 * before it is freed. */
struct json_doc *json_parse_secret(const char *text, size_t length, struct json_error *error);

/* json_root returns the value that is the whole text. */
const struct json_value *json_root(const struct json_doc *doc);

/* json_text returns the text as it was given, NUL-terminated. The document owns it. `length` may be
 * NULL. */
const char *json_text(const struct json_doc *doc, size_t *length);

/* json_member returns the member of an object, or NULL if there is none or `object` is not an
 * object. */
const struct json_value *json_member(const struct json_value *object, const char *name);

/* json_member_start returns the offset where a member of an object (its name) or an element of an array
 * begins. */
size_t json_member_start(const struct json_value *member);

/* json_last_member returns the last child of an array or object, or NULL if it is empty. */
const struct json_value *json_last_member(const struct json_value *container);

/* json_position sets the line and the column, both from 1, of a byte offset. */
void json_position(const struct json_doc *doc, size_t offset, size_t *line, size_t *column);

#endif
