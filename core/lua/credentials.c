/* lanyard.credentials: sealed access keys and secrets. No field, tostring or error reveals a
 * secret; only C code reads it, for example to sign a request. */

#include "lua/credentials.h"

#include "aws/unseal.h"
#include "json/write.h"
#include "lua/util.h"

#include <stdlib.h>
#include <string.h>

#define CREDENTIALS_CLASS "lanyard.credentials"
#define SECRET_CLASS "lanyard.secret"
#define REDACTOR_CLASS "lanyard.redactor"
#define OPENED_CLASS "lanyard.opened"

struct redactor {
  struct secret *secrets;
  size_t count;
};

const struct credentials *check_credentials(lua_State *L, int index) {
  return luaL_checkudata(L, index, CREDENTIALS_CLASS);
}

const struct secret *test_secret(lua_State *L, int index) {
  const struct secret *secret = luaL_testudata(L, index, SECRET_CLASS);
  return secret && secret->bytes ? secret : NULL;
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

void push_secret_buf(lua_State *L, struct buf *buf) {
  struct secret *secret = new_secret(L);
  if (!buf_reserve(buf, 0)) /* makes the bytes NUL-terminated */
    luaL_error(L, "not enough memory");
  *secret = (struct secret){buf->data, buf->length};
  *buf = (struct buf){.secret = buf->secret};
}

/* secret(text) --> secret
 * Returns a sealed copy of a text. */
static int make_secret(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  push_secret(L, text, length);
  return 1;
}

/* What must be freed after a longjmp. */
struct opened {
  struct unsealed unsealed;
  size_t count;
};

static int opened_gc(lua_State *L) {
  struct opened *opened = luaL_checkudata(L, 1, OPENED_CLASS);
  unsealed_free(&opened->unsealed, opened->count);
  return 0;
}

/* Pushes one, which is collected after the calling function has ended. */
static struct opened *new_opened(lua_State *L, size_t count) {
  struct opened *opened = lua_newuserdatauv(L, sizeof *opened, 0);
  *opened = (struct opened){.count = count};
  luaL_setmetatable(L, OPENED_CLASS);
  lua_toclose(L, -1);
  return opened;
}

/* Pushes a table of the values that were found, by name. */
static void push_values(lua_State *L, struct opened *opened, const char *const names[]) {
  lua_newtable(L);
  for (size_t i = 0; i < opened->count; i++) {
    if (!opened->unsealed.secrets[i].bytes)
      continue;
    struct secret *secret = new_secret(L);
    *secret = opened->unsealed.secrets[i];
    opened->unsealed.secrets[i] = (struct secret){0};
    lua_setfield(L, -2, names[i]);
  }
}

/* secret:unseal(names, "json" | "xml") --> text, { [name] = secret } | nil, err
 * Returns the text with *** in place of the values of these members (at any depth) or elements, and
 * these values: for each name, the first that is not empty. err.code is "Malformed". The error
 * contains nothing of the text. */
static int secret_unseal(lua_State *L) {
  static const char *const forms[] = {[UNSEAL_JSON] = "json", [UNSEAL_XML] = "xml", NULL};
  static const char *const shown[] = {[UNSEAL_JSON] = "JSON", [UNSEAL_XML] = "XML"};
  const struct secret *sealed = luaL_checkudata(L, 1, SECRET_CLASS);
  luaL_checktype(L, 2, LUA_TTABLE);
  enum unseal_form form = (enum unseal_form)luaL_checkoption(L, 3, NULL, forms);
  size_t count = lua_rawlen(L, 2);
  const char **names = lua_newuserdatauv(L, (count + 1) * sizeof *names, 0);
  for (size_t i = 0; i < count; i++) {
    if (lua_rawgeti(L, 2, (lua_Integer)i + 1) != LUA_TSTRING)
      return luaL_argerror(L, 2, "a list of names expected");
    names[i] = lua_tostring(L, -1);
    lua_pop(L, 1); /* the list keeps it alive */
  }
  struct opened *opened = new_opened(L, count);
  switch (unseal(sealed, form, names, count, &opened->unsealed)) {
  case UNSEAL_NO_MEMORY:
    return luaL_error(L, "not enough memory");
  case UNSEAL_MALFORMED:
    return push_error(L, "Malformed", "not valid %s (byte %d)", shown[form],
                      (int)opened->unsealed.error_offset + 1);
  case UNSEALED:
    break;
  }
  lua_pushlstring(L, opened->unsealed.text.data ? opened->unsealed.text.data : "",
                  opened->unsealed.text.length);
  push_values(L, opened, names);
  return 2;
}

/* join({ text or secret, ... } [, "json"]) --> secret
 * Concatenates texts and secrets. With "json", the secrets are escaped for the inside of a JSON
 * string. */
static int join(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  static const char *const forms[] = {"plain", "json", NULL};
  bool escaped = luaL_checkoption(L, 2, "plain", forms) == 1;
  struct buf *buf = &new_opened(L, 0)->unsealed.text;
  buf->secret = true;
  lua_Integer count = (lua_Integer)lua_rawlen(L, 1);
  for (lua_Integer i = 1; i <= count; i++, lua_pop(L, 1)) {
    bool text = lua_rawgeti(L, 1, i) == LUA_TSTRING;
    const struct secret *secret = test_secret(L, -1);
    size_t length = 0;
    const char *bytes = text ? lua_tolstring(L, -1, &length) : NULL;
    if (text)
      buf_add(buf, bytes, length);
    else if (secret && escaped)
      json_add_escaped(buf, secret->bytes, secret->length);
    else if (secret)
      buf_add(buf, secret->bytes, secret->length);
    else
      return luaL_error(L, "item %d is neither a text nor a secret", (int)i);
  }
  push_secret_buf(L, buf);
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

/* Pushes new, empty credentials. Their user value is the table of readable fields. */
static struct credentials *new_credentials(lua_State *L) {
  struct credentials *credentials = lua_newuserdatauv(L, sizeof *credentials, 1);
  *credentials = (struct credentials){.number = credentials_number()};
  luaL_setmetatable(L, CREDENTIALS_CLASS);
  return credentials;
}

/* Copies a field that is a string or a secret. Returns false if it is absent. */
static bool take_secret(lua_State *L, int options, const char *field, struct secret *into) {
  int type = lua_getfield(L, options, field);
  bool stored = true;
  if (type == LUA_TSTRING) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    stored = secret_set(into, text, length);
  } else if (type != LUA_TNIL) {
    const struct secret *secret = test_secret(L, -1);
    if (!secret)
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

/* Sets the readable fields. The credentials are at the top of the stack. */
static void set_fields(lua_State *L, const struct credentials *credentials, const char *source,
                       int options) {
  lua_newtable(L);
  lua_pushstring(L, credentials->access_key_id);
  lua_setfield(L, -2, "access_key_id");
  lua_pushstring(L, source);
  lua_setfield(L, -2, "source");
  lua_pushboolean(L, credentials->session_token.bytes != NULL);
  lua_setfield(L, -2, "has_token");
  static const char *const more[] = {"expires", "account_id"};
  for (size_t i = 0; options != 0 && i < sizeof more / sizeof *more; i++) {
    lua_getfield(L, options, more[i]);
    lua_setfield(L, -2, more[i]);
  }
  lua_setiuservalue(L, -2, 1);
}

/* Returns the name of the part that contains a byte that no request can carry (for example a copied
 * line end), or NULL. */
static const char *unusable_part(const struct credentials *credentials) {
  const struct secret parts[] = {
      {credentials->access_key_id, strlen(credentials->access_key_id)},
      credentials->secret_access_key,
      credentials->session_token,
  };
  static const char *const names[] = {"access key id", "secret access key", "session token"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    for (size_t j = 0; j < parts[i].length; j++)
      if ((unsigned char)parts[i].bytes[j] < 0x20 || parts[i].bytes[j] == 0x7F)
        return names[i];
  return NULL;
}

static int refuse_unusable(lua_State *L, const char *part, const char *source) {
  return push_error(L, "InvalidCredentials",
                    "the %s of %s contains a control character: was a line end copied too?", part,
                    source);
}

/* new { access_key_id, secret_access_key, [session_token,] [expires,] [account_id,] [source] } -->
 * credentials
 * The secrets are strings or results of secret(). `expires` is in seconds since 1970. */
static int make_credentials(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const char *id = check_field_string(L, 1, "access_key_id", NULL);
  const char *source = opt_field_string(L, 1, "source", NULL);
  struct credentials *credentials = new_credentials(L);
  take_key_id(L, credentials, id);
  if (!take_secret(L, 1, "secret_access_key", &credentials->secret_access_key))
    return luaL_error(L, "secret_access_key is missing");
  take_secret(L, 1, "session_token", &credentials->session_token);
  const char *unusable = unusable_part(credentials);
  if (unusable)
    return refuse_unusable(L, unusable, source ? source : "the script");
  set_fields(L, credentials, source ? source : "script", 1);
  return 1;
}

/* Returns an environment variable, or NULL if it is not set or blank. */
static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && value[strspn(value, " \t\r\n")] ? value : NULL;
}

/* from_environment [{ [expires,] [account_id] }] --> credentials | nil, err
 * err.code is "NotConfigured" or "PartialCredentials". */
static int from_environment(lua_State *L) {
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
  const char *unusable = unusable_part(credentials);
  if (unusable)
    return refuse_unusable(L, unusable, "the environment");
  set_fields(L, credentials, "environment", lua_istable(L, 1) ? 1 : 0);
  return 1;
}

static int credentials_gc(lua_State *L) {
  credentials_wipe(luaL_checkudata(L, 1, CREDENTIALS_CLASS));
  return 0;
}

/* Readable fields: access_key_id, source, expires, account_id, has_token. */
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

/* redactor { credentials or secret, ... } --> redactor */
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

/* redactor:redact(text) --> text
 * Returns the text with *** in place of each secret. */
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

MODULE_API int luaopen_lanyard_credentials(lua_State *L) {
  static const luaL_Reg secret_methods[] = {{"unseal", secret_unseal}, {NULL, NULL}};
  static const luaL_Reg opened_meta[] = {{"__gc", opened_gc}, {"__close", opened_gc}, {NULL, NULL}};
  static const luaL_Reg secret_meta[] = {
      {"__gc", secret_gc}, {"__close", secret_gc}, {"__tostring", secret_tostring}, {NULL, NULL}};
  static const luaL_Reg credentials_meta[] = {{"__gc", credentials_gc},
                                              {"__index", credentials_index},
                                              {"__tostring", credentials_tostring},
                                              {NULL, NULL}};
  static const luaL_Reg redactor_methods[] = {{"redact", redact}, {NULL, NULL}};
  static const luaL_Reg redactor_meta[] = {{"__gc", redactor_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"new", make_credentials},   {"from_environment", from_environment},
      {"secret", make_secret},     {"join", join},
      {"redactor", make_redactor}, {NULL, NULL}};
  new_class(L, SECRET_CLASS, secret_methods, secret_meta);
  new_class(L, OPENED_CLASS, NULL, opened_meta);
  new_class(L, CREDENTIALS_CLASS, NULL, credentials_meta);
  new_class(L, REDACTOR_CLASS, redactor_methods, redactor_meta);
  luaL_newlib(L, functions);
  return 1;
}
