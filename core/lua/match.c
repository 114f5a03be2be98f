/* lanyard.match: the wildcards of IAM policies, also used for names of repositories. */

#include "base/match.h"
#include "lua/util.h"

/* match.glob(pattern, text [, ignore_case]) --> boolean
 * `*` matches any bytes, `?` one character. */
static int glob(lua_State *L) {
  size_t pattern_length;
  size_t text_length;
  const char *pattern = luaL_checklstring(L, 1, &pattern_length);
  const char *text = luaL_checklstring(L, 2, &text_length);
  lua_pushboolean(L,
                  match_glob(pattern, pattern_length, text, text_length, lua_toboolean(L, 3) != 0));
  return 1;
}

static const luaL_Reg functions[] = {{"glob", glob}, {NULL, NULL}};

MODULE_API int luaopen_lanyard_match(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
