/* lanyard.crypto: hashes, base64, and comparison in constant time. */

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "lua/util.h"

#define HASHER_CLASS "lanyard.crypto.hasher"

static int hasher_gc(lua_State *L) {
  struct hasher **slot = luaL_checkudata(L, 1, HASHER_CLASS);
  hasher_free(*slot);
  *slot = NULL;
  return 0;
}

/* sha256_hex(text) --> string
 * Returns the SHA-256 digest of a text as 64 lowercase hexadecimal digits. */
static int sha256_hex(lua_State *L) {
  struct hasher **hasher = lua_touserdata(L, lua_upvalueindex(1));
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char hex[HASH_SHA256_HEX];
  if (!*hasher || !hash_sha256_hex(*hasher, text, length, hex))
    return luaL_error(L, "cannot compute a SHA-256 digest");
  lua_pushstring(L, hex);
  return 1;
}

/* sha256_base64(text) --> string
 * Returns the SHA-256 digest of a text in base64, the form of integrity attributes and Content
 * Security Policies. */
static int sha256_base64(lua_State *L) {
  struct hasher **hasher = lua_touserdata(L, lua_upvalueindex(1));
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  unsigned char digest[HASH_SHA256_SIZE];
  if (!*hasher || !hash_sha256(*hasher, text, length, digest))
    return luaL_error(L, "cannot compute a SHA-256 digest");
  struct buf out = {0};
  base64_add((const char *)digest, sizeof digest, &out);
  return push_buf(L, &out);
}

/* sha1_hex(text) --> string
 * Returns the SHA-1 digest of a text as 40 lowercase hexadecimal digits. Only for names that other
 * programs derive with SHA-1. */
static int sha1_hex(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char hex[HASH_SHA1_HEX];
  hash_sha1_hex(text, length, hex);
  lua_pushstring(L, hex);
  return 1;
}

/* base64(bytes) --> string
 * Encodes bytes in base64 with padding (RFC 4648). */
static int base64(lua_State *L) {
  size_t length;
  const char *bytes = luaL_checklstring(L, 1, &length);
  struct buf out = {0};
  base64_add(bytes, length, &out);
  return push_buf(L, &out);
}

/* equal(a, b) --> boolean
 * Compares two strings. The time does not depend on where strings of one length differ. */
static int equal(lua_State *L) {
  size_t a_length, b_length;
  const char *a = luaL_checklstring(L, 1, &a_length);
  const char *b = luaL_checklstring(L, 2, &b_length);
  lua_pushboolean(L, a_length == b_length && hash_equal(a, b, a_length));
  return 1;
}

MODULE_API int luaopen_lanyard_crypto(lua_State *L) {
  static const luaL_Reg hasher_meta[] = {{"__gc", hasher_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"sha256_hex", sha256_hex}, {"sha256_base64", sha256_base64},
                                       {"sha1_hex", sha1_hex},     {"base64", base64},
                                       {"equal", equal},           {NULL, NULL}};
  new_class(L, HASHER_CLASS, NULL, hasher_meta);
  luaL_newlibtable(L, functions);
  struct hasher **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, HASHER_CLASS);
  *slot = hasher_new();
  if (!*slot)
    return luaL_error(L, "not enough memory");
  luaL_setfuncs(L, functions, 1);
  return 1;
}
