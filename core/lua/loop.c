#include "lua/loop.h"

#include "lua/util.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#define LOOP_CLASS "lanyard.loop"
#define TIMER_CLASS "lanyard.loop.timer"
#define WATCH_CLASS "lanyard.loop.watch"
#define SIGNAL_CLASS "lanyard.loop.signal"

static const char loop_key;
static const char retained_key; /* [address of an operation] = its userdata */

static int loop_gc(lua_State *L) {
  struct loop **slot = luaL_checkudata(L, 1, LOOP_CLASS);
  loop_free(*slot);
  *slot = NULL;
  return 0;
}

struct loop *lua_loop(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loop_key) == LUA_TUSERDATA) {
    struct loop **kept = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return *kept;
  }
  lua_pop(L, 1);
  static const luaL_Reg meta[] = {{"__gc", loop_gc}, {NULL, NULL}};
  new_class(L, LOOP_CLASS, NULL, meta);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &retained_key);
  struct loop **slot = lua_newuserdatauv(L, sizeof *slot, 0);
  *slot = NULL;
  luaL_setmetatable(L, LOOP_CLASS);
  *slot = loop_new();
  if (!*slot)
    luaL_error(L, "cannot start the event loop: %s", strerror(errno));
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loop_key);
  return *slot;
}

void lua_loop_retain(lua_State *L, struct loop_op *op) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, op);
  lua_pop(L, 1);
}

void lua_loop_release(lua_State *L, struct loop_op *op) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_pushnil(L);
  lua_rawsetp(L, -2, op);
  lua_pop(L, 1);
}

/* loop.step(block) --> list of operations | nil
 * Handles events, and returns the operations that have completed. Returns nil if nothing is left to
 * wait for. */
static int step(lua_State *L) {
  struct loop *loop = lua_loop(L);
  if (!loop_step(loop, lua_toboolean(L, 1))) {
    luaL_pushfail(L);
    return 1;
  }
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_Integer count = 0;
  for (struct loop_op *op; (op = loop_next_completed(loop));) {
    lua_rawgetp(L, -1, op);
    lua_rawseti(L, -3, ++count);
    lua_pushnil(L);
    lua_rawsetp(L, -2, op);
  }
  lua_pop(L, 1);
  return 1;
}

/* op:result() --> true. A timer, watch or signal has no other result. */
static int plain_result(lua_State *L) {
  lua_pushboolean(L, 1);
  return 1;
}

/* timer:cancel() */
static int timer_cancel(lua_State *L) {
  struct loop_timer *timer = luaL_checkudata(L, 1, TIMER_CLASS);
  if (timer->event) {
    loop_timer_stop(timer);
    lua_loop_release(L, &timer->op);
  }
  return 0;
}

static int timer_gc(lua_State *L) {
  loop_timer_stop(luaL_checkudata(L, 1, TIMER_CLASS));
  return 0;
}

/* watch:cancel() */
static int watch_cancel(lua_State *L) {
  struct loop_watch *watch = luaL_checkudata(L, 1, WATCH_CLASS);
  if (watch->event) {
    loop_watch_stop(watch);
    lua_loop_release(L, &watch->op);
  }
  return 0;
}

static int watch_gc(lua_State *L) {
  loop_watch_stop(luaL_checkudata(L, 1, WATCH_CLASS));
  return 0;
}

/* loop.timer(seconds) --> op */
static int start_timer(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, !isnan(seconds), 1, "a number of seconds expected");
  struct loop *loop = lua_loop(L);
  struct loop_timer *timer = lua_newuserdatauv(L, sizeof *timer, 0);
  memset(timer, 0, sizeof *timer);
  luaL_setmetatable(L, TIMER_CLASS);
  if (!loop_timer_start(loop, timer, seconds))
    return luaL_error(L, "not enough memory");
  lua_loop_retain(L, &timer->op);
  return 1;
}

/* loop.readable(fd) --> op
 * The operation completes when the descriptor has something to read or is at its end. Regular files
 * cannot be watched. */
static int start_readable(lua_State *L) {
  int fd = (int)luaL_checkinteger(L, 1);
  struct loop *loop = lua_loop(L);
  struct loop_watch *watch = lua_newuserdatauv(L, sizeof *watch, 0);
  memset(watch, 0, sizeof *watch);
  luaL_setmetatable(L, WATCH_CLASS);
  if (!loop_watch_start(loop, watch, fd))
    return luaL_error(L, "cannot wait for file descriptor %d: %s", fd, strerror(errno));
  lua_loop_retain(L, &watch->op);
  return 1;
}

/* waiter:cancel() */
static int signal_cancel(lua_State *L) {
  struct loop_signal *waiter = luaL_checkudata(L, 1, SIGNAL_CLASS);
  if (waiter->op.loop) {
    loop_signal_stop(waiter);
    lua_loop_release(L, &waiter->op);
  }
  return 0;
}

static int signal_gc(lua_State *L) {
  struct loop_signal *waiter = luaL_checkudata(L, 1, SIGNAL_CLASS);
  if (waiter->op.loop)
    loop_signal_stop(waiter);
  return 0;
}

/* Reports whether the program was started with the signal ignored (nohup). */
static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* loop.signal("INT" | "TERM" | "HUP") --> op | nil
 * The operation completes at the first delivery. Returns nil if SIGHUP is ignored, which it then
 * remains. */
static int start_signal(lua_State *L) {
  static const char *const names[] = {"INT", "TERM", "HUP", NULL};
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  int number = numbers[luaL_checkoption(L, 1, NULL, names)];
  if (number == SIGHUP && is_ignored(number)) {
    luaL_pushfail(L);
    return 1;
  }
  struct loop *loop = lua_loop(L);
  struct loop_signal *waiter = lua_newuserdatauv(L, sizeof *waiter, 0);
  memset(waiter, 0, sizeof *waiter);
  luaL_setmetatable(L, SIGNAL_CLASS);
  if (!loop_signal_start(loop, waiter, number))
    return luaL_error(L, "cannot wait for a signal: %s", strerror(errno));
  lua_loop_retain(L, &waiter->op);
  return 1;
}

/* loop.now() --> number
 * Returns the seconds of a monotonic clock. */
static int now(lua_State *L) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  lua_pushnumber(L, (lua_Number)time.tv_sec + (lua_Number)time.tv_nsec / 1e9);
  return 1;
}

MODULE_API int luaopen_lanyard_loop(lua_State *L) {
  static const luaL_Reg timer_methods[] = {
      {"cancel", timer_cancel}, {"result", plain_result}, {NULL, NULL}};
  static const luaL_Reg timer_meta[] = {{"__gc", timer_gc}, {NULL, NULL}};
  static const luaL_Reg watch_methods[] = {
      {"cancel", watch_cancel}, {"result", plain_result}, {NULL, NULL}};
  static const luaL_Reg watch_meta[] = {{"__gc", watch_gc}, {NULL, NULL}};
  static const luaL_Reg signal_methods[] = {
      {"cancel", signal_cancel}, {"result", plain_result}, {NULL, NULL}};
  static const luaL_Reg signal_meta[] = {{"__gc", signal_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"step", step},           {"timer", start_timer}, {"readable", start_readable},
      {"signal", start_signal}, {"now", now},           {NULL, NULL}};
  new_class(L, TIMER_CLASS, timer_methods, timer_meta);
  new_class(L, WATCH_CLASS, watch_methods, watch_meta);
  new_class(L, SIGNAL_CLASS, signal_methods, signal_meta);
  lua_loop(L);
  luaL_newlib(L, functions);
  return 1;
}
