#ifndef LANYARD_LUA_POLICY_H
#define LANYARD_LUA_POLICY_H

#include "policy.h"

#include <lua.h>

/* How a policy looks from Lua: statements and values as tables. The document must not be edited
 * while a table is made. */

/* Pushes the table of one statement: index, sid, effect, principals, actions, and so on. */
void push_statement(lua_State *L, const struct policy *doc, size_t index);

/* Pushes an array of all statements. */
void push_statements(lua_State *L, const struct policy *doc);

/* Pushes the whole text as a tree of nodes: {kind, value, line, column, first, last, key} with the
 * children of an object or array in the array part. */
void push_tree(lua_State *L, const struct policy *doc);

#endif
