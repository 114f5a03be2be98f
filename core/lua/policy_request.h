#ifndef LANYARD_LUA_POLICY_REQUEST_H
#define LANYARD_LUA_POLICY_REQUEST_H

#include "lua/policy.h"
#include "policy/caller.h"
#include "policy/evaluate.h"

/* A request from a Lua table. It must not be copied. */
struct policy_question {
  struct policy_request request;
  struct context context;
  struct context_entry
      *entries; /* of the context, with room for the keys that follow from the request */
  struct caller_request caller;
  struct caller_derived derived;
  struct policy_string unknown;
  struct context_entry few[CALLER_DERIVED + 1];
};

/* take_policy_question reads a request from the table at `options`. What keeps it alive stays on the stack.
 * It raises an error for a request that cannot exist. */
void take_policy_question(lua_State *L, int options, struct policy_question *question);

/* take_plain_question reads a request to doc:can without an issuer. It returns false for any other value at `options`, for
 * a request that cannot exist or has a mistake, and for sts:GetCallerIdentity, which no policy decides. */
bool take_plain_question(lua_State *L, int options, struct policy_question *question);

/* ask_policy_question adds the keys that follow from the request, as far as a document asks for them. It
 * returns the request, or NULL if there is not enough memory. It does not call Lua. */
const struct policy_request *ask_policy_question(struct policy_question *question,
                                                 const struct policy *doc);

/* take_policy_context fills the context from the table of keys and values at stack index `table`. What
 * keeps it alive stays on the stack. It returns the entries, with room for CALLER_DERIVED + 1 more, or
 * NULL if the table is empty. It raises an error for a key that is given twice. */
struct context_entry *take_policy_context(lua_State *L, int table, struct context *context);

/* try_policy_context is take_policy_context, but sets *twice to a key that is given twice, or NULL, instead of raising
 * an error. is_policy_context reports whether the table has strings as keys, and scalars or lists of them as values:
 * for another table both raise an error. */
struct context_entry *try_policy_context(lua_State *L, int table, struct context *context,
                                         const char **twice);
bool is_policy_context(lua_State *L, int table);

/* push_policy_contradiction pushes why a request cannot exist and returns true, or returns false. */
bool push_policy_contradiction(lua_State *L, const struct caller_request *request, bool complete);

/* policy_caller_kind returns the kind of a principal as core.caller does, and policy_caller_is_service whether it is a
 * service principal, or an identity provider without an account. */
const char *policy_caller_kind(const struct caller *caller);
bool policy_caller_is_service(const struct caller *caller);

/* policy_naming returns the name of a way in which a statement names a principal (enum principal_match). */
const char *policy_naming(size_t match);

#endif
