/* Makes an allocation of the process fail, for the specs of tests/torture. Not part of the product. It is loaded with
 * LD_PRELOAD into lua5.4, which then requires it as `allocations`:
 *
 *   allocations.fail(n)          -- the n-th allocation from now fails
 *   allocations.fail(n, true)    -- and all that follow
 *   allocations.stop()           --> how many there were
 */

#include <errno.h>
#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);

static long at, calls;
static bool always;

static bool may_allocate(void) {
  if (at == 0)
    return true;
  calls++;
  if (calls != at && !(always && calls > at))
    return true;
  errno = ENOMEM;
  return false;
}

__attribute__((visibility("default"))) void *malloc(size_t size) {
  return may_allocate() ? __libc_malloc(size) : NULL;
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  return may_allocate() ? __libc_calloc(count, size) : NULL;
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
  return size == 0 || may_allocate() ? __libc_realloc(block, size) : NULL;
}

static int fail(lua_State *L) {
  long number = (long)luaL_checkinteger(L, 1);
  always = lua_toboolean(L, 2);
  calls = 0;
  at = number;
  return 0;
}

static int stop(lua_State *L) {
  at = 0;
  lua_pushinteger(L, calls);
  return 1;
}

__attribute__((visibility("default"))) int luaopen_allocations(lua_State *L);
int luaopen_allocations(lua_State *L) {
  static const luaL_Reg functions[] = {{"fail", fail}, {"stop", stop}, {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
