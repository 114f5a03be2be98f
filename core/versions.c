#include "modules.h"

#include "lua/util.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <lauxlib.h>
#include <openssl/crypto.h>
#include <zlib.h>
#ifdef LANYARD_SQLITE
#include <sqlite3.h>
#endif

int luaopen_cjson(lua_State *L);

/* Appends { name, version } to the list at the top of the stack, if there is a version. */
static void add(lua_State *L, const char *name, const char *version) {
  if (!version)
    return;
  lua_createtable(L, 2, 0);
  lua_pushstring(L, name);
  lua_rawseti(L, -2, 1);
  lua_pushstring(L, version);
  lua_rawseti(L, -2, 2);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static void add_cjson(lua_State *L) {
  int list = lua_gettop(L);
  lua_pushcfunction(L, luaopen_cjson);
  lua_call(L, 0, 1);
  lua_getfield(L, -1, "_VERSION");
  lua_pushvalue(L, list);
  add(L, "lua-cjson", lua_tostring(L, -2));
  lua_settop(L, list);
}

int modules_versions(lua_State *L) {
  use_library(L, LIBRARY_CRYPTO);
  use_library(L, LIBRARY_CURL);
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  lua_newtable(L);
  add(L, "Lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE);
#ifdef LANYARD_SQLITE
  add(L, "SQLite", sqlite3_libversion());
#endif
  add(L, "libcurl", curl->version);
  add(L, "OpenSSL", OpenSSL_version(OPENSSL_VERSION_STRING));
  add(L, "libevent", event_get_version());
  add(L, "zlib", zlibVersion());
  add(L, "nghttp2", curl->nghttp2_version);
  add(L, "c-ares", curl->ares);
  add_cjson(L);
  return 1;
}
