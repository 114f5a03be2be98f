#ifndef LANYARD_LUA_LOOP_H
#define LANYARD_LUA_LOOP_H

#include "net/loop.h"

#include <lua.h>

/* The binding of operations. In Lua, an operation is a userdata that begins with a struct loop_op.
 * It has the methods op:cancel(), and op:result() after it has completed. */

/* lua_loop returns the loop of this Lua state, created at the first call. The loop outlives every
 * userdata that is created later. */
struct loop *lua_loop(lua_State *L);

/* lua_loop_retain keeps the operation at the top of the stack alive until it completes or
 * lua_loop_release is called. */
void lua_loop_retain(lua_State *L, struct loop_op *op);
void lua_loop_release(lua_State *L, struct loop_op *op);

#endif
