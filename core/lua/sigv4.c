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
#define MAX_EXPIRES 604800 /* seconds: AWS accepts seven days */

/* The stack indexes of all three functions. At HEADERS is a table that keeps strings alive. */
enum { OPTIONS = 1, SIGNING = 2, HEADERS = 3, MAX_PUSHED = 30, MAX_SIGNED = 1000 };

static const char signer_key;
static const char spare_key; /* a finished signing, for reuse */

struct signer_object {
  struct object object;
  struct sigv4_signer *signer;
};

/* The state of a signing, which must be freed after a longjmp. */
struct signing {
  struct object object;
  const char *url; /* NULL if there is only a target */
  bool sign_body, steps, omit_token;
  lua_Integer expires;
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
  struct signing *signing = end_object(L, 1, SIGNING_CLASS);
  if (!signing)
    return 0;
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
    signing = check_object(L, -1, SIGNING_CLASS);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &spare_key);
  } else {
    lua_pop(L, 1);
    signing = new_object(L, sizeof *signing, 0, SIGNING_CLASS);
    signing->query.secret = signing->canonical.secret = true; /* they contain the session token */
  }
  signing->request = (struct sigv4_request){.headers = signing->headers};
  signing->url = signing->host = NULL;
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
  struct signer_object *object = end_object(L, 1, SIGNER_CLASS);
  if (object)
    sigv4_signer_free(object->signer);
  return 0;
}

static struct sigv4_signer *get_signer(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &signer_key);
  const struct signer_object *object = check_object(L, -1, SIGNER_CLASS);
  lua_pop(L, 1);
  return object->signer;
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

/* Adds the header or headers at the top of the stack: a string or a list of strings. Stack index
 * HEADERS keeps their strings alive. */
static void add_values(lua_State *L, struct signing *signing, const char *name,
                       size_t name_length) {
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t length;
    const char *value = lua_tolstring(L, -1, &length);
    add_header(L, signing, name, name_length, value, length);
    return;
  }
  size_t count;
  const char *what = lua_pushfstring(L, "header %s", name);
  const struct list_string *values = push_strings(L, -2, what, MAX_HEADERS, &count);
  for (size_t i = 0; i < count; i++)
    add_header(L, signing, name, name_length, values[i].bytes, values[i].length);
  lua_rawsetp(L, HEADERS, values); /* keeps the strings alive */
  lua_pop(L, 1);
}

static bool is_named(const struct list_string *names, size_t count, const char *name) {
  bool found = false;
  for (size_t i = 0; i < count && !found; i++)
    found = strcasecmp(names[i].bytes, name) == 0;
  return found;
}

/* Reads the headers of the options: those in `signed_headers`, or by default all that are signed by
 * custom. */
static void take_headers(lua_State *L, struct signing *signing) {
  const struct list_string *chosen = NULL;
  size_t count = 0;
  lua_newtable(L);
  lua_replace(L, HEADERS);
  if (push_field(L, OPTIONS, "signed_headers") != LUA_TNIL)
    chosen = push_strings(L, -1, "signed_headers", MAX_SIGNED, &count);
  int type = push_field(L, OPTIONS, "headers");
  if (type == LUA_TNIL)
    return;
  luaL_argcheck(L, type == LUA_TTABLE, OPTIONS, "headers: a table expected");
  copy_table(L, -1);
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "headers: names must be strings");
    size_t length;
    const char *name = lua_tolstring(L, -2, &length);
    if (chosen ? is_named(chosen, count, name) : !is_unsigned(name))
      add_values(L, signing, name, length);
  }
}

/* Splits https://host/path?query or, if `target` is given, the path and query as received. */
static void take_target(lua_State *L, int options, struct signing *signing) {
  size_t length;
  const char *target = opt_field_string(L, options, "target", &length);
  luaL_argcheck(L, !target || push_field(L, options, "url") == LUA_TNIL, options,
                "url or target expected, not both");
  if (!target) {
    const char *url = check_field_string(L, options, "url", &length);
    signing->url = url;
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

static void take_date(lua_State *L, struct signing *signing) {
  size_t length;
  const char *date = opt_field_string(L, OPTIONS, "amz_date", &length);
  lua_Number time = opt_field_number(L, OPTIONS, "time", -1);
  luaL_argcheck(L, !date || time == -1, OPTIONS, "time or amz_date expected, not both");
  if (date) {
    luaL_argcheck(L, length == SIGV4_DATE - 1, OPTIONS, "amz_date: 20150830T123600Z expected");
    memcpy(signing->scope.date, date, SIGV4_DATE);
  } else if (!sigv4_date(time, signing->scope.date)) {
    luaL_error(L, "time: seconds since 1970 expected");
  }
}

static void take_body(lua_State *L, struct signing *signing) {
  size_t length = 0;
  const char *hash = opt_field_text(L, OPTIONS, "payload_hash");
  push_field(L, OPTIONS, "body");
  const struct secret *secret = test_secret(L, -1);
  const char *body = secret ? secret->bytes : opt_field_string(L, OPTIONS, "body", &length);
  if (secret)
    length = secret->length;
  luaL_argcheck(L, !hash || !body, OPTIONS, "body or payload_hash expected, not both");
  if (!hash) {
    if (!sigv4_payload_hash(get_signer(L), body ? body : "", body ? length : 0,
                            signing->payload_hash))
      luaL_error(L, "not enough memory");
    hash = signing->payload_hash;
  }
  signing->request.payload_hash = hash;
}

/* Pushes a signing with the options that all three functions share. */
static struct signing *begin(lua_State *L, const char *const known[]) {
  check_fields(L, OPTIONS, known);
  lua_settop(L, OPTIONS);
  get_signer(L);
  struct signing *signing = take_signing(L);
  lua_pushnil(L); /* HEADERS */
  luaL_checkstack(L, MAX_PUSHED, NULL);
  push_field(L, OPTIONS, "credentials");
  signing->credentials = test_credentials(L, -1);
  if (!signing->credentials)
    luaL_error(L, "field 'credentials': credentials expected, got %s", luaL_typename(L, -1));
  signing->scope.region = check_field_text(L, OPTIONS, "region");
  signing->scope.service = check_field_text(L, OPTIONS, "service");
  const char *method = opt_field_text(L, OPTIONS, "method");
  signing->request.method = method ? method : "GET";
  signing->request.normalize = opt_field_boolean(L, OPTIONS, "normalize", 1) != 0;
  signing->request.raw_path = opt_field_boolean(L, OPTIONS, "raw_path", 0) != 0;
  signing->sign_body = opt_field_boolean(L, OPTIONS, "sign_body", false) != 0;
  signing->steps = opt_field_boolean(L, OPTIONS, "steps", false) != 0;
  signing->omit_token = opt_field_boolean(L, OPTIONS, "omit_session_token", false) != 0;
  signing->expires = opt_field_int(L, OPTIONS, "expires", 1, MAX_EXPIRES, 900);
  take_target(L, OPTIONS, signing);
  take_headers(L, signing);
  take_date(L, signing);
  take_body(L, signing);
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

/* The options of sign and presign. Both accept all of them, so that one table serves both. */
static const char *const request_fields[] = {
    "method",      "url",     "headers",   "body",  "payload_hash",
    "credentials", "region",  "service",   "time",  "amz_date",
    "normalize",   "expires", "sign_body", "steps", "omit_session_token",
    "raw_path",    NULL};

/* sign { method, url, headers = {}, body, credentials, region, service, time, [sign_body,]
 * [normalize = true,] [raw_path,]
 *        [omit_session_token,] [steps] }
 *   --> { Authorization, ["X-Amz-Date"], ... } [, { canonical_request, string_to_sign, signature, signed_headers }]
 * Returns the headers to add to a request; X-Amz-Security-Token and X-Amz-Content-Sha256 are among
 * them if they apply. With `steps`, it also returns the steps of the signature. `time` is in
 * seconds since 1970; `amz_date` can replace it ("20150830T123600Z"), and `payload_hash` the body.
 * The values of `headers` are strings or lists of strings; Host is that of the URL unless given.
 * With `raw_path`, the path is signed as it is sent, as S3 expects it; otherwise it is encoded a second
 * time. The body is a string or a secret. With `sign_body`, the hash of the body is sent as a header too. The session token is a sealed
 * secret, which lanyard.http accepts; only the canonical request of the steps shows it. */
static int sign(lua_State *L) {
  struct signing *signing = begin(L, request_fields);
  const struct secret *token = &signing->credentials->session_token;
  bool sign_token = token->bytes && !signing->omit_token;
  sign_host(L, signing);
  add_header(L, signing, "x-amz-date", 10, signing->scope.date, SIGV4_DATE - 1);
  if (sign_token)
    add_own_header(L, signing, "x-amz-security-token", token);
  if (signing->sign_body)
    add_header(L, signing, "x-amz-content-sha256", 20, signing->request.payload_hash,
               strlen(signing->request.payload_hash));
  finish(L, signing);

  lua_createtable(L, 0, 4);
  lua_pushstring(L, signing->scope.date);
  lua_setfield(L, -2, "X-Amz-Date");
  if (token->bytes) {
    push_secret(L, token->bytes, token->length);
    lua_setfield(L, -2, "X-Amz-Security-Token");
  }
  if (signing->sign_body) {
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
  if (signing->steps)
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
 * are as in sign. The URL contains the session token: keep it secret. */
static int presign(lua_State *L) {
  struct signing *signing = begin(L, request_fields);
  const struct secret *token = &signing->credentials->session_token;
  bool sign_token = token->bytes && !signing->omit_token;
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
  buf_addf(query, "&X-Amz-Expires=%d", (int)signing->expires);
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

  lua_pushlstring(L, signing->url,
                  (size_t)(signing->request.path - signing->url) + signing->request.path_length);
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
 * Returns the signature that a received request should have, for a server to compare. `url` can
 * replace the target. */
static int explain(lua_State *L) {
  static const char *const fields[] = {
      "method",         "target",       "url",         "headers",  "body",
      "signed_headers", "payload_hash", "credentials", "region",   "service",
      "amz_date",       "time",         "normalize",   "raw_path", NULL};
  struct signing *signing = begin(L, fields);
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
  lua_getglobal(L, "require"); /* registers the classes of secrets and credentials */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  struct signer_object *object = new_object(L, sizeof *object, 0, SIGNER_CLASS);
  object->signer = sigv4_signer_new();
  if (!object->signer)
    return luaL_error(L, "OpenSSL cannot compute SHA-256");
  lua_rawsetp(L, LUA_REGISTRYINDEX, &signer_key);
  luaL_newlib(L, functions);
  return 1;
}
