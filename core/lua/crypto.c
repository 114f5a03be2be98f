/* lanyard.crypto: hashes, base64, and comparison in constant time. */

#include "crypto/base64.h"
#include "crypto/hash.h"
#include "lua/util.h"

#define HASHER_CLASS "lanyard.crypto.hasher"

struct hasher_object {
  struct object object;
  struct hasher *hasher;
};

static int hasher_gc(lua_State *L) {
  struct hasher_object *object = end_object(L, 1, HASHER_CLASS);
  if (object)
    hasher_free(object->hasher);
  return 0;
}

/* Returns the hasher that the functions of this module share. The first call creates it, because most commands load
 * the module and hash nothing. */
static struct hasher *shared_hasher(lua_State *L) {
  struct hasher_object *object = check_object(L, lua_upvalueindex(1), HASHER_CLASS);
  if (!object->hasher) {
    use_library(L, LIBRARY_CRYPTO);
    object->hasher = hasher_new();
  }
  if (!object->hasher)
    luaL_error(L, "OpenSSL cannot compute SHA-256");
  return object->hasher;
}

/* sha256_hex(text) --> string
 * Returns the SHA-256 digest of a text as 64 lowercase hexadecimal digits. */
static int sha256_hex(lua_State *L) {
  struct hasher *hasher = shared_hasher(L);
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  char hex[HASH_SHA256_HEX];
  if (!hash_sha256_hex(hasher, text, length, hex))
    return luaL_error(L, "cannot compute a SHA-256 digest");
  lua_pushstring(L, hex);
  return 1;
}

/* sha256_base64(text) --> string
 * Returns the SHA-256 digest of a text in base64, the form of integrity attributes and Content
 * Security Policies. */
static int sha256_base64(lua_State *L) {
  struct hasher *hasher = shared_hasher(L);
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  unsigned char digest[HASH_SHA256_SIZE];
  if (!hash_sha256(hasher, text, length, digest))
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
  use_library(L, LIBRARY_CRYPTO);
  if (!hash_sha1_hex(text, length, hex))
    return luaL_error(L, "cannot compute a SHA-1 digest");
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

/* base64_decode(text) --> string | nil
 * Decodes base64 with padding; white space is skipped. Returns nil for a text that is not base64. */
static int base64_decode(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct buf out = {0};
  if (base64_parse(text, length, &out))
    return push_buf(L, &out);
  buf_free(&out);
  lua_pushnil(L);
  return 1;
}

/* equal(a, b) --> boolean
 * Compares two strings. The time does not depend on where strings of one length differ. */
static int equal(lua_State *L) {
  size_t a_length, b_length;
  const char *a = luaL_checklstring(L, 1, &a_length);
  const char *b = luaL_checklstring(L, 2, &b_length);
  use_library(L, LIBRARY_CRYPTO);
  lua_pushboolean(L, a_length == b_length && hash_equal(a, b, a_length));
  return 1;
}

MODULE_API int luaopen_lanyard_crypto(lua_State *L) {
  static const luaL_Reg hasher_meta[] = {{"__gc", hasher_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"sha256_hex", sha256_hex},
                                       {"sha256_base64", sha256_base64},
                                       {"sha1_hex", sha1_hex},
                                       {"base64", base64},
                                       {"base64_decode", base64_decode},
                                       {"equal", equal},
                                       {NULL, NULL}};
  new_class(L, HASHER_CLASS, NULL, hasher_meta);
  luaL_newlibtable(L, functions);
  new_object(L, sizeof(struct hasher_object), 0, HASHER_CLASS);
  luaL_setfuncs(L, functions, 1);
  return 1;
}
