/* lanyard.policy.core: the policy document. lanyard.policy adds what needs no C. */

#include "lua_policy.h"

#include "lua_util.h"

#include <string.h>

#define POLICY_CLASS "lanyard.policy"

static struct policy *check_policy(lua_State *L, int index) {
  struct policy **slot = luaL_checkudata(L, index, POLICY_CLASS);
  return *slot;
}

/* Pushes an empty document userdata, so that what fills it is collected whatever happens. */
static struct policy **push_slot(lua_State *L) {
  struct policy **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, POLICY_CLASS);
  return slot;
}

static int no_memory(lua_State *L) {
  return luaL_error(L, "not enough memory");
}

static struct policy_string opt_string(lua_State *L, int index, const char *field) {
  struct policy_string string;
  string.bytes = opt_field_string(L, index, field, &string.length);
  return string;
}

static struct policy_string check_string(lua_State *L, int index, const char *field) {
  struct policy_string string;
  string.bytes = check_field_string(L, index, field, &string.length);
  return string;
}

/* Raises for a field that is not among `known`: one mistyped or not supported would widen what a
 * grant or a revocation means. */
static void check_fields(lua_State *L, int index, const char *const known[]) {
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    const char *field = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
    size_t i = 0;
    while (known[i] && strcmp(known[i], field) != 0)
      i++;
    if (!known[i])
      luaL_error(L, "no such field: '%s'", field);
  }
}

/* policy.parse(text) --> doc | nil, err{code="InvalidPolicy", line, column, offset, expected} */
static int parse(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct policy **slot = push_slot(L);
  struct json_error error;
  *slot = policy_parse(text, length, &error);
  if (*slot)
    return 1;
  push_error(L, "InvalidPolicy", "line %d, column %d: %s", (int)error.line, (int)error.column,
             error.message);
  lua_pushinteger(L, (lua_Integer)error.line);
  lua_setfield(L, -2, "line");
  lua_pushinteger(L, (lua_Integer)error.column);
  lua_setfield(L, -2, "column");
  lua_pushinteger(L, (lua_Integer)error.offset);
  lua_setfield(L, -2, "offset");
  lua_pushstring(L, error.message);
  lua_setfield(L, -2, "expected");
  return 2;
}

/* policy.new() --> doc without statements, Version 2008-10-17 */
static int new_policy(lua_State *L) {
  struct policy **slot = push_slot(L);
  *slot = policy_new();
  return *slot ? 1 : no_memory(L);
}

/* doc:copy() --> doc */
static int copy(lua_State *L) {
  const struct policy *doc = check_policy(L, 1);
  struct policy **slot = push_slot(L);
  *slot = policy_copy(doc);
  return *slot ? 1 : no_memory(L);
}

/* doc:allow{sid=, principal=, actions={...}} --> changed, why, index of the statement */
static int allow(lua_State *L) {
  static const char *const fields[] = {"sid", "principal", "actions", NULL};
  enum { OPTIONS = 2 };
  struct policy *doc = check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_grant grant = {.sid = opt_string(L, OPTIONS, "sid"),
                               .principal = check_string(L, OPTIONS, "principal")};
  luaL_argexpected(L, lua_getfield(L, OPTIONS, "actions") == LUA_TTABLE, OPTIONS,
                   "table with a list 'actions'");
  int list = lua_gettop(L);
  grant.action_count = (size_t)luaL_len(L, list);
  luaL_argcheck(L, grant.action_count > 0 && grant.action_count <= 100, OPTIONS,
                "actions: 1 to 100 strings expected");
  struct policy_string *actions = lua_newuserdatauv(L, grant.action_count * sizeof *actions, 0);
  for (size_t i = 0; i < grant.action_count; i++) {
    luaL_argcheck(L, lua_rawgeti(L, list, (lua_Integer)i + 1) == LUA_TSTRING, OPTIONS,
                  "actions: 1 to 100 strings expected");
    actions[i].bytes = lua_tolstring(L, -1, &actions[i].length);
    lua_pop(L, 1); /* the list keeps it alive */
  }
  grant.actions = actions;
  size_t statement = 0;
  struct json_error error;
  enum policy_edit edit = policy_allow(doc, &grant, &statement, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "allow: %s", error.message);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  lua_pushfstring(L,
                  edit == POLICY_CHANGED ? "added statement %d" : "statement %d allows it already",
                  (int)statement + 1);
  lua_pushinteger(L, (lua_Integer)statement + 1);
  return 3;
}

static int push_edit(lua_State *L, enum policy_edit edit, size_t touched) {
  if (edit == POLICY_FAILED)
    return no_memory(L);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  lua_pushinteger(L, (lua_Integer)touched);
  return 2;
}

static bool same_text(const struct policy *a, const struct policy *b) {
  size_t a_length, b_length;
  const char *a_text = policy_text(a, &a_length);
  const char *b_text = policy_text(b, &b_length);
  return a_length == b_length && memcmp(a_text, b_text, a_length) == 0;
}

/* Asks the function at `match` for each principal of a statement, whose table is on the top. */
static void mark_matching(lua_State *L, int match, const struct policy *doc,
                          const struct policy_statement *statement, bool *marks) {
  int table = lua_gettop(L);
  for (size_t i = 0; i < statement->principals.count; i++) {
    const struct policy_value *value = &statement->principals.items[i];
    lua_pushvalue(L, match);
    lua_pushstring(L, value->type);
    lua_pushlstring(L, value->string, value->length);
    lua_pushvalue(L, table);
    lua_call(L, 3, 1);
    marks[policy_value_index(doc, value)] = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
}

/* Takes out the principals for which the function at `match` answers true. It is asked about a
 * copy, which stays as it is whatever the function does to the document. */
static int revoke_matching(lua_State *L, struct policy *doc, int match,
                           const struct policy_revocation *what) {
  struct policy **copy = push_slot(L);
  *copy = policy_copy(doc);
  if (!*copy)
    return no_memory(L);
  size_t size = (policy_values_count(*copy) + 1) * sizeof(bool);
  bool *marks = lua_newuserdatauv(L, size, 0);
  memset(marks, 0, size);
  for (size_t i = 0; i < policy_count(*copy); i++) {
    const struct policy_statement *statement = policy_statement(*copy, i);
    if (!policy_revocation_covers(what, statement))
      continue;
    push_statement(L, *copy, i);
    mark_matching(L, match, *copy, statement, marks);
    lua_pop(L, 1);
  }
  if (!same_text(doc, *copy))
    return luaL_error(L, "revoke: the function 'match' changed the document");
  size_t touched = 0;
  enum policy_edit edit = policy_take_out(doc, marks, &touched);
  return push_edit(L, edit, touched);
}

/* doc:revoke{principal= | match=function(type, value, statement) --> boolean, sid=, effect="Allow"
 * or "any"} --> changed, statements touched */
static int revoke(lua_State *L) {
  static const char *const fields[] = {"principal", "match", "sid", "effect", NULL};
  static const char *const effects[] = {"Allow", "any", NULL};
  enum { OPTIONS = 2 };
  struct policy *doc = check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_revocation what = {.sid = opt_string(L, OPTIONS, "sid")};
  lua_getfield(L, OPTIONS, "effect");
  what.any_effect = luaL_checkoption(L, -1, "Allow", effects) == 1;
  if (lua_getfield(L, OPTIONS, "match") == LUA_TFUNCTION)
    return revoke_matching(L, doc, lua_gettop(L), &what);
  what.principal = check_string(L, OPTIONS, "principal");
  size_t touched = 0;
  enum policy_edit edit = policy_revoke(doc, &what, &touched);
  return push_edit(L, edit, touched);
}

/* doc:remove{sid= | index=} --> changed, statements removed */
static int remove_statements(lua_State *L) {
  static const char *const fields[] = {"sid", "index", NULL};
  enum { OPTIONS = 2 };
  struct policy *doc = check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  lua_getfield(L, OPTIONS, "index");
  lua_Integer index = luaL_optinteger(L, -1, 0);
  struct policy_string sid = opt_string(L, OPTIONS, "sid");
  luaL_argcheck(L, (index > 0) != (sid.bytes != NULL), OPTIONS, "sid or index expected");
  size_t count = policy_count(doc), touched = 0;
  bool *marks = lua_newuserdatauv(L, (count + 1) * sizeof *marks, 0);
  for (size_t i = 0; i < count; i++) {
    marks[i] = index > 0 ? i + 1 == (size_t)index
                         : policy_has_sid(policy_statement(doc, i), sid.bytes, sid.length);
    touched += marks[i];
  }
  enum policy_edit edit = policy_remove(doc, marks);
  return push_edit(L, edit, touched);
}

/* doc:append(other, index) copies a statement of another document to the end of this one. */
static int append(lua_State *L) {
  struct policy *doc = check_policy(L, 1);
  const struct policy *from = check_policy(L, 2);
  lua_Integer index = luaL_checkinteger(L, 3);
  luaL_argcheck(L, doc != from, 2, "another document expected");
  luaL_argcheck(L, index >= 1 && (size_t)index <= policy_count(from), 3, "no such statement");
  struct json_error error;
  if (policy_append(doc, from, (size_t)index - 1, &error) == POLICY_FAILED)
    return luaL_error(L, "append: %s", error.message);
  return 0;
}

/* doc:statements() --> list of statements */
static int statements(lua_State *L) {
  push_statements(L, check_policy(L, 1));
  return 1;
}

/* doc:tree() --> the text as nodes, with their places */
static int tree(lua_State *L) {
  push_tree(L, check_policy(L, 1));
  return 1;
}

/* doc:empty() --> whether no statement is left */
static int empty(lua_State *L) {
  lua_pushboolean(L, policy_count(check_policy(L, 1)) == 0);
  return 1;
}

/* doc:size() --> characters, as ECR counts them */
static int size(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)policy_size(check_policy(L, 1)));
  return 1;
}

/* doc:format() --> the text pretty-printed */
static int format(lua_State *L) {
  struct buf out = {0};
  policy_format(check_policy(L, 1), &out);
  return push_buf(L, &out);
}

/* doc:meaning(index [, with_sid]) --> bytes that are equal for statements that mean the same */
static int meaning(lua_State *L) {
  const struct policy *doc = check_policy(L, 1);
  lua_Integer index = luaL_checkinteger(L, 2);
  luaL_argcheck(L, index >= 1 && (size_t)index <= policy_count(doc), 2, "no such statement");
  struct buf out = {0};
  policy_meaning(doc, (size_t)index - 1, lua_toboolean(L, 3), &out);
  return push_buf(L, &out);
}

/* doc:equivalent(other) --> whether both mean the same */
static int equivalent(lua_State *L) {
  bool failed = false;
  bool same = policy_equivalent(check_policy(L, 1), check_policy(L, 2), &failed);
  if (failed)
    return no_memory(L);
  lua_pushboolean(L, same);
  return 1;
}

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
  *context = (struct context){entry, entries};
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    fill_entry(L, kept, entry, value);
    value += entry->count;
    entry++;
  }
}

/* doc:weigh{principal=, action=, [resource=], [context=], [identity=]} --> as doc:can, and what the
 * Allow statements say by how they name the principal: {principal =, role =, account =, anyone =},
 * "allow" or "depends" each. With `identity` the policy is one of the principal's own, and names
 * nobody. */
static int weigh(lua_State *L) {
  enum { OPTIONS = 2 };
  static const char *const known[] = {"principal", "action",   "resource",
                                      "context",   "identity", NULL};
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
  struct policy_request request = {.principal = check_string(L, OPTIONS, "principal"),
                                   .action = check_string(L, OPTIONS, "action"),
                                   .resource = opt_string(L, OPTIONS, "resource"),
                                   .identity = opt_field_boolean(L, OPTIONS, "identity", 0) != 0};
  struct context context;
  if (lua_getfield(L, OPTIONS, "context") != LUA_TNIL) {
    luaL_argcheck(L, lua_istable(L, -1), OPTIONS, "context: a table expected");
    take_context(L, lua_gettop(L), &context);
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

/* doc:can{principal=, action=, [resource=], [context = {[key] = value or list}]}
 *   --> "allow" | "deny" | "implicit-deny" | "depends", statement | nil, reason
 * With a context, a condition key that is not in it is not in the request; without one, a condition
 * makes the answer `depends`. */
static int can(lua_State *L) {
  weigh(L);
  lua_pop(L, 1);
  return 3;
}

/* tostring(doc) --> the text, every byte as it came where no edit touched it */
static int text(lua_State *L) {
  size_t length;
  const char *bytes = policy_text(check_policy(L, 1), &length);
  lua_pushlstring(L, bytes, length);
  return 1;
}

static int collect(lua_State *L) {
  struct policy **slot = luaL_checkudata(L, 1, POLICY_CLASS);
  policy_free(*slot);
  *slot = NULL;
  return 0;
}

int luaopen_lanyard_policy_core(lua_State *L);

int luaopen_lanyard_policy_core(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"allow", allow},
      {"append", append},
      {"can", can},
      {"weigh", weigh},
      {"copy", copy},
      {"empty", empty},
      {"equivalent", equivalent},
      {"format", format},
      {"meaning", meaning},
      {"remove", remove_statements},
      {"revoke", revoke},
      {"size", size},
      {"statements", statements},
      {"tree", tree},
      {NULL, NULL},
  };
  static const luaL_Reg meta[] = {{"__gc", collect}, {"__tostring", text}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"parse", parse}, {"new", new_policy}, {NULL, NULL}};
  new_class(L, POLICY_CLASS, methods, meta);
  luaL_newlib(L, functions);
  luaL_getmetatable(L, POLICY_CLASS);
  lua_getfield(L, -1, "__index");
  lua_setfield(L, -3, "methods");
  lua_pop(L, 1);
  lua_pushinteger(L, POLICY_LIMIT);
  lua_setfield(L, -2, "LIMIT");
  return 1;
}
