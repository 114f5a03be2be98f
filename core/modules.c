#include "modules.h"

#include "base/platform.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int luaopen_cjson(lua_State *L);
int luaopen_lanyard_arn(lua_State *L);
int luaopen_lanyard_credentials(lua_State *L);
int luaopen_lanyard_crypto(lua_State *L);
int luaopen_lanyard_deflate(lua_State *L);
int luaopen_lanyard_http_core(lua_State *L);
int luaopen_lanyard_httpd_core(lua_State *L);
int luaopen_lanyard_ini(lua_State *L);
int luaopen_lanyard_json(lua_State *L);
int luaopen_lanyard_jws(lua_State *L);
int luaopen_lanyard_loop(lua_State *L);
int luaopen_lanyard_match(lua_State *L);
int luaopen_lanyard_policy_core(lua_State *L);
int luaopen_lanyard_policy_reason_core(lua_State *L);
int luaopen_lanyard_process_core(lua_State *L);
int luaopen_lanyard_sandbox(lua_State *L);
int luaopen_lanyard_sigv4(lua_State *L);
int luaopen_lanyard_sqlite(lua_State *L);
int luaopen_lanyard_stream(lua_State *L);
int luaopen_lanyard_system(lua_State *L);
int luaopen_lanyard_text_xml_core(lua_State *L);

static const luaL_Reg c_modules[] = {
    {"cjson", luaopen_cjson},
    {"lanyard.arn", luaopen_lanyard_arn},
    {"lanyard.credentials", luaopen_lanyard_credentials},
    {"lanyard.crypto", luaopen_lanyard_crypto},
    {"lanyard.deflate", luaopen_lanyard_deflate},
    {"lanyard.http.core", luaopen_lanyard_http_core},
    {"lanyard.httpd.core", luaopen_lanyard_httpd_core},
    {"lanyard.ini", luaopen_lanyard_ini},
    {"lanyard.json", luaopen_lanyard_json},
    {"lanyard.jws", luaopen_lanyard_jws},
    {"lanyard.loop", luaopen_lanyard_loop},
    {"lanyard.match", luaopen_lanyard_match},
    {"lanyard.policy.core", luaopen_lanyard_policy_core},
    {"lanyard.policy.reason.core", luaopen_lanyard_policy_reason_core},
    {"lanyard.process.core", luaopen_lanyard_process_core},
    {"lanyard.sandbox", luaopen_lanyard_sandbox},
    {"lanyard.sigv4", luaopen_lanyard_sigv4},
    {"lanyard.sqlite", luaopen_lanyard_sqlite},
    {"lanyard.stream", luaopen_lanyard_stream},
    {"lanyard.system", luaopen_lanyard_system},
    {"lanyard.text.xml.core", luaopen_lanyard_text_xml_core},
    {NULL, NULL},
};

static const char *name_of(const struct embedded_file *file) {
  return embedded_bytes + file->name;
}

/* Pushes the function of a compiled file, which contains its chunk name. */
static void load_file(lua_State *L, const struct embedded_file *file) {
  if (luaL_loadbufferx(L, embedded_bytes + file->text, file->length, name_of(file), "b") != LUA_OK)
    lua_error(L);
}

/* The loader of an embedded Lua module. The first upvalue is its struct embedded_file. */
static int load_module(lua_State *L) {
  const struct embedded_file *file = lua_touserdata(L, lua_upvalueindex(1));
  load_file(L, file);
  lua_pushstring(L, name_of(file));
  lua_call(L, 1, 1);
  return 1;
}

static int compare_name(const void *name, const void *file) {
  return strcmp(name, name_of(file));
}

/* Returns the file of a list with a name, or NULL. */
static const struct embedded_file *find_file(const char *name, const struct embedded_file *list,
                                             size_t count) {
  return bsearch(name, list, count, sizeof *list, compare_name);
}

static int push_file(lua_State *L, const struct embedded_file *list, size_t count) {
  const struct embedded_file *file = find_file(luaL_checkstring(L, 1), list, count);
  if (file)
    lua_pushlstring(L, embedded_bytes + file->text, file->length);
  else
    luaL_pushfail(L);
  return 1;
}

/* embedded.script(name) --> source | nil
 * Returns the source of a script. */
static int embedded_script(lua_State *L) {
  return push_file(L, embedded_scripts, embedded_scripts_count);
}

/* embedded.chunk(name) --> function | nil
 * Returns the function that runs a script. */
static int embedded_chunk(lua_State *L) {
  const struct embedded_file *file =
      find_file(luaL_checkstring(L, 1), embedded_chunks, embedded_chunks_count);
  if (file)
    load_file(L, file);
  else
    luaL_pushfail(L);
  return 1;
}

/* embedded.asset(name) --> text | nil
 * Returns the bytes of an asset. The name is its path below lua/, for example
 * "lanyard/report/page.css". */
static int embedded_asset(lua_State *L) {
  return push_file(L, embedded_assets, embedded_assets_count);
}

static lua_Integer models_size(void) {
  return embedded_models_end - embedded_models;
}

/* The bytes of the models at an offset, as a file has them: fewer at the end. */
static int read_models(lua_State *L) {
  lua_Integer size = models_size();
  lua_Integer offset = luaL_checkinteger(L, 1), length = luaL_checkinteger(L, 2);
  luaL_argcheck(L, offset >= 0, 1, "negative");
  luaL_argcheck(L, length >= 0, 2, "negative");
  if (offset > size)
    offset = size;
  if (length > size - offset)
    length = size - offset;
  lua_pushlstring(L, embedded_models + offset, (size_t)length);
  return 1;
}

/* embedded.models() --> function(offset, length) --> bytes | nil
 * Returns the function that reads the index of models; nil in a build without models. */
static int embedded_models_reader(lua_State *L) {
  if (models_size() == 0)
    luaL_pushfail(L);
  else
    lua_pushcfunction(L, read_models);
  return 1;
}

/* embedded.scripts() --> names
 * Returns the names of the scripts, sorted. */
static int embedded_names(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; i < embedded_scripts_count; i++) {
    lua_pushstring(L, name_of(&embedded_scripts[i]));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* embedded.binary() --> path | nil
 * Returns the path of this program, also if the file has been replaced since the program
 * started. */
static int embedded_binary(lua_State *L) {
  static const char gone[] = " (deleted)";
  char path[PATH_MAX];
  size_t shown = platform_program(path, sizeof path), extra = sizeof gone - 1;
  if (shown == 0) {
    luaL_pushfail(L);
    return 1;
  }
  if (shown > extra && memcmp(path + shown - extra, gone, extra) == 0)
    shown -= extra;
  lua_pushlstring(L, path, shown);
  return 1;
}

#ifdef LANYARD_STATIC
static const bool is_static = true;
#else
static const bool is_static = false;
#endif

/* Opens lanyard.embedded. Its field `prefix` is the prefix of `make install`; `static` is true in a
 * static binary, which cannot load C modules: they would bring a second libc. */
static int open_embedded(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"asset", embedded_asset},          {"script", embedded_script},
      {"chunk", embedded_chunk},          {"scripts", embedded_names},
      {"models", embedded_models_reader}, {"versions", modules_versions},
      {"binary", embedded_binary},        {NULL, NULL}};
  luaL_newlib(L, functions);
  lua_pushstring(L, embedded_prefix);
  lua_setfield(L, -2, "prefix");
  lua_pushboolean(L, is_static);
  lua_setfield(L, -2, "static");
  return 1;
}

/* __index of package.preload: returns the loader of an embedded Lua module. */
static int find_module(lua_State *L) {
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
  const struct embedded_file *file = find_file(name, embedded_modules, embedded_modules_count);
  if (!file)
    return 0;
  lua_pushlightuserdata(L, (void *)(uintptr_t)file);
  lua_pushcclosure(L, load_module, 1);
  return 1;
}

/* A command requires few of the Lua modules, so that a loader for each is made when it is looked up. */
void modules_preload(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  luaL_setfuncs(L, c_modules, 0);
  lua_pushcfunction(L, open_embedded);
  lua_setfield(L, -2, "lanyard.embedded");
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, find_module);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}
