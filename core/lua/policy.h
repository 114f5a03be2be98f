#ifndef LANYARD_LUA_POLICY_H
#define LANYARD_LUA_POLICY_H

#include "policy/document.h"

#include <lua.h>

/* The document at a stack index; raises when there is none. */
struct policy *check_policy(lua_State *L, int index);

/* A string field of the table at `index`, which stays on the stack. */
struct policy_string check_policy_string(lua_State *L, int index, const char *field);
struct policy_string opt_policy_string(lua_State *L, int index, const char *field);

/* Methods and functions of lua_policy_can.c. */
int policy_lua_evaluate(lua_State *L);
int policy_lua_weigh(lua_State *L);
int policy_lua_operand(lua_State *L);
int policy_lua_operators(lua_State *L);

/* How a policy looks from Lua: statements and values as tables. The document must not be edited
 * while a table is made. */

/* Sets index, sid and effect in the table on the top: what tells a statement from others. */
void set_statement_name(lua_State *L, const struct policy_statement *statement);

/* Pushes the table of one statement: index, sid, effect, principals, actions, and so on. */
void push_statement(lua_State *L, const struct policy *doc, size_t index);

/* Pushes an array of all statements. */
void push_statements(lua_State *L, const struct policy *doc);

/* Pushes the whole text as a tree of nodes: {kind, value, line, column, first, last, key} with the
 * children of an object or array in the array part. */
void push_tree(lua_State *L, const struct policy *doc);

#endif
