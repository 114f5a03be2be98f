#ifndef LANYARD_LUA_STREAM_H
#define LANYARD_LUA_STREAM_H

#include <lua.h>
#include <stdbool.h>
#include <stdint.h>

/* The files of lanyard.stream, for the C modules that read and write them. */

struct stream {
  int fd;
  bool writes;
  uint64_t length; /* of a file that is read, when it was opened */
};

/* test_stream returns the open stream at a stack index, or NULL if there is none. */
const struct stream *test_stream(lua_State *L, int index);

#endif
