/* Requests that are read once and decided by many policies, for Lua. */

#include "base/bytes.h"
#include "lua/policy.h"
#include "lua/policy_request.h"
#include "lua/util.h"

#include <string.h>

#define QUESTION_CLASS "lanyard.policy.question"
#define NO_POLICY (-1)

enum {
  PRINCIPAL,
  ACTION,
  RESOURCE,
  ISSUER,
  OWNER,
  STRINGS,
  CONTEXT = STRINGS,
  PARTIAL,
  BOUNDED,
  READ
};

/* The fields of a request to policy.decide, the type of each, and for policies the depth of their lists. The ones that
 * are read come first. */
static const struct field {
  const char *name;
  int type; /* LUA_TNONE: any */
  int depth;
} fields[] = {
    [PRINCIPAL] = {"principal", LUA_TSTRING, NO_POLICY},
    [ACTION] = {"action", LUA_TSTRING, NO_POLICY},
    [RESOURCE] = {"resource", LUA_TSTRING, NO_POLICY},
    [ISSUER] = {"issuer", LUA_TSTRING, NO_POLICY},
    [OWNER] = {"resource_account", LUA_TSTRING, NO_POLICY},
    [CONTEXT] = {"context", LUA_TTABLE, NO_POLICY},
    [PARTIAL] = {"partial", LUA_TBOOLEAN, NO_POLICY},
    [BOUNDED] = {"boundaries", LUA_TTABLE, 1},
    {"identity_policies", LUA_TTABLE, 1},
    {"resource_policy", LUA_TNONE, 0},
    {"rcps", LUA_TTABLE, 2},
    {"scps", LUA_TTABLE, 2},
    {"session_policies", LUA_TTABLE, 1},
    {"vpc_endpoint_policies", LUA_TTABLE, 1},
};

/* A request. Its strings follow the structure; user values keep the ones of the context alive. */
struct question {
  struct object object;
  struct policy_request request;
  struct caller_request caller;
  struct context context;
  struct context_entry *entries; /* of the context; NULL if it has none */
};

/* Returns the field with the name and the type of the entry on the stack, or NULL. */
static const struct field *field_of(lua_State *L) {
  size_t length, count = sizeof fields / sizeof *fields;
  if (lua_type(L, -2) != LUA_TSTRING)
    return NULL;
  const char *name = lua_tolstring(L, -2, &length);
  for (size_t i = 0; i < count; i++)
    if (bytes_are(name, length, fields[i].name))
      return fields[i].type == LUA_TNONE || fields[i].type == lua_type(L, -1) ? &fields[i] : NULL;
  return NULL;
}

/* Reports whether the value at the top is a text or a document, or with a depth a list of them that is not empty and has
 * no metatable. Other values can be policies as well. */
static bool is_plain(lua_State *L, int depth) {
  if (depth <= 0)
    return lua_type(L, -1) == LUA_TSTRING || test_object(L, -1, POLICY_CLASS) != NULL;
  size_t count = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
  bool plain = count > 0;
  if (lua_getmetatable(L, -1)) {
    lua_pop(L, 1);
    plain = false;
  }
  for (size_t i = 1; plain && i <= count; i++) {
    lua_rawgeti(L, -1, (lua_Integer)i);
    plain = is_plain(L, depth - 1);
    lua_pop(L, 1);
  }
  return plain;
}

/* Pushes the fields that are read, in their order. Returns false for a request without a principal or an action, and
 * for one that has another field or a field of another type. *plain is whether all policies are plain. */
static bool push_fields(lua_State *L, int options, bool *plain) {
  int first = lua_gettop(L) + 1;
  luaL_checkstack(L, 2 * READ, NULL);
  lua_settop(L, first + READ - 1);
  for (lua_pushnil(L); lua_next(L, options);) {
    const struct field *field = field_of(L);
    if (!field)
      return false;
    *plain = *plain && (field->depth == NO_POLICY || is_plain(L, field->depth));
    if (field - fields < READ)
      lua_replace(L, first + (int)(field - fields));
    else
      lua_pop(L, 1);
  }
  return !lua_isnil(L, first + PRINCIPAL) && !lua_isnil(L, first + ACTION);
}

/* Pushes a question with the strings that are on the stack from `first`. */
static struct question *push_question(lua_State *L, int first) {
  struct policy_string strings[STRINGS] = {0};
  size_t size = sizeof(struct question);
  for (int i = 0; i < STRINGS; i++) {
    strings[i].bytes = lua_tolstring(L, first + i, &strings[i].length);
    size += strings[i].length + 1;
  }
  struct question *question = new_object(L, size, 3, QUESTION_CLASS);
  char *copy = (char *)(question + 1);
  for (int i = 0; i < STRINGS; i++)
    if (strings[i].bytes) {
      strings[i].bytes = memcpy(copy, strings[i].bytes, strings[i].length + 1);
      copy += strings[i].length + 1;
    }
  question->request = (struct policy_request){.principal = strings[PRINCIPAL],
                                              .action = strings[ACTION],
                                              .resource = strings[RESOURCE],
                                              .issuer = strings[ISSUER],
                                              .bounded = !lua_isnil(L, first + BOUNDED)};
  question->caller = (struct caller_request){
      .principal = strings[PRINCIPAL], .resource = strings[RESOURCE], .owner = strings[OWNER]};
  question->context.partial = lua_toboolean(L, first + PARTIAL) || lua_isnil(L, first + CONTEXT);
  return question;
}

/* Reads the context on the stack into the question at the top. Returns false if it has a mistake. */
static bool take_context(lua_State *L, struct question *question, int table) {
  int index = lua_gettop(L);
  bool partial = question->context.partial;
  const char *twice = NULL;
  if (lua_isnil(L, table))
    return true;
  if (!is_policy_context(L, table))
    return false;
  question->entries = try_policy_context(L, table, &question->context, &twice);
  question->context.partial = partial;
  if (!question->entries || twice)
    return !twice;
  lua_pushvalue(L, table);
  for (int value = 3; value > 0; value--)
    lua_setiuservalue(L, index, value);
  return true;
}

/* Pushes whether a caller belongs to the account that owns the resource; nil if its account is unknown. */
static void push_same_account(lua_State *L, const struct caller *caller,
                              const struct policy_string *resource,
                              const struct policy_string *owner) {
  struct arn arn;
  if (!owner->bytes)
    lua_pushboolean(L, true);
  else if (resource->bytes && caller->partition.length > 0 &&
           arn_parse(resource->bytes, resource->length, &arn) &&
           !bytes_equal(arn.partition.text, arn.partition.length, caller->partition.text,
                        caller->partition.length))
    lua_pushboolean(L, false);
  else if (caller->account.length == 0)
    lua_pushnil(L);
  else
    lua_pushboolean(
        L, bytes_equal(caller->account.text, caller->account.length, owner->bytes, owner->length));
}

/* core.question(request) --> question, owner | nil, same_account | nil, kind, service, service_linked, plain
 *                        --> false, contradiction
 *                        --> nil
 * Reads a request with the fields of policy.decide, of which the policies are ignored. Also returns the account that
 * owns the resource, whether the principal belongs to it (nil: that is unknown), what core.caller says about the
 * principal, and whether all policies are texts, documents or lists of them, so that they need no check. Returns false
 * and a reason if such a request cannot exist, and nil for a mistake in the fields or the context. */
int policy_lua_question(lua_State *L) {
  bool plain = true;
  lua_settop(L, 1);
  if (!lua_istable(L, 1) || !push_fields(L, 1, &plain))
    return 0;
  struct question *question = push_question(L, 2);
  int index = lua_gettop(L);
  if (!take_context(L, question, 2 + CONTEXT))
    return 0;
  struct caller_request request = question->caller;
  request.context = &question->context;
  if (push_policy_contradiction(L, &request, false)) {
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
  }
  struct policy_string owner = caller_owner(&request);
  lua_pushvalue(L, index);
  lua_pushlstring(L, owner.bytes ? owner.bytes : "", owner.length);
  if (!owner.bytes) {
    lua_pop(L, 1);
    lua_pushnil(L);
  }
  struct caller caller = caller_read(request.principal.bytes, request.principal.length);
  push_same_account(L, &caller, &request.resource, &owner);
  lua_pushstring(L, policy_caller_kind(&caller));
  lua_pushboolean(L, policy_caller_is_service(&caller));
  lua_pushboolean(L, caller.service_linked);
  lua_pushboolean(L, plain);
  return 7;
}

/* Prepares the question at stack index 1 for a document. */
static const struct policy_request *ask(lua_State *L, const struct policy *doc, bool identity,
                                        struct policy_question *asked) {
  const struct question *question = check_object(L, 1, QUESTION_CLASS);
  asked->request = question->request;
  asked->request.identity = identity;
  asked->caller = question->caller;
  asked->context = question->context;
  asked->entries = question->entries ? question->entries : asked->few;
  asked->context.entries = asked->entries;
  asked->request.context = asked->caller.context = &asked->context;
  asked->unknown = (struct policy_string){0};
  return ask_policy_question(asked, doc);
}

static void push_position(lua_State *L, const struct policy_statement *statement) {
  if (statement)
    lua_pushinteger(L, (lua_Integer)statement->index + 1);
  else
    lua_pushnil(L);
}

/* Pushes a table of the Allow statements by kind of principal match, or nil if there is none. */
static void push_allows(lua_State *L,
                        const struct policy_statement *const found[PRINCIPAL_MATCHES]) {
  int top = lua_gettop(L);
  lua_pushnil(L);
  for (size_t naming = PRINCIPAL_SELF; naming < PRINCIPAL_MATCHES; naming++) {
    if (!found[naming])
      continue;
    if (lua_isnil(L, top + 1)) {
      lua_createtable(L, 0, 1);
      lua_replace(L, top + 1);
    }
    push_position(L, found[naming]);
    lua_setfield(L, top + 1, policy_naming(naming));
  }
}

/* question:weigh(doc, identity) --> deny, maybe_deny, allow, maybe_allow
 * Returns the positions of the statements that doc:weigh returns. Each is nil if there is none. With `identity` the
 * document is an identity policy, which names no principal. */
static int weigh(lua_State *L) {
  enum { DOCUMENT = 2, IDENTITY };
  struct policy_question asked;
  check_object(L, 1, QUESTION_CLASS);
  const struct policy *doc = check_policy(L, DOCUMENT);
  const struct policy_request *request = ask(L, doc, lua_toboolean(L, IDENTITY), &asked);
  struct policy_matches found = {.failed = true};
  if (request)
    found = policy_match(doc, request);
  if (found.failed)
    return luaL_error(L, "not enough memory");
  read_policy(L, DOCUMENT);
  push_position(L, found.deny);
  push_position(L, found.maybe_deny);
  push_allows(L, found.allow);
  push_allows(L, found.maybe_allow);
  stop_reading(L, DOCUMENT);
  return 4;
}

/* question:explain(doc, identity, index, certain) --> reason
 * Says why a statement applies, or unless it is certain, why it may apply. */
static int explain(lua_State *L) {
  enum { DOCUMENT = 2, IDENTITY, INDEX, CERTAIN };
  struct policy_question asked;
  check_object(L, 1, QUESTION_CLASS);
  const struct policy *doc = check_policy(L, DOCUMENT);
  lua_Integer index = luaL_checkinteger(L, INDEX);
  luaL_argcheck(L, index >= 1 && (size_t)index <= policy_count(doc), INDEX, "no such statement");
  const struct policy_request *request = ask(L, doc, lua_toboolean(L, IDENTITY), &asked);
  struct buf reason = {.failed = !request};
  if (request)
    policy_explain(doc, policy_statement(doc, (size_t)index - 1), request,
                   lua_toboolean(L, CERTAIN), &reason);
  return push_buf(L, &reason);
}

void policy_lua_open_question(lua_State *L) {
  static const luaL_Reg methods[] = {{"explain", explain}, {"weigh", weigh}, {NULL, NULL}};
  new_class(L, QUESTION_CLASS, methods, NULL);
}
