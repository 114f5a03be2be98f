#ifndef LANYARD_LUA_HTTP_HEADER_H
#define LANYARD_LUA_HTTP_HEADER_H

#include <lua.h>
#include <stddef.h>

/* check_header raises an error if a header could begin another header or a body: if its name is not a
 * token, or its value contains a control character. The error does not show the value, which may be a
 * secret. */
void check_header(lua_State *L, const char *name, size_t name_length, const char *value,
                  size_t value_length);

/* add_header adds a header of a message to the table at the top of the stack. The name is converted to
 * lowercase; the values of repeated headers are joined by ", ". */
void add_header(lua_State *L, const char *name, size_t name_length, const char *value,
                size_t value_length);

#endif
