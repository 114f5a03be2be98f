/* Policy decisions, for Lua. */

#include "base/bytes.h"
#include "lua/policy.h"
#include "lua/policy_request.h"
#include "lua/util.h"
#include "policy/caller.h"
#include "policy/condition.h"
#include "policy/condition_value.h"
#include "policy/evaluate.h"

#include <string.h>

/* Sets a field of the table at the top to the position of a statement. */
static void set_position(lua_State *L, const char *field,
                         const struct policy_statement *statement) {
  if (!statement)
    return;
  lua_pushinteger(L, (lua_Integer)statement->index + 1);
  lua_setfield(L, -2, field);
}

/* Sets a field of the table at the top to the Allow statements by kind of principal match. */
static void set_allows(lua_State *L, const char *field,
                       const struct policy_statement *const found[PRINCIPAL_MATCHES]) {
  lua_createtable(L, 0, 1);
  for (size_t naming = PRINCIPAL_SELF; naming < PRINCIPAL_MATCHES; naming++)
    set_position(L, policy_naming(naming), found[naming]);
  lua_setfield(L, -2, field);
}

/* doc:weigh { principal, action, [resource,] [owner,] [context,] [partial,] [unknown,] [bounded,]
 * [identity,] [issuer] }
 *   --> { deny, maybe_deny, allow = { principal, role, account, anyone }, maybe_allow = { ... } }
 * Returns the position of the first statement of each kind that applies or may apply; doc:explain says why.
 * `unknown` is a condition key that the request has with unknown values. With `identity` the policy
 * is an identity policy, which names no principal. With `bounded` the principal has a permissions
 * boundary. `issuer` is the user that federated the principal, a federated user session. */
int policy_lua_weigh(lua_State *L) {
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  struct policy_question question;
  take_policy_question(L, OPTIONS, &question);
  const struct policy *doc = read_policy(L, 1);
  const struct policy_request *request = ask_policy_question(&question, doc);
  struct policy_matches found = {.failed = true};
  if (request)
    found = policy_match(doc, request);
  if (found.failed) {
    stop_reading(L, 1);
    return luaL_error(L, "not enough memory");
  }
  lua_createtable(L, 0, 4);
  set_position(L, "deny", found.deny);
  set_position(L, "maybe_deny", found.maybe_deny);
  set_allows(L, "allow", found.allow);
  set_allows(L, "maybe_allow", found.maybe_allow);
  stop_reading(L, 1);
  return 1;
}

/* doc:explain(request, index, certain) --> reason
 * Says why a statement applies to a request of doc:weigh, or unless it is certain, why it may apply. */
int policy_lua_explain(lua_State *L) {
  enum { OPTIONS = 2, INDEX, CERTAIN };
  check_policy(L, 1);
  lua_Integer index = luaL_checkinteger(L, INDEX);
  bool certain = lua_toboolean(L, CERTAIN);
  struct policy_question question;
  take_policy_question(L, OPTIONS, &question);
  const struct policy *doc = read_policy(L, 1);
  const struct policy_request *request = ask_policy_question(&question, doc);
  bool exists = index >= 1 && (size_t)index <= policy_count(doc);
  struct buf reason = {.failed = !request};
  if (request && exists)
    policy_explain(doc, policy_statement(doc, (size_t)index - 1), request, certain, &reason);
  stop_reading(L, 1);
  push_buf(L, &reason);
  luaL_argcheck(L, exists, INDEX, "no such statement");
  return 1;
}

/* Pushes what identifies a statement. doc:statement(index) returns more, and takes longer. */
static void push_summary(lua_State *L, const struct policy_statement *statement) {
  if (!statement) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, 0, 3);
  set_statement_name(L, statement);
}

/* Appends to the reason of an Allow that the account of a foreign principal must allow the request, too. */
static void add_other_account(const struct policy_question *question,
                              const struct policy_decision *decision, struct buf *reason) {
  const struct policy_string *principal = &question->request.principal;
  struct policy_string owner = caller_owner(&question->caller);
  if (decision->answer != POLICY_ANSWER_ALLOW || decision->account || !owner.bytes)
    return;
  struct arn_part account = caller_read(principal->bytes, principal->length).account;
  if (account.length == 0 || bytes_equal(account.text, account.length, owner.bytes, owner.length))
    return;
  buf_adds(reason, "; account ");
  buf_add(reason, account.text, account.length);
  buf_adds(reason, " must allow it too");
}

/* Decides a request by the document at stack index 1, and pushes what doc:can returns. With `certain` it
 * returns nothing for a decision that depends. */
static int push_decision(lua_State *L, struct policy_question *question, bool certain) {
  static const char *const answers[] = {
      [POLICY_ANSWER_ALLOW] = "allow",
      [POLICY_ANSWER_DENY] = "deny",
      [POLICY_ANSWER_IMPLICIT_DENY] = "implicit-deny",
      [POLICY_ANSWER_DEPENDS] = "depends",
  };
  const struct policy *doc = read_policy(L, 1);
  const struct policy_request *request = ask_policy_question(question, doc);
  struct buf reason = {.failed = !request};
  struct policy_decision decision = {0};
  if (request) {
    decision = policy_evaluate(doc, request, &reason);
    add_other_account(question, &decision, &reason);
  }
  push_buf(L, &reason);
  int text = lua_gettop(L);
  lua_pushstring(L, answers[decision.answer]);
  push_summary(L, decision.statement);
  stop_reading(L, 1);
  lua_pushvalue(L, text);
  return certain && decision.answer == POLICY_ANSWER_DEPENDS ? 0 : 3;
}

/* doc:can { principal, action, [resource,] [owner,] [context = { [key] = value or list },] [partial,]
 * [unknown,] [issuer] }
 *   --> "allow" | "deny" | "implicit-deny" | "depends", { index, sid, effect } | nil, reason
 * Decides a request by this policy alone, and returns the deciding statement. The request has the
 * condition keys of the context and the ones that follow from the principal and the resource, which
 * `owner` owns; with `partial`, other keys are unknown. Without a context, all keys are unknown. A
 * decision that depends on unknown keys is "depends". A context that contradicts the principal or the
 * resource is an error. */
int policy_lua_evaluate(lua_State *L) {
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  struct policy_question question;
  take_policy_question(L, OPTIONS, &question);
  return push_decision(L, &question, false);
}

/* core.decision(doc, request) --> as doc:can | nothing
 * Decides a request with the fields of policy.Question, without an issuer. It returns nothing for a decision that depends,
 * for a mistake, and whenever doc:can has to be asked instead. */
int policy_lua_decision(lua_State *L) {
  enum { OPTIONS = 2 };
  struct policy_question question;
  bool plain = test_object(L, 1, POLICY_CLASS) && take_plain_question(L, OPTIONS, &question);
  return plain ? push_decision(L, &question, true) : 0;
}

const char *policy_caller_kind(const struct caller *caller) {
  static const char *const kinds[] = {
      [CALLER_ANONYMOUS] = "anonymous", [CALLER_ROOT] = "root",
      [CALLER_USER] = "user",           [CALLER_ROLE] = "role",
      [CALLER_SESSION] = "session",     [CALLER_FEDERATED_USER] = "federated-user",
      [CALLER_SERVICE] = "service",     [CALLER_PROVIDER] = "provider",
      [CALLER_UNIQUE_ID] = "id",        [CALLER_CANONICAL_USER] = "id",
      [CALLER_OTHER] = "other",
  };
  return kinds[caller->kind];
}

bool policy_caller_is_service(const struct caller *caller) {
  return caller->kind == CALLER_SERVICE ||
         (caller->kind == CALLER_PROVIDER && caller->account.length == 0);
}

/* core.caller(principal) --> { kind, account | nil, partition | nil, service, anonymous, service_linked }
 * Describes a principal. The kind is "anonymous", "root", "user", "role", "session", "federated-user",
 * "service", "provider", "id" or "other". `service` is set for services and for providers without an
 * account. */
int policy_lua_caller(lua_State *L) {
  size_t length;
  const char *principal = luaL_checklstring(L, 1, &length);
  struct caller caller = caller_read(principal, length);
  bool account = caller.account.length > 0;
  lua_createtable(L, 0, 6);
  lua_pushstring(L, policy_caller_kind(&caller));
  lua_setfield(L, -2, "kind");
  if (account)
    lua_pushlstring(L, caller.account.text, caller.account.length);
  if (account)
    lua_setfield(L, -2, "account");
  if (caller.partition.length > 0)
    lua_pushlstring(L, caller.partition.text, caller.partition.length);
  if (caller.partition.length > 0)
    lua_setfield(L, -2, "partition");
  lua_pushboolean(L, policy_caller_is_service(&caller));
  lua_setfield(L, -2, "service");
  lua_pushboolean(L, caller.kind == CALLER_ANONYMOUS);
  lua_setfield(L, -2, "anonymous");
  lua_pushboolean(L, caller.service_linked);
  lua_setfield(L, -2, "service_linked");
  return 1;
}

/* core.possible { principal, [resource,] [owner,] [context,] [complete] } --> true | false, reason
 * Reports whether such a request can exist. With `complete` the context has all keys of the request,
 * else it can have more. */
int policy_lua_possible(lua_State *L) {
  enum { OPTIONS = 1 };
  static const char *const known[] = {"principal", "resource", "owner",
                                      "context",   "complete", NULL};
  luaL_checktype(L, OPTIONS, LUA_TTABLE);
  check_fields(L, OPTIONS, known);
  struct caller_request request = {.principal = check_policy_string(L, OPTIONS, "principal"),
                                   .resource = opt_policy_string(L, OPTIONS, "resource"),
                                   .owner = opt_policy_string(L, OPTIONS, "owner")};
  bool complete = opt_field_boolean(L, OPTIONS, "complete", 0) != 0;
  struct context context;
  if (push_field(L, OPTIONS, "context") != LUA_TNIL) {
    luaL_argcheck(L, lua_istable(L, -1), OPTIONS, "context: a table expected");
    take_policy_context(L, lua_gettop(L), &context);
    request.context = &context;
  }
  bool contradiction = push_policy_contradiction(L, &request, complete);
  lua_pushboolean(L, !contradiction);
  if (!contradiction)
    return 1;
  lua_insert(L, -2);
  return 2;
}

/* core.operators() --> list of the names of the condition operators */
int policy_lua_operators(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; condition_operator(i); i++) {
    lua_pushstring(L, condition_operator(i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* core.operand(operator, text) --> type, valid | nil
 * Returns the type of an operator's operands, and whether a text without policy variables is of
 * that type. Returns nil if there is no such operator. */
int policy_lua_operand(lua_State *L) {
  static const char *const types[] = {
      [OPERAND_STRING] = "a string", [OPERAND_NUMBER] = "a number",
      [OPERAND_DATE] = "a date",     [OPERAND_BOOLEAN] = "true or false",
      [OPERAND_BINARY] = "base64",   [OPERAND_ADDRESS] = "an IP address or network",
      [OPERAND_ARN] = "an ARN",
  };
  enum condition_operand type = condition_operand(check_text(L, 1));
  const char *text = check_text(L, 2);
  if (type == OPERAND_NONE) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushstring(L, types[type]);
  lua_pushboolean(L, condition_operand_valid(type, text));
  return 2;
}

/* core.date(text) --> seconds | nil
 * Returns the seconds since 1970 of a date as the date operators read it. They can have a
 * fraction. Returns nil for another text. */
int policy_lua_date(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  long double seconds;
  if (strlen(text) == length && condition_read_date(text, &seconds))
    lua_pushnumber(L, (lua_Number)seconds);
  else
    lua_pushnil(L);
  return 1;
}
