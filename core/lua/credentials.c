/* lanyard.credentials: sealed access keys and secrets. No field, tostring or error reveals a
 * secret; only C code reads it, for example to sign a request. A script can still send a secret to a
 * server, a file or a child process. */

#include "lua/credentials.h"

#include "lua/util.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_CLASS "lanyard.credentials"
#define REDACTOR_CLASS "lanyard.redactor"

#define MAX_REDACTED 100000

struct credentials_object {
  struct object object;
  struct credentials credentials;
};

struct redactor {
  struct object object;
  struct secret *secrets;
  size_t count;
};

const struct credentials *test_credentials(lua_State *L, int index) {
  const struct credentials_object *object = test_object(L, index, CREDENTIALS_CLASS);
  return object ? &object->credentials : NULL;
}

/* Pushes new, empty credentials. Their user value is the table of readable fields. */
static struct credentials *new_credentials(lua_State *L) {
  struct credentials_object *object = new_object(L, sizeof *object, 1, CREDENTIALS_CLASS);
  object->credentials.number = credentials_number();
  return &object->credentials;
}

/* Copies a field that is a string or a secret. Returns false if it is absent. */
static bool take_secret(lua_State *L, int options, const char *field, struct secret *into) {
  int type = push_field(L, options, field);
  bool stored = true;
  if (type == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    stored = secret_set(into, text, length);
  } else if (type != LUA_TNIL) {
    const struct secret *secret = test_secret(L, -1);
    if (!secret)
      luaL_error(L, "%s: a string or a secret expected", field);
    else
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

/* Sets the readable fields, and ends a function whose result is the credentials at the top of the
 * stack. */
static void set_fields(lua_State *L, const struct credentials *credentials, const char *source,
                       int options) {
  lua_newtable(L);
  lua_pushstring(L, credentials->access_key_id);
  lua_setfield(L, -2, "access_key_id");
  lua_pushstring(L, source);
  lua_setfield(L, -2, "source");
  lua_pushboolean(L, credentials->session_token.bytes != NULL);
  lua_setfield(L, -2, "has_token");
  static const char *const more[] = {"expires", "account_id", "arn"};
  for (size_t i = 0; options != 0 && i < sizeof more / sizeof *more; i++) {
    push_field(L, options, more[i]);
    lua_setfield(L, -2, more[i]);
  }
  lua_setiuservalue(L, -2, 1);
  collect_for(L, strlen(credentials->access_key_id) + credentials->secret_access_key.length +
                     credentials->session_token.length + 3 * ALLOCATION_COST);
}

/* Returns what no key contains but a text can, or NULL. With `only_around`, a blank within the text is
 * the service's to judge. */
static const char *unusable_byte(const struct secret *part, bool only_around) {
  for (size_t i = 0; i < part->length; i++) {
    unsigned char c = (unsigned char)part->bytes[i];
    if (c < 0x20 || c == 0x7F)
      return "a control character: was a line end copied too?";
    if (c == ' ' && (!only_around || i == 0 || i == part->length - 1))
      return "a blank: copy it again, without the blanks around it";
    if (c > 0x7F)
      return "a character that is not ASCII: copy it again";
  }
  return NULL;
}

/* Returns the name of the part that no request can carry or that AWS never accepts, and sets what is
 * wrong with it. Returns NULL if there is none. is_typed: a person wrote the texts. */
static const char *unusable_part(const struct credentials *credentials, bool is_typed,
                                 const char **fault) {
  const struct secret parts[] = {
      {credentials->access_key_id, strlen(credentials->access_key_id)},
      credentials->secret_access_key,
      credentials->session_token,
  };
  static const char *const names[] = {"access key id", "secret access key", "session token"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    *fault = unusable_byte(&parts[i], i > 0 && !is_typed);
    if (*fault)
      return names[i];
  }
  return NULL;
}

static int refuse_unusable(lua_State *L, const char *part, const char *fault, const char *source) {
  return push_error(L, "InvalidCredentials", "the %s of %s contains %s", part, source, fault);
}

/* Checks the readable fields that a caller gives. */
static void check_shown_fields(lua_State *L, int options) {
  opt_field_number(L, options, "expires", 0);
  opt_field_string(L, options, "account_id", NULL);
  opt_field_string(L, options, "arn", NULL);
  lua_pop(L, 2);
}

/* new { access_key_id, secret_access_key, [session_token,] [expires,] [account_id,] [arn,] [source] }
 * --> credentials
 * The secrets are strings or results of secret(). `expires` is in seconds since 1970, `arn` the caller's. */
static int make_credentials(lua_State *L) {
  static const char *const fields[] = {"access_key_id", "secret_access_key",
                                       "session_token", "expires",
                                       "account_id",    "arn",
                                       "source",        NULL};
  check_fields(L, 1, fields);
  const char *id = check_field_text(L, 1, "access_key_id");
  const char *source = opt_field_string(L, 1, "source", NULL);
  check_shown_fields(L, 1);
  struct credentials *credentials = new_credentials(L);
  take_key_id(L, credentials, id);
  if (!take_secret(L, 1, "secret_access_key", &credentials->secret_access_key))
    return luaL_error(L, "secret_access_key is missing");
  take_secret(L, 1, "session_token", &credentials->session_token);
  const char *fault;
  const char *unusable = unusable_part(credentials, false, &fault);
  if (unusable)
    return refuse_unusable(L, unusable, fault, source ? source : "the script");
  set_fields(L, credentials, source ? source : "script", 1);
  return 1;
}

/* Returns an environment variable, or NULL if it is not set or blank. */
static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && value[strspn(value, " \t\r\n")] ? value : NULL;
}

/* from_environment [{ [expires,] [account_id] }] --> credentials | nil, err
 * err.code is "NotConfigured", "PartialCredentials" or "InvalidCredentials". */
static int from_environment(lua_State *L) {
  static const char *const fields[] = {"expires", "account_id", NULL};
  bool options = !lua_isnoneornil(L, 1);
  if (options) {
    check_fields(L, 1, fields);
    check_shown_fields(L, 1);
  }
  const char *id = variable("AWS_ACCESS_KEY_ID");
  const char *key = variable("AWS_SECRET_ACCESS_KEY");
  const char *token = variable("AWS_SESSION_TOKEN");
  if (!token)
    token = variable("AWS_SECURITY_TOKEN"); /* its former name */
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
  const char *fault;
  const char *unusable = unusable_part(credentials, true, &fault);
  if (unusable)
    return refuse_unusable(L, unusable, fault, "the environment");
  set_fields(L, credentials, "environment", options ? 1 : 0);
  return 1;
}

static int credentials_gc(lua_State *L) {
  struct credentials_object *object = end_object(L, 1, CREDENTIALS_CLASS);
  if (object)
    credentials_wipe(&object->credentials);
  return 0;
}

/* Readable fields: access_key_id, source, expires, account_id, arn, has_token. */
static int credentials_index(lua_State *L) {
  check_object(L, 1, CREDENTIALS_CLASS);
  lua_settop(L, 2);
  if (lua_getiuservalue(L, 1, 1) != LUA_TTABLE)
    return 0;
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static int credentials_tostring(lua_State *L) {
  const struct credentials_object *object = check_object(L, 1, CREDENTIALS_CLASS);
  const char *id = object->credentials.access_key_id;
  lua_pushfstring(L, "credentials: %s", id ? id : "");
  return 1;
}

/* redactor({ credentials or secret, ... } [, least]) --> redactor
 * It leaves out secrets of less than `least` bytes. */
static int make_redactor(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer least = luaL_optinteger(L, 2, 0);
  size_t items = lua_rawlen(L, 1), memory = 0;
  luaL_argcheck(L, items <= MAX_REDACTED, 1, "too many items");
  struct redactor *redactor = new_object(L, sizeof *redactor, 0, REDACTOR_CLASS);
  redactor->secrets = calloc(2 * items + 1, sizeof *redactor->secrets);
  if (!redactor->secrets)
    return luaL_error(L, "not enough memory");
  for (size_t i = 1; i <= items; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i);
    const struct credentials_object *object = test_object(L, -1, CREDENTIALS_CLASS);
    const struct secret *secrets[2] = {test_secret(L, -1), NULL};
    if (object) {
      secrets[0] = &object->credentials.secret_access_key;
      secrets[1] = &object->credentials.session_token;
    } else if (!secrets[0]) {
      return luaL_error(L, "item %d is neither credentials nor a secret", (int)i);
    }
    for (size_t j = 0; j < 2; j++) {
      if (!secrets[j] || !secrets[j]->bytes || (lua_Integer)secrets[j]->length < least)
        continue;
      if (!secret_set(&redactor->secrets[redactor->count], secrets[j]->bytes, secrets[j]->length))
        return luaL_error(L, "not enough memory");
      memory += redactor->secrets[redactor->count++].length + ALLOCATION_COST;
    }
    lua_pop(L, 1);
  }
  collect_for(L, memory + 2 * items * sizeof *redactor->secrets);
  return 1;
}

/* redactor:redact(text) --> text
 * Returns the text with *** in place of each secret. */
static int redact(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 2, &length);
  const struct redactor *redactor = check_object(L, 1, REDACTOR_CLASS);
  struct buf out = {0};
  secrets_redact(redactor->secrets, redactor->count, text, length, &out);
  return push_buf(L, &out);
}

static int redactor_gc(lua_State *L) {
  struct redactor *redactor = end_object(L, 1, REDACTOR_CLASS);
  if (!redactor)
    return 0;
  for (size_t i = 0; i < redactor->count; i++)
    secret_wipe(&redactor->secrets[i]);
  free(redactor->secrets);
  *redactor = (struct redactor){0};
  return 0;
}

MODULE_API int luaopen_lanyard_credentials(lua_State *L) {
  static const luaL_Reg credentials_meta[] = {{"__gc", credentials_gc},
                                              {"__index", credentials_index},
                                              {"__tostring", credentials_tostring},
                                              {NULL, NULL}};
  static const luaL_Reg redactor_methods[] = {{"redact", redact}, {NULL, NULL}};
  static const luaL_Reg redactor_meta[] = {{"__gc", redactor_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"new", make_credentials},   {"from_environment", from_environment},
      {"secret", secret_lua_new},  {"join", secret_lua_join},
      {"redactor", make_redactor}, {NULL, NULL}};
  new_secret_classes(L);
  new_class(L, CREDENTIALS_CLASS, NULL, credentials_meta);
  new_class(L, REDACTOR_CLASS, redactor_methods, redactor_meta);
  luaL_newlib(L, functions);
  return 1;
}
