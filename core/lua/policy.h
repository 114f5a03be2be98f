#ifndef LANYARD_LUA_POLICY_H
#define LANYARD_LUA_POLICY_H

#include "policy/document.h"

#include <lua.h>

/* check_policy returns the document at a stack index, or raises an error. */
struct policy *check_policy(lua_State *L, int index);

/* check_policy_string and opt_policy_string return a string field of the table at `index`. The
 * string stays on the stack. An absent optional field has `bytes` NULL. */
struct policy_string check_policy_string(lua_State *L, int index, const char *field);
struct policy_string opt_policy_string(lua_State *L, int index, const char *field);

/* Methods and functions in policy_set.c and policy_evaluate.c. */
int policy_lua_set(lua_State *L);
int policy_lua_evaluate(lua_State *L);
int policy_lua_weigh(lua_State *L);
int policy_lua_operand(lua_State *L);
int policy_lua_operators(lua_State *L);

/* Views of a document: statements and values as tables. The document must not be edited while a
 * table is built. */

/* set_statement_name sets index, sid and effect in the table at the top: what identifies a
 * statement. */
void set_statement_name(lua_State *L, const struct policy_statement *statement);

/* push_statement pushes the table of one statement: index, sid, effect, principals, actions, and so
 * on. */
void push_statement(lua_State *L, const struct policy *doc, size_t index);

/* push_statements pushes an array of all statements. */
void push_statements(lua_State *L, const struct policy *doc);

/* push_tree pushes the whole text as a tree of nodes. A node has the fields kind, value, line, column,
 * first, last and key; the children of an object or array are in its array part. */
void push_tree(lua_State *L, const struct policy *doc);

#endif
