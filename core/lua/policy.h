#ifndef LANYARD_LUA_POLICY_H
#define LANYARD_LUA_POLICY_H

#include "lua/util.h"
#include "policy/document.h"

#include <lua.h>

#define POLICY_CLASS "lanyard.policy"

/* The userdata of a document. Any Lua code can run while a function pushes values, because the
 * collector runs finalizers. So a function that pushes more than one value from a document is a
 * reader: while there are readers, an edit changes a copy, and the readers keep what they read. */
struct policy_object {
  struct object object;
  struct policy *doc;
  size_t readers;
  struct policy_retired *retired; /* documents that readers still use */
  size_t reported;                /* bytes that the collector knows of */
};

/* new_policy_object pushes a userdata without a document. The caller stores one in `doc`, and calls
 * finish_policy, which reports its memory to the collector and returns 1. It raises an error if
 * `doc` is NULL. */
struct policy_object *new_policy_object(lua_State *L);
int finish_policy(lua_State *L);

/* check_policy returns the document at a stack index, or raises an error. It is valid until Lua code
 * can run. */
const struct policy *check_policy(lua_State *L, int index);

/* edit_policy is check_policy for an edit. After the edit, edited_policy reports its memory to the
 * collector. */
struct policy *edit_policy(lua_State *L, int index);
void edited_policy(lua_State *L, int index);

/* read_policy returns the document at a stack index, which stays valid until stop_reading. If an
 * error ends the function before, later edits work on copies. */
const struct policy *read_policy(lua_State *L, int index);
void stop_reading(lua_State *L, int index);

/* check_policy_string and opt_policy_string return a string field of the table at `index`. The
 * string stays on the stack. An absent optional field has `bytes` NULL. */
struct policy_string check_policy_string(lua_State *L, int index, const char *field);
struct policy_string opt_policy_string(lua_State *L, int index, const char *field);

/* Methods and functions in policy_object.c, policy_set.c, policy_evaluate.c, policy_question.c and
 * policy_residue.c. */
int policy_lua_collect(lua_State *L);
int policy_lua_set(lua_State *L);
int policy_lua_set_all(lua_State *L);
int policy_lua_evaluate(lua_State *L);
int policy_lua_decision(lua_State *L);
int policy_lua_weigh(lua_State *L);
int policy_lua_explain(lua_State *L);
int policy_lua_residue(lua_State *L);
int policy_lua_caller(lua_State *L);
int policy_lua_possible(lua_State *L);
int policy_lua_question(lua_State *L);
int policy_lua_operand(lua_State *L);
int policy_lua_date(lua_State *L);
int policy_lua_operators(lua_State *L);

/* policy_lua_open_question creates the class of what policy_lua_question returns. */
void policy_lua_open_question(lua_State *L);

/* Views of a document: statements and values as tables. The caller is a reader. */

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
