/* lanyard.jws: signed proofs of possession of a private key. The key stays in C. */

#include "crypto/jws.h"
#include "lua/credentials.h"
#include "lua/util.h"

#define KEY_CLASS "lanyard.jws.key"

/* key(pem) --> key | nil, err
 * Reads a private P-256 key in PEM, from a string or a secret. err.code is "InvalidKey". */
static int read_key(lua_State *L) {
  const struct secret *secret = test_secret(L, 1);
  size_t length = secret ? secret->length : 0;
  const char *pem = secret ? secret->bytes : luaL_checklstring(L, 1, &length);
  struct jws_key **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, KEY_CLASS);
  *slot = jws_key_read(pem, length);
  if (!*slot)
    return push_error(L, "InvalidKey", "not a private P-256 key in PEM");
  return 1;
}

/* key:sign(type, payload) --> text
 * Returns a JSON Web Signature of a JSON payload, with the public key in its header. */
static int key_sign(lua_State *L) {
  struct jws_key **slot = luaL_checkudata(L, 1, KEY_CLASS);
  const char *type = luaL_checkstring(L, 2);
  size_t length;
  const char *payload = luaL_checklstring(L, 3, &length);
  luaL_argcheck(L, *slot, 1, "the key is closed");
  struct buf out = {0};
  if (!jws_sign(*slot, type, payload, length, &out)) {
    buf_free(&out);
    return luaL_error(L, "cannot sign");
  }
  return push_buf(L, &out);
}

static int key_gc(lua_State *L) {
  struct jws_key **slot = luaL_checkudata(L, 1, KEY_CLASS);
  jws_key_free(*slot);
  *slot = NULL;
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
