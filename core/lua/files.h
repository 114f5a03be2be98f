#ifndef LANYARD_LUA_FILES_H
#define LANYARD_LUA_FILES_H

#include <lauxlib.h>
#include <lua.h>

/* push_system_error is push_error for an errno: "cannot WHAT PATH: REASON". The code is "NotFound",
 * "AccessDenied" or "SystemError". */
int push_system_error(lua_State *L, const char *what, const char *path, int number);

/* reading_functions are the functions of lanyard.system that read files and folders and change
 * nothing. */
extern const luaL_Reg reading_functions[];

#endif
