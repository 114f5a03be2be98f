#ifndef LANYARD_MODULES_H
#define LANYARD_MODULES_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

/* modules_preload makes every C module, and every Lua module inside the binary, available to `require`
 * through package.preload. The module lanyard.embedded returns the scripts and assets. */
void modules_preload(lua_State *L);

/* embedded.versions() --> list
 * Returns the names and versions of Lua and of the libraries that are used: { { "Lua", "5.4.4" }, ... }. */
int modules_versions(lua_State *L);

/* The bytes of all files that core/embed.lua put into the binary, and their names. */
extern const char embedded_bytes[];

/* One of these files: where its name and its text begin in embedded_bytes. The name ends with a zero byte. Each list is
 * sorted by name. */
struct embedded_file {
  uint32_t name, text, length;
};

/* The prefix that `make install` was given. */
extern const char embedded_prefix[];

extern const struct embedded_file embedded_modules[], embedded_scripts[], embedded_assets[];
extern const struct embedded_file embedded_chunks[]; /* the scripts, compiled */
extern const size_t embedded_modules_count, embedded_scripts_count, embedded_assets_count,
    embedded_chunks_count;

/* The index of the models of AWS services, from the first byte to the one before the end. It is empty
 * in a build without models. */
extern const char embedded_models[];
extern const char embedded_models_end[];

#endif
