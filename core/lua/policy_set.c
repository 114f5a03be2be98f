/* doc:set, which edits one element of a policy document. */

#include "lua/policy.h"
#include "lua/util.h"
#include "policy/edit.h"

#include <string.h>

/* Finds the statement that `index` or `sid` of the table refers to. Returns false if there is
 * none. */
static bool find_statement(lua_State *L, int table, const struct policy *doc, size_t *index) {
  struct policy_string sid = opt_policy_string(L, table, "sid");
  lua_getfield(L, table, "index");
  lua_Integer number = luaL_optinteger(L, -1, 0);
  luaL_argcheck(L, (number > 0) != (sid.bytes != NULL), table, "sid or index expected");
  bool found = false;
  for (size_t i = 0; i < policy_count(doc); i++) {
    if (number > 0 ? i + 1 != (size_t)number
                   : !policy_has_sid(policy_statement(doc, i), sid.bytes, sid.length))
      continue;
    if (found)
      luaL_error(L, "statements %d and %d have the Sid '%s': name one by its index",
                 (int)*index + 1, (int)i + 1, sid.bytes);
    *index = i;
    found = true;
  }
  return found;
}

/* Sets the names of nested members from the list in the field `within`, which keeps them alive. */
static void opt_within(lua_State *L, int table, struct policy_setting *setting) {
  if (lua_getfield(L, table, "within") == LUA_TNIL)
    return;
  luaL_argexpected(L, lua_istable(L, -1), table, "table with a list 'within'");
  int list = lua_gettop(L);
  size_t count = (size_t)luaL_len(L, list);
  luaL_argcheck(L, count <= 10, table, "within: at most 10 names expected");
  const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
  for (size_t i = 0; i < count; i++) {
    luaL_argcheck(L, lua_rawgeti(L, list, (lua_Integer)i + 1) == LUA_TSTRING, table,
                  "within: names expected");
    names[i] = lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  setting->within = names;
  setting->within_count = count;
}

/* doc:set { sid | index | document = true, element, [within = { name, ... },] [json] }
 *   --> changed, reason
 * Sets an element, or a member inside it, to a JSON text, or removes it if `json` is absent. */
int policy_lua_set(lua_State *L) {
  static const char *const fields[] = {"sid",    "index", "document", "element",
                                       "within", "json",  NULL};
  enum { OPTIONS = 2 };
  struct policy *doc = check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_setting setting = {.statement = POLICY_DOCUMENT,
                                   .element = check_policy_string(L, OPTIONS, "element").bytes,
                                   .json = opt_policy_string(L, OPTIONS, "json")};
  bool whole = opt_field_boolean(L, OPTIONS, "document", 0) != 0;
  luaL_argcheck(L, strcmp(setting.element, "Statement") != 0, OPTIONS,
                "element: Statement is changed by allow, append and remove");
  if (!whole && !find_statement(L, OPTIONS, doc, &setting.statement)) {
    lua_pushboolean(L, false);
    lua_pushliteral(L, "no such statement");
    return 2;
  }
  opt_within(L, OPTIONS, &setting);
  luaL_argcheck(L, !whole || setting.within_count == 0, OPTIONS,
                "within: only for an element of a statement");
  struct json_error error;
  enum policy_edit edit = policy_set(doc, &setting, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "set: %s", error.message);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  if (edit == POLICY_CHANGED)
    return 1;
  lua_pushstring(L, setting.within_count > 0
                        ? "it has this value already, or the member does not exist"
                        : "it has this value already");
  return 2;
}
