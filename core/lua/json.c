/* lanyard.json: strict JSON for user input and for lanyard's output. */

#include "json/json.h"
#include "base/buf.h"
#include "base/bytes.h"
#include "base/utf8.h"
#include "lua/util.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOC_CLASS "lanyard.json.doc"
#define BUF_CLASS "lanyard.json.buf"
#define ARRAY_CLASS "lanyard.json.array"

static const char spare_doc_key, spare_buf_key;

/* json.null */
static char null_address;

static void push_null(lua_State *L) {
  lua_pushlightuserdata(L, &null_address);
}

/* ---- decode ---- */

struct doc_object {
  struct object object;
  struct json_doc *doc;
};

static int doc_gc(lua_State *L) {
  struct doc_object *object = end_object(L, 1, DOC_CLASS);
  if (object)
    json_free(object->doc);
  return 0;
}

static void push_number(lua_State *L, const struct json_value *value) {
  if (!strpbrk(value->string, ".eE")) {
    char *end;
    errno = 0;
    long long integer = strtoll(value->string, &end, 10);
    if (errno == 0 && *end == '\0') {
      lua_pushinteger(L, integer);
      return;
    }
  }
  lua_pushnumber(L, strtod(value->string, NULL));
}

/* Adds the names of an object, in the order of the text, to the table at `order`. The object is at the
 * top of the stack. */
static void record_order(lua_State *L, const struct json_value *object, int order) {
  lua_pushvalue(L, -1);
  lua_createtable(L, object->count < INT32_MAX ? (int)object->count : INT32_MAX, 0);
  lua_Integer position = 0;
  for (const struct json_value *child = object->first; child; child = child->next) {
    lua_pushlstring(L, child->key->string, child->key->length);
    lua_rawseti(L, -2, ++position);
  }
  lua_rawset(L, order);
}

struct decoder {
  int order;       /* the stack index of a table that gets the names of each object, or 0 */
  int array_class; /* the stack index of the metatable of arrays */
};

/* Pushes a scalar, or an empty table for an array or object. */
static void push_shell(lua_State *L, const struct decoder *decoder,
                       const struct json_value *value) {
  int count = value->count < INT32_MAX ? (int)value->count : INT32_MAX;
  switch (value->type) {
  case JSON_NULL:
    push_null(L);
    break;
  case JSON_FALSE:
  case JSON_TRUE:
    lua_pushboolean(L, value->type == JSON_TRUE);
    break;
  case JSON_NUMBER:
    push_number(L, value);
    break;
  case JSON_STRING:
    lua_pushlstring(L, value->string, value->length);
    break;
  case JSON_ARRAY:
    lua_createtable(L, count, 0);
    lua_pushvalue(L, decoder->array_class);
    lua_setmetatable(L, -2);
    break;
  case JSON_OBJECT:
    lua_createtable(L, 0, count);
    if (decoder->order)
      record_order(L, value, decoder->order);
    break;
  }
}

static bool is_container(const struct json_value *value) {
  return value->type == JSON_ARRAY || value->type == JSON_OBJECT;
}

/* Reports whether a double cannot hold a number: it would be infinite, which JSON cannot represent. */
static bool is_infinite(const struct json_value *number) {
  bool may_be = number->length > 300 || strpbrk(number->string, "eE");
  return may_be && !isfinite(strtod(number->string, NULL));
}

/* Returns the first number that a double cannot hold, or NULL. `root` is not a part of another
 * value. */
static const struct json_value *find_infinite(const struct json_value *root) {
  const struct json_value *open[JSON_MAX_DEEP + 1];
  size_t depth = 0;
  for (const struct json_value *value = root; value;) {
    if (value->type == JSON_NUMBER && is_infinite(value))
      return value;
    if (is_container(value) && value->first) {
      open[depth++] = value;
      value = value->first;
      continue;
    }
    while (!value->next && depth > 0)
      value = open[--depth];
    value = value->next;
  }
  return NULL;
}

/* Pushes a value with everything in it. The unfinished tables are on the Lua stack, each below its name if
 * it is a member of an object; `next` has the next child of each. */
static void push_value(lua_State *L, const struct decoder *decoder, const struct json_value *root) {
  const struct json_value *open[JSON_MAX_DEEP + 1], *next[JSON_MAX_DEEP + 1];
  lua_Integer filled[JSON_MAX_DEEP + 1];
  size_t depth = 0;
  luaL_checkstack(L, 2 * JSON_MAX_DEEP + 8, "JSON nested too deep");
  push_shell(L, decoder, root);
  if (!is_container(root))
    return;
  open[0] = root;
  next[0] = root->first;
  filled[0] = 0;
  for (;;) {
    const struct json_value *child = next[depth];
    if (child) {
      next[depth] = child->next;
      if (child->key)
        lua_pushlstring(L, child->key->string, child->key->length);
      push_shell(L, decoder, child);
      if (is_container(child)) {
        depth++;
        open[depth] = child;
        next[depth] = child->first;
        filled[depth] = 0;
        continue;
      }
    } else if (depth-- == 0) {
      return;
    }
    /* The finished child is at the top, its name and its table below it. */
    if (open[depth]->type == JSON_ARRAY)
      lua_rawseti(L, -2, ++filled[depth]);
    else
      lua_rawset(L, -3);
  }
}

/* json.decode(text [, { order = true, deep = true, nul = true }]) --> value [, order] | nil, err
 * Objects become tables, and arrays tables that json.is_array accepts. null becomes json.null.
 * Integers that fit become integers, other numbers floats; a number that is too large for a float is
 * an error. err has code "InvalidJson", line, column and offset (bytes, from 0). `order` has, for the
 * table of each object, the list of its names in the order of the text. `deep` accepts nesting up to
 * 128 instead of 64, and `nul` \u0000 in strings. */
static int json_decode(lua_State *L) {
  static const char *const fields[] = {"order", "deep", "nul", NULL};
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  lua_settop(L, 2);
  struct decoder decoder = {0};
  bool order = false;
  unsigned flags = 0;
  /* Functions such as string.gsub return further values. */
  if (lua_istable(L, 2)) {
    check_names(L, 2, fields);
    order = opt_field_boolean(L, 2, "order", false) != 0;
    flags |= opt_field_boolean(L, 2, "deep", false) ? JSON_DEEP : 0;
    flags |= opt_field_boolean(L, 2, "nul", false) ? JSON_NUL : 0;
  }
  if (order) {
    lua_newtable(L);
    decoder.order = lua_gettop(L);
  }
  luaL_getmetatable(L, ARRAY_CLASS);
  decoder.array_class = lua_gettop(L);
  struct doc_object *object = take_spare(L, &spare_doc_key, sizeof *object, DOC_CLASS);
  int place = lua_gettop(L);
  struct json_error error;
  object->doc = json_parse_with(text, length, flags, &error);
  if (!object->doc)
    return push_json_error(L, "InvalidJson", &error);
  const struct json_value *infinite = find_infinite(json_root(object->doc));
  if (infinite) {
    error = (struct json_error){.offset = infinite->start, .message = "the number is too large"};
    json_position(object->doc, error.offset, &error.line, &error.column);
    return push_json_error(L, "InvalidJson", &error);
  }
  push_value(L, &decoder, json_root(object->doc));
  json_free(object->doc);
  object->doc = NULL;
  put_spare(L, place, &spare_doc_key);
  if (!order)
    return 1;
  lua_pushvalue(L, decoder.order);
  return 2;
}

/* ---- encode ---- */

struct encoder {
  lua_State *L;
  struct buf *out;
  bool pretty;
  int max_depth;
};

struct buf_object {
  struct object object;
  struct buf buf;
};

static int buf_gc(lua_State *L) {
  struct buf_object *object = end_object(L, 1, BUF_CLASS);
  if (object)
    buf_free(&object->buf);
  return 0;
}

static void new_line(struct encoder *encoder, int depth) {
  if (!encoder->pretty)
    return;
  buf_addc(encoder->out, '\n');
  for (int i = 0; i < depth; i++)
    buf_adds(encoder->out, "  ");
}

static void add_string(struct encoder *encoder, const char *text, size_t length) {
  struct buf *out = encoder->out;
  buf_addc(out, '"');
  size_t start = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    const char *named = c == '"'    ? "\\\""
                        : c == '\\' ? "\\\\"
                        : c == '\n' ? "\\n"
                        : c == '\r' ? "\\r"
                        : c == '\t' ? "\\t"
                                    : NULL;
    if (!named && c >= 0x20 && c != 0x7f)
      continue;
    buf_add(out, text + start, i - start);
    if (named)
      buf_adds(out, named);
    else
      buf_addf(out, "\\u%04x", c);
    start = i + 1;
  }
  buf_add(out, text + start, length - start);
  buf_addc(out, '"');
}

static void add_value(struct encoder *encoder, int index, int depth);

static void add_float(struct encoder *encoder, lua_Number number) {
  if (!isfinite(number))
    luaL_error(encoder->L, "%f cannot be encoded as JSON", number);
  char text[40];
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(text, sizeof text, "%.*g", digits, number);
    if (strtod(text, NULL) == number)
      break;
  }
  buf_adds(encoder->out, text);
}

/* Reports whether the table at `index` is encoded as an array: it is marked as one, or has
 * elements. */
static bool is_array(lua_State *L, int index) {
  if (lua_getmetatable(L, index)) {
    luaL_getmetatable(L, ARRAY_CLASS);
    bool marked = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    if (marked)
      return true;
  }
  return lua_rawlen(L, index) > 0;
}

static void add_array(struct encoder *encoder, int index, int depth) {
  lua_State *L = encoder->L;
  lua_Unsigned count = lua_rawlen(L, index), entries = 0;
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    entries++;
  if (entries != count)
    luaL_error(L, "a table with both list elements and other keys cannot be encoded as JSON");
  buf_addc(encoder->out, '[');
  for (lua_Unsigned i = 1; i <= count; i++) {
    if (i > 1)
      buf_addc(encoder->out, ',');
    new_line(encoder, depth + 1);
    lua_rawgeti(L, index, (lua_Integer)i);
    add_value(encoder, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  if (count > 0)
    new_line(encoder, depth);
  buf_addc(encoder->out, ']');
}

static int compare_keys(const void *left, const void *right) {
  const struct list_string *a = left, *b = right;
  return bytes_compare(a->bytes, a->length, b->bytes, b->length);
}

/* Pushes an array of the table's keys, sorted bytewise. Its user value keeps them alive. */
static const struct list_string *push_sorted_keys(lua_State *L, int index, size_t *count) {
  lua_newtable(L);
  int keys = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "a table with a key that is a %s cannot be encoded as JSON",
                 luaL_typename(L, -2));
    lua_pushvalue(L, -2);
    lua_rawseti(L, keys, (lua_Integer)lua_rawlen(L, keys) + 1);
  }
  struct list_string *sorted = (void *)push_strings(L, keys, "keys", SIZE_MAX, count);
  qsort(sorted, *count, sizeof *sorted, compare_keys);
  lua_replace(L, keys);
  return sorted;
}

#define FEW_KEYS 32

/* Pushes the keys of a table, which keeps them alive, and sorts them bytewise. Returns false and pushes
 * nothing if they are more than FEW_KEYS or not all strings. */
static bool push_few_keys(lua_State *L, int index, struct list_string keys[FEW_KEYS],
                          size_t *count) {
  int top = lua_gettop(L);
  size_t found = 0;
  luaL_checkstack(L, FEW_KEYS + 8, "JSON nested too deep");
  for (lua_pushnil(L); lua_next(L, index); found++) {
    if (found == FEW_KEYS || lua_type(L, -2) != LUA_TSTRING) {
      lua_settop(L, top);
      return false;
    }
    lua_copy(L, -2, -1); /* one stays on the stack, the other gets the next key */
    struct list_string key;
    key.bytes = lua_tolstring(L, -1, &key.length);
    size_t i = found;
    for (; i > 0 && compare_keys(&keys[i - 1], &key) > 0; i--)
      keys[i] = keys[i - 1];
    keys[i] = key;
  }
  *count = found;
  return true;
}

static void add_object(struct encoder *encoder, int index, int depth) {
  lua_State *L = encoder->L;
  int top = lua_gettop(L);
  size_t count;
  struct list_string few[FEW_KEYS];
  const struct list_string *keys =
      push_few_keys(L, index, few, &count) ? few : push_sorted_keys(L, index, &count);
  buf_addc(encoder->out, '{');
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      buf_addc(encoder->out, ',');
    new_line(encoder, depth + 1);
    lua_pushlstring(L, keys[i].bytes, keys[i].length);
    add_value(encoder, lua_gettop(L), depth + 1);
    buf_adds(encoder->out, encoder->pretty ? ": " : ":");
    lua_rawget(L, index);
    add_value(encoder, lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  if (count > 0)
    new_line(encoder, depth);
  buf_addc(encoder->out, '}');
  lua_settop(L, top);
}

/* Encodes the value at `index`. The recursion is limited. */
static void add_value(struct encoder *encoder, int index, int depth) {
  lua_State *L = encoder->L;
  size_t length;
  const char *text;
  if (depth == encoder->max_depth && lua_istable(L, index))
    luaL_error(L, "a table nested deeper than %d (or in itself) cannot be encoded as JSON",
               encoder->max_depth);
  luaL_checkstack(L, 8, "JSON nested too deep");
  switch (lua_type(L, index)) {
  case LUA_TBOOLEAN:
    buf_adds(encoder->out, lua_toboolean(L, index) ? "true" : "false");
    return;
  case LUA_TNUMBER:
    if (lua_isinteger(L, index))
      buf_addf(encoder->out, "%lld", (long long)lua_tointeger(L, index));
    else
      add_float(encoder, lua_tonumber(L, index));
    return;
  case LUA_TSTRING:
    text = lua_tolstring(L, index, &length);
    if (!utf8_valid(text, length))
      luaL_error(L, "a string that is not UTF-8 cannot be encoded as JSON");
    add_string(encoder, text, length);
    return;
  case LUA_TTABLE:
    if (is_array(L, index))
      add_array(encoder, index, depth);
    else
      add_object(encoder, index, depth);
    return;
  default:
    if (lua_touserdata(L, index) != &null_address)
      luaL_error(L, "a %s cannot be encoded as JSON", luaL_typename(L, index));
    buf_adds(encoder->out, "null");
  }
}

/* json.encode(value [, { pretty = true, deep = true }]) --> text
 * Encodes a value, with sorted names. A table becomes an array if json.array marked it or it has
 * elements; an empty unmarked table becomes {}. Raises an error for values that JSON cannot
 * represent. `deep` accepts nesting up to 128 instead of 64. */
static int json_encode(lua_State *L) {
  static const char *const fields[] = {"pretty", "deep", NULL};
  luaL_checkany(L, 1);
  lua_settop(L, 2);
  struct encoder encoder = {.L = L, .max_depth = JSON_MAX_DEPTH};
  if (!lua_isnil(L, 2)) {
    check_names(L, 2, fields);
    encoder.pretty = opt_field_boolean(L, 2, "pretty", false) != 0;
    if (opt_field_boolean(L, 2, "deep", false))
      encoder.max_depth = JSON_MAX_DEEP;
  }
  struct buf_object *object = take_spare(L, &spare_buf_key, sizeof *object, BUF_CLASS);
  int place = lua_gettop(L);
  encoder.out = &object->buf;
  add_value(&encoder, 1, 0);
  push_buf(L, &object->buf);
  put_spare(L, place, &spare_buf_key);
  return 1;
}

/* json.array([t]) --> t
 * Marks a table as an array, so that it is encoded as one even if it is empty. */
static int json_array(lua_State *L) {
  if (lua_isnoneornil(L, 1)) {
    lua_settop(L, 0);
    lua_newtable(L);
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_setmetatable(L, ARRAY_CLASS);
  return 1;
}

/* json.is_array(value) --> boolean */
static int json_is_array(lua_State *L) {
  lua_pushboolean(L, lua_istable(L, 1) && is_array(L, 1));
  return 1;
}

static const luaL_Reg functions[] = {
    {"decode", json_decode},
    {"encode", json_encode},
    {"array", json_array},
    {"is_array", json_is_array},
    {NULL, NULL},
};

MODULE_API int luaopen_lanyard_json(lua_State *L) {
  static const luaL_Reg doc_meta[] = {{"__gc", doc_gc}, {NULL, NULL}};
  static const luaL_Reg buf_meta[] = {{"__gc", buf_gc}, {NULL, NULL}};
  new_class(L, DOC_CLASS, NULL, doc_meta);
  new_class(L, BUF_CLASS, NULL, buf_meta);
  luaL_newlib(L, functions);
  luaL_newmetatable(L, ARRAY_CLASS);
  lua_setfield(L, -2, "array_mt");
  push_null(L);
  lua_setfield(L, -2, "null");
  return 1;
}
