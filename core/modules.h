#ifndef LANYARD_MODULES_H
#define LANYARD_MODULES_H

#include <lua.h>

/* modules_preload makes every C module, and every Lua module inside the binary, available to `require`
 * through package.preload. The module lanyard.embedded returns the scripts and assets. */
void modules_preload(lua_State *L);

/* embedded.versions() --> list
 * Returns the names and versions of Lua and of the libraries that are used: { { "Lua", "5.4.4" }, ... }. */
int modules_versions(lua_State *L);

/* A file that core/embed.lua put into the binary. Each list is sorted by name and ends with a NULL
 * name. */
struct embedded_file {
  const char *name;
  const char *text;
  size_t length;
};

/* The prefix that `make install` was given. */
extern const char embedded_prefix[];

extern const struct embedded_file embedded_modules[];
extern const size_t embedded_modules_count;
extern const struct embedded_file embedded_scripts[];
extern const struct embedded_file embedded_chunks[]; /* the scripts, compiled */
extern const struct embedded_file embedded_assets[];

/* The index of the models of AWS services, from the first byte to the one before the end. It is empty
 * in a build without models. */
extern const char embedded_models[];
extern const char embedded_models_end[];

#endif
