#ifndef LANYARD_LUA_TERMINAL_H
#define LANYARD_LUA_TERMINAL_H

#include <lauxlib.h>
#include <lua.h>

/* terminal_functions are the functions of lanyard.system that read from a terminal and change its settings. */
extern const luaL_Reg terminal_functions[];

/* terminal_classes creates the classes that they use. */
void terminal_classes(lua_State *L);

#endif
