#include "json/json.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "json/scan.h"

#include <stdlib.h>
#include <string.h>

/* An array or object that is not complete yet. */
struct frame {
  struct json_value *value;
  struct json_value *last;
};

struct parser {
  struct json_scanner scanner;
  struct frame frames[JSON_MAX_DEEP];
  size_t depth, max_depth;
};

/* Appends a new value, which starts at the current offset, to the open array or object. */
static struct json_value *add_value(struct parser *parser, const struct json_value *key) {
  struct json_value *value = json_allocate(parser->scanner.doc, sizeof *value);
  if (!value) {
    json_fail_memory(&parser->scanner);
    return NULL;
  }
  memset(value, 0, sizeof *value);
  value->start = parser->scanner.at;
  value->key = key;
  if (parser->depth == 0) {
    parser->scanner.doc->root = value;
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
  if (parser->depth == parser->max_depth)
    return json_fail_at(&parser->scanner, parser->scanner.at, "nested deeper than %zu",
                        parser->max_depth);
  value->type = type;
  parser->frames[parser->depth++] = (struct frame){.value = value};
  parser->scanner.at++;
  return true;
}

/* Reads the name of an object member and the colon. */
static const struct json_value *read_key(struct parser *parser) {
  if (json_peek(&parser->scanner) != '"') {
    json_fail_expected(&parser->scanner, "a member's name in quotes");
    return NULL;
  }
  struct json_value *key = json_allocate(parser->scanner.doc, sizeof *key);
  if (!key) {
    json_fail_memory(&parser->scanner);
    return NULL;
  }
  memset(key, 0, sizeof *key);
  key->start = parser->scanner.at;
  if (!json_scan_string(&parser->scanner, key))
    return NULL;
  key->end = parser->scanner.at;
  json_skip_space(&parser->scanner);
  if (json_peek(&parser->scanner) != ':') {
    json_fail_expected(&parser->scanner, "':'");
    return NULL;
  }
  parser->scanner.at++;
  json_skip_space(&parser->scanner);
  return key;
}

/* Sorting makes duplicate names adjacent, so that objects of any width can be checked. */
static int compare_keys(const void *a, const void *b) {
  const struct json_value *left = *(const struct json_value *const *)a;
  const struct json_value *right = *(const struct json_value *const *)b;
  int order = bytes_compare(left->string, left->length, right->string, right->length);
  return order != 0 ? order : left->start < right->start ? -1 : 1;
}

/* Shows the name unescaped or, if it contains a control character, as it is spelled. */
static bool fail_repeated(struct parser *parser, const struct json_value *key) {
  const char *name = key->string;
  size_t length = key->length, shown = 0;
  for (size_t i = 0; i < key->length && name == key->string; i++)
    if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
      name = parser->scanner.text + key->start + 1;
      length = key->end - key->start - 2;
    }
  while (shown < length && shown < 80)
    shown += utf8_sequence(name + shown, length - shown);
  return json_fail_at(&parser->scanner, key->start, "duplicate name \"%.*s%s\" in an object",
                      (int)shown, name, shown < length ? "..." : "");
}

static bool check_keys(struct parser *parser, const struct json_value *object) {
  if (object->count < 2)
    return true;
  const struct json_value **keys = malloc(object->count * sizeof *keys);
  if (!keys)
    return json_fail_memory(&parser->scanner);
  size_t count = 0;
  for (const struct json_value *member = object->first; member; member = member->next)
    keys[count++] = member->key;
  qsort(keys, count, sizeof *keys, compare_keys);
  const struct json_value *repeated = NULL; /* the first in the text */
  for (size_t i = 1; i < count; i++)
    if (bytes_equal(keys[i]->string, keys[i]->length, keys[i - 1]->string, keys[i - 1]->length) &&
        (!repeated || keys[i]->start < repeated->start))
      repeated = keys[i];
  free(keys);
  return !repeated || fail_repeated(parser, repeated);
}

/* Reads a scalar, or opens an array or object. */
static bool read_value(struct parser *parser, const struct json_value *key) {
  struct json_value *value = add_value(parser, key);
  if (!value)
    return false;
  int c = json_peek(&parser->scanner);
  if (c == '{')
    return open_container(parser, value, JSON_OBJECT);
  if (c == '[')
    return open_container(parser, value, JSON_ARRAY);
  bool fine = json_scan_scalar(&parser->scanner, value);
  value->end = parser->scanner.at;
  return fine;
}

/* Reads the next child of the open array or object, or its end. */
static bool read_on(struct parser *parser) {
  struct frame *frame = &parser->frames[parser->depth - 1];
  bool object = frame->value->type == JSON_OBJECT;
  char close = object ? '}' : ']';
  json_skip_space(&parser->scanner);
  if (json_peek(&parser->scanner) == close) {
    parser->scanner.at++;
    frame->value->end = parser->scanner.at;
    parser->depth--;
    return !object || check_keys(parser, frame->value);
  }
  if (frame->last) {
    if (json_peek(&parser->scanner) != ',')
      return json_fail_expected(&parser->scanner, object ? "',' or '}'" : "',' or ']'");
    parser->scanner.at++;
    json_skip_space(&parser->scanner);
  }
  const struct json_value *key = NULL;
  if (object && !(key = read_key(parser)))
    return false;
  return read_value(parser, key);
}

static bool read_document(struct parser *parser) {
  parser->scanner.at = json_bom_length(parser->scanner.text, parser->scanner.length);
  json_skip_space(&parser->scanner);
  if (!read_value(parser, NULL))
    return false;
  while (parser->depth > 0)
    if (!read_on(parser))
      return false;
  json_skip_space(&parser->scanner);
  return parser->scanner.at == parser->scanner.length ||
         json_fail_expected(&parser->scanner, "the end of the text");
}

static struct json_doc *copy_text(const char *text, size_t length, bool secret) {
  struct json_doc *doc = calloc(1, sizeof *doc);
  if (!doc || !(doc->text = malloc(length + 1))) {
    json_free(doc);
    return NULL;
  }
  if (length > 0)
    memcpy(doc->text, text, length);
  doc->text[length] = '\0';
  doc->length = length;
  doc->secret = secret;
  return doc;
}

static struct json_doc *parse(const char *text, size_t length, bool secret, unsigned flags,
                              struct json_error *error) {
  memset(error, 0, sizeof *error);
  struct json_doc *doc = copy_text(text, length, secret);
  struct parser parser = {.scanner = {.doc = doc,
                                      .error = error,
                                      .text = doc ? doc->text : text,
                                      .length = length,
                                      .allow_nul = (flags & JSON_NUL) != 0,
                                      .scratch = {.secret = secret}},
                          .max_depth = flags & JSON_DEEP ? JSON_MAX_DEEP : JSON_MAX_DEPTH};
  if (!doc) {
    json_fail_memory(&parser.scanner);
    return NULL;
  }
  bool fine = read_document(&parser);
  buf_free(&parser.scanner.scratch);
  if (fine)
    return doc;
  json_free(doc);
  return NULL;
}

struct json_doc *json_parse(const char *text, size_t length, struct json_error *error) {
  return parse(text, length, false, 0, error);
}

struct json_doc *json_parse_with(const char *text, size_t length, unsigned flags,
                                 struct json_error *error) {
  return parse(text, length, false, flags, error);
}

struct json_doc *json_parse_secret(const char *text, size_t length, struct json_error *error) {
  return parse(text, length, true, 0, error);
}
