#include "json/json.h"

#include "base/bytes.h"
#include "base/utf8.h"
#include "json/scan.h"

#include <stdlib.h>
#include <string.h>

/* The number of names that are compared pair by pair. */
#define FEW 16

/* An array or object that is not complete yet. */
struct frame {
  struct json_value *value;
  struct json_value *last;
};

struct parser {
  struct json_scanner scanner;
  size_t depth, max_depth;
  struct frame frames[JSON_MAX_DEEP];
};

/* Appends a new value, which starts at an address, to the open array or object. */
static struct json_value *add_value(struct parser *parser, const char *at,
                                    const struct json_value *key) {
  struct json_value *value = json_new_value(parser->scanner.doc);
  if (!value) {
    json_fail_memory(&parser->scanner, at);
    return NULL;
  }
  *value = (struct json_value){.start = (uint32_t)(at - parser->scanner.text), .key = key};
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

static const char *open_container(struct parser *parser, const char *at, struct json_value *value,
                                  enum json_type type) {
  if (parser->depth == parser->max_depth)
    return json_fail_at(&parser->scanner, at, "nested deeper than %zu", parser->max_depth);
  value->type = type;
  parser->frames[parser->depth++] = (struct frame){.value = value};
  return at + 1;
}

/* Reads the name of an object member, and the colon and white space behind it. */
static const char *read_key(struct parser *parser, const char *at, const struct json_value **key) {
  if (*at != '"')
    return json_fail_expected(&parser->scanner, at, "a member's name in quotes");
  struct json_value *name = json_new_value(parser->scanner.doc);
  if (!name)
    return json_fail_memory(&parser->scanner, at);
  *name = (struct json_value){.start = (uint32_t)(at - parser->scanner.text)};
  at = json_scan_string(&parser->scanner, at, name);
  if (!at)
    return NULL;
  name->end = (uint32_t)(at - parser->scanner.text);
  *key = name;
  at = json_skip_space(at);
  if (*at != ':')
    return json_fail_expected(&parser->scanner, at, "':'");
  return json_skip_space(at + 1);
}

static bool same_name(const struct json_value *a, const struct json_value *b) {
  return bytes_equal(a->string, a->length, b->string, b->length);
}

/* Sorting makes duplicate names adjacent, so that objects of any width can be checked. */
static int compare_keys(const void *a, const void *b) {
  const struct json_value *left = *(const struct json_value *const *)a;
  const struct json_value *right = *(const struct json_value *const *)b;
  int order = bytes_compare(left->string, left->length, right->string, right->length);
  return order != 0 ? order : left->start < right->start ? -1 : 1;
}

/* Returns the first name of a list, in the order of the text, that the list has before, or NULL. */
static const struct json_value *find_repeated(const struct json_value **keys, size_t count) {
  const struct json_value *repeated = NULL;
  qsort(keys, count, sizeof *keys, compare_keys);
  for (size_t i = 1; i < count; i++)
    if (same_name(keys[i], keys[i - 1]) && (!repeated || keys[i]->start < repeated->start))
      repeated = keys[i];
  return repeated;
}

/* find_repeated for the few names that most objects have. */
static const struct json_value *find_repeated_of_few(const struct json_value **keys, size_t count) {
  for (size_t i = 1; i < count; i++)
    for (size_t j = 0; j < i; j++)
      if (same_name(keys[i], keys[j]))
        return keys[i];
  return NULL;
}

/* Shows the name unescaped or, if it contains a control character, as it is spelled. */
static const char *fail_repeated(struct parser *parser, const struct json_value *key) {
  const char *name = key->string;
  size_t length = key->length, shown = 0;
  for (size_t i = 0; i < key->length && name == key->string; i++)
    if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
      name = parser->scanner.text + key->start + 1;
      length = key->end - key->start - 2;
    }
  while (shown < length && shown < 80)
    shown += utf8_sequence(name + shown, length - shown);
  return json_fail_at(&parser->scanner, parser->scanner.text + key->start,
                      "duplicate name \"%.*s%s\" in an object", (int)shown, name,
                      shown < length ? "..." : "");
}

/* Returns the address, or NULL if a name of the object that ends there is repeated. */
static const char *check_keys(struct parser *parser, const char *at,
                              const struct json_value *object) {
  const struct json_value *few[FEW], **keys = few, *repeated;
  if (object->count > FEW && !(keys = malloc(object->count * sizeof *keys)))
    return json_fail_memory(&parser->scanner, at);
  size_t count = 0;
  for (const struct json_value *member = object->first; member; member = member->next)
    keys[count++] = member->key;
  if (keys == few) {
    repeated = find_repeated_of_few(keys, count);
  } else {
    repeated = find_repeated(keys, count);
    free(keys);
  }
  return repeated ? fail_repeated(parser, repeated) : at;
}

/* Reads a scalar, or opens an array or object. */
static const char *read_value(struct parser *parser, const char *at, const struct json_value *key) {
  struct json_value *value = add_value(parser, at, key);
  if (!value)
    return NULL;
  if (*at == '{')
    return open_container(parser, at, value, JSON_OBJECT);
  if (*at == '[')
    return open_container(parser, at, value, JSON_ARRAY);
  at = json_scan_scalar(&parser->scanner, at, value);
  if (at)
    value->end = (uint32_t)(at - parser->scanner.text);
  return at;
}

/* Reads the next child of the open array or object, or its end. */
static const char *read_on(struct parser *parser, const char *at) {
  struct frame *frame = &parser->frames[parser->depth - 1];
  bool object = frame->value->type == JSON_OBJECT;
  at = json_skip_space(at);
  if (*at == (object ? '}' : ']')) {
    at++;
    frame->value->end = (uint32_t)(at - parser->scanner.text);
    parser->depth--;
    return object ? check_keys(parser, at, frame->value) : at;
  }
  if (frame->last) {
    if (*at != ',')
      return json_fail_expected(&parser->scanner, at, object ? "',' or '}'" : "',' or ']'");
    at = json_skip_space(at + 1);
  }
  const struct json_value *key = NULL;
  if (object && !(at = read_key(parser, at, &key)))
    return NULL;
  return read_value(parser, at, key);
}

static bool read_document(struct parser *parser) {
  const struct json_scanner *scanner = &parser->scanner;
  const char *at = scanner->text + json_bom_length(scanner->text, scanner->length);
  at = read_value(parser, json_skip_space(at), NULL);
  while (at && parser->depth > 0)
    at = read_on(parser, at);
  if (!at)
    return false;
  at = json_skip_space(at);
  return at == scanner->text + scanner->length ||
         json_fail_expected(&parser->scanner, at, "the end of the text");
}

static struct json_doc *parse(const char *text, size_t length, bool secret, unsigned flags,
                              struct json_error *error) {
  memset(error, 0, sizeof *error);
  struct parser parser;
  parser.scanner = (struct json_scanner){
      .error = error, .text = text, .length = length, .allow_nul = (flags & JSON_NUL) != 0};
  parser.depth = 0;
  parser.max_depth = flags & JSON_DEEP ? JSON_MAX_DEEP : JSON_MAX_DEPTH;
  if (length > JSON_MAX_BYTES) {
    json_fail_at(&parser.scanner, text, "a text of more than 4 GB");
    return NULL;
  }
  struct json_doc *doc = json_new(text, length, secret);
  if (!doc) {
    json_fail_memory(&parser.scanner, text);
    return NULL;
  }
  parser.scanner.doc = doc;
  parser.scanner.text = doc->text;
  if (read_document(&parser))
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
