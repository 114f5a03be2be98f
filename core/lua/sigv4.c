/* lanyard.sigv4: AWS Signature Version 4, and 4a. */

#include "lua/credentials.h"
#include "lua/signing.h"

#include <string.h>
#include <strings.h>

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
  signing_header(L, signing, name, strlen(name), value->bytes, value->length);
}

/* Adds the host of the URL, unless the headers contain Host. */
static void sign_host(lua_State *L, struct signing *signing) {
  for (size_t i = 0; i < signing->request.header_count; i++) {
    if (strcasecmp(signing->headers[i].name, "host") == 0)
      return;
  }
  if (signing->host)
    signing_header(L, signing, "host", 4, signing->host, signing->host_length);
}

/* The options of sign and presign. Both accept all of them, so that one table serves both. */
static const char *const request_fields[] = {
    "method",      "url",        "headers",   "body",  "payload_hash",
    "credentials", "region",     "service",   "time",  "amz_date",
    "normalize",   "expires",    "sign_body", "steps", "omit_session_token",
    "raw_path",    "region_set", NULL};

/* Computes the signature of the request in the options. */
static struct signing *compute(lua_State *L, const char *const known[]) {
  struct signing *signing = signing_begin(L, known);
  const struct secret *token = &signing->credentials->session_token;
  sign_host(L, signing);
  signing_header(L, signing, "x-amz-date", 10, signing->scope.date, SIGV4_DATE - 1);
  if (signing->scope.asymmetric)
    signing_header(L, signing, "x-amz-region-set", 16, signing->scope.region,
                   strlen(signing->scope.region));
  if (token->bytes && !signing->omit_token)
    add_own_header(L, signing, "x-amz-security-token", token);
  if (signing->sign_body)
    signing_header(L, signing, "x-amz-content-sha256", 20, signing->request.payload_hash,
                   strlen(signing->request.payload_hash));
  signing_finish(L, signing);
  return signing;
}

/* Sets a field of the table below it to the value at the top of the stack, without metamethods. */
static void set_header(lua_State *L, const char *name) {
  lua_pushstring(L, name);
  lua_insert(L, -2);
  lua_rawset(L, -3);
}

/* Adds the headers of a signed request to the table at the top of the stack. */
static void add_headers(lua_State *L, struct signing *signing) {
  const struct secret *token = &signing->credentials->session_token;
  lua_pushstring(L, signing->scope.date);
  set_header(L, "X-Amz-Date");
  if (signing->scope.asymmetric) {
    lua_pushstring(L, signing->scope.region);
    set_header(L, "X-Amz-Region-Set");
  }
  if (token->bytes) {
    push_secret(L, token->bytes, token->length);
    set_header(L, "X-Amz-Security-Token");
  }
  if (signing->sign_body) {
    lua_pushstring(L, signing->request.payload_hash);
    set_header(L, "X-Amz-Content-Sha256");
  }
  struct buf *line = &signing->query;
  buf_adds(line, sigv4_algorithm(&signing->scope));
  buf_adds(line, " Credential=");
  buf_adds(line, signing->credentials->access_key_id);
  buf_addc(line, '/');
  sigv4_credential_scope(&signing->scope, line);
  buf_adds(line, ", SignedHeaders=");
  buf_add(line, signing->names.data, signing->names.length);
  buf_adds(line, ", Signature=");
  buf_adds(line, signing->signature);
  if (line->failed)
    luaL_error(L, "not enough memory");
  lua_pushlstring(L, line->data, line->length);
  set_header(L, "Authorization");
}

/* sign { method, url, headers = {}, body, credentials, region, service, time, [sign_body,]
 *        [normalize = true,] [raw_path,] [omit_session_token,] [steps] }
 *   --> { Authorization, ["X-Amz-Date"], ... } [, { canonical_request, string_to_sign, signature, signed_headers }]
 * Returns the headers to add to a request; X-Amz-Security-Token and X-Amz-Content-Sha256 are among
 * them if they apply. With `steps`, it also returns the steps of the signature. `time` is in
 * seconds since 1970; `amz_date` can replace it ("20150830T123600Z"), and `payload_hash` the body.
 * The values of `headers` are strings, secrets or lists of strings; Host is that of the URL unless given.
 * With `raw_path`, the path is signed as it is sent, as S3 expects it; otherwise it is encoded a second
 * time. With `region_set` in place of `region`, such as "*" or "us-east-1,eu-west-1", the signature is one
 * of Version 4a. The body is a string or a secret. With `sign_body`, the hash of the body is sent as a
 * header too. The session token is a sealed secret, which lanyard.http accepts; only the canonical request
 * of the steps shows it. */
static int sign(lua_State *L) {
  struct signing *signing = compute(L, request_fields);
  lua_createtable(L, 0, 4);
  add_headers(L, signing);
  if (signing->steps)
    push_steps(L, signing);
  else
    lua_pushnil(L);
  signing_put_back(L);
  return 2;
}

/* sign_request(request)
 * Signs a request of lanyard.http: adds the headers that sign returns to request.headers. The request has the
 * options of sign, and may have other fields, which are ignored. */
static int sign_request(lua_State *L) {
  struct signing *signing = compute(L, NULL);
  luaL_argcheck(L, push_field(L, SIGNING_OPTIONS, "headers") == LUA_TTABLE, SIGNING_OPTIONS,
                "headers: a table expected");
  add_headers(L, signing);
  signing_put_back(L);
  return 0;
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
  struct signing *signing = signing_begin(L, request_fields);
  const struct secret *token = &signing->credentials->session_token;
  bool sign_token = token->bytes && !signing->omit_token;
  sign_host(L, signing);

  struct buf *query = &signing->query;
  buf_add(query, signing->request.query, signing->request.query_length);
  const char *algorithm = sigv4_algorithm(&signing->scope);
  add_parameter(query, "X-Amz-Algorithm", algorithm, strlen(algorithm));
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
  if (signing->scope.asymmetric)
    add_parameter(query, "X-Amz-Region-Set", signing->scope.region, strlen(signing->scope.region));
  if (sign_token)
    add_parameter(query, "X-Amz-Security-Token", token->bytes, token->length);
  if (query->failed)
    return luaL_error(L, "not enough memory");
  signing->request.query = query->data;
  signing->request.query_length = query->length;
  signing_finish(L, signing);
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
  signing_put_back(L);
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
  struct signing *signing = signing_begin(L, fields);
  signing_finish(L, signing);
  push_steps(L, signing);
  signing_put_back(L);
  return 1;
}

MODULE_API int luaopen_lanyard_sigv4(lua_State *L) {
  static const luaL_Reg functions[] = {{"sign", sign},
                                       {"sign_request", sign_request},
                                       {"presign", presign},
                                       {"explain", explain},
                                       {NULL, NULL}};
  lua_getglobal(L, "require"); /* registers the classes of secrets and credentials */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  signing_open(L);
  luaL_newlib(L, functions);
  return 1;
}
