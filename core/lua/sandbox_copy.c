/* Copies plain data from one Lua state to another. */

#include "lua/sandbox.h"

#include <lauxlib.h>
#include <stdio.h>

/* The maximum nesting of tables. It also stops at tables that contain themselves. */
#define MAX_DEPTH 40

/* The cost of a value besides the bytes of its text: enough for an entry of a table. */
#define VALUE_BYTES 40

static bool fail(struct sandbox_copy *copy, const char *problem) {
  snprintf(copy->problem, sizeof copy->problem, "%s", problem);
  return false;
}

/* The number of values between two checks of the clock. */
#define INTERVAL 64

/* Looking up the next key of a table takes as long as its keys collide. */
static bool in_time(struct sandbox_copy *copy) {
  if (++copy->values % INTERVAL == 0 && sandbox_clock() > copy->deadline) {
    copy->late = true;
    return fail(copy, "too much time");
  }
  return true;
}

static bool spend(struct sandbox_copy *copy, size_t bytes) {
  if (bytes > copy->bytes)
    return fail(copy, "too much data");
  copy->bytes -= bytes;
  return true;
}

static bool copy_value(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to,
                       int depth);

/* Records the innermost member whose value is not plain data. */
static bool fail_member(struct sandbox_copy *copy, lua_State *from, int key) {
  if (!copy->member[0] && lua_type(from, key) == LUA_TSTRING)
    snprintf(copy->member, sizeof copy->member, "%s: ", lua_tostring(from, key));
  return false;
}

static bool copy_table(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to,
                       int depth) {
  if (depth == MAX_DEPTH)
    return fail(copy, "tables nested too deep, or a table that contains itself");
  if (!lua_checkstack(from, 4))
    return fail(copy, "too much data");
  luaL_checkstack(to, 4, "too much data");
  lua_newtable(to);
  for (lua_pushnil(from); lua_next(from, index); lua_pop(from, 1)) {
    int value = lua_gettop(from);
    int type = lua_type(from, value - 1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
      return fail(copy, "a table with keys that are not plain data");
    if (!copy_value(copy, from, value - 1, to, depth + 1))
      return false;
    if (!copy_value(copy, from, value, to, depth + 1))
      return fail_member(copy, from, value - 1);
    lua_rawset(to, -3);
  }
  return true;
}

static bool copy_value(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to,
                       int depth) {
  if (!spend(copy, VALUE_BYTES) || !in_time(copy))
    return false;
  switch (lua_type(from, index)) {
  case LUA_TNONE:
  case LUA_TNIL:
    lua_pushnil(to);
    return true;
  case LUA_TBOOLEAN:
    lua_pushboolean(to, lua_toboolean(from, index));
    return true;
  case LUA_TNUMBER:
    if (lua_isinteger(from, index))
      lua_pushinteger(to, lua_tointeger(from, index));
    else
      lua_pushnumber(to, lua_tonumber(from, index));
    return true;
  case LUA_TSTRING: {
    size_t length;
    const char *text = lua_tolstring(from, index, &length);
    if (!spend(copy, length))
      return false;
    lua_pushlstring(to, text, length);
    return true;
  }
  case LUA_TTABLE:
    return copy_table(copy, from, index, to, depth);
  default:
    snprintf(copy->problem, sizeof copy->problem, "a %s is not plain data",
             lua_typename(from, lua_type(from, index)));
    return false;
  }
}

bool sandbox_copy(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to) {
  luaL_checkstack(to, 4, "too much data");
  return copy_value(copy, from, lua_absindex(from, index), to, 0);
}
