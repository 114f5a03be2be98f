/* lanyard.arn: Amazon Resource Names. */

#include "policy/arn.h"
#include "lua/util.h"

static void set_part(lua_State *L, const char *name, struct arn_part part) {
  lua_pushlstring(L, part.text, part.length);
  lua_setfield(L, -2, name);
}

/* arn.parse(text) --> { partition, service, region, account, resource } | nil, err */
static int arn_parse_text(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  struct arn arn;
  if (!arn_parse(text, length, &arn))
    return push_error(L, "InvalidArn",
                      "not an ARN (arn:partition:service:region:account:resource): '%s'",
                      luaL_gsub(L, text, "\n", " "));
  lua_createtable(L, 0, 5);
  set_part(L, "partition", arn.partition);
  set_part(L, "service", arn.service);
  set_part(L, "region", arn.region);
  set_part(L, "account", arn.account);
  set_part(L, "resource", arn.resource);
  return 1;
}

static const luaL_Reg functions[] = {{"parse", arn_parse_text}, {NULL, NULL}};

MODULE_API int luaopen_lanyard_arn(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
