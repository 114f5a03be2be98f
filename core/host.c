/* lanyard.system for the program that writes the index of models (models.lua): it only reads. */

#include "lua/files.h"
#include "lua/interrupt.h"
#include "lua/util.h"

MODULE_API int luaopen_lanyard_system(lua_State *L) {
  lua_newtable(L);
  luaL_setfuncs(L, reading_functions, 0);
  return 1;
}

/* The host has no handlers of signals: a signal ends it. */
void interrupt_raise(lua_State *L) {
  (void)L;
}
