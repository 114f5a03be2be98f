#ifndef LANYARD_LUA_CREDENTIALS_H
#define LANYARD_LUA_CREDENTIALS_H

#include "aws/credentials.h"

#include <lua.h>

/* About what malloc needs for itself. */
#define ALLOCATION_COST 32

/* test_credentials returns the credentials at a stack index, or NULL if there are none. */
const struct credentials *test_credentials(lua_State *L, int index);

/* test_secret returns the secret at a stack index, or NULL if there is none. */
const struct secret *test_secret(lua_State *L, int index);

/* push_secret pushes a sealed copy of the bytes, of which secret:unseal shows nothing. */
void push_secret(lua_State *L, const char *bytes, size_t length);

/* push_secret_buf pushes the bytes of a buffer as a secret, without a copy. secret:unseal shows what
 * is not in the members that it is asked to seal. The buffer is empty afterwards. */
void push_secret_buf(lua_State *L, struct buf *buf);

/* The functions of lanyard.credentials in secret.c, and the classes of what they return. */
int secret_lua_new(lua_State *L);
int secret_lua_join(lua_State *L);
void new_secret_classes(lua_State *L);

#endif
