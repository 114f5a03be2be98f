#include "lua/util.h"

#include <stdarg.h>
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

int push_json_error(lua_State *L, const char *code, const struct json_error *error) {
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
  lua_pushcfunction(L, push_bytes);
  lua_pushlightuserdata(L, buf);
  int failed = buf->failed ? LUA_ERRMEM : lua_pcall(L, 1, 1, 0);
  buf_free(buf);
  if (failed)
    return luaL_error(L, "not enough memory");
  return 1;
}

static void field_error(lua_State *L, const char *field, const char *expected) {
  luaL_error(L, "field '%s': %s expected, got %s", field, expected, luaL_typename(L, -1));
}

const char *opt_field_string(lua_State *L, int index, const char *field, size_t *length) {
  if (lua_getfield(L, index, field) == LUA_TNIL) {
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

lua_Number opt_field_number(lua_State *L, int index, const char *field, lua_Number otherwise) {
  lua_Number number = otherwise;
  if (lua_getfield(L, index, field) != LUA_TNIL) {
    if (!lua_isnumber(L, -1))
      field_error(L, field, "number");
    number = lua_tonumber(L, -1);
  }
  lua_pop(L, 1);
  return number;
}

int opt_field_boolean(lua_State *L, int index, const char *field, int otherwise) {
  int value = otherwise;
  if (lua_getfield(L, index, field) != LUA_TNIL)
    value = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return value;
}

void check_fields(lua_State *L, int index, const char *const known[]) {
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    size_t i = 0;
    while (known[i] && strcmp(known[i], field) != 0)
      i++;
    if (!known[i])
      luaL_error(L, "no such field: '%s'", field);
  }
}

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
  lua_pop(L, 1);
}
