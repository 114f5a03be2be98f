#include "lua/http_header.h"

#include "net/http_syntax.h"

#include <ctype.h>
#include <lauxlib.h>

void check_header(lua_State *L, const char *name, size_t name_length, const char *value,
                  size_t value_length) {
  if (!http_is_token(name, name_length))
    luaL_error(L, "headers: a name must be letters, digits and !#$%%&'*+-.^_`|~");
  if (!http_is_header_value(value, value_length))
    luaL_error(L,
               "headers: the value of %s must not contain line ends, NUL or other control "
               "characters",
               name);
}

void add_header(lua_State *L, const char *name, size_t name_length, const char *value,
                size_t value_length) {
  luaL_checkstack(L, 6, NULL);
  int table = lua_gettop(L);
  luaL_Buffer text;
  char *lower = luaL_buffinitsize(L, &text, name_length);
  for (size_t i = 0; i < name_length; i++)
    lower[i] = (char)tolower((unsigned char)name[i]);
  luaL_pushresultsize(&text, name_length);
  lua_pushvalue(L, -1);
  if (lua_rawget(L, table) == LUA_TSTRING) {
    lua_pushliteral(L, ", ");
    lua_pushlstring(L, value, value_length);
    lua_concat(L, 3);
  } else {
    lua_pop(L, 1);
    lua_pushlstring(L, value, value_length);
  }
  lua_rawset(L, table);
}
