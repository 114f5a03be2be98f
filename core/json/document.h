#ifndef LANYARD_JSON_DOCUMENT_H
#define LANYARD_JSON_DOCUMENT_H

#include "json/json.h"

#include <stdbool.h>

/* The inside of a document, for the parser. Users include json.h. */

struct json_doc {
  char *text;
  size_t length;
  bool secret; /* all memory is wiped before it is freed */
  /* Values and unescaped strings are in these blocks, which are freed together with the
   * document. */
  struct json_block *blocks;
  struct json_value *root;
};

/* json_allocate returns memory that is freed with the document, or NULL if there is none. */
void *json_allocate(struct json_doc *doc, size_t size);

/* json_bom_length returns the length of the byte order mark at the start of a text: 3 or 0. */
size_t json_bom_length(const char *text, size_t length);

/* json_find_position is like json_position, for a text that has no document yet. */
void json_find_position(const char *text, size_t length, size_t offset, size_t *line,
                        size_t *column);

#endif
