/* Asking a policy document from Lua. */

#include "condition.h"
#include "lua_policy.h"
#include "lua_util.h"

/* Fills the entry of the key and value on top of the stack: a string, number, boolean, or a list of
 * them. Strings made of numbers and booleans are kept in the table at `kept`. */
static void fill_entry(lua_State *L, int kept, struct context_entry *entry,
                       struct context_value *values) {
  bool list = lua_istable(L, -1);
  size_t count = list ? lua_rawlen(L, -1) : 1;
  if (lua_type(L, -2) != LUA_TSTRING)
    luaL_error(L, "context: keys must be strings");
  entry->key = lua_tolstring(L, -2, &entry->key_length);
  entry->values = values;
  for (size_t i = 0; i < count; i++) {
    if (list)
      lua_rawgeti(L, -1, (lua_Integer)i + 1);
    else
      lua_pushvalue(L, -1);
    if (!lua_isstring(L, -1) && !lua_isboolean(L, -1))
      luaL_error(L, "context: %s: a string, number, boolean or a list of them expected",
                 entry->key);
    values[i].bytes = luaL_tolstring(L, -1, &values[i].length);
    luaL_ref(L, kept);
    lua_pop(L, 1);
  }
  entry->count = count;
}

/* Pushes what keeps a context alive and fills it from a table of keys and values. */
static void take_context(lua_State *L, int table, struct context *context) {
  size_t entries = 0, values = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    entries++;
    values += lua_istable(L, -1) ? lua_rawlen(L, -1) : 1;
  }
  struct context_entry *entry = lua_newuserdatauv(L, (entries + 1) * sizeof *entry, 0);
  struct context_value *value = lua_newuserdatauv(L, (values + 1) * sizeof *value, 0);
  lua_newtable(L);
  int kept = lua_gettop(L);
  *context = (struct context){.entries = entry, .count = entries};
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    fill_entry(L, kept, entry, value);
    value += entry->count;
    entry++;
  }
}

/* doc:weigh{principal=, action=, [resource=], [context=], [partial=], [identity=]} --> as doc:can, and what the
 * Allow statements say by how they name the principal: {principal =, role =, account =, anyone =},
 * "allow" or "depends" each. With `identity` the policy is one of the principal's own, and names
 * nobody. */
int policy_lua_weigh(lua_State *L) {
  enum { OPTIONS = 2 };
  static const char *const known[] = {"principal", "action",  "resource", "context",
                                      "identity",  "partial", NULL};
  static const char *const answers[] = {
      [POLICY_ANSWER_ALLOW] = "allow",
      [POLICY_ANSWER_DENY] = "deny",
      [POLICY_ANSWER_IMPLICIT_DENY] = "implicit-deny",
      [POLICY_ANSWER_DEPENDS] = "depends",
  };
  static const char *const namings[] = {
      [POLICY_NAMES] = "principal",
      [POLICY_NAMES_ROLE] = "role",
      [POLICY_NAMES_ACCOUNT] = "account",
      [POLICY_NAMES_ANYONE] = "anyone",
  };
  const struct policy *doc = check_policy(L, 1);
  check_fields(L, OPTIONS, known);
  struct policy_request request = {.principal = check_policy_string(L, OPTIONS, "principal"),
                                   .action = check_policy_string(L, OPTIONS, "action"),
                                   .resource = opt_policy_string(L, OPTIONS, "resource"),
                                   .identity = opt_field_boolean(L, OPTIONS, "identity", 0) != 0};
  struct context context;
  if (lua_getfield(L, OPTIONS, "context") != LUA_TNIL) {
    luaL_argcheck(L, lua_istable(L, -1), OPTIONS, "context: a table expected");
    take_context(L, lua_gettop(L), &context);
    context.partial = opt_field_boolean(L, OPTIONS, "partial", 0) != 0;
    request.context = &context;
  }
  struct buf reason = {0};
  struct policy_decision decision = policy_can(doc, &request, &reason);
  push_buf(L, &reason);
  int text = lua_gettop(L);
  lua_pushstring(L, answers[decision.answer]);
  if (decision.statement)
    push_statement(L, doc, decision.statement->index);
  else
    lua_pushnil(L);
  lua_pushvalue(L, text);
  lua_newtable(L);
  for (size_t i = POLICY_NAMES; i <= POLICY_NAMES_ANYONE; i++) {
    bool certain = decision.namings & 1u << i;
    if (certain || decision.maybe_namings & 1u << i) {
      lua_pushstring(L, certain ? "allow" : "depends");
      lua_setfield(L, -2, namings[i]);
    }
  }
  return 4;
}

/* doc:can{principal=, action=, [resource=], [context = {[key] = value or list}], [partial=]}
 *   --> "allow" | "deny" | "implicit-deny" | "depends", statement | nil, reason
 * A condition key that is not in the context is not in the request, or, with `partial`, not known;
 * without a context none is. What hangs on a key that is not known makes the answer `depends`. */
int policy_lua_can(lua_State *L) {
  policy_lua_weigh(L);
  lua_pop(L, 1);
  return 3;
}

/* core.operators() --> the names of the condition operators */
int policy_lua_operators(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; condition_operator(i); i++) {
    lua_pushstring(L, condition_operator(i));
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* core.operand(operator, text) --> type | nil when there is no such operator, whether the text (without
 * policy variables) is of that type */
int policy_lua_operand(lua_State *L) {
  static const char *const types[] = {
      [OPERAND_STRING] = "a string", [OPERAND_NUMBER] = "a number",
      [OPERAND_DATE] = "a date",     [OPERAND_BOOLEAN] = "true or false",
      [OPERAND_BINARY] = "base64",   [OPERAND_ADDRESS] = "an IP address or network",
      [OPERAND_ARN] = "an ARN",
  };
  enum condition_operand type = condition_operand(luaL_checkstring(L, 1));
  const char *text = luaL_checkstring(L, 2);
  if (type == OPERAND_NONE) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushstring(L, types[type]);
  lua_pushboolean(L, condition_takes(type, text));
  return 2;
}
