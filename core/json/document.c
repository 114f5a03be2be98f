#include "json/document.h"

#include "base/bytes.h"
#include "base/platform.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 16384

struct json_block {
  struct json_block *next;
  size_t used, size;
  alignas(max_align_t) char bytes[];
};

void *json_allocate(struct json_doc *doc, size_t size) {
  const size_t unit = alignof(max_align_t);
  size = (size + unit - 1) / unit * unit;
  if (!doc->blocks || doc->blocks->size - doc->blocks->used < size) {
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct json_block *block = malloc(sizeof *block + room);
    if (!block)
      return NULL;
    block->next = doc->blocks;
    block->used = 0;
    block->size = room;
    doc->blocks = block;
  }
  void *memory = doc->blocks->bytes + doc->blocks->used;
  doc->blocks->used += size;
  return memory;
}

size_t json_bom_length(const char *text, size_t length) {
  return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

void json_find_position(const char *text, size_t length, size_t offset, size_t *line,
                        size_t *column) {
  *line = 1;
  *column = 1;
  for (size_t i = json_bom_length(text, length); i < offset && i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '\n' || (c == '\r' && !(i + 1 < length && text[i + 1] == '\n'))) {
      ++*line;
      *column = 1;
    } else if ((c & 0xc0) != 0x80 && c != '\r') {
      ++*column;
    }
  }
}

void json_free(struct json_doc *doc) {
  if (!doc)
    return;
  if (doc->secret)
    explicit_bzero(doc->text, doc->length);
  while (doc->blocks) {
    struct json_block *next = doc->blocks->next;
    if (doc->secret)
      explicit_bzero(doc->blocks->bytes, doc->blocks->used);
    free(doc->blocks);
    doc->blocks = next;
  }
  free(doc->text);
  free(doc);
}

size_t json_memory(const struct json_doc *doc) {
  size_t memory = sizeof *doc + doc->length + 1;
  for (const struct json_block *block = doc->blocks; block; block = block->next)
    memory += sizeof *block + block->size;
  return memory;
}

const struct json_value *json_root(const struct json_doc *doc) {
  return doc->root;
}

const char *json_text(const struct json_doc *doc, size_t *length) {
  if (length)
    *length = doc->length;
  return doc->text;
}

const struct json_value *json_member(const struct json_value *object, const char *name) {
  if (object->type != JSON_OBJECT)
    return NULL;
  size_t length = strlen(name);
  for (const struct json_value *member = object->first; member; member = member->next)
    if (bytes_equal(member->key->string, member->key->length, name, length))
      return member;
  return NULL;
}

void json_position(const struct json_doc *doc, size_t offset, size_t *line, size_t *column) {
  json_find_position(doc->text, doc->length, offset, line, column);
}

size_t json_member_start(const struct json_value *member) {
  return member->key ? member->key->start : member->start;
}

const struct json_value *json_last_member(const struct json_value *container) {
  const struct json_value *last = container->first;
  while (last && last->next)
    last = last->next;
  return last;
}
