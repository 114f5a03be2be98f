#ifndef LANYARD_LUA_UTIL_H
#define LANYARD_LUA_UTIL_H

#include "base/buf.h"

#include <lauxlib.h>
#include <lua.h>

/* MODULE_API exports a luaopen_ function. All other symbols are hidden, so that a program which loads
 * lanyard.so may have functions of the same names. */
#define MODULE_API __attribute__((visibility("default")))

/* What the bindings share. An expected failure is `nil, err`: err is a table with at least `code`
 * and `message`, and tostring(err) is the message. */

/* Pushes nil and an error table; returns 2, to be returned by the caller. Further fields may be
 * set on the table at the top of the stack. */
int push_error(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Pushes the bytes of a buffer as a string, frees the buffer whatever happens, returns 1. */
int push_buf(lua_State *L, struct buf *buf);

/* Pushes the field of the table at `index` and checks its type; an error names the field. The
 * string stays on the stack, which keeps it alive. */
const char *check_field_string(lua_State *L, int index, const char *field, size_t *length);
const char *opt_field_string(lua_State *L, int index, const char *field, size_t *length);
lua_Number opt_field_number(lua_State *L, int index, const char *field, lua_Number otherwise);
int opt_field_boolean(lua_State *L, int index, const char *field, int otherwise);

/* Raises for a field of the table at `index` that is not in `known`, which ends in NULL: one that is
 * mistyped would change in silence what is meant. */
void check_fields(lua_State *L, int index, const char *const known[]);

/* Makes the metatable `name` with these methods as its __index and the metamethods in `meta`. */
void new_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

#endif
