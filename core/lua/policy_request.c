/* Requests to policies, from Lua tables. */

#include "lua/policy_request.h"

#include "base/bytes.h"
#include "lua/util.h"
#include "policy/condition.h"

#include <string.h>
#include <strings.h>

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

static bool is_empty(lua_State *L, int table) {
  lua_pushnil(L);
  if (!lua_next(L, table))
    return true;
  lua_pop(L, 2);
  return false;
}

static bool is_scalar(lua_State *L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN;
}

/* Reports whether the value at the top is a scalar or a list of scalars. */
static bool is_context_value(lua_State *L) {
  if (!lua_istable(L, -1))
    return is_scalar(L, -1);
  bool scalars = true;
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); scalars && i > 0; i--) {
    lua_rawgeti(L, -1, i);
    scalars = is_scalar(L, -1);
    lua_pop(L, 1);
  }
  return scalars;
}

bool is_policy_context(lua_State *L, int table) {
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    if (lua_type(L, -2) != LUA_TSTRING || !is_context_value(L)) {
      lua_pop(L, 2);
      return false;
    }
  return true;
}

struct context_entry *try_policy_context(lua_State *L, int table, struct context *context,
                                         const char **twice) {
  size_t entries, values;
  *context = (struct context){0};
  *twice = NULL;
  if (is_empty(L, table))
    return NULL;
  copy_context(L, table, &entries, &values);
  struct context_entry *first =
      lua_newuserdatauv(L, (entries + 1 + CALLER_DERIVED) * sizeof *first, 0);
  struct context_value *value = lua_newuserdatauv(L, (values + 1) * sizeof *value, 0);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    struct context_entry *entry = &first[context->count++];
    fill_entry(L, entry, value);
    value += entry->count;
  }
  const struct context_entry *again = context_sort(context, first);
  *twice = again ? again->key : NULL;
  return first;
}

struct context_entry *take_policy_context(lua_State *L, int table, struct context *context) {
  const char *twice;
  struct context_entry *entries = try_policy_context(L, table, context, &twice);
  if (twice)
    luaL_error(L, "context: %s is given twice, in different letter cases", twice);
  return entries;
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

enum {
  PRINCIPAL,
  ACTION,
  RESOURCE,
  OWNER,
  CONTEXT,
  PARTIAL,
  UNKNOWN,
  BOUNDED,
  IDENTITY,
  ISSUER,
  FIELDS
};

static const char *const fields[FIELDS] = {
    [PRINCIPAL] = "principal", [ACTION] = "action",   [RESOURCE] = "resource",
    [OWNER] = "owner",         [CONTEXT] = "context", [PARTIAL] = "partial",
    [UNKNOWN] = "unknown",     [BOUNDED] = "bounded", [IDENTITY] = "identity",
    [ISSUER] = "issuer",
};

/* Returns the index of the name at a stack index, or FIELDS. */
static size_t field_index(lua_State *L, int index) {
  size_t length = 0, i = 0;
  const char *name = lua_type(L, index) == LUA_TSTRING ? lua_tolstring(L, index, &length) : "?";
  while (i < FIELDS && !bytes_are(name, length, fields[i]))
    i++;
  return i;
}

/* Pushes the values of all fields in their order, and returns the stack index of the first. Nothing can run
 * Lua code in between, so that the table does not change. */
static int push_fields(lua_State *L, int options) {
  luaL_checktype(L, options, LUA_TTABLE);
  luaL_checkstack(L, 2 * FIELDS, NULL);
  int first = lua_gettop(L) + 1;
  lua_settop(L, first + FIELDS - 1);
  for (lua_pushnil(L); lua_next(L, options);) {
    size_t field = field_index(L, -2);
    if (field == FIELDS)
      luaL_error(L, "no such field: '%s'",
                 lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?");
    lua_replace(L, first + (int)field);
  }
  return first;
}

static void refuse_field(lua_State *L, size_t field, const char *expected, int index) {
  luaL_error(L, "field '%s': %s expected, got %s", fields[field], expected,
             luaL_typename(L, index));
}

static struct policy_string opt_string(lua_State *L, int first, size_t field) {
  struct policy_string string = {0};
  int index = first + (int)field;
  if (lua_isnil(L, index))
    return string;
  if (!lua_isstring(L, index))
    refuse_field(L, field, "string", index);
  string.bytes = lua_tolstring(L, index, &string.length);
  return string;
}

static struct policy_string check_string(lua_State *L, int first, size_t field) {
  struct policy_string string = opt_string(L, first, field);
  if (!string.bytes)
    refuse_field(L, field, "string", first + (int)field);
  return string;
}

static bool opt_flag(lua_State *L, int first, size_t field) {
  int index = first + (int)field;
  if (!lua_isnil(L, index) && !lua_isboolean(L, index))
    refuse_field(L, field, "boolean", index);
  return lua_toboolean(L, index);
}

void take_policy_question(lua_State *L, int options, struct policy_question *question) {
  int first = push_fields(L, options);
  question->request = (struct policy_request){
      .principal = check_string(L, first, PRINCIPAL),
      .action = check_string(L, first, ACTION),
      .resource = opt_string(L, first, RESOURCE),
      .identity = opt_flag(L, first, IDENTITY),
      .bounded = opt_flag(L, first, BOUNDED),
      .issuer = opt_string(L, first, ISSUER),
  };
  question->unknown = opt_string(L, first, UNKNOWN);
  question->caller = (struct caller_request){.principal = question->request.principal,
                                             .resource = question->request.resource,
                                             .owner = opt_string(L, first, OWNER)};
  bool partial = opt_flag(L, first, PARTIAL);
  if (lua_isnil(L, first + CONTEXT))
    return;
  luaL_argcheck(L, lua_istable(L, first + CONTEXT), options, "context: a table expected");
  struct context_entry *entries = take_policy_context(L, first + CONTEXT, &question->context);
  question->entries = entries ? entries : question->few;
  question->context.entries = question->entries;
  question->context.partial = partial;
  question->request.context = question->caller.context = &question->context;
  if (push_policy_contradiction(L, &question->caller, false))
    luaL_error(L, "such a request cannot exist: %s", lua_tostring(L, -1));
}

/* Returns the field that a field of doc:can becomes if it has the type of the value at the top, or FIELDS. */
static size_t plain_field(lua_State *L) {
  static const struct {
    const char *name;
    int type;
    size_t field;
  } known[] = {
      {"principal", LUA_TSTRING, PRINCIPAL}, {"action", LUA_TSTRING, ACTION},
      {"resource", LUA_TSTRING, RESOURCE},   {"context", LUA_TTABLE, CONTEXT},
      {"account", LUA_TSTRING, OWNER},       {"partial", LUA_TBOOLEAN, PARTIAL},
  };
  size_t length = 0;
  const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &length) : "";
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (bytes_are(name, length, known[i].name))
      return lua_type(L, -1) == known[i].type ? known[i].field : FIELDS;
  return FIELDS;
}

/* Adds the context on the stack to a request; none is one with unknown keys only. Returns false if it has a mistake. */
static bool add_plain_context(lua_State *L, int first, struct policy_question *question) {
  const char *twice = NULL;
  bool given = !lua_isnil(L, first + CONTEXT);
  if (given && !is_policy_context(L, first + CONTEXT))
    return false;
  struct context_entry *entries = NULL;
  question->context = (struct context){0};
  if (given)
    entries = try_policy_context(L, first + CONTEXT, &question->context, &twice);
  question->entries = entries ? entries : question->few;
  question->context.entries = question->entries;
  question->context.partial = !given || lua_toboolean(L, first + PARTIAL);
  question->request.context = question->caller.context = &question->context;
  question->unknown = (struct policy_string){0};
  return !twice;
}

/* Returns the string at a stack index, which has a string or nil. */
static struct policy_string string_at(lua_State *L, int index) {
  struct policy_string string = {0};
  string.bytes = lua_tolstring(L, index, &string.length);
  return string;
}

bool take_plain_question(lua_State *L, int options, struct policy_question *question) {
  static const char unconditional[] = "sts:GetCallerIdentity";
  if (!lua_istable(L, options))
    return false;
  luaL_checkstack(L, 2 * FIELDS, NULL);
  int first = lua_gettop(L) + 1;
  lua_settop(L, first + FIELDS - 1);
  for (lua_pushnil(L); lua_next(L, options);) {
    size_t field = plain_field(L);
    if (field == FIELDS)
      return false;
    lua_replace(L, first + (int)field);
  }
  struct policy_string principal = string_at(L, first + PRINCIPAL);
  struct policy_string action = string_at(L, first + ACTION);
  if (!principal.bytes || !action.bytes ||
      (action.length == strlen(unconditional) && strcasecmp(action.bytes, unconditional) == 0))
    return false;
  question->request = (struct policy_request){
      .principal = principal, .action = action, .resource = string_at(L, first + RESOURCE)};
  question->caller = (struct caller_request){.principal = principal,
                                             .resource = question->request.resource,
                                             .owner = string_at(L, first + OWNER)};
  return add_plain_context(L, first, question) &&
         ((question->context.count == 0 && !question->caller.owner.bytes) ||
          !push_policy_contradiction(L, &question->caller, false));
}

const struct policy_request *ask_policy_question(struct policy_question *question,
                                                 const struct policy *doc) {
  struct context *context = &question->context;
  struct policy_string unknown = question->unknown;
  if (!question->request.context)
    return &question->request;
  caller_derive(&question->caller, doc, &question->derived);
  if (question->derived.failed)
    return NULL;
  for (size_t i = 0; i < question->derived.count; i++)
    question->entries[context->count++] = question->derived.entries[i];
  if (unknown.bytes && !context_find(context, unknown.bytes, unknown.length))
    question->entries[context->count++] =
        (struct context_entry){.key = unknown.bytes, .key_length = unknown.length, .unknown = true};
  return &question->request;
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
