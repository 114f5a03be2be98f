/* lanyard.jws: signed proofs of possession of a private key. The key stays in C. */

#include "crypto/jws.h"
#include "lua/credentials.h"
#include "lua/util.h"

#include <string.h>

#define KEY_CLASS "lanyard.jws.key"
#define KEY_COST 4096 /* about how many bytes OpenSSL allocates for a key */

struct key_object {
  struct object object;
  struct jws_key *key;
};

/* key(pem) --> key | nil, err
 * Reads a private P-256 key in PEM, from a string or a secret. err.code is "InvalidKey". */
static int read_key(lua_State *L) {
  struct key_object *object = new_object(L, sizeof *object, 0, KEY_CLASS);
  const struct secret *secret = test_secret(L, 1);
  size_t length = secret ? secret->length : 0;
  const char *pem = secret ? secret->bytes : luaL_checklstring(L, 1, &length);
  enum jws_failure failure;
  use_library(L, LIBRARY_CRYPTO);
  object->key = jws_key_read(pem, length, &failure);
  if (failure == JWS_NO_MEMORY)
    return luaL_error(L, "not enough memory");
  if (!object->key)
    return push_error(L, "InvalidKey", "not a private P-256 key in PEM");
  collect_for(L, KEY_COST);
  return 1;
}

/* What the header cannot contain, because the type is written without escapes. */
static const char unquotable[] =
    "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14"
    "\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";

/* key:sign(type, payload) --> text
 * Returns a JSON Web Signature of a JSON payload, with the public key in its header. */
static int key_sign(lua_State *L) {
  size_t length;
  const char *type = check_text(L, 2), *payload = luaL_checklstring(L, 3, &length);
  luaL_argcheck(L, !type[strcspn(type, unquotable)], 2,
                "a type without quotes, backslashes and control characters expected");
  const struct key_object *object = check_object(L, 1, KEY_CLASS);
  if (!object->key)
    return luaL_error(L, "the key is closed");
  struct buf out = {0};
  if (!jws_sign(object->key, type, payload, length, &out)) {
    buf_free(&out);
    return luaL_error(L, "cannot sign");
  }
  return push_buf(L, &out);
}

static int key_gc(lua_State *L) {
  struct key_object *object = end_object(L, 1, KEY_CLASS);
  if (object)
    jws_key_free(object->key);
  return 0;
}

static int key_tostring(lua_State *L) {
  lua_pushliteral(L, "key: ***");
  return 1;
}

MODULE_API int luaopen_lanyard_jws(lua_State *L) {
  static const luaL_Reg methods[] = {{"sign", key_sign}, {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", key_gc}, {"__close", key_gc}, {"__tostring", key_tostring}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"key", read_key}, {NULL, NULL}};
  new_class(L, KEY_CLASS, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}
