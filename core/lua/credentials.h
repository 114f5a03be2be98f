#ifndef LANYARD_LUA_CREDENTIALS_H
#define LANYARD_LUA_CREDENTIALS_H

#include "aws/credentials.h"

#include <lua.h>

/* check_credentials returns the credentials at a stack index, or raises an error. */
const struct credentials *check_credentials(lua_State *L, int index);

/* test_secret returns the secret at a stack index, or NULL if there is none. */
const struct secret *test_secret(lua_State *L, int index);

/* push_secret pushes a sealed copy of the bytes. */
void push_secret(lua_State *L, const char *bytes, size_t length);

/* push_secret_buf pushes the bytes of a buffer as a secret, without a copy. The buffer is empty
 * afterwards. */
void push_secret_buf(lua_State *L, struct buf *buf);

#endif
