#ifndef LANYARD_JSON_DOCUMENT_H
#define LANYARD_JSON_DOCUMENT_H

#include "json/json.h"

#include <stdbool.h>

/* The inside of a document, for the parser. Users include json.h. */

/* The text is followed by so many NUL bytes, so that a reader that stops at NUL needs no other end, and
 * can read eight bytes at once. */
#define JSON_PADDING 8

struct json_doc {
  const char *text;
  /* A copy of the text, in which the parser unescapes strings and ends them with NUL. An unescaped
   * string is never longer than its source. */
  char *strings;
  size_t length;
  bool secret; /* all memory is wiped before it is freed */
  /* The document itself, both texts, and values are in these blocks, the newest first. `room` bytes
   * from `next` on are free in the newest. */
  struct json_block *blocks;
  char *next;
  size_t room;
  struct json_value *root;
};

/* json_new returns a document with a copy of the text and without values, or NULL if there is not
 * enough memory. */
struct json_doc *json_new(const char *text, size_t length, bool secret);

/* json_grow makes room for `size` bytes. It returns false if there is not enough memory. */
bool json_grow(struct json_doc *doc, size_t size);

/* json_new_value is json_allocate for a value, which is not initialized. */
static inline struct json_value *json_new_value(struct json_doc *doc) {
  if (doc->room < sizeof(struct json_value) && !json_grow(doc, sizeof(struct json_value)))
    return NULL;
  void *value = doc->next;
  doc->next += sizeof(struct json_value);
  doc->room -= sizeof(struct json_value);
  return value;
}

/* json_bom_length returns the length of the byte order mark at the start of a text: 3 or 0. */
size_t json_bom_length(const char *text, size_t length);

/* json_find_position is like json_position, for a text that has no document yet. */
void json_find_position(const char *text, size_t length, size_t offset, size_t *line,
                        size_t *column);

#endif
