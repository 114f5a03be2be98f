#ifndef LANYARD_MODULES_H
#define LANYARD_MODULES_H

#include <lua.h>

/* Makes every C module, and the Lua modules and scripts that the build put into the binary,
 * available to `require` through package.preload. `lanyard.embedded` gives the scripts:
 * embedded.script(name) --> source | nil, embedded.scripts() --> names in order. */
void modules_preload(lua_State *L);

/* One file that core/embed.lua put into the binary; the list ends with a NULL name. */
struct embedded_file {
  const char *name;
  const char *text;
  size_t length;
};

extern const struct embedded_file embedded_modules[];
extern const struct embedded_file embedded_scripts[];

#endif
