/* lanyard.policy.reason.core: questions about every possible request. lanyard.policy.reason adds the
 * functions that do not need C. */

#include "lua/policy.h"
#include "lua/util.h"
#include "reason/access.h"

#include <stdint.h>
#include <string.h>

#define RESULT_CLASS "lanyard.policy.reason"

/* Accounts, and keys that every request has. */
#define MAX_ACCOUNTS 100000
#define MAX_KEYS 1000
#define MAX_LIMIT 1000000000

/* A result, which is freed also if an error ends the function. Scripts never see it. */
struct result_object {
  struct object object;
  struct access_result result;
};

static int collect(lua_State *L) {
  struct result_object *object = end_object(L, 1, RESULT_CLASS);
  if (object) {
    pool_free(&object->result.pool);
    buf_free(&object->result.because);
    buf_free(&object->result.before);
  }
  return 0;
}

/* Returns the texts of a list field of the options, and sets *count. They contain no NUL, because C
 * reads them to their end. */
static const char **read_texts(lua_State *L, int options, const char *field, size_t max,
                               size_t *count) {
  *count = 0;
  if (push_field(L, options, field) == LUA_TNIL)
    return NULL;
  const struct list_string *strings = push_strings(L, -1, field, max, count);
  const char **texts = lua_newuserdatauv(L, (*count + 1) * sizeof *texts, 0);
  for (size_t i = 0; i < *count; i++) {
    luaL_argcheck(L, strlen(strings[i].bytes) == strings[i].length, options, field);
    texts[i] = strings[i].bytes;
  }
  return texts;
}

/* Reads the options at a stack index. What keeps them alive stays on the stack. */
static struct access_options read_options(lua_State *L, int index) {
  static const char *const known[] = {"identity", "accounts", "organizations", "always",
                                      "bound",    "forms",    "limit",         NULL};
  check_fields(L, index, known);
  struct access_options options = {
      .identity = opt_field_boolean(L, index, "identity", 0) != 0,
      .forms = (unsigned)opt_field_int(L, index, "forms", 0, UINT8_MAX, 0),
      .limit = (size_t)opt_field_int(L, index, "limit", 1, MAX_LIMIT, 0),
  };
  size_t organizations;
  const char **ids = read_texts(L, index, "accounts", MAX_ACCOUNTS, &options.account_count);
  const char **names = read_texts(L, index, "organizations", MAX_ACCOUNTS, &organizations);
  luaL_argcheck(L, organizations == options.account_count, index, "organizations");
  struct access_account *accounts =
      lua_newuserdatauv(L, (options.account_count + 1) * sizeof *accounts, 0);
  for (size_t i = 0; i < options.account_count; i++) {
    luaL_argcheck(L, strlen(ids[i]) == 12 && strspn(ids[i], "0123456789") == 12, index,
                  "accounts: 12 digits expected");
    accounts[i] = (struct access_account){ids[i], names[i]};
  }
  options.accounts = accounts;
  options.always = read_texts(L, index, "always", MAX_KEYS, &options.always_count);
  options.bound = read_texts(L, index, "bound", MAX_KEYS, &options.bound_count);
  return options;
}

static void set_string(lua_State *L, const char *field, struct policy_string string) {
  if (!string.bytes)
    return;
  lua_pushlstring(L, string.bytes, string.length);
  lua_setfield(L, -2, field);
}

static void set_text(lua_State *L, const char *field, const struct buf *text) {
  lua_pushlstring(L, text->data ? text->data : "", text->length);
  lua_setfield(L, -2, field);
}

/* Pushes the values of a key: one as a string, others as a list. */
static void push_values(lua_State *L, const struct context_entry *entry) {
  if (entry->count == 1) {
    lua_pushlstring(L, entry->values[0].bytes, entry->values[0].length);
    return;
  }
  lua_createtable(L, (int)entry->count, 0);
  for (size_t i = 0; i < entry->count; i++) {
    lua_pushlstring(L, entry->values[i].bytes, entry->values[i].length);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_request(lua_State *L, const struct search_request *request) {
  lua_createtable(L, 0, 5);
  set_string(L, "principal", request->principal);
  set_string(L, "issuer", request->issuer);
  set_string(L, "action", request->action);
  set_string(L, "resource", request->resource);
  lua_createtable(L, 0, (int)request->count);
  for (size_t i = 0; i < request->count; i++) {
    lua_pushlstring(L, request->entries[i].key, request->entries[i].key_length);
    push_values(L, &request->entries[i]);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "context");
}

static void push_witness(lua_State *L, const struct access_result *result) {
  lua_createtable(L, 0, 4);
  push_request(L, &result->request);
  lua_setfield(L, -2, "request");
  lua_pushinteger(L, (lua_Integer)result->statement + 1);
  lua_setfield(L, -2, "statement");
  set_text(L, "because", &result->because);
  set_text(L, "before", &result->before);
  lua_pushboolean(L, result->certain);
  lua_setfield(L, -2, "certain");
}

/* core.new_access(before, after, { [identity,] [accounts, organizations,] [always,] [bound,] [forms,]
 *                 [limit] })
 *   --> nil | { request, statement, because, before, certain } | nil, "undecided", reason; then steps
 * `accounts` and `organizations` are lists of the same length; the organization of an account that
 * has none is "". `bound` lists actions whose resource is never "*". `forms` is of core.forms, of a
 * policy of which these are parts. The fourth value is the work that was done, in the unit of `limit`. */
static int new_access(lua_State *L) {
  enum { BEFORE = 1, AFTER, OPTIONS };
  check_policy(L, BEFORE);
  check_policy(L, AFTER);
  struct access_options options = read_options(L, OPTIONS);
  struct result_object *object = new_object(L, sizeof *object, 0, RESULT_CLASS);
  struct access_result *result = &object->result;
  /* No Lua code runs while the search reads the documents. */
  enum access_answer answer =
      access_find(check_policy(L, BEFORE), check_policy(L, AFTER), &options, result);
  if (answer == ACCESS_NO_MEMORY)
    return luaL_error(L, "not enough memory");
  if (answer == ACCESS_FOUND)
    push_witness(L, result);
  else
    lua_pushnil(L);
  if (answer == ACCESS_UNDECIDED) {
    lua_pushstring(L, "undecided");
    lua_pushstring(L, result->reason);
  } else {
    lua_pushnil(L);
    lua_pushnil(L);
  }
  lua_pushinteger(L, (lua_Integer)result->steps);
  return 4;
}

/* core.forms(doc [, identity]) --> integer
 * Returns of which kinds a policy mentions values of another form than AWS documents, as bits. */
static int forms(lua_State *L) {
  bool failed;
  unsigned found = access_forms(check_policy(L, 1), lua_toboolean(L, 2), &failed);
  if (failed)
    return luaL_error(L, "not enough memory");
  lua_pushinteger(L, (lua_Integer)found);
  return 1;
}

MODULE_API int luaopen_lanyard_policy_reason_core(lua_State *L);

MODULE_API int luaopen_lanyard_policy_reason_core(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", collect}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"forms", forms}, {"new_access", new_access}, {NULL, NULL}};
  new_class(L, RESULT_CLASS, NULL, meta);
  luaL_newlib(L, functions);
  return 1;
}
