/* Requests to policies, from Lua tables. */

#include "lua/policy_request.h"
#include "lua/util.h"
#include "policy/condition.h"

/* Replaces the scalar at the top of the stack with a string. luaL_tolstring would call a metamethod
 * of the type. */
static void scalar_to_string(lua_State *L, const char *key) {
  if (lua_isboolean(L, -1)) {
    lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
    lua_replace(L, -2);
  } else if (!lua_tolstring(L, -1, NULL)) {
    luaL_error(L, "context: %s: a string, number, boolean or a list of them expected", key);
  }
}

/* Replaces the list at the top of the stack with a list of its items as strings, and returns their
 * number. */
static size_t copy_values(lua_State *L, const char *key) {
  size_t count = 0, length = lua_rawlen(L, -1);
  lua_newtable(L);
  while (count < length) {
    lua_rawgeti(L, -2, (lua_Integer)count + 1);
    scalar_to_string(L, key);
    lua_rawseti(L, -2, (lua_Integer)++count);
  }
  lua_replace(L, -2);
  return count;
}

/* Replaces the context at stack index `table` with a copy that has strings and lists of strings
 * only, and counts both. No other function can reach the copy. */
static void copy_context(lua_State *L, int table, size_t *entries, size_t *values) {
  *entries = *values = 0;
  copy_table(L, table);
  for (lua_pushnil(L); lua_next(L, table);) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "context: keys must be strings");
    const char *key = lua_tostring(L, -2);
    size_t count = 1;
    if (lua_istable(L, -1))
      count = copy_values(L, key);
    else
      scalar_to_string(L, key);
    *entries += 1;
    *values += count;
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, table);
  }
}

/* Fills an entry with the key and value at the top of the stack, which are of a copied context. */
static void fill_entry(lua_State *L, struct context_entry *entry, struct context_value *values) {
  *entry = (struct context_entry){.values = values, .count = 1};
  entry->key = lua_tolstring(L, -2, &entry->key_length);
  if (!lua_istable(L, -1)) {
    values[0].bytes = lua_tolstring(L, -1, &values[0].length);
    return;
  }
  entry->count = lua_rawlen(L, -1);
  for (size_t i = 0; i < entry->count; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i + 1);
    values[i].bytes = lua_tolstring(L, -1, &values[i].length);
    lua_pop(L, 1); /* the copy keeps it alive */
  }
}

/* Fills the context from the table of keys and values at stack index `table`, with room for
 * CALLER_DERIVED more entries. What keeps it alive stays on the stack. */
struct context_entry *take_policy_context(lua_State *L, int table, struct context *context) {
  size_t entries, values;
  copy_context(L, table, &entries, &values);
  struct context_entry *first =
      lua_newuserdatauv(L, (entries + 1 + CALLER_DERIVED) * sizeof *first, 0);
  struct context_value *value = lua_newuserdatauv(L, (values + 1) * sizeof *value, 0);
  *context = (struct context){.entries = first};
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    struct context_entry *entry = &first[context->count];
    fill_entry(L, entry, value);
    if (context_find(context, entry->key, entry->key_length))
      luaL_error(L, "context: %s is given twice, in different letter cases", entry->key);
    context->count++;
    value += entry->count;
  }
  return first;
}

/* Pushes why a request cannot exist and returns true, or returns false. */
bool push_policy_contradiction(lua_State *L, const struct caller_request *request, bool complete) {
  struct buf why = {0};
  bool possible = caller_possible(request, complete, &why);
  if (possible && !why.failed) {
    buf_free(&why);
    return false;
  }
  push_buf(L, &why);
  return true;
}

/* Adds the keys that follow from the request, and then the key `unknown` with unknown values, unless
 * the context has them. */
static void add_derived(lua_State *L, const struct caller_request *request,
                        struct policy_string unknown, struct context *context,
                        struct context_entry *entries) {
  struct caller_derived *derived = lua_newuserdatauv(L, sizeof *derived, 0);
  caller_derive(request, derived);
  if (derived->failed)
    luaL_error(L, "not enough memory");
  for (size_t i = 0; i < derived->count; i++)
    entries[context->count++] = derived->entries[i];
  if (unknown.bytes && !context_find(context, unknown.bytes, unknown.length))
    entries[context->count++] =
        (struct context_entry){.key = unknown.bytes, .key_length = unknown.length, .unknown = true};
}

/* Reads a request from the table at `options`. What keeps it alive stays on the stack. Raises an error
 * for a request that cannot exist. */
struct policy_request take_policy_request(lua_State *L, int options, struct context *context) {
  static const char *const known[] = {"principal", "action",  "resource", "owner",
                                      "context",   "partial", "unknown",  "bounded",
                                      "identity",  "issuer",  NULL};
  check_fields(L, options, known);
  struct policy_request request = {
      .principal = check_policy_string(L, options, "principal"),
      .action = check_policy_string(L, options, "action"),
      .resource = opt_policy_string(L, options, "resource"),
      .identity = opt_field_boolean(L, options, "identity", 0) != 0,
      .bounded = opt_field_boolean(L, options, "bounded", 0) != 0,
      .issuer = opt_policy_string(L, options, "issuer"),
  };
  struct policy_string unknown = opt_policy_string(L, options, "unknown");
  struct caller_request caller = {.principal = request.principal,
                                  .resource = request.resource,
                                  .owner = opt_policy_string(L, options, "owner")};
  bool partial = opt_field_boolean(L, options, "partial", 0) != 0;
  if (push_field(L, options, "context") != LUA_TNIL) {
    luaL_argcheck(L, lua_istable(L, -1), options, "context: a table expected");
    struct context_entry *entries = take_policy_context(L, lua_gettop(L), context);
    context->partial = partial;
    request.context = caller.context = context;
    if (push_policy_contradiction(L, &caller, false))
      luaL_error(L, "such a request cannot exist: %s", lua_tostring(L, -1));
    add_derived(L, &caller, unknown, context, entries);
  }
  return request;
}

const char *policy_naming(size_t match) {
  static const char *const namings[] = {
      [PRINCIPAL_SELF] = "principal",
      [PRINCIPAL_ROLE] = "role",
      [PRINCIPAL_ACCOUNT] = "account",
      [PRINCIPAL_ANYONE] = "anyone",
  };
  return namings[match];
}
