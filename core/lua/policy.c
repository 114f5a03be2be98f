/* lanyard.policy.core: policy documents. lanyard.policy adds the functions that do not need C. */

#include "lua/policy.h"

#include "base/bytes.h"
#include "lua/util.h"
#include "policy/canonical.h"
#include "policy/edit.h"
#include "policy/format.h"
#include "policy/subsume.h"

#include <string.h>

#define MAX_ACTIONS 100

static int no_memory(lua_State *L) {
  return luaL_error(L, "not enough memory");
}

struct policy_string opt_policy_string(lua_State *L, int index, const char *field) {
  struct policy_string string;
  string.bytes = opt_field_string(L, index, field, &string.length);
  return string;
}

struct policy_string check_policy_string(lua_State *L, int index, const char *field) {
  struct policy_string string;
  string.bytes = check_field_string(L, index, field, &string.length);
  return string;
}

/* policy.parse(text) --> doc | nil, err
 * err has code "InvalidPolicy", line, column, offset, and expected (the message without the
 * position). */
static int parse(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct policy_object *object = new_policy_object(L);
  struct json_error error;
  object->doc = policy_parse(text, length, &error);
  if (object->doc)
    return finish_policy(L);
  push_json_error(L, "InvalidPolicy", &error);
  lua_pushstring(L, error.message);
  lua_setfield(L, -2, "expected");
  return 2;
}

/* policy.new() --> doc
 * Returns a document without statements, Version 2008-10-17. */
static int new_policy(lua_State *L) {
  struct policy_object *object = new_policy_object(L);
  object->doc = policy_new();
  return finish_policy(L);
}

/* doc:copy() --> doc */
static int copy(lua_State *L) {
  check_policy(L, 1);
  struct policy_object *object = new_policy_object(L);
  object->doc = policy_copy(check_policy(L, 1));
  return finish_policy(L);
}

/* doc:allow { [sid,] principal, actions, [condition] } --> changed, reason, index
 * Allows actions to a principal. `condition` is the JSON text of a Condition element. Returns
 * whether the document changed, why or why not, and the index of the statement that allows the
 * actions. */
static int allow(lua_State *L) {
  static const char *const fields[] = {"sid", "principal", "actions", "condition", NULL};
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_grant grant = {.sid = opt_policy_string(L, OPTIONS, "sid"),
                               .principal = check_policy_string(L, OPTIONS, "principal"),
                               .condition = opt_policy_string(L, OPTIONS, "condition")};
  push_field(L, OPTIONS, "actions");
  const struct list_string *names =
      push_strings(L, -1, "actions", MAX_ACTIONS, &grant.action_count);
  luaL_argcheck(L, grant.action_count > 0, OPTIONS, "actions: at least one expected");
  struct policy_string *actions = lua_newuserdatauv(L, grant.action_count * sizeof *actions, 0);
  for (size_t i = 0; i < grant.action_count; i++)
    actions[i] = (struct policy_string){names[i].bytes, names[i].length};
  grant.actions = actions;
  size_t statement = 0;
  struct json_error error;
  enum policy_edit edit = policy_allow(edit_policy(L, 1), &grant, &statement, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "allow: %s", error.message);
  edited_policy(L, 1);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  lua_pushfstring(L,
                  edit == POLICY_CHANGED ? "added statement %d" : "statement %d allows it already",
                  (int)statement + 1);
  lua_pushinteger(L, (lua_Integer)statement + 1);
  return 3;
}

/* Ends an edit of the document at stack index 1. */
static int push_edit(lua_State *L, enum policy_edit edit, size_t touched) {
  if (edit == POLICY_FAILED)
    return no_memory(L);
  edited_policy(L, 1);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  lua_pushinteger(L, (lua_Integer)touched);
  return 2;
}

static bool same_text(const struct policy *a, const struct policy *b) {
  size_t a_length, b_length;
  const char *a_text = policy_text(a, &a_length);
  const char *b_text = policy_text(b, &b_length);
  return bytes_equal(a_text, a_length, b_text, b_length);
}

/* Pushes a copy of the document at stack index 1, which no other function can reach. */
static const struct policy *push_snapshot(lua_State *L) {
  struct policy_object *object = new_policy_object(L);
  object->doc = policy_copy(check_policy(L, 1));
  if (!object->doc)
    no_memory(L);
  return object->doc;
}

/* Calls the function at `match` for each principal of a statement, whose table is at the top. */
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

/* Removes the principals for which the function at `match` returns true. The function is called for
 * a copy, which does not change whatever the function does to the document. */
static int revoke_matching(lua_State *L, int match, const struct policy_revocation *what) {
  const struct policy *copy = push_snapshot(L);
  size_t size = (policy_values_count(copy) + 1) * sizeof(bool);
  bool *marks = lua_newuserdatauv(L, size, 0);
  memset(marks, 0, size);
  for (size_t i = 0; i < policy_count(copy); i++) {
    const struct policy_statement *statement = policy_statement(copy, i);
    if (!policy_revocation_applies(what, statement))
      continue;
    push_statement(L, copy, i);
    mark_matching(L, match, copy, statement, marks);
    lua_pop(L, 1);
  }
  struct policy *doc = edit_policy(L, 1);
  if (!same_text(doc, copy))
    return luaL_error(L, "revoke: the function 'match' changed the document");
  size_t touched = 0;
  enum policy_edit edit = policy_remove_principals(doc, marks, &touched);
  return push_edit(L, edit, touched);
}

/* doc:revoke { principal | match, [sid,] [effect = "Allow"] } --> changed, touched
 * Removes a principal, or the principals for which match(type, value, statement) returns true. With
 * effect "any", also from Deny statements. `touched` is the number of statements changed or
 * removed. */
static int revoke(lua_State *L) {
  static const char *const fields[] = {"principal", "match", "sid", "effect", NULL};
  static const char *const effects[] = {"Allow", "any", NULL};
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_revocation what = {.sid = opt_policy_string(L, OPTIONS, "sid")};
  what.any_effect = opt_field_choice(L, OPTIONS, "effect", effects, 0) == 1;
  what.principal = opt_policy_string(L, OPTIONS, "principal");
  int type = push_field(L, OPTIONS, "match");
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TFUNCTION, OPTIONS,
                "match: a function expected");
  luaL_argcheck(L, (type == LUA_TFUNCTION) != (what.principal.bytes != NULL), OPTIONS,
                "principal or match expected");
  if (type == LUA_TFUNCTION)
    return revoke_matching(L, lua_gettop(L), &what);
  size_t touched = 0;
  enum policy_edit edit = policy_revoke(edit_policy(L, 1), &what, &touched);
  return push_edit(L, edit, touched);
}

/* Pushes an array with an entry for each statement of the document at stack index 1. */
static bool *push_marks(lua_State *L, bool value) {
  for (size_t size = 0;;) {
    bool *marks = lua_newuserdatauv(L, size + 1, 0);
    memset(marks, value, size + 1);
    size_t count = policy_count(check_policy(L, 1));
    if (count <= size) /* a finalizer can have changed the document */
      return marks;
    size = count;
    lua_pop(L, 1);
  }
}

/* Calls the function at `match` for each statement of a copy. */
static void mark_statements(lua_State *L, int match, const struct policy *doc, bool *marks) {
  for (size_t i = 0; i < policy_count(doc); i++) {
    lua_pushvalue(L, match);
    push_statement(L, doc, i);
    lua_call(L, 1, 1);
    marks[i] = lua_toboolean(L, -1);
    lua_pop(L, 1);
  }
}

/* Pushes an array with what the function at `match` returns for each statement. The function is called for
 * a copy, which does not change whatever the function does to the document. */
static bool *match_statements(lua_State *L, int match, const char *method) {
  const struct policy *copy = push_snapshot(L);
  bool *marks = lua_newuserdatauv(L, policy_count(copy) + 1, 0);
  mark_statements(L, match, copy, marks);
  if (!same_text(check_policy(L, 1), copy))
    luaL_error(L, "%s: the function 'match' changed the document", method);
  return marks;
}

/* doc:remove { sid | index | match = function(statement) --> boolean } --> changed, count
 * Removes the statements with a Sid, the one with an index, or the ones for which match returns true. */
static int remove_statements(lua_State *L) {
  static const char *const fields[] = {"sid", "index", "match", NULL};
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  lua_Integer index = opt_field_int(L, OPTIONS, "index", 1, LUA_MAXINTEGER, 0);
  struct policy_string sid = opt_policy_string(L, OPTIONS, "sid");
  int type = push_field(L, OPTIONS, "match");
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TFUNCTION, OPTIONS,
                "match: a function expected");
  luaL_argcheck(L, (index > 0) + (sid.bytes != NULL) + (type == LUA_TFUNCTION) == 1, OPTIONS,
                "one of sid, index and match expected");
  bool matches = type == LUA_TFUNCTION;
  bool *marks = matches ? match_statements(L, lua_gettop(L), "remove") : push_marks(L, 1);
  struct policy *doc = edit_policy(L, 1);
  size_t count = policy_count(doc), touched = 0;
  for (size_t i = 0; i < count; i++) {
    if (!matches)
      marks[i] = index > 0 ? i + 1 == (size_t)index
                           : policy_has_sid(policy_statement(doc, i), sid.bytes, sid.length);
    touched += marks[i];
  }
  enum policy_edit edit = policy_remove_statements(doc, marks);
  return push_edit(L, edit, touched);
}

/* doc:fold { [sid,] [match = function(statement) --> boolean] } --> changed, count
 * Merges statements that differ only in Sid and principals. `count` is the number of statements
 * removed. */
static int fold(lua_State *L) {
  static const char *const fields[] = {"sid", "match", NULL};
  enum { OPTIONS = 2 };
  check_policy(L, 1);
  lua_settop(L, OPTIONS);
  if (lua_isnil(L, OPTIONS)) {
    lua_newtable(L);
    lua_replace(L, OPTIONS);
  }
  check_fields(L, OPTIONS, fields);
  struct policy_string sid = opt_policy_string(L, OPTIONS, "sid");
  size_t gone = 0;
  bool *marks;
  if (push_field(L, OPTIONS, "match") != LUA_TNIL) {
    luaL_argcheck(L, lua_isfunction(L, -1), OPTIONS, "match: a function expected");
    marks = match_statements(L, lua_gettop(L), "fold");
  } else {
    marks = push_marks(L, true);
  }
  struct policy *doc = edit_policy(L, 1);
  struct json_error error;
  enum policy_edit edit = policy_merge(doc, marks, &sid, &gone, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "fold: %s", error.message);
  return push_edit(L, edit, gone);
}

/* doc:sort() --> changed */
static int sort(lua_State *L) {
  enum policy_edit edit = policy_sort(edit_policy(L, 1));
  if (edit == POLICY_FAILED)
    return no_memory(L);
  edited_policy(L, 1);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  return 1;
}

/* doc:append(other [, index])
 * Appends a copy of a statement of another document, or of all its statements. */
static int append(lua_State *L) {
  struct policy *doc = edit_policy(L, 1);
  const struct policy *from = check_policy(L, 2);
  bool one = !lua_isnoneornil(L, 3);
  lua_Integer index = one ? luaL_checkinteger(L, 3) : 1;
  luaL_argcheck(L, doc != from, 2, "another document expected");
  luaL_argcheck(L, !one || (index >= 1 && (size_t)index <= policy_count(from)), 3,
                "no such statement");
  struct json_error error;
  enum policy_edit edit = one ? policy_append_statement(doc, from, (size_t)index - 1, &error)
                              : policy_append(doc, from, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "append: %s", error.message);
  edited_policy(L, 1);
  return 0;
}

static size_t check_index(lua_State *L, int argument, const struct policy *doc) {
  lua_Integer index = luaL_checkinteger(L, argument);
  luaL_argcheck(L, index >= 1 && (size_t)index <= policy_count(doc), argument, "no such statement");
  return (size_t)index - 1;
}

/* doc:statement(index) --> statement */
static int statement(lua_State *L) {
  size_t index = check_index(L, 2, check_policy(L, 1));
  push_statement(L, read_policy(L, 1), index);
  stop_reading(L, 1);
  return 1;
}

/* doc:statements() --> list of statements */
static int statements(lua_State *L) {
  push_statements(L, read_policy(L, 1));
  stop_reading(L, 1);
  return 1;
}

/* doc:tree() --> table
 * Returns the text as a tree of nodes with their source locations. */
static int tree(lua_State *L) {
  push_tree(L, read_policy(L, 1));
  stop_reading(L, 1);
  return 1;
}

/* core.version(doc) --> text | nil
 * Returns the Version of a document. doc:tree() has it, too, and takes longer. */
static int version(lua_State *L) {
  const struct json_doc *json = policy_json(check_policy(L, 1));
  const struct json_value *value = json_member(json_root(json), "Version");
  if (value && value->type == JSON_STRING)
    lua_pushlstring(L, value->string, value->length);
  else
    luaL_pushfail(L);
  return 1;
}

/* doc:empty() --> boolean */
static int empty(lua_State *L) {
  lua_pushboolean(L, policy_count(check_policy(L, 1)) == 0);
  return 1;
}

/* doc:size() --> integer
 * Returns the size in characters, as ECR counts them. */
static int size(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)policy_size(check_policy(L, 1)));
  return 1;
}

/* doc:format() --> text */
static int format(lua_State *L) {
  struct buf out = {0};
  policy_format(check_policy(L, 1), &out);
  return push_buf(L, &out);
}

/* doc:compact() --> text */
static int compact(lua_State *L) {
  struct buf out = {0};
  policy_compact(check_policy(L, 1), &out);
  return push_buf(L, &out);
}

/* doc:covers(outer, inner) --> boolean
 * Reports whether statement `outer` applies to every request that `inner` applies to, whatever
 * their effects. */
static int covers(lua_State *L) {
  const struct policy *doc = check_policy(L, 1);
  size_t outer = check_index(L, 2, doc), inner = check_index(L, 3, doc);
  bool failed;
  bool result = policy_subsumes(doc, outer, inner, &failed);
  if (failed)
    return no_memory(L);
  lua_pushboolean(L, result);
  return 1;
}

/* doc:meaning(index [, with_sid]) --> bytes
 * Returns the canonical form of a statement: bytes that are equal for statements with the same
 * meaning. */
static int meaning(lua_State *L) {
  const struct policy *doc = check_policy(L, 1);
  size_t index = check_index(L, 2, doc);
  struct buf out = {0};
  policy_canonical_statement(doc, index, lua_toboolean(L, 3) ? 0 : CANONICAL_WITHOUT_SID, &out);
  return push_buf(L, &out);
}

/* doc:equivalent(other) --> boolean */
static int equivalent(lua_State *L) {
  bool failed = false;
  bool same = policy_equivalent(check_policy(L, 1), check_policy(L, 2), &failed);
  if (failed)
    return no_memory(L);
  lua_pushboolean(L, same);
  return 1;
}

/* tostring(doc) --> text
 * Unedited parts of the text keep their bytes. */
static int text(lua_State *L) {
  size_t length;
  const char *bytes = policy_text(check_policy(L, 1), &length);
  lua_pushlstring(L, bytes, length);
  return 1;
}

MODULE_API int luaopen_lanyard_policy_core(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"allow", allow},
      {"append", append},
      {"can", policy_lua_evaluate},
      {"weigh", policy_lua_weigh},
      {"residue", policy_lua_residue},
      {"compact", compact},
      {"copy", copy},
      {"covers", covers},
      {"empty", empty},
      {"equivalent", equivalent},
      {"explain", policy_lua_explain},
      {"fold", fold},
      {"format", format},
      {"meaning", meaning},
      {"remove", remove_statements},
      {"revoke", revoke},
      {"set", policy_lua_set},
      {"set_all", policy_lua_set_all},
      {"size", size},
      {"sort", sort},
      {"statement", statement},
      {"statements", statements},
      {"tree", tree},
      {NULL, NULL},
  };
  static const luaL_Reg meta[] = {{"__gc", policy_lua_collect}, {"__tostring", text}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"parse", parse},
      {"new", new_policy},
      {"date", policy_lua_date},
      {"decision", policy_lua_decision},
      {"operand", policy_lua_operand},
      {"operators", policy_lua_operators},
      {"caller", policy_lua_caller},
      {"possible", policy_lua_possible},
      {"question", policy_lua_question},
      {"version", version},
      {NULL, NULL},
  };
  policy_lua_open_question(L);
  new_class(L, POLICY_CLASS, methods, meta);
  luaL_newlib(L, functions);
  luaL_getmetatable(L, POLICY_CLASS);
  push_field(L, -1, "__index");
  lua_setfield(L, -3, "methods");
  lua_pop(L, 1);
  lua_pushinteger(L, POLICY_LIMIT);
  lua_setfield(L, -2, "LIMIT");
  lua_pushinteger(L, POLICY_MAX_BYTES);
  lua_setfield(L, -2, "MOST_BYTES");
  return 1;
}
