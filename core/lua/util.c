#include "lua/util.h"

#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define ERROR_CLASS "lanyard.error"

/* tostring(err) --> err.message */
static int error_tostring(lua_State *L) {
  lua_getfield(L, 1, "message");
  return 1;
}

int push_error(lua_State *L, const char *code, const char *format, ...) {
  luaL_pushfail(L);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, code);
  lua_setfield(L, -2, "code");
  va_list args;
  va_start(args, format);
  lua_pushvfstring(L, format, args);
  va_end(args);
  lua_setfield(L, -2, "message");
  if (luaL_newmetatable(L, ERROR_CLASS)) {
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
  }
  lua_setmetatable(L, -2);
  return 2;
}

void use_library(lua_State *L, enum library library) {
  const char *failure = library_load(library);
  if (!failure)
    return;
  lua_pushstring(L, failure);
  lua_error(L);
}

int push_json_error(lua_State *L, const char *code, const struct json_error *error) {
  if (error->no_memory)
    return luaL_error(L, "not enough memory");
  push_error(L, code, "line %d, column %d: %s", (int)error->line, (int)error->column,
             error->message);
  lua_pushinteger(L, (lua_Integer)error->line);
  lua_setfield(L, -2, "line");
  lua_pushinteger(L, (lua_Integer)error->column);
  lua_setfield(L, -2, "column");
  lua_pushinteger(L, (lua_Integer)error->offset);
  lua_setfield(L, -2, "offset");
  return 2;
}

/* lua_pushlstring may raise an error if there is not enough memory, so it runs under lua_pcall. */
static int push_bytes(lua_State *L) {
  const struct buf *buf = lua_touserdata(L, 1);
  lua_pushlstring(L, buf->data ? buf->data : "", buf->length);
  return 1;
}

int push_buf(lua_State *L, struct buf *buf) {
  /* Most texts are short: a copy on the stack needs no protected call. */
  char copy[256];
  size_t length = buf->length;
  if (!buf->failed && !buf->secret && length <= sizeof copy) {
    memcpy(copy, buf->data ? buf->data : "", length);
    buf_free(buf);
    lua_pushlstring(L, copy, length);
    return 1;
  }
  lua_pushcfunction(L, push_bytes);
  lua_pushlightuserdata(L, buf);
  int failed = buf->failed ? LUA_ERRMEM : lua_pcall(L, 1, 1, 0);
  buf_free(buf);
  if (failed)
    return luaL_error(L, "not enough memory");
  return 1;
}

/* ---- objects ---- */

void new_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta) {
  luaL_newmetatable(L, name);
  if (meta)
    luaL_setfuncs(L, meta, 0);
  if (methods) {
    lua_newtable(L);
    luaL_setfuncs(L, methods, 0);
    lua_setfield(L, -2, "__index");
  }
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_createtable(L, 0, 1);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
}

void *new_object(lua_State *L, size_t size, int values, const char *class) {
  struct object *object = lua_newuserdatauv(L, size, values);
  memset(object, 0, size);
  luaL_getmetatable(L, class);
  object->class = lua_topointer(L, -1);
  object->name = class;
  lua_setmetatable(L, -2);
  return object;
}

void *take_spare(lua_State *L, const void *key, size_t size, const char *class) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, key);
  void *object = test_object(L, -1, class);
  if (!object) {
    lua_pop(L, 1);
    return new_object(L, size, 0, class);
  }
  lua_pushboolean(L, 0); /* nil would remove the key, and put_spare would need memory */
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  return object;
}

void put_spare(lua_State *L, int index, const void *key) {
  lua_pushvalue(L, index);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

/* Returns the userdata at a stack index if it is of the class, and sets whether it is alive. The debug
 * library can give a userdata of another library this metatable; the size is a first check of that. */
static struct object *object_of(lua_State *L, int index, const char *class, bool *alive) {
  struct object *object = lua_touserdata(L, index);
  if (!object || lua_rawlen(L, index) < sizeof *object || !lua_getmetatable(L, index))
    return NULL;
  const void *found = lua_topointer(L, -1);
  lua_pop(L, 1);
  /* Most callers have the name that new_object had, so the registry is not asked. */
  *alive = object->class == found;
  if (*alive && object->name == class)
    return object;
  luaL_getmetatable(L, class);
  const void *wanted = lua_topointer(L, -1);
  lua_pop(L, 1);
  return found == wanted ? object : NULL;
}

/* Returns "database" for "lanyard.sqlite.database". */
static const char *noun_of(const char *class) {
  const char *dot = strrchr(class, '.');
  return dot ? dot + 1 : class;
}

void *test_object(lua_State *L, int index, const char *class) {
  bool alive = false;
  struct object *object = object_of(L, index, class, &alive);
  return alive ? object : NULL;
}

void *check_object(lua_State *L, int index, const char *class) {
  bool alive = false;
  struct object *object = object_of(L, index, class, &alive);
  if (!object)
    luaL_typeerror(L, index, class);
  else if (!alive)
    luaL_error(L, "the %s is closed", noun_of(class));
  return object;
}

void *end_object(lua_State *L, int index, const char *class) {
  bool alive = false;
  struct object *object = object_of(L, index, class, &alive);
  if (!object)
    luaL_typeerror(L, index, class);
  if (!alive)
    return NULL;
  object->class = NULL;
  return object;
}

/* The collector is called once for so many bytes, because each call takes time. */
#define COLLECT_STEP 32768

/* [address] = bytes that were reported since the last call of the collector */
static const char reported_key;

void collect_for(lua_State *L, size_t bytes) {
  if (!lua_gc(L, LUA_GCISRUNNING))
    return;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &reported_key);
  size_t reported = (size_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  reported = bytes < SIZE_MAX / 4 ? reported + bytes : SIZE_MAX / 4;
  bool step = reported >= COLLECT_STEP;
  lua_pushinteger(L, step ? 0 : (lua_Integer)reported);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &reported_key);
  if (step)
    lua_gc(L, LUA_GCSTEP,
           (int)(reported / 1024 < INT_MAX / 1024 ? reported / 1024 : INT_MAX / 1024));
}

/* ---- arguments ---- */

#define MAX_HINT 1000

lua_Integer check_int(lua_State *L, int index, lua_Integer min, lua_Integer max) {
  lua_Integer number = luaL_checkinteger(L, index);
  if (number < min || number > max)
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%I to %I expected, got %I", (LUAI_UACINT)min,
                                  (LUAI_UACINT)max, (LUAI_UACINT)number));
  return number;
}

lua_Integer opt_int(lua_State *L, int index, lua_Integer min, lua_Integer max,
                    lua_Integer otherwise) {
  return lua_isnoneornil(L, index) ? otherwise : check_int(L, index, min, max);
}

const char *check_text(lua_State *L, int index) {
  size_t length;
  const char *text = luaL_checklstring(L, index, &length);
  luaL_argcheck(L, strlen(text) == length, index, "a string without NUL expected");
  return text;
}

static void check_known(lua_State *L, int key, const char *const known[]) {
  const char *field = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key) : "?";
  size_t i = 0;
  while (known[i] && (*known[i] != *field || strcmp(known[i], field) != 0))
    i++;
  if (!known[i])
    luaL_error(L, "no such field: '%s'", field);
}

/* Replaces the table at `index` with a copy, and checks its fields if `known` is not NULL. */
static void copy_fields(lua_State *L, int index, const char *const known[]) {
  luaL_checktype(L, index, LUA_TTABLE);
  luaL_checkstack(L, 6, NULL);
  index = lua_absindex(L, index);
  int count = 0; /* a hint, so that the copy does not grow step by step */
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    count += count < MAX_HINT;
  bool list = lua_rawlen(L, index) > 0;
  lua_createtable(L, list ? count : 0, list ? 0 : count);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (known)
      check_known(L, -2, known);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_rawset(L, -5);
  }
  lua_replace(L, index);
}

void copy_table(lua_State *L, int index) {
  copy_fields(L, index, NULL);
}

void check_fields(lua_State *L, int index, const char *const known[]) {
  copy_fields(L, index, known);
}

void check_names(lua_State *L, int index, const char *const known[]) {
  luaL_checktype(L, index, LUA_TTABLE);
  index = lua_absindex(L, index);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
    check_known(L, -2, known);
}

int push_field(lua_State *L, int index, const char *field) {
  index = lua_absindex(L, index);
  lua_pushstring(L, field);
  return lua_rawget(L, index);
}

static void field_error(lua_State *L, const char *field, const char *expected) {
  luaL_error(L, "field '%s': %s expected, got %s", field, expected, luaL_typename(L, -1));
}

const char *opt_field_string(lua_State *L, int index, const char *field, size_t *length) {
  if (push_field(L, index, field) == LUA_TNIL) {
    if (length)
      *length = 0;
    return NULL;
  }
  if (!lua_isstring(L, -1))
    field_error(L, field, "string");
  return lua_tolstring(L, -1, length);
}

const char *check_field_string(lua_State *L, int index, const char *field, size_t *length) {
  const char *string = opt_field_string(L, index, field, length);
  if (!string)
    field_error(L, field, "string");
  return string;
}

const char *opt_field_text(lua_State *L, int index, const char *field) {
  size_t length;
  const char *text = opt_field_string(L, index, field, &length);
  if (text && strlen(text) != length)
    luaL_error(L, "field '%s': a string without NUL expected", field);
  return text;
}

const char *check_field_text(lua_State *L, int index, const char *field) {
  const char *text = opt_field_text(L, index, field);
  if (!text)
    field_error(L, field, "string");
  return text;
}

lua_Number opt_field_number(lua_State *L, int index, const char *field, lua_Number otherwise) {
  return opt_field_range(L, index, field, -HUGE_VAL, HUGE_VAL, otherwise);
}

lua_Number opt_field_range(lua_State *L, int index, const char *field, lua_Number min,
                           lua_Number max, lua_Number otherwise) {
  lua_Number number = otherwise;
  if (push_field(L, index, field) != LUA_TNIL) {
    if (!lua_isnumber(L, -1))
      field_error(L, field, "number");
    number = lua_tonumber(L, -1);
    if (isnan(number))
      luaL_error(L, "field '%s': a number expected, got NaN", field);
    if (number < min || number > max)
      luaL_error(L, "field '%s': %f to %f expected, got %f", field, min, max, number);
  }
  lua_pop(L, 1);
  return number;
}

lua_Integer opt_field_int(lua_State *L, int index, const char *field, lua_Integer min,
                          lua_Integer max, lua_Integer otherwise) {
  lua_Integer number = otherwise;
  if (push_field(L, index, field) != LUA_TNIL) {
    int is_integer;
    number = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer)
      luaL_error(L, "field '%s': an integer expected, got %s", field,
                 lua_isnumber(L, -1) ? "another number" : luaL_typename(L, -1));
    if (number < min || number > max)
      luaL_error(L, "field '%s': %I to %I expected, got %I", field, (LUAI_UACINT)min,
                 (LUAI_UACINT)max, (LUAI_UACINT)number);
  }
  lua_pop(L, 1);
  return number;
}

int opt_field_boolean(lua_State *L, int index, const char *field, int otherwise) {
  int value = otherwise;
  if (push_field(L, index, field) != LUA_TNIL) {
    if (!lua_isboolean(L, -1))
      field_error(L, field, "boolean");
    value = lua_toboolean(L, -1);
  }
  lua_pop(L, 1);
  return value;
}

int opt_field_choice(lua_State *L, int index, const char *field, const char *const names[],
                     int otherwise) {
  size_t length;
  const char *text = opt_field_string(L, index, field, &length);
  int choice = otherwise;
  if (text) {
    choice = 0;
    while (names[choice] && (strcmp(names[choice], text) != 0 || strlen(text) != length))
      choice++;
    if (!names[choice])
      luaL_error(L, "field '%s': invalid value '%s'", field, text);
  }
  lua_pop(L, 1);
  return choice;
}

const struct list_string *push_strings(lua_State *L, int index, const char *what, size_t max,
                                       size_t *count) {
  if (!lua_istable(L, index))
    luaL_error(L, "%s: a list of strings expected, got %s", what, luaL_typename(L, index));
  index = lua_absindex(L, index);
  size_t length = lua_rawlen(L, index);
  if (length > max)
    luaL_error(L, "%s: at most %I strings expected", what, (LUAI_UACINT)max);
  struct list_string *strings = lua_newuserdatauv(L, (length + 1) * sizeof *strings, 1);
  lua_createtable(L, (int)length, 0);
  for (size_t i = 0; i < length; i++) {
    if (lua_rawgeti(L, index, (lua_Integer)i + 1) != LUA_TSTRING)
      luaL_error(L, "%s: a list of strings expected, got %s in it", what, luaL_typename(L, -1));
    strings[i].bytes = lua_tolstring(L, -1, &strings[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setiuservalue(L, -2, 1);
  *count = length;
  return strings;
}
