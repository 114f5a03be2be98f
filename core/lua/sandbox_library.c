/* The globals of a sandbox: the functions of Lua's library that depend on nothing but their
 * arguments. Functions whose loops in C depend on an argument charge for them first. There is no
 * setmetatable, and no getmetatable to obtain a metatable: with metatables, C functions could loop
 * as long as a metamethod wants, finalizers would run where no hook counts, and collecting a weak
 * table can take minutes. */

#include "lua/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>

/* ---------------------------------------------------------------------------------------------
 * Tables */

/* Continues as Lua's own function, the first upvalue, so that its errors name our caller. */
static int call_original(lua_State *L) {
  return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

static void charge_range(lua_State *L, lua_Integer first, lua_Integer last) {
  if (first < last)
    sandbox_charge(L, (size_t)last - (size_t)first);
}

/* Charges for the range from `index` on; the default is 1 to #table. */
static void charge_list(lua_State *L, int index) {
  luaL_checktype(L, 1, LUA_TTABLE);
  charge_range(L, luaL_optinteger(L, index, 1),
               luaL_optinteger(L, index + 1, (lua_Integer)lua_rawlen(L, 1)));
}

static int table_concat(lua_State *L) {
  charge_list(L, 3);
  return call_original(L);
}

static int table_unpack(lua_State *L) {
  charge_list(L, 2);
  return call_original(L);
}

static int table_move(lua_State *L) {
  charge_range(L, luaL_checkinteger(L, 2), luaL_checkinteger(L, 3));
  return call_original(L);
}

/* table.insert(table, [position,] value) */
static int table_insert(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (lua_gettop(L) == 3)
    charge_range(L, luaL_checkinteger(L, 2), (lua_Integer)lua_rawlen(L, 1));
  return call_original(L);
}

/* table.remove(table [, position]) --> value */
static int table_remove(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer size = (lua_Integer)lua_rawlen(L, 1);
  charge_range(L, luaL_optinteger(L, 2, size), size);
  return call_original(L);
}

/* table.sort(table [, before])
 * Always with a comparison in Lua, so that comparisons are counted. */
static int table_sort(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_replace(L, 2);
  } else if (lua_iscfunction(L, 2)) {
    return luaL_argerror(L, 2, "a function written in Lua expected");
  }
  return call_original(L);
}

/* ---------------------------------------------------------------------------------------------
 * Strings */

/* string.rep(text, n [, separator]) --> text */
static int string_rep(lua_State *L) {
  luaL_checkstring(L, 1);
  charge_range(L, 1, luaL_checkinteger(L, 2) / SANDBOX_STEP_BYTES);
  return call_original(L);
}

/* Functions that read a text from its first argument without allocating memory. */
static int read_text(lua_State *L) {
  if (lua_type(L, 1) == LUA_TSTRING)
    sandbox_charge(L, lua_rawlen(L, 1) / SANDBOX_STEP_BYTES);
  return call_original(L);
}

/* ---------------------------------------------------------------------------------------------
 * Errors */

/* pcall(f, ...)
 * Like Lua's, but an error of a dead box passes through. Without continuations, because nothing
 * yields. */
static int protected_call(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  sandbox_check_limits(L, status, false);
  if (sandbox_of(L)->reason[0])
    return luaL_error(L, "%s", sandbox_of(L)->reason);
  if (status != LUA_OK) {
    lua_pushboolean(L, 0);
    lua_replace(L, 1);
  }
  return lua_gettop(L);
}

/* ---------------------------------------------------------------------------------------------
 * Opening */

struct original {
  const char *name;
  lua_CFunction bounded; /* the replacement, with the original as its first upvalue; or NULL */
};

static const struct original basic[] = {
    {"assert", NULL},   {"error", NULL},  {"ipairs", NULL},
    {"next", NULL},     {"pairs", NULL},  {"pcall", protected_call},
    {"rawequal", NULL}, {"rawget", NULL}, {"rawlen", NULL},
    {"rawset", NULL},   {"select", NULL}, {"tonumber", read_text},
    {"tostring", NULL}, {"type", NULL},   {"_VERSION", NULL},
    {NULL, NULL}};

static const struct original math[] = {
    {"abs", NULL},  {"ceil", NULL},       {"exp", NULL}, {"floor", NULL}, {"fmod", NULL},
    {"huge", NULL}, {"log", NULL},        {"max", NULL}, {"min", NULL},   {"maxinteger", NULL},
    {"modf", NULL}, {"mininteger", NULL}, {"pi", NULL},  {"sqrt", NULL},  {"tointeger", NULL},
    {"type", NULL}, {"ult", NULL},        {NULL, NULL},
};

static const struct original string[] = {
    {"byte", NULL},
    {"char", NULL},
    {"find", sandbox_find},
    {"format", NULL},
    {"gmatch", sandbox_gmatch},
    {"gsub", sandbox_gsub},
    {"len", NULL},
    {"lower", NULL},
    {"match", sandbox_match},
    {"rep", string_rep},
    {"sub", NULL},
    {"reverse", NULL},
    {"upper", NULL},
    {NULL, NULL},
};

static const struct original table[] = {
    {"concat", table_concat}, {"insert", table_insert}, {"move", table_move},     {"pack", NULL},
    {"remove", table_remove}, {"sort", table_sort},     {"unpack", table_unpack}, {NULL, NULL},
};

static const struct original utf8[] = {
    {"char", NULL},  {"charpattern", NULL}, {"codepoint", read_text},
    {"codes", NULL}, {"len", read_text},    {"offset", read_text},
    {NULL, NULL},
};

/* Copies the listed functions from the library at the top of the stack to the table at `to`. The
 * upvalues of a replacement are the original and a comparison written in Lua. */
static void take(lua_State *L, const struct original *list, int to) {
  int from = lua_gettop(L);
  for (; list->name; list++) {
    lua_getfield(L, from, list->name);
    if (list->bounded) {
      lua_getfield(L, LUA_REGISTRYINDEX, "lanyard.before");
      lua_pushcclosure(L, list->bounded, 2);
    }
    lua_setfield(L, to, list->name);
  }
}

/* Opens one of Lua's libraries and sets its listed functions as the global `name`. */
static void open_part(lua_State *L, const char *name, lua_CFunction open,
                      const struct original *list) {
  lua_newtable(L);
  int part = lua_gettop(L);
  lua_pushcfunction(L, open);
  lua_pushstring(L, name);
  lua_call(L, 1, 1);
  take(L, list, part);
  lua_pop(L, 1);
  lua_setglobal(L, name);
}

void sandbox_open_library(lua_State *L) {
  int top = lua_gettop(L);
  if (luaL_loadstring(L, "local a, b = ... return a < b") != LUA_OK)
    lua_error(L);
  lua_setfield(L, LUA_REGISTRYINDEX, "lanyard.before");

  /* luaopen_base fills the table of globals, so it gets a temporary one. */
  lua_pushglobaltable(L);
  int globals = lua_gettop(L);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushcfunction(L, luaopen_base);
  lua_call(L, 0, 1);
  take(L, basic, globals);
  lua_pushvalue(L, globals);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushvalue(L, globals);
  lua_setfield(L, globals, "_G");

  open_part(L, "math", luaopen_math, math);
  open_part(L, "string", luaopen_string, string);
  open_part(L, "table", luaopen_table, table);
  open_part(L, "utf8", luaopen_utf8, utf8);

  /* The methods of strings are the copied functions. */
  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_getglobal(L, "string");
  lua_setfield(L, -2, "__index");
  lua_settop(L, top);
}
