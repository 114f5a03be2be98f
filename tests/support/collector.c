/* Collects garbage at moments that no program chooses, for tests/torture/collector_spec.lua. A module for Lua; not part
 * of the product. */

#include <lauxlib.h>
#include <lua.h>
#include <stdint.h>

static uint64_t state;
static int most; /* instructions between two collections */
static lua_Integer collections;

static int next_count(void) {
  state = state * 6364136223846793005U + 1442695040888963407U;
  return 1 + (int)((state >> 33) % (unsigned)most);
}

static void collect(lua_State *L, lua_Debug *where) {
  (void)where;
  collections++;
  lua_gc(L, LUA_GCCOLLECT);
  lua_sethook(L, collect, LUA_MASKCOUNT, next_count());
}

/* collector.start(most, seed)
 * From now on, all garbage is collected after each 1 to `most` instructions, in the running coroutine and in new ones. */
static int start(lua_State *L) {
  most = (int)luaL_checkinteger(L, 1);
  luaL_argcheck(L, most > 0, 1, "must be positive");
  state = (uint64_t)luaL_checkinteger(L, 2);
  lua_sethook(L, collect, LUA_MASKCOUNT, next_count());
  return 0;
}

/* collector.stop() --> the number of collections */
static int stop(lua_State *L) {
  lua_sethook(L, NULL, 0, 0);
  lua_pushinteger(L, collections);
  return 1;
}

__attribute__((visibility("default"))) int luaopen_collector(lua_State *L);

int luaopen_collector(lua_State *L) {
  static const luaL_Reg functions[] = {{"start", start}, {"stop", stop}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
