#include "json/json.h"

#include "base/utf8.h"
#include "json/string.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Values and unescaped strings live in blocks that are freed together with the document. */
#define BLOCK_SIZE 16384

struct block {
  struct block *next;
  size_t used, size;
  alignas(max_align_t) char bytes[];
};

struct json_doc {
  char *text;
  size_t length;
  bool secret; /* wiped when it goes */
  struct block *blocks;
  struct json_value *root;
};

void *json_allocate(struct json_doc *doc, size_t size) {
  const size_t unit = alignof(max_align_t);
  size = (size + unit - 1) / unit * unit;
  if (!doc->blocks || doc->blocks->size - doc->blocks->used < size) {
    size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
    struct block *block = malloc(sizeof *block + room);
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

static size_t mark_length(const char *text, size_t length) {
  return length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Line and column of an offset; columns count characters, so UTF-8 continuation bytes do not, nor
 * does a byte order mark, which no editor shows. */
static void find_place(const char *text, size_t length, size_t offset, size_t *line,
                       size_t *column) {
  *line = 1;
  *column = 1;
  for (size_t i = mark_length(text, length); i < offset && i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '\n' || (c == '\r' && !(i + 1 < length && text[i + 1] == '\n'))) {
      ++*line;
      *column = 1;
    } else if ((c & 0xc0) != 0x80 && c != '\r') {
      ++*column;
    }
  }
}

bool json_fail_at(struct parser *parser, size_t offset, const char *format, ...) {
  struct json_error *error = parser->error;
  error->offset = offset;
  find_place(parser->text, parser->length, offset, &error->line, &error->column);
  va_list args;
  va_start(args, format);
  vsnprintf(error->message, sizeof error->message, format, args);
  va_end(args);
  return false;
}

bool json_fail_memory(struct parser *parser) {
  return json_fail_at(parser, parser->at, "not enough memory");
}

bool json_fail_expected(struct parser *parser, const char *expected) {
  if (parser->at >= parser->length)
    return json_fail_at(parser, parser->at, "expected %s, but the text ends", expected);
  unsigned char c = (unsigned char)parser->text[parser->at];
  if (c > 0x20 && c < 0x7f)
    return json_fail_at(parser, parser->at, "expected %s, found '%c'", expected, c);
  return json_fail_at(parser, parser->at, "expected %s, found byte 0x%02x", expected, c);
}

static void skip_space(struct parser *parser) {
  for (; parser->at < parser->length; parser->at++) {
    char c = parser->text[parser->at];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
      break;
  }
}

static bool read_word(struct parser *parser, struct json_value *value) {
  static const struct {
    const char *word;
    enum json_type type;
  } words[] = {{"null", JSON_NULL}, {"true", JSON_TRUE}, {"false", JSON_FALSE}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    size_t length = strlen(words[i].word);
    if (parser->length - parser->at >= length &&
        memcmp(parser->text + parser->at, words[i].word, length) == 0) {
      value->type = words[i].type;
      parser->at += length;
      return true;
    }
  }
  return json_fail_expected(parser, "a value");
}

/* Hangs a new value, which starts here, into the array or object that is open. */
static struct json_value *add_value(struct parser *parser, const struct json_value *key) {
  struct json_value *value = json_allocate(parser->doc, sizeof *value);
  if (!value) {
    json_fail_memory(parser);
    return NULL;
  }
  memset(value, 0, sizeof *value);
  value->start = parser->at;
  value->key = key;
  if (parser->depth == 0) {
    parser->doc->root = value;
    return value;
  }
  struct frame *frame = &parser->frames[parser->depth - 1];
  if (frame->last)
    frame->last->next = value;
  else
    frame->value->first = value;
  frame->last = value;
  frame->value->count++;
  return value;
}

static bool open_container(struct parser *parser, struct json_value *value, enum json_type type) {
  if (parser->depth == JSON_MAX_DEPTH)
    return json_fail_at(parser, parser->at, "nested deeper than %d", JSON_MAX_DEPTH);
  value->type = type;
  parser->frames[parser->depth++] = (struct frame){.value = value};
  parser->at++;
  return true;
}

/* Reads the name and the colon of an object's member. */
static const struct json_value *read_key(struct parser *parser) {
  if (peek(parser) != '"') {
    json_fail_expected(parser, "a member's name in quotes");
    return NULL;
  }
  struct json_value *key = json_allocate(parser->doc, sizeof *key);
  if (!key) {
    json_fail_memory(parser);
    return NULL;
  }
  memset(key, 0, sizeof *key);
  key->start = parser->at;
  if (!json_read_string(parser, key))
    return NULL;
  key->end = parser->at;
  skip_space(parser);
  if (peek(parser) != ':') {
    json_fail_expected(parser, "':'");
    return NULL;
  }
  parser->at++;
  skip_space(parser);
  return key;
}

/* Sorted names make a repeated one a neighbour: no object is too wide to check. */
static int compare_keys(const void *a, const void *b) {
  const struct json_value *left = *(const struct json_value *const *)a;
  const struct json_value *right = *(const struct json_value *const *)b;
  size_t shared = left->length < right->length ? left->length : right->length;
  int order = memcmp(left->string, right->string, shared);
  if (order == 0 && left->length != right->length)
    order = left->length < right->length ? -1 : 1;
  return order != 0 ? order : left->start < right->start ? -1 : 1;
}

/* Shows the name as it reads, or, where it holds a control character, as it is spelled. */
static bool fail_repeated(struct parser *parser, const struct json_value *key) {
  const char *name = key->string;
  size_t length = key->length, shown = 0;
  for (size_t i = 0; i < key->length && name == key->string; i++)
    if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
      name = parser->text + key->start + 1;
      length = key->end - key->start - 2;
    }
  while (shown < length && shown < 80)
    shown += utf8_sequence(name + shown, length - shown);
  return json_fail_at(parser, key->start, "the name \"%.*s%s\" stands twice in one object",
                      (int)shown, name, shown < length ? "..." : "");
}

static bool check_keys(struct parser *parser, const struct json_value *object) {
  if (object->count < 2)
    return true;
  const struct json_value **keys = malloc(object->count * sizeof *keys);
  if (!keys)
    return json_fail_memory(parser);
  size_t count = 0;
  for (const struct json_value *member = object->first; member; member = member->next)
    keys[count++] = member->key;
  qsort(keys, count, sizeof *keys, compare_keys);
  const struct json_value *repeated = NULL; /* the first in the text */
  for (size_t i = 1; i < count; i++)
    if (keys[i]->length == keys[i - 1]->length &&
        memcmp(keys[i]->string, keys[i - 1]->string, keys[i]->length) == 0 &&
        (!repeated || keys[i]->start < repeated->start))
      repeated = keys[i];
  free(keys);
  return !repeated || fail_repeated(parser, repeated);
}

/* Reads one value, or opens one. */
static bool read_value(struct parser *parser, const struct json_value *key) {
  struct json_value *value = add_value(parser, key);
  if (!value)
    return false;
  int c = peek(parser);
  bool fine;
  if (c == '{')
    return open_container(parser, value, JSON_OBJECT);
  if (c == '[')
    return open_container(parser, value, JSON_ARRAY);
  if (c == '"')
    fine = json_read_string(parser, value);
  else if (c == '-' || is_digit(c))
    fine = json_read_number(parser, value);
  else
    fine = read_word(parser, value);
  value->end = parser->at;
  return fine;
}

/* Reads on in the array or object that is open: its next child, or its end. */
static bool read_on(struct parser *parser) {
  struct frame *frame = &parser->frames[parser->depth - 1];
  bool object = frame->value->type == JSON_OBJECT;
  char close = object ? '}' : ']';
  skip_space(parser);
  if (peek(parser) == close) {
    parser->at++;
    frame->value->end = parser->at;
    parser->depth--;
    return !object || check_keys(parser, frame->value);
  }
  if (frame->last) {
    if (peek(parser) != ',')
      return json_fail_expected(parser, object ? "',' or '}'" : "',' or ']'");
    parser->at++;
    skip_space(parser);
  }
  const struct json_value *key = NULL;
  if (object && !(key = read_key(parser)))
    return false;
  return read_value(parser, key);
}

static bool read_document(struct parser *parser) {
  parser->at = mark_length(parser->text, parser->length);
  skip_space(parser);
  if (!read_value(parser, NULL))
    return false;
  while (parser->depth > 0)
    if (!read_on(parser))
      return false;
  skip_space(parser);
  return parser->at == parser->length || json_fail_expected(parser, "the end of the text");
}

static struct json_doc *parse(const char *text, size_t length, bool secret,
                              struct json_error *error) {
  memset(error, 0, sizeof *error);
  struct parser parser = {
      .error = error, .text = text, .length = length, .scratch = {.secret = secret}};
  parser.doc = calloc(1, sizeof *parser.doc);
  if (!parser.doc || !(parser.doc->text = malloc(length + 1))) {
    json_free(parser.doc);
    json_fail_memory(&parser);
    return NULL;
  }
  if (length > 0)
    memcpy(parser.doc->text, text, length);
  parser.doc->text[length] = '\0';
  parser.doc->length = length;
  parser.doc->secret = secret;
  parser.text = parser.doc->text;
  bool fine = read_document(&parser);
  buf_free(&parser.scratch);
  if (fine)
    return parser.doc;
  json_free(parser.doc);
  return NULL;
}

struct json_doc *json_parse(const char *text, size_t length, struct json_error *error) {
  return parse(text, length, false, error);
}

struct json_doc *json_parse_secret(const char *text, size_t length, struct json_error *error) {
  return parse(text, length, true, error);
}

void json_free(struct json_doc *doc) {
  if (!doc)
    return;
  if (doc->secret)
    explicit_bzero(doc->text, doc->length);
  while (doc->blocks) {
    struct block *next = doc->blocks->next;
    if (doc->secret)
      explicit_bzero(doc->blocks->bytes, doc->blocks->used);
    free(doc->blocks);
    doc->blocks = next;
  }
  free(doc->text);
  free(doc);
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
    if (member->key->length == length && memcmp(member->key->string, name, length) == 0)
      return member;
  return NULL;
}

void json_place(const struct json_doc *doc, size_t offset, size_t *line, size_t *column) {
  find_place(doc->text, doc->length, offset, line, column);
}
