/* doc:set, which edits one element of a policy document. */

#include "lua/policy.h"
#include "lua/util.h"
#include "policy/edit.h"

#include <string.h>

/* Finds the statement with this number (from 1) or, if that is 0, this Sid. Returns false if there
 * is none. */
static bool find_statement(lua_State *L, const struct policy *doc, lua_Integer number,
                           struct policy_string sid, size_t *index) {
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
  enum { MAX_NAMES = 10 };
  if (push_field(L, table, "within") == LUA_TNIL)
    return;
  size_t count;
  const struct list_string *strings = push_strings(L, -1, "within", MAX_NAMES, &count);
  const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
  for (size_t i = 0; i < count; i++) {
    names[i] = strings[i].bytes;
    luaL_argcheck(L, strlen(names[i]) == strings[i].length, table,
                  "within: a name must not contain NUL");
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
  check_policy(L, 1);
  check_fields(L, OPTIONS, fields);
  struct policy_setting setting = {.statement = POLICY_DOCUMENT,
                                   .element = check_field_text(L, OPTIONS, "element"),
                                   .json = opt_policy_string(L, OPTIONS, "json")};
  bool whole = opt_field_boolean(L, OPTIONS, "document", 0) != 0;
  lua_Integer number = opt_field_int(L, OPTIONS, "index", 1, LUA_MAXINTEGER, 0);
  struct policy_string sid = opt_policy_string(L, OPTIONS, "sid");
  luaL_argcheck(L, whole + (number > 0) + (sid.bytes != NULL) == 1, OPTIONS,
                "sid, index or document expected");
  opt_within(L, OPTIONS, &setting);
  luaL_argcheck(L, strcmp(setting.element, "Statement") != 0, OPTIONS,
                "element: Statement is changed by allow, append and remove");
  luaL_argcheck(L, !whole || setting.within_count == 0, OPTIONS,
                "within: only for an element of a statement");
  struct policy *doc = edit_policy(L, 1);
  if (!whole && !find_statement(L, doc, number, sid, &setting.statement)) {
    lua_pushboolean(L, false);
    lua_pushliteral(L, "no such statement");
    return 2;
  }
  struct json_error error;
  enum policy_edit edit = policy_set(doc, &setting, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "set: %s", error.message);
  edited_policy(L, 1);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  if (edit == POLICY_CHANGED)
    return 1;
  lua_pushstring(L, setting.within_count > 0
                        ? "it has this value already, or the member does not exist"
                        : "it has this value already");
  return 2;
}
