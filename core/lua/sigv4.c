/* lanyard.sigv4: AWS Signature Version 4. */

#include "aws/sigv4.h"
#include "lua/credentials.h"
#include "lua/util.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIGNER_CLASS "lanyard.sigv4.signer"
#define SIGNING_CLASS "lanyard.sigv4.signing"
#define MAX_HEADERS 64

static const char signer_key;
static const char spare_key; /* a finished signing, for reuse */

/* The state of a signing, which must be freed after a longjmp. */
struct signing {
  struct sigv4_request request;
  struct sigv4_scope scope;
  struct sigv4_header headers[MAX_HEADERS];
  const struct credentials *credentials;
  char payload_hash[HASH_SHA256_HEX];
  const char *host;
  size_t host_length;
  struct buf query, canonical, text, names;
  char signature[HASH_SHA256_HEX];
};

static int signing_gc(lua_State *L) {
  struct signing *signing = luaL_checkudata(L, 1, SIGNING_CLASS);
  buf_free(&signing->query);
  buf_free(&signing->canonical);
  buf_free(&signing->text);
  buf_free(&signing->names);
  return 0;
}

/* Pushes a signing that is not in use. A signing that raised an error is not reused. */
static struct signing *take_signing(lua_State *L) {
  struct signing *signing;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &spare_key) == LUA_TUSERDATA) {
    signing = lua_touserdata(L, -1);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &spare_key);
  } else {
    lua_pop(L, 1);
    signing = lua_newuserdatauv(L, sizeof *signing, 0);
    memset(signing, 0, sizeof *signing);
    signing->query.secret = signing->canonical.secret = true; /* they contain the session token */
    luaL_setmetatable(L, SIGNING_CLASS);
  }
  signing->request = (struct sigv4_request){.headers = signing->headers};
  signing->host = NULL;
  return signing;
}

static void put_back(lua_State *L, int index) {
  struct signing *signing = lua_touserdata(L, index);
  buf_reset(&signing->query);
  buf_reset(&signing->canonical);
  buf_reset(&signing->text);
  buf_reset(&signing->names);
  lua_pushvalue(L, index);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &spare_key);
}

static int signer_gc(lua_State *L) {
  struct sigv4_signer **slot = luaL_checkudata(L, 1, SIGNER_CLASS);
  sigv4_signer_free(*slot);
  *slot = NULL;
  return 0;
}

static struct sigv4_signer *get_signer(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &signer_key);
  struct sigv4_signer **slot = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return *slot;
}

static void add_header(lua_State *L, struct signing *signing, const char *name, size_t name_length,
                       const char *value, size_t value_length) {
  if (signing->request.header_count == MAX_HEADERS)
    luaL_error(L, "more than %d headers to sign", MAX_HEADERS);
  signing->headers[signing->request.header_count++] =
      (struct sigv4_header){name, name_length, value, value_length};
}

/* Reports whether a header stays unsigned: proxies and libraries may change it. */
static bool is_unsigned(const char *name) {
  static const char *const names[] = {"authorization", "connection",        "expect",
                                      "user-agent",    "transfer-encoding", "x-amzn-trace-id"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (strcasecmp(name, names[i]) == 0)
      return true;
  }
  return false;
}

/* Adds the header or headers at the top of the stack: a string or a list of strings. The options
 * keep them alive. */
static void add_values(lua_State *L, struct signing *signing, const char *name,
                       size_t name_length) {
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t length;
    const char *value = lua_tolstring(L, -1, &length);
    add_header(L, signing, name, name_length, value, length);
    return;
  }
  if (!lua_istable(L, -1))
    luaL_error(L, "header %s: a string or a list of strings expected", name);
  size_t count = lua_rawlen(L, -1);
  for (size_t i = 1; i <= count; i++) {
    if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TSTRING)
      luaL_error(L, "header %s: a string or a list of strings expected", name);
    size_t length;
    const char *value = lua_tolstring(L, -1, &length);
    add_header(L, signing, name, name_length, value, length);
    lua_pop(L, 1);
  }
}

static bool is_named(lua_State *L, int list, const char *name) {
  size_t count = lua_rawlen(L, list);
  bool found = false;
  for (size_t i = 1; i <= count && !found; i++) {
    lua_rawgeti(L, list, (lua_Integer)i);
    found = lua_type(L, -1) == LUA_TSTRING && strcasecmp(lua_tostring(L, -1), name) == 0;
    lua_pop(L, 1);
  }
  return found;
}

/* Reads the headers of the options: those in `signed_headers`, or by default all that are signed by
 * custom. */
static void take_headers(lua_State *L, int options, struct signing *signing) {
  lua_getfield(L, options, "signed_headers");
  int chosen = lua_istable(L, -1) ? lua_gettop(L) : 0;
  if (lua_getfield(L, options, "headers") == LUA_TTABLE) {
    lua_pushnil(L);
    while (lua_next(L, -2)) {
      if (lua_type(L, -2) != LUA_TSTRING)
        luaL_error(L, "headers: names must be strings");
      size_t length;
      const char *name = lua_tolstring(L, -2, &length);
      if (chosen ? is_named(L, chosen, name) : !is_unsigned(name))
        add_values(L, signing, name, length);
      lua_pop(L, 1);
    }
  }
  lua_pop(L, 2);
}

/* Splits https://host/path?query or, if `target` is given, the path and query as received. */
static void take_target(lua_State *L, int options, struct signing *signing) {
  size_t length;
  const char *target = opt_field_string(L, options, "target", &length);
  if (!target) {
    const char *url = check_field_string(L, options, "url", &length);
    const char *host = strstr(url, "://");
    if (!host)
      luaL_error(L, "url: '%s' is not a URL", url);
    host += 3;
    size_t size = strcspn(host, "/?#");
    signing->host = host;
    signing->host_length = size;
    target = host + size;
    length -= (size_t)(target - url);
  }
  const char *query = memchr(target, '?', length);
  signing->request.path = target;
  signing->request.path_length = query ? (size_t)(query - target) : length;
  signing->request.query = query ? query + 1 : target + length;
  signing->request.query_length = query ? length - signing->request.path_length - 1 : 0;
}

/* The stack indexes of all three functions. */
enum { OPTIONS = 1, SIGNING = 2 };

/* Pushes a signing with the options that all three functions share. */
static struct signing *begin(lua_State *L) {
  const int options = OPTIONS;
  luaL_checktype(L, options, LUA_TTABLE);
  lua_settop(L, options);
  struct signing *signing = take_signing(L);
  lua_getfield(L, options, "credentials");
  signing->credentials = check_credentials(L, -1);
  signing->scope.region = check_field_string(L, options, "region", NULL);
  signing->scope.service = check_field_string(L, options, "service", NULL);
  const char *method = opt_field_string(L, options, "method", NULL);
  signing->request.method = method ? method : "GET";
  signing->request.normalize = opt_field_boolean(L, options, "normalize", 1) != 0;
  take_target(L, options, signing);
  take_headers(L, options, signing);

  size_t length;
  const char *date = opt_field_string(L, options, "amz_date", &length);
  if (date) {
    luaL_argcheck(L, length == SIGV4_DATE - 1, options, "amz_date: 20150830T123600Z expected");
    memcpy(signing->scope.date, date, SIGV4_DATE);
  } else if (!sigv4_date(opt_field_number(L, options, "time", -1), signing->scope.date)) {
    luaL_error(L, "time: seconds since 1970 expected");
  }

  const char *hash = opt_field_string(L, options, "payload_hash", NULL);
  if (!hash) {
    const char *body = opt_field_string(L, options, "body", &length);
    if (!sigv4_payload_hash(get_signer(L), body ? body : "", body ? length : 0,
                            signing->payload_hash))
      luaL_error(L, "not enough memory");
    hash = signing->payload_hash;
  }
  signing->request.payload_hash = hash;
  return signing;
}

static void finish(lua_State *L, struct signing *signing) {
  struct sigv4_signer *signer = get_signer(L);
  sigv4_canonical_request(&signing->request, &signing->canonical);
  sigv4_signed_headers(&signing->request, &signing->names);
  if (signing->canonical.failed || signing->names.failed)
    luaL_error(L, "not enough memory");
  sigv4_string_to_sign(signer, &signing->scope, signing->canonical.data, signing->canonical.length,
                       &signing->text);
  if (signing->text.failed ||
      !sigv4_signature(signer, signing->credentials, &signing->scope, signing->text.data,
                       signing->text.length, signing->signature))
    luaL_error(L, "not enough memory");
}

static void set_buf(lua_State *L, const struct buf *buf, const char *field) {
  lua_pushlstring(L, buf->data ? buf->data : "", buf->length);
  lua_setfield(L, -2, field);
}

/* Pushes a table with the steps of a signature. */
static void push_steps(lua_State *L, const struct signing *signing) {
  lua_createtable(L, 0, 4);
  set_buf(L, &signing->canonical, "canonical_request");
  set_buf(L, &signing->text, "string_to_sign");
  set_buf(L, &signing->names, "signed_headers");
  lua_pushstring(L, signing->signature);
  lua_setfield(L, -2, "signature");
}

static void add_own_header(lua_State *L, struct signing *signing, const char *name,
                           const struct secret *value) {
  add_header(L, signing, name, strlen(name), value->bytes, value->length);
}

/* Adds the host of the URL, unless the headers contain Host. */
static void sign_host(lua_State *L, struct signing *signing) {
  for (size_t i = 0; i < signing->request.header_count; i++) {
    if (strcasecmp(signing->headers[i].name, "host") == 0)
      return;
  }
  if (signing->host)
    add_header(L, signing, "host", 4, signing->host, signing->host_length);
}

/* sign { method, url, headers = {}, body, credentials, region, service, time, [sign_body,]
 * [normalize = true,]
 *        [omit_session_token,] [steps] }
 *   --> { Authorization, ["X-Amz-Date"], ... } [, { canonical_request, string_to_sign, signature, signed_headers }]
 * Returns the headers to add to a request; X-Amz-Security-Token and X-Amz-Content-Sha256 are among
 * them if they apply. With `steps`, it also returns the steps of the signature. `time` is in
 * seconds since 1970. The values of `headers` are strings or lists of strings; Host is that of the
 * URL unless given. With `sign_body`, the hash of the body is sent as a header too. */
static int sign(lua_State *L) {
  struct signing *signing = begin(L);
  const struct secret *token = &signing->credentials->session_token;
  bool sign_token = token->bytes && !opt_field_boolean(L, OPTIONS, "omit_session_token", 0);
  sign_host(L, signing);
  add_header(L, signing, "x-amz-date", 10, signing->scope.date, SIGV4_DATE - 1);
  if (sign_token)
    add_own_header(L, signing, "x-amz-security-token", token);
  bool sign_body = opt_field_boolean(L, OPTIONS, "sign_body", 0) != 0;
  if (sign_body)
    add_header(L, signing, "x-amz-content-sha256", 20, signing->request.payload_hash,
               strlen(signing->request.payload_hash));
  finish(L, signing);

  lua_createtable(L, 0, 4);
  lua_pushstring(L, signing->scope.date);
  lua_setfield(L, -2, "X-Amz-Date");
  if (token->bytes) {
    lua_pushlstring(L, token->bytes, token->length);
    lua_setfield(L, -2, "X-Amz-Security-Token");
  }
  if (sign_body) {
    lua_pushstring(L, signing->request.payload_hash);
    lua_setfield(L, -2, "X-Amz-Content-Sha256");
  }
  struct buf *line = &signing->query;
  buf_adds(line, "AWS4-HMAC-SHA256 Credential=");
  buf_adds(line, signing->credentials->access_key_id);
  buf_addc(line, '/');
  sigv4_credential_scope(&signing->scope, line);
  buf_adds(line, ", SignedHeaders=");
  buf_add(line, signing->names.data, signing->names.length);
  buf_adds(line, ", Signature=");
  buf_adds(line, signing->signature);
  if (line->failed)
    return luaL_error(L, "not enough memory");
  lua_pushlstring(L, line->data, line->length);
  lua_setfield(L, -2, "Authorization");
  if (opt_field_boolean(L, OPTIONS, "steps", 0))
    push_steps(L, signing);
  else
    lua_pushnil(L);
  put_back(L, SIGNING);
  return 2;
}

static void add_parameter(struct buf *query, const char *name, const char *value, size_t length) {
  if (query->length > 0)
    buf_addc(query, '&');
  buf_adds(query, name);
  buf_addc(query, '=');
  sigv4_uri_encode(value, length, query);
}

/* presign { ..., expires = 900 } --> url, steps
 * Returns a URL that contains its signature and is valid for `expires` seconds. All other options
 * are as in sign. */
static int presign(lua_State *L) {
  struct signing *signing = begin(L);
  const struct secret *token = &signing->credentials->session_token;
  bool sign_token = token->bytes && !opt_field_boolean(L, OPTIONS, "omit_session_token", 0);
  int expires = (int)opt_field_number(L, OPTIONS, "expires", 900);
  luaL_argcheck(L, expires >= 1 && expires <= 604800, OPTIONS, "expires: 1 to 604800 seconds");
  sign_host(L, signing);

  struct buf *query = &signing->query;
  buf_add(query, signing->request.query, signing->request.query_length);
  add_parameter(query, "X-Amz-Algorithm", "AWS4-HMAC-SHA256", 16);
  buf_addf(&signing->text, "%s/", signing->credentials->access_key_id);
  sigv4_credential_scope(&signing->scope, &signing->text);
  add_parameter(query, "X-Amz-Credential", signing->text.data ? signing->text.data : "",
                signing->text.length);
  buf_reset(&signing->text);
  add_parameter(query, "X-Amz-Date", signing->scope.date, SIGV4_DATE - 1);
  sigv4_signed_headers(&signing->request, &signing->names);
  add_parameter(query, "X-Amz-SignedHeaders", signing->names.data ? signing->names.data : "",
                signing->names.length);
  buf_reset(&signing->names);
  buf_addf(query, "&X-Amz-Expires=%d", expires);
  if (sign_token)
    add_parameter(query, "X-Amz-Security-Token", token->bytes, token->length);
  if (query->failed)
    return luaL_error(L, "not enough memory");
  signing->request.query = query->data;
  signing->request.query_length = query->length;
  finish(L, signing);
  if (token->bytes && !sign_token)
    add_parameter(query, "X-Amz-Security-Token", token->bytes, token->length);
  buf_addf(query, "&X-Amz-Signature=%s", signing->signature);
  if (query->failed)
    return luaL_error(L, "not enough memory");

  const char *url = check_field_string(L, OPTIONS, "url", NULL);
  lua_pushlstring(L, url, (size_t)(signing->request.path - url) + signing->request.path_length);
  lua_pushliteral(L, "?");
  lua_pushlstring(L, query->data, query->length);
  lua_concat(L, 3);
  push_steps(L, signing);
  put_back(L, SIGNING);
  return 2;
}

/* explain { method, target = "/path?query", headers = {}, signed_headers = { name, ... }, body,
 * [payload_hash,]
 *           amz_date, credentials, region, service }
 *   --> { canonical_request, string_to_sign, signature, signed_headers }
 * Returns the signature that a received request should have, for a server to compare. */
static int explain(lua_State *L) {
  struct signing *signing = begin(L);
  finish(L, signing);
  push_steps(L, signing);
  put_back(L, SIGNING);
  return 1;
}

MODULE_API int luaopen_lanyard_sigv4(lua_State *L) {
  static const luaL_Reg signer_meta[] = {{"__gc", signer_gc}, {NULL, NULL}};
  static const luaL_Reg signing_meta[] = {{"__gc", signing_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"sign", sign}, {"presign", presign}, {"explain", explain}, {NULL, NULL}};
  new_class(L, SIGNER_CLASS, NULL, signer_meta);
  new_class(L, SIGNING_CLASS, NULL, signing_meta);
  struct sigv4_signer **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, SIGNER_CLASS);
  *slot = sigv4_signer_new();
  if (!*slot)
    return luaL_error(L, "not enough memory");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &signer_key);
  luaL_newlib(L, functions);
  return 1;
}
