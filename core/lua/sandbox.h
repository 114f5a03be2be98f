#ifndef LANYARD_LUA_SANDBOX_H
#define LANYARD_LUA_SANDBOX_H

#include "lua/sandbox_limits.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The parts of the module lanyard.sandbox: the library inside a box, and copies of values. */

/* sandbox_count_numbers returns how many numbers of five or more characters a Lua text contains, not
 * counting strings and comments. */
size_t sandbox_count_numbers(const char *text, size_t length);

/* string.find, match, gmatch and gsub. They charge for each comparison. */
int sandbox_find(lua_State *L);
int sandbox_match(lua_State *L);
int sandbox_gmatch(lua_State *L);
int sandbox_gsub(lua_State *L);

/* sandbox_open_library sets the globals of the box. It raises an error if there is not enough
 * memory. */
void sandbox_open_library(lua_State *L);

/* The limits and the outcome of a copy from one state to another. */
struct sandbox_copy {
  size_t bytes;     /* left */
  int64_t deadline; /* by sandbox_clock */
  size_t values;    /* copied */
  bool late;        /* after a failure: the deadline has passed */
  char problem[64]; /* after a failure: the kind of value that cannot be copied */
  char member[64];  /* after a failure: the member of a table, with a colon; or empty */
};

/* sandbox_copy copies a value as plain data (nil, booleans, numbers, strings, tables of these) and
 * pushes it onto `to`. It only reads `from` and runs nothing there, so it never raises an error in
 * `from`; in `to` it raises one if there is not enough memory. It returns false, without a usable
 * value, if the value is not plain data. */
bool sandbox_copy(struct sandbox_copy *copy, lua_State *from, int index, lua_State *to);

#endif
