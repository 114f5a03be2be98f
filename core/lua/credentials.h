#ifndef LANYARD_LUA_CREDENTIALS_H
#define LANYARD_LUA_CREDENTIALS_H

#include "aws/credentials.h"

#include <lua.h>

/* The credentials at a stack position; raises when there are none. */
const struct credentials *check_credentials(lua_State *L, int index);

/* The sealed bytes at a stack position, or NULL when there are none. */
const struct secret *test_secret(lua_State *L, int index);

/* Pushes a sealed copy of these bytes. */
void push_secret(lua_State *L, const char *bytes, size_t length);

/* Pushes the bytes of a buffer sealed, without a copy; the buffer is empty then. */
void push_secret_buf(lua_State *L, struct buf *buf);

#endif
