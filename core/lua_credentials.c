/* lanyard.credentials: access keys, sealed. No field, tostring or error gives a secret back; only
 * the signer reads it, in C. */

#include "lua_credentials.h"

#include "lua_util.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_CLASS "lanyard.credentials"
#define SECRET_CLASS "lanyard.secret"
#define REDACTOR_CLASS "lanyard.redactor"

struct redactor {
  struct secret *secrets;
  size_t count;
};

const struct credentials *check_credentials(lua_State *L, int index) {
  return luaL_checkudata(L, index, CREDENTIALS_CLASS);
}

static struct secret *new_secret(lua_State *L) {
  struct secret *secret = lua_newuserdatauv(L, sizeof *secret, 0);
  *secret = (struct secret){0};
  luaL_setmetatable(L, SECRET_CLASS);
  return secret;
}

void push_secret(lua_State *L, const char *bytes, size_t length) {
  struct secret *secret = new_secret(L);
  if (!secret_set(secret, bytes, length))
    luaL_error(L, "not enough memory");
}

/* secret(text) --> a sealed copy */
static int make_secret(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  push_secret(L, text, length);
  return 1;
}

static int secret_gc(lua_State *L) {
  secret_wipe(luaL_checkudata(L, 1, SECRET_CLASS));
  return 0;
}

static int secret_tostring(lua_State *L) {
  lua_pushliteral(L, "secret: ***");
  return 1;
}

/* Pushes new, empty credentials; its user value is the table of what may be read. */
static struct credentials *new_credentials(lua_State *L) {
  struct credentials *credentials = lua_newuserdatauv(L, sizeof *credentials, 1);
  *credentials = (struct credentials){.number = credentials_number()};
  luaL_setmetatable(L, CREDENTIALS_CLASS);
  return credentials;
}

/* Copies a field that is a string or a secret; false when it is absent. */
static bool take_secret(lua_State *L, int options, const char *field, struct secret *into) {
  int type = lua_getfield(L, options, field);
  bool stored = true;
  if (type == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    stored = secret_set(into, text, length);
  } else if (type != LUA_TNIL) {
    const struct secret *secret = luaL_testudata(L, -1, SECRET_CLASS);
    if (!secret || !secret->bytes)
      luaL_error(L, "%s: a string or a secret expected", field);
    stored = secret_set(into, secret->bytes, secret->length);
  }
  if (!stored)
    luaL_error(L, "not enough memory");
  lua_pop(L, 1);
  return type != LUA_TNIL;
}

static void take_key_id(lua_State *L, struct credentials *credentials, const char *id) {
  credentials->access_key_id = strdup(id);
  if (!credentials->access_key_id)
    luaL_error(L, "not enough memory");
}

/* Sets what may be read; the credentials are at the top of the stack. */
static void set_fields(lua_State *L, const struct credentials *credentials, const char *source,
                       int options) {
  lua_newtable(L);
  lua_pushstring(L, credentials->access_key_id);
  lua_setfield(L, -2, "access_key_id");
  lua_pushstring(L, source);
  lua_setfield(L, -2, "source");
  lua_pushboolean(L, credentials->session_token.bytes != NULL);
  lua_setfield(L, -2, "has_token");
  if (options != 0) {
    lua_getfield(L, options, "expires");
    lua_setfield(L, -2, "expires");
  }
  lua_setiuservalue(L, -2, 1);
}

/* new{access_key_id=, secret_access_key=, [session_token=], [expires=], [source=]} --> credentials
 * The secrets are strings or what secret() gives; `expires` is in seconds since 1970. */
static int make_credentials(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *id = check_field_string(L, 1, "access_key_id", NULL);
  const char *source = opt_field_string(L, 1, "source", NULL);
  struct credentials *credentials = new_credentials(L);
  take_key_id(L, credentials, id);
  if (!take_secret(L, 1, "secret_access_key", &credentials->secret_access_key))
    return luaL_error(L, "secret_access_key is missing");
  take_secret(L, 1, "session_token", &credentials->session_token);
  set_fields(L, credentials, source ? source : "script", 1);
  return 1;
}

/* A variable of the environment, or NULL when it is not set or empty. */
static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

/* from_environment() --> credentials | nil, err{code = "NotConfigured" | "PartialCredentials"} */
static int from_environment(lua_State *L) {
  const char *id = variable("AWS_ACCESS_KEY_ID");
  const char *key = variable("AWS_SECRET_ACCESS_KEY");
  const char *token = variable("AWS_SESSION_TOKEN");
  if (!id && !key)
    return push_error(L, "NotConfigured", "AWS_ACCESS_KEY_ID is not set");
  if (!id || !key)
    return push_error(L, "PartialCredentials", "%s is set, but %s is not",
                      id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                      id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
  struct credentials *credentials = new_credentials(L);
  take_key_id(L, credentials, id);
  if (!secret_set(&credentials->secret_access_key, key, strlen(key)) ||
      (token && !secret_set(&credentials->session_token, token, strlen(token))))
    return luaL_error(L, "not enough memory");
  set_fields(L, credentials, "environment", 0);
  return 1;
}

static int credentials_gc(lua_State *L) {
  credentials_wipe(luaL_checkudata(L, 1, CREDENTIALS_CLASS));
  return 0;
}

/* credentials.access_key_id, .source, .expires, .has_token */
static int credentials_index(lua_State *L) {
  luaL_checkudata(L, 1, CREDENTIALS_CLASS);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static int credentials_tostring(lua_State *L) {
  const struct credentials *credentials = check_credentials(L, 1);
  lua_pushfstring(L, "credentials: %s", credentials->access_key_id);
  return 1;
}

/* redactor{credentials or secret, ...} --> redactor */
static int make_redactor(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t items = lua_rawlen(L, 1);
  struct redactor *redactor = lua_newuserdatauv(L, sizeof *redactor, 0);
  *redactor = (struct redactor){0};
  luaL_setmetatable(L, REDACTOR_CLASS);
  redactor->secrets = calloc(2 * items + 1, sizeof *redactor->secrets);
  if (!redactor->secrets)
    return luaL_error(L, "not enough memory");
  for (size_t i = 1; i <= items; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i);
    const struct credentials *credentials = luaL_testudata(L, -1, CREDENTIALS_CLASS);
    const struct secret *secrets[2] = {luaL_testudata(L, -1, SECRET_CLASS), NULL};
    if (credentials) {
      secrets[0] = &credentials->secret_access_key;
      secrets[1] = &credentials->session_token;
    } else if (!secrets[0]) {
      return luaL_error(L, "item %d is neither credentials nor a secret", (int)i);
    }
    for (size_t j = 0; j < 2; j++) {
      if (!secrets[j] || !secrets[j]->bytes)
        continue;
      if (!secret_set(&redactor->secrets[redactor->count], secrets[j]->bytes, secrets[j]->length))
        return luaL_error(L, "not enough memory");
      redactor->count++;
    }
    lua_pop(L, 1);
  }
  return 1;
}

/* redactor:redact(text) --> the text, *** in the place of each secret */
static int redact(lua_State *L) {
  const struct redactor *redactor = luaL_checkudata(L, 1, REDACTOR_CLASS);
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  struct buf out = {0};
  secrets_redact(redactor->secrets, redactor->count, text, length, &out);
  return push_buf(L, &out);
}

static int redactor_gc(lua_State *L) {
  struct redactor *redactor = luaL_checkudata(L, 1, REDACTOR_CLASS);
  for (size_t i = 0; i < redactor->count; i++)
    secret_wipe(&redactor->secrets[i]);
  free(redactor->secrets);
  *redactor = (struct redactor){0};
  return 0;
}

int luaopen_lanyard_credentials(lua_State *L);

int luaopen_lanyard_credentials(lua_State *L) {
  static const luaL_Reg secret_meta[] = {
      {"__gc", secret_gc}, {"__close", secret_gc}, {"__tostring", secret_tostring}, {NULL, NULL}};
  static const luaL_Reg credentials_meta[] = {{"__gc", credentials_gc},
                                              {"__index", credentials_index},
                                              {"__tostring", credentials_tostring},
                                              {NULL, NULL}};
  static const luaL_Reg redactor_methods[] = {{"redact", redact}, {NULL, NULL}};
  static const luaL_Reg redactor_meta[] = {{"__gc", redactor_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"new", make_credentials},
                                       {"from_environment", from_environment},
                                       {"secret", make_secret},
                                       {"redactor", make_redactor},
                                       {NULL, NULL}};
  new_class(L, SECRET_CLASS, NULL, secret_meta);
  new_class(L, CREDENTIALS_CLASS, NULL, credentials_meta);
  new_class(L, REDACTOR_CLASS, redactor_methods, redactor_meta);
  luaL_newlib(L, functions);
  return 1;
}
