/* What a policy decision leaves open, for Lua. */

#include "lua/policy.h"
#include "lua/policy_request.h"
#include "policy/condition.h"
#include "policy/evaluate.h"

/* Appends a value to the list at stack index `list`. */
static void append(lua_State *L, int list) {
  lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
}

static void add_string(lua_State *L, const char *bytes, size_t length) {
  lua_pushlstring(L, bytes, length);
  append(L, lua_gettop(L) - 1);
}

/* Pushes a list of the values of an element. */
static void push_values(lua_State *L, const struct policy_list *list) {
  lua_createtable(L, (int)list->count, 0);
  for (size_t i = 0; i < list->count; i++)
    add_string(L, list->items[i].string, list->items[i].length);
}

/* Pushes the operands of a test. Operands that match nothing are left out. */
static void push_operands(lua_State *L, const struct policy *doc,
                          const struct policy_request *request,
                          const struct condition_position *test) {
  bool list = test->key->type == JSON_ARRAY, variables = policy_has_variables(doc);
  lua_newtable(L);
  const struct json_value *one = list ? test->key->first : test->key;
  for (; one; one = list ? one->next : NULL) {
    struct buf text = {0};
    bool matches =
        condition_operand_text(test->named->key->string, one, request->context, variables, &text);
    push_buf(L, &text);
    if (matches)
      append(L, lua_gettop(L) - 1);
    else
      lua_pop(L, 1);
  }
}

/* Begins a part of the residue: a table at the top with a `kind`. */
static void begin_part(lua_State *L, const char *kind) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, kind);
  lua_setfield(L, -2, "kind");
}

static void set_flag(lua_State *L, const char *field) {
  lua_pushboolean(L, 1);
  lua_setfield(L, -2, field);
}

static void add_conditions(lua_State *L, int open, const struct policy *doc,
                           const struct policy_statement *statement,
                           const struct policy_request *request) {
  struct condition_position test = {0};
  bool failed = false, variables = policy_has_variables(doc);
  if (statement->conditions.count == 0)
    return;
  while (condition_unknown_test(statement->conditions.json, request->context, variables, &test,
                                &failed)) {
    begin_part(L, "condition");
    lua_pushlstring(L, test.named->key->string, test.named->key->length);
    lua_setfield(L, -2, "operator");
    lua_pushlstring(L, test.key->key->string, test.key->key->length);
    lua_setfield(L, -2, "key");
    push_operands(L, doc, request, &test);
    lua_setfield(L, -2, "values");
    const struct context_entry *entry =
        request->context
            ? context_find(request->context, test.key->key->string, test.key->key->length)
            : NULL;
    if (entry && !entry->unknown)
      set_flag(L, "known");
    append(L, open);
  }
  if (failed)
    luaL_error(L, "not enough memory");
}

/* Adds an element for which it is open whether the statement applies. */
static void add_element(lua_State *L, int open, const struct policy *doc,
                        const struct policy_statement *statement, enum policy_element element,
                        const struct policy_request *request) {
  bool failed = false;
  if (policy_element_holds(doc, statement, element, request, &failed) != CONDITION_UNKNOWN)
    return;
  bool resource = element == POLICY_RESOURCE, unknown = resource && !request->resource.bytes;
  const struct policy_value *named;
  if (element != POLICY_PRINCIPAL) {
    begin_part(L, unknown ? "resource" : resource ? "resource-pattern" : "action-pattern");
    push_values(L, resource ? &statement->resources : &statement->actions);
    lua_setfield(L, -2, "values");
    if (resource ? statement->not_resource : statement->not_action)
      set_flag(L, "negated");
  } else if (policy_issuer_holds(statement, request, &named) == CONDITION_UNKNOWN) {
    return; /* add_issuers */
  } else {
    begin_part(L, "not-principal");
  }
  append(L, open);
}

/* Sets the field `issuers` to the users that can have federated the principal and that the statement
 * names. */
static void set_issuers(lua_State *L, const struct policy_statement *statement,
                        const struct policy_request *request) {
  const struct policy_value *named;
  if (request->identity || policy_issuer_holds(statement, request, &named) != CONDITION_UNKNOWN)
    return;
  lua_newtable(L);
  for (size_t i = 0; i < statement->principals.count; i++)
    if (principal_may_federate(&statement->principals.items[i], &request->principal))
      add_string(L, statement->principals.items[i].string, statement->principals.items[i].length);
  lua_setfield(L, -2, "issuers");
}

/* Sets the field `names` to the ways in which a statement names the principal. */
static void set_names(lua_State *L, const struct policy_statement *statement,
                      const struct policy_request *request) {
  const struct policy_value *named;
  unsigned matches = policy_matches_of(statement, request);
  if (!request->identity && !statement->not_principal &&
      policy_issuer_holds(statement, request, &named) == CONDITION_TRUE)
    matches |= 1u << PRINCIPAL_ROLE;
  lua_newtable(L);
  for (size_t match = PRINCIPAL_SELF; match < PRINCIPAL_MATCHES; match++)
    if (matches & 1u << match)
      set_flag(L, policy_naming(match));
  lua_setfield(L, -2, "names");
}

static void push_statement_residue(lua_State *L, const struct policy *doc,
                                   const struct policy_statement *statement,
                                   const struct policy_request *request) {
  lua_createtable(L, 0, 6);
  set_statement_name(L, statement);
  set_names(L, statement, request);
  if (statement->not_principal)
    set_flag(L, "not_principal");
  set_issuers(L, statement, request);
  lua_newtable(L);
  int open = lua_gettop(L);
  if (statement->flaw) {
    begin_part(L, "flaw");
    append(L, open);
  } else {
    add_conditions(L, open, doc, statement, request);
    for (enum policy_element element = POLICY_PRINCIPAL; element <= POLICY_RESOURCE; element++)
      if (element != POLICY_PRINCIPAL || !request->identity)
        add_element(L, open, doc, statement, element, request);
  }
  lua_setfield(L, -2, "open");
}

/* doc:residue { as for doc:weigh } --> list of statements
 * Returns the statements that apply to a request or may apply: { index, sid, effect, names = { principal,
 * role, account, anyone: true }, issuers, open = list of parts }. A statement applies if all of its open
 * parts hold: { kind = "condition", operator, key, values, known }, { kind = "resource" or
 * "resource-pattern" or "action-pattern", values, negated }, { kind = "not-principal" } or { kind =
 * "flaw" }. `issuers` are users one of which must have federated the principal for the statement to name
 * it, or with `not_principal` none. */
int policy_lua_residue(lua_State *L) {
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  struct policy_question question;
  take_policy_question(L, OPTIONS, &question);
  const struct policy *doc = read_policy(L, 1);
  const struct policy_request *request = ask_policy_question(&question, doc);
  if (!request) {
    stop_reading(L, 1);
    return luaL_error(L, "not enough memory");
  }
  lua_newtable(L);
  int list = lua_gettop(L);
  for (size_t i = 0; i < policy_count(doc); i++) {
    const struct policy_statement *statement = policy_statement(doc, i);
    bool failed = false;
    enum condition_truth holds = policy_statement_holds(doc, statement, request, &failed);
    if (failed)
      return luaL_error(L, "not enough memory");
    if (holds == CONDITION_FALSE)
      continue;
    push_statement_residue(L, doc, statement, request);
    append(L, list);
  }
  stop_reading(L, 1);
  return 1;
}
