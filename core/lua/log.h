#ifndef LANYARD_LUA_LOG_H
#define LANYARD_LUA_LOG_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

/* write_all writes all bytes to a descriptor. It returns 0 or an errno. */
int write_all(int fd, const char *bytes, size_t length);

/* log_class creates the class of logs. */
void log_class(lua_State *L);

/* log_functions are the functions of lanyard.system that create logs. */
extern const luaL_Reg log_functions[];

#endif
