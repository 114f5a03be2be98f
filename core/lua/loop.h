#ifndef LANYARD_LUA_LOOP_H
#define LANYARD_LUA_LOOP_H

#include "net/loop.h"

#include <lua.h>

/* What the bindings of operations share. An operation in Lua is a userdata that begins with a
 * struct loop_op; its methods are op:cancel(), and op:result() once it has ended. */

/* The loop of this Lua state, made at the first call. It outlives every userdata made later. */
struct loop *lua_loop(lua_State *L);

/* Keeps the operation at the top of the stack alive until it has ended or is released. */
void lua_loop_retain(lua_State *L, struct loop_op *op);
void lua_loop_release(lua_State *L, struct loop_op *op);

#endif
