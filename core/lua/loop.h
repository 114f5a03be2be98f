#ifndef LANYARD_LUA_LOOP_H
#define LANYARD_LUA_LOOP_H

#include "lua/util.h"
#include "net/loop.h"

/* The binding of operations. In Lua, an operation is a userdata that begins with a struct operation.
 * It has the methods
 *
 *   op:pending()  whether the operation can still complete
 *   op:cancel()   ends the operation, at any time; it may be called again
 *   op:result()   after the operation has completed; each class has its own
 */
struct operation {
  struct object object;
  struct loop_op *op;               /* in the same userdata */
  void (*stop)(struct operation *); /* ends the operation and frees what it owns */
};

/* lua_loop returns the loop of this Lua state, created at the first call. It raises an error while
 * the state closes. */
struct loop *lua_loop(lua_State *L);

/* lua_loop_class creates a class of operations with these methods, besides pending and cancel. */
void lua_loop_class(lua_State *L, const char *name, const luaL_Reg *methods);

/* lua_loop_retain keeps the operation at the top of the stack alive until it completes or ends. */
void lua_loop_retain(lua_State *L);

/* lua_loop_check_done returns the operation at a stack index, or raises an error if it has not
 * completed. */
void *lua_loop_check_done(lua_State *L, int index, const char *class);

#endif
