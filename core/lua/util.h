#ifndef LANYARD_LUA_UTIL_H
#define LANYARD_LUA_UTIL_H

#include "base/buf.h"
#include "json/json.h"

#include <lauxlib.h>
#include <lua.h>

/* MODULE_API exports a luaopen_ function. All other symbols are hidden, so that a program that
 * loads lanyard.so may define functions with the same names. */
#define MODULE_API __attribute__((visibility("default")))

/* Helpers of the bindings. An expected failure is `nil, err`: err is a table with at least `code`
 * and `message`, and tostring(err) is the message. */

/* push_error pushes nil and an error table, and returns 2, the number of results. The caller may
 * set further fields of the table, which is at the top of the stack. */
int push_error(lua_State *L, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* push_json_error is push_error for an error of the JSON reader. The table also has `line`, `column`
 * and `offset` of struct json_error. */
int push_json_error(lua_State *L, const char *code, const struct json_error *error);

/* push_buf pushes the bytes of a buffer as a string and returns 1. It frees the buffer, also if it
 * raises an error. */
int push_buf(lua_State *L, struct buf *buf);

/* check_field_string and its variants return a field of the table at `index`. An error names the
 * field. A string stays on the stack, which keeps it alive. */
const char *check_field_string(lua_State *L, int index, const char *field, size_t *length);
const char *opt_field_string(lua_State *L, int index, const char *field, size_t *length);
lua_Number opt_field_number(lua_State *L, int index, const char *field, lua_Number otherwise);
int opt_field_boolean(lua_State *L, int index, const char *field, int otherwise);

/* check_fields raises an error for a field of the table at `index` that is not in `known`, which
 * ends with NULL. Without it, a mistyped name would be ignored. */
void check_fields(lua_State *L, int index, const char *const known[]);

/* new_class creates the metatable `name` with these methods as its __index, and the metamethods in
 * `meta`. */
void new_class(lua_State *L, const char *name, const luaL_Reg *methods, const luaL_Reg *meta);

#endif
