#ifndef LANYARD_LUA_POLICY_REQUEST_H
#define LANYARD_LUA_POLICY_REQUEST_H

#include "lua/policy.h"
#include "policy/caller.h"
#include "policy/evaluate.h"

/* take_policy_request reads a request from the table at `options`. What keeps it alive stays on the stack.
 * It raises an error for a request that cannot exist. */
struct policy_request take_policy_request(lua_State *L, int options, struct context *context);

/* take_policy_context fills the context from the table of keys and values at stack index `table`, with
 * room for CALLER_DERIVED more entries. What keeps it alive stays on the stack. */
struct context_entry *take_policy_context(lua_State *L, int table, struct context *context);

/* push_policy_contradiction pushes why a request cannot exist and returns true, or returns false. */
bool push_policy_contradiction(lua_State *L, const struct caller_request *request, bool complete);

/* policy_naming returns the name of a way in which a statement names a principal (enum principal_match). */
const char *policy_naming(size_t match);

#endif
