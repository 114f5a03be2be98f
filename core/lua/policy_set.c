/* doc:set and doc:set_all, which edit elements of a policy document. */

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

static void check_element(lua_State *L, int argument, const struct policy_setting *setting) {
  luaL_argcheck(L, strcmp(setting->element, "Statement") != 0, argument,
                "element: Statement is changed by allow, append and remove");
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
  check_element(L, OPTIONS, &setting);
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

/* Reads the setting at the top of the stack, and adds what keeps it alive to the table at `kept`. */
static void read_setting(lua_State *L, int kept, struct policy_setting *setting) {
  static const char *const fields[] = {"index", "element", "within", "json", NULL};
  enum { OPTIONS = 2 };
  int table = lua_gettop(L);
  luaL_argcheck(L, lua_istable(L, table), OPTIONS, "a list of tables expected");
  check_fields(L, table, fields);
  lua_Integer number = opt_field_int(L, table, "index", 1, LUA_MAXINTEGER, 0);
  luaL_argcheck(L, number > 0, OPTIONS, "index expected");
  *setting = (struct policy_setting){.statement = (size_t)number - 1,
                                     .element = check_field_text(L, table, "element"),
                                     .json = opt_policy_string(L, table, "json")};
  check_element(L, OPTIONS, setting);
  opt_within(L, table, setting);
  while (lua_gettop(L) >= table)
    lua_rawseti(L, kept, (lua_Integer)lua_rawlen(L, kept) + 1);
}

/* doc:set_all { { index, element, [within,] [json] }, ... } --> changed
 * Makes several settings as `set` does, in one step. Two must not change the same part of the text. */
int policy_lua_set_all(lua_State *L) {
  enum { LIST = 2, KEPT };
  check_policy(L, 1);
  luaL_checktype(L, LIST, LUA_TTABLE);
  lua_settop(L, LIST);
  lua_newtable(L);
  size_t count = lua_rawlen(L, LIST);
  struct policy_setting *settings = lua_newuserdatauv(L, (count + 1) * sizeof *settings, 0);
  for (size_t i = 0; i < count; i++) {
    lua_rawgeti(L, LIST, (lua_Integer)i + 1);
    read_setting(L, KEPT, &settings[i]);
  }
  struct policy *doc = edit_policy(L, 1);
  for (size_t i = 0; i < count; i++)
    luaL_argcheck(L, settings[i].statement < policy_count(doc), LIST, "no such statement");
  struct json_error error;
  enum policy_edit edit = policy_set_all(doc, settings, count, &error);
  if (edit == POLICY_FAILED)
    return luaL_error(L, "set_all: %s", error.message);
  edited_policy(L, 1);
  lua_pushboolean(L, edit == POLICY_CHANGED);
  return 1;
}
