#include "json/document.h"

#include "base/bytes.h"
#include "base/platform.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

/* A policy needs six or seven bytes for values and statements for each byte of its text. */
#define VALUES_PER_BYTE 7
#define VALUES_MIN 512
#define VALUES_MAX 1048576

struct json_block {
  struct json_block *next;
  size_t size;
  alignas(max_align_t) char bytes[];
};

static size_t aligned(size_t size) {
  const size_t unit = alignof(struct json_value);
  return (size + unit - 1) / unit * unit;
}

/* The C library returns large blocks to the system, and the first use of each new page costs more than
 * to parse what fits into it. So each thread keeps a block of the last documents. */
#define KEPT_MIN 32768
#define KEPT_MAX 2097152

static _Thread_local struct json_block *kept;

static struct json_block *new_block(struct json_block *next, size_t size) {
  struct json_block *block = kept;
  /* A document that is small for the block would waste it. */
  if (block && block->size >= size && block->size / 4 <= size) {
    kept = NULL;
  } else {
    block = malloc(sizeof *block + size);
    if (!block)
      return NULL;
    block->size = size;
  }
  block->next = next;
  return block;
}

static void free_block(struct json_block *block) {
  bool keep = block->size >= KEPT_MIN && block->size <= KEPT_MAX;
  if (keep && (!kept || kept->size < block->size)) {
    struct json_block *smaller = kept;
    kept = block;
    block = smaller;
  }
  free(block);
}

struct json_doc *json_new(const char *text, size_t length, bool secret) {
  if (length > SIZE_MAX / 4)
    return NULL;
  size_t padded = length + JSON_PADDING;
  size_t used = aligned(sizeof(struct json_doc) + 2 * padded);
  size_t room = VALUES_MAX;
  if (length < VALUES_MAX / VALUES_PER_BYTE)
    room = length * VALUES_PER_BYTE + VALUES_MIN;
  struct json_block *block = new_block(NULL, used + room);
  if (!block)
    return NULL;
  struct json_doc *doc = (void *)block->bytes;
  char *copy = block->bytes + sizeof *doc, *strings = copy + padded;
  if (length > 0) {
    memcpy(copy, text, length);
    memcpy(strings, text, length);
  }
  memset(copy + length, 0, JSON_PADDING);
  memset(strings + length, 0, JSON_PADDING);
  *doc = (struct json_doc){.text = copy,
                           .strings = strings,
                           .length = length,
                           .secret = secret,
                           .blocks = block,
                           .next = block->bytes + used,
                           .room = block->size - used};
  return doc;
}

/* Each further block adds half of what there is, so that their number is small. */
bool json_grow(struct json_doc *doc, size_t size) {
  size_t more = json_memory(doc) / 2;
  struct json_block *block = new_block(doc->blocks, more > size ? more : size);
  if (!block)
    return false;
  doc->blocks = block;
  doc->next = block->bytes;
  doc->room = block->size;
  return true;
}

void *json_allocate(struct json_doc *doc, size_t size) {
  size = aligned(size);
  if (doc->room < size && !json_grow(doc, size))
    return NULL;
  void *memory = doc->next;
  doc->next += size;
  doc->room -= size;
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
  bool secret = doc->secret;
  /* The oldest block, which contains the document, is the last. */
  for (struct json_block *block = doc->blocks, *next; block; block = next) {
    next = block->next;
    if (secret)
      explicit_bzero(block->bytes, block->size);
    free_block(block);
  }
}

size_t json_memory(const struct json_doc *doc) {
  size_t memory = 0;
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
