#include "json.h"

#include "buf.h"
#include "utf8.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
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

/* An array or object whose end has not been read yet. */
struct frame {
  struct json_value *value;
  struct json_value *last;
};

struct parser {
  struct json_doc *doc;
  struct json_error *error;
  const char *text;
  size_t length;
  size_t at;
  struct frame frames[JSON_MAX_DEPTH];
  size_t depth;
  struct buf scratch;
};

static void *allocate(struct json_doc *doc, size_t size) {
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

__attribute__((format(printf, 3, 4))) static bool fail_at(struct parser *parser, size_t offset,
                                                          const char *format, ...) {
  struct json_error *error = parser->error;
  error->offset = offset;
  find_place(parser->text, parser->length, offset, &error->line, &error->column);
  va_list args;
  va_start(args, format);
  vsnprintf(error->message, sizeof error->message, format, args);
  va_end(args);
  return false;
}

static bool fail_memory(struct parser *parser) {
  return fail_at(parser, parser->at, "not enough memory");
}

/* "expected X" with what stands there instead. */
static bool fail_expected(struct parser *parser, const char *expected) {
  if (parser->at >= parser->length)
    return fail_at(parser, parser->at, "expected %s, but the text ends", expected);
  unsigned char c = (unsigned char)parser->text[parser->at];
  if (c > 0x20 && c < 0x7f)
    return fail_at(parser, parser->at, "expected %s, found '%c'", expected, c);
  return fail_at(parser, parser->at, "expected %s, found byte 0x%02x", expected, c);
}

static int peek(const struct parser *parser) {
  return parser->at < parser->length ? (unsigned char)parser->text[parser->at] : -1;
}

static void skip_space(struct parser *parser) {
  for (; parser->at < parser->length; parser->at++) {
    char c = parser->text[parser->at];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r')
      break;
  }
}

static bool is_digit(int c) {
  return c >= '0' && c <= '9';
}

/* Reads the four hex digits behind \u. */
static bool read_hex(struct parser *parser, uint32_t *code) {
  *code = 0;
  for (int i = 0; i < 4; i++, parser->at++) {
    int c = peek(parser);
    uint32_t digit;
    if (is_digit(c))
      digit = (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = (uint32_t)(c - 'A' + 10);
    else
      return fail_expected(parser, "four hex digits after \\u");
    *code = *code << 4 | digit;
  }
  return true;
}

/* Reads what follows a backslash. */
static bool read_escape(struct parser *parser) {
  static const char names[] = "\"\\/bfnrt";
  static const char meanings[] = "\"\\/\b\f\n\r\t";
  size_t start = parser->at - 1;
  int c = peek(parser);
  const char *name = c > 0 ? strchr(names, c) : NULL;
  if (name) {
    buf_addc(&parser->scratch, meanings[name - names]);
    parser->at++;
    return true;
  }
  if (c != 'u')
    return fail_expected(parser, "an escape: one of \" \\ / b f n r t u");
  parser->at++;
  uint32_t code;
  if (!read_hex(parser, &code))
    return false;
  if (code == 0)
    return fail_at(parser, start, "\\u0000 is refused");
  if (code >= 0xdc00 && code <= 0xdfff)
    return fail_at(parser, start, "a low surrogate without its high one");
  if (code >= 0xd800 && code <= 0xdbff) {
    uint32_t low = 0;
    if (peek(parser) != '\\' || parser->at + 1 >= parser->length ||
        parser->text[parser->at + 1] != 'u')
      return fail_at(parser, start, "a high surrogate without its low one");
    parser->at += 2;
    if (!read_hex(parser, &low))
      return false;
    if (low < 0xdc00 || low > 0xdfff)
      return fail_at(parser, start, "a high surrogate without its low one");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  utf8_add(&parser->scratch, code);
  return true;
}

static bool keep_string(struct parser *parser, struct json_value *value, const char *bytes,
                        size_t length) {
  char *copy = allocate(parser->doc, length + 1);
  if (!copy)
    return fail_memory(parser);
  if (length > 0)
    memcpy(copy, bytes, length);
  copy[length] = '\0';
  value->string = copy;
  value->length = length;
  return true;
}

/* How many bytes stand for themselves from here on: ASCII without quotes, escapes and controls. */
static size_t plain_run(const struct parser *parser) {
  size_t at = parser->at;
  for (; at < parser->length; at++) {
    unsigned char c = (unsigned char)parser->text[at];
    if (c < 0x20 || c >= 0x80 || c == '"' || c == '\\')
      break;
  }
  return at - parser->at;
}

static bool read_string(struct parser *parser, struct json_value *value) {
  value->type = JSON_STRING;
  buf_reset(&parser->scratch);
  parser->at++;
  size_t start = parser->at, run = plain_run(parser);
  parser->at += run;
  if (peek(parser) == '"') {
    parser->at++;
    return keep_string(parser, value, parser->text + start, run);
  }
  buf_add(&parser->scratch, parser->text + start, run);
  for (;;) {
    run = plain_run(parser);
    buf_add(&parser->scratch, parser->text + parser->at, run);
    parser->at += run;
    int c = peek(parser);
    if (c == '"')
      break;
    if (c < 0)
      return fail_at(parser, value->start, "a string that does not end");
    if (c < 0x20)
      return fail_at(parser, parser->at, "control character 0x%02x in a string", (unsigned)c);
    if (c == '\\') {
      parser->at++;
      if (!read_escape(parser))
        return false;
      continue;
    }
    size_t length = utf8_sequence(parser->text + parser->at, parser->length - parser->at);
    if (length == 0)
      return fail_at(parser, parser->at, "byte 0x%02x is not UTF-8", (unsigned)c);
    buf_add(&parser->scratch, parser->text + parser->at, length);
    parser->at += length;
  }
  parser->at++;
  if (parser->scratch.failed)
    return fail_memory(parser);
  return keep_string(parser, value, parser->scratch.data, parser->scratch.length);
}

static bool read_number(struct parser *parser, struct json_value *value) {
  value->type = JSON_NUMBER;
  if (peek(parser) == '-')
    parser->at++;
  if (!is_digit(peek(parser)))
    return fail_expected(parser, "a digit");
  bool zero = peek(parser) == '0';
  parser->at++;
  if (zero && is_digit(peek(parser)))
    return fail_at(parser, parser->at - 1, "a number with a leading zero");
  while (is_digit(peek(parser)))
    parser->at++;
  if (peek(parser) == '.') {
    parser->at++;
    if (!is_digit(peek(parser)))
      return fail_expected(parser, "a digit after the decimal point");
    while (is_digit(peek(parser)))
      parser->at++;
  }
  if (peek(parser) == 'e' || peek(parser) == 'E') {
    parser->at++;
    if (peek(parser) == '+' || peek(parser) == '-')
      parser->at++;
    if (!is_digit(peek(parser)))
      return fail_expected(parser, "a digit in the exponent");
    while (is_digit(peek(parser)))
      parser->at++;
  }
  return keep_string(parser, value, parser->text + value->start, parser->at - value->start);
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
  return fail_expected(parser, "a value");
}

/* Hangs a new value, which starts here, into the array or object that is open. */
static struct json_value *add_value(struct parser *parser, const struct json_value *key) {
  struct json_value *value = allocate(parser->doc, sizeof *value);
  if (!value) {
    fail_memory(parser);
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
    return fail_at(parser, parser->at, "nested deeper than %d", JSON_MAX_DEPTH);
  value->type = type;
  parser->frames[parser->depth++] = (struct frame){.value = value};
  parser->at++;
  return true;
}

/* Reads the name and the colon of an object's member. */
static const struct json_value *read_key(struct parser *parser) {
  if (peek(parser) != '"') {
    fail_expected(parser, "a member's name in quotes");
    return NULL;
  }
  struct json_value *key = allocate(parser->doc, sizeof *key);
  if (!key) {
    fail_memory(parser);
    return NULL;
  }
  memset(key, 0, sizeof *key);
  key->start = parser->at;
  if (!read_string(parser, key))
    return NULL;
  key->end = parser->at;
  skip_space(parser);
  if (peek(parser) != ':') {
    fail_expected(parser, "':'");
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
  return fail_at(parser, key->start, "the name \"%.*s%s\" stands twice in one object", (int)shown,
                 name, shown < length ? "..." : "");
}

static bool check_keys(struct parser *parser, const struct json_value *object) {
  if (object->count < 2)
    return true;
  const struct json_value **keys = malloc(object->count * sizeof *keys);
  if (!keys)
    return fail_memory(parser);
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
    fine = read_string(parser, value);
  else if (c == '-' || is_digit(c))
    fine = read_number(parser, value);
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
      return fail_expected(parser, object ? "',' or '}'" : "',' or ']'");
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
  return parser->at == parser->length || fail_expected(parser, "the end of the text");
}

static struct json_doc *parse(const char *text, size_t length, bool secret,
                              struct json_error *error) {
  memset(error, 0, sizeof *error);
  struct parser parser = {
      .error = error, .text = text, .length = length, .scratch = {.secret = secret}};
  parser.doc = calloc(1, sizeof *parser.doc);
  if (!parser.doc || !(parser.doc->text = malloc(length + 1))) {
    json_free(parser.doc);
    fail_memory(&parser);
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
