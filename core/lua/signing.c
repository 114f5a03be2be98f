/* The state of a signing in Lua, and its options. */

#include "lua/signing.h"

#include "lua/credentials.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SIGNER_CLASS "lanyard.sigv4.signer"
#define SIGNING_CLASS "lanyard.sigv4.signing"
#define MAX_EXPIRES 604800 /* seconds: AWS accepts seven days */

enum { MAX_PUSHED = 30, MAX_SIGNED = 1000 };

static const char signer_key;
static const char spare_key; /* a finished signing, for reuse */

struct signer_object {
  struct object object;
  struct sigv4_signer *signer;
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
  struct signing *signing = take_spare(L, &spare_key, sizeof *signing, SIGNING_CLASS);
  signing->query.secret = signing->canonical.secret = true; /* they contain the session token */
  signing->request = (struct sigv4_request){.headers = signing->headers};
  signing->url = signing->host = NULL;
  return signing;
}

void signing_put_back(lua_State *L) {
  struct signing *signing = lua_touserdata(L, SIGNING_OBJECT);
  buf_reset(&signing->query);
  buf_reset(&signing->canonical);
  buf_reset(&signing->text);
  buf_reset(&signing->names);
  put_spare(L, SIGNING_OBJECT, &spare_key);
}

static int signer_gc(lua_State *L) {
  struct signer_object *object = end_object(L, 1, SIGNER_CLASS);
  if (object)
    sigv4_signer_free(object->signer);
  return 0;
}

/* Returns the signer of this Lua state. The first call creates it. */
static struct sigv4_signer *get_signer(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &signer_key);
  struct signer_object *object = check_object(L, -1, SIGNER_CLASS);
  lua_pop(L, 1);
  if (!object->signer) {
    use_library(L, LIBRARY_CRYPTO);
    object->signer = sigv4_signer_new();
  }
  if (!object->signer)
    luaL_error(L, "OpenSSL cannot compute SHA-256");
  return object->signer;
}

void signing_header(lua_State *L, struct signing *signing, const char *name, size_t name_length,
                    const char *value, size_t value_length) {
  if (signing->request.header_count == SIGNING_HEADERS)
    luaL_error(L, "more than %d headers to sign", SIGNING_HEADERS);
  signing->headers[signing->request.header_count++] =
      (struct sigv4_header){name, name_length, value, value_length, false};
}

/* Reports whether a header stays unsigned: proxies and libraries may change it. */
static bool is_unsigned(const char *name, size_t length) {
#define NAME(text)                                                                                 \
  { text, sizeof text - 1 }
  static const struct {
    const char *text;
    size_t length;
  } names[] = {NAME("accept-encoding"), NAME("authorization"), NAME("connection"),
               NAME("expect"),          NAME("user-agent"),    NAME("transfer-encoding"),
               NAME("x-amzn-trace-id")};
#undef NAME
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (length == names[i].length && strcasecmp(name, names[i].text) == 0)
      return true;
  }
  return false;
}

/* Adds the header or headers at the top of the stack: a string, a secret or a list of strings. Stack index
 * SIGNING_TABLE keeps their strings alive. */
static void add_values(lua_State *L, struct signing *signing, const char *name,
                       size_t name_length) {
  if (lua_type(L, -1) == LUA_TSTRING) {
    size_t length;
    const char *value = lua_tolstring(L, -1, &length);
    signing_header(L, signing, name, name_length, value, length);
    return;
  }
  const struct secret *secret = test_secret(L, -1);
  if (secret) {
    signing_header(L, signing, name, name_length, secret->bytes, secret->length);
    return;
  }
  size_t count;
  const char *what = lua_pushfstring(L, "header %s", name);
  const struct list_string *values = push_strings(L, -2, what, SIGNING_HEADERS, &count);
  for (size_t i = 0; i < count; i++)
    signing_header(L, signing, name, name_length, values[i].bytes, values[i].length);
  lua_rawsetp(L, SIGNING_TABLE, values); /* keeps the strings alive */
  lua_pop(L, 1);
}

static bool is_named(const struct list_string *names, size_t count, const char *name) {
  bool found = false;
  for (size_t i = 0; i < count && !found; i++)
    found = strcasecmp(names[i].bytes, name) == 0;
  return found;
}

static bool has_lists(lua_State *L, int table) {
  bool found = false;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
    found = found || lua_type(L, -1) == LUA_TTABLE;
  return found;
}

/* Reads the headers of the options: those in `signed_headers`, or by default all that are signed by
 * custom. The strings are not copied, so this is the last step before the signature: from here on, the
 * collector does not run. Lists are copied first, because reading one allocates memory of Lua. */
static void take_headers(lua_State *L, struct signing *signing) {
  const struct list_string *chosen = NULL;
  size_t count = 0;
  if (push_field(L, SIGNING_OPTIONS, "signed_headers") != LUA_TNIL)
    chosen = push_strings(L, -1, "signed_headers", MAX_SIGNED, &count);
  int type = push_field(L, SIGNING_OPTIONS, "headers");
  if (type == LUA_TNIL)
    return;
  luaL_argcheck(L, type == LUA_TTABLE, SIGNING_OPTIONS, "headers: a table expected");
  int table = lua_gettop(L);
  if (has_lists(L, table)) {
    copy_table(L, table);
    lua_newtable(L);
    lua_replace(L, SIGNING_TABLE);
  }
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING)
      luaL_error(L, "headers: names must be strings");
    size_t length;
    const char *name = lua_tolstring(L, -2, &length);
    if (chosen ? is_named(chosen, count, name) : !is_unsigned(name, length))
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
  const char *date = opt_field_string(L, SIGNING_OPTIONS, "amz_date", &length);
  lua_Number time = opt_field_number(L, SIGNING_OPTIONS, "time", -1);
  luaL_argcheck(L, !date || time == -1, SIGNING_OPTIONS, "time or amz_date expected, not both");
  if (date) {
    luaL_argcheck(L, length == SIGV4_DATE - 1, SIGNING_OPTIONS,
                  "amz_date: 20150830T123600Z expected");
    memcpy(signing->scope.date, date, SIGV4_DATE);
  } else if (!sigv4_date(time, signing->scope.date)) {
    luaL_error(L, "time: seconds since 1970 expected");
  }
}

static void take_body(lua_State *L, struct signing *signing) {
  size_t length = 0;
  const char *hash = opt_field_text(L, SIGNING_OPTIONS, "payload_hash");
  push_field(L, SIGNING_OPTIONS, "body");
  const struct secret *secret = test_secret(L, -1);
  const char *body = secret ? secret->bytes : opt_field_string(L, SIGNING_OPTIONS, "body", &length);
  if (secret)
    length = secret->length;
  luaL_argcheck(L, !hash || !body, SIGNING_OPTIONS, "body or payload_hash expected, not both");
  if (!hash) {
    if (!sigv4_payload_hash(signing->signer, body ? body : "", body ? length : 0,
                            signing->payload_hash))
      luaL_error(L, "not enough memory");
    hash = signing->payload_hash;
  }
  signing->request.payload_hash = hash;
}

struct signing *signing_begin(lua_State *L, const char *const known[]) {
  if (known)
    check_names(L, SIGNING_OPTIONS, known);
  else
    luaL_checktype(L, SIGNING_OPTIONS, LUA_TTABLE);
  lua_settop(L, SIGNING_OPTIONS);
  struct sigv4_signer *signer = get_signer(L);
  struct signing *signing = take_signing(L);
  signing->signer = signer;
  lua_pushnil(L); /* SIGNING_TABLE */
  luaL_checkstack(L, MAX_PUSHED, NULL);
  push_field(L, SIGNING_OPTIONS, "credentials");
  signing->credentials = test_credentials(L, -1);
  if (!signing->credentials)
    luaL_error(L, "field 'credentials': credentials expected, got %s", luaL_typename(L, -1));
  const char *region_set = opt_field_text(L, SIGNING_OPTIONS, "region_set");
  signing->scope.asymmetric = region_set != NULL;
  signing->scope.region = region_set ? region_set : check_field_text(L, SIGNING_OPTIONS, "region");
  signing->scope.service = check_field_text(L, SIGNING_OPTIONS, "service");
  const char *method = opt_field_text(L, SIGNING_OPTIONS, "method");
  signing->request.method = method ? method : "GET";
  signing->request.normalize = opt_field_boolean(L, SIGNING_OPTIONS, "normalize", 1) != 0;
  signing->request.raw_path = opt_field_boolean(L, SIGNING_OPTIONS, "raw_path", 0) != 0;
  signing->sign_body = opt_field_boolean(L, SIGNING_OPTIONS, "sign_body", false) != 0;
  signing->steps = opt_field_boolean(L, SIGNING_OPTIONS, "steps", false) != 0;
  signing->omit_token = opt_field_boolean(L, SIGNING_OPTIONS, "omit_session_token", false) != 0;
  signing->expires = opt_field_int(L, SIGNING_OPTIONS, "expires", 1, MAX_EXPIRES, 900);
  take_target(L, SIGNING_OPTIONS, signing);
  take_date(L, signing);
  take_body(L, signing);
  take_headers(L, signing);
  return signing;
}

void signing_finish(lua_State *L, struct signing *signing) {
  sigv4_canonical_request(&signing->request, &signing->canonical);
  if (signing->canonical.failed)
    luaL_error(L, "not enough memory");
  buf_add(&signing->names, signing->canonical.data + signing->request.names_start,
          signing->request.names_length);
  sigv4_string_to_sign(signing->signer, &signing->scope, signing->canonical.data,
                       signing->canonical.length, &signing->text);
  if (signing->text.failed || signing->names.failed ||
      !sigv4_signature(signing->signer, signing->credentials, &signing->scope, signing->text.data,
                       signing->text.length, signing->signature))
    luaL_error(L, "not enough memory");
}

void signing_open(lua_State *L) {
  static const luaL_Reg signer_meta[] = {{"__gc", signer_gc}, {NULL, NULL}};
  static const luaL_Reg signing_meta[] = {{"__gc", signing_gc}, {NULL, NULL}};
  new_class(L, SIGNER_CLASS, NULL, signer_meta);
  new_class(L, SIGNING_CLASS, NULL, signing_meta);
  new_object(L, sizeof(struct signer_object), 0, SIGNER_CLASS);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &signer_key);
}
