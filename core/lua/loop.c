#include "lua/loop.h"

#include "base/descriptors.h"
#include "lua/interrupt.h"
#include "lua/util.h"

#include <errno.h>
#include <limits.h>
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

struct loop_object {
  struct object object;
  struct loop *loop;
};

static void end_operation(struct operation *operation) {
  operation->object.class = NULL;
  operation->stop(operation);
}

/* Lua collects the loop last, because it is older than every operation. But it does not collect an
 * operation that a finalizer has started while the state closes. */
static int loop_gc(lua_State *L) {
  struct loop_object *object = end_object(L, 1, LOOP_CLASS);
  if (!object)
    return 0;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
    struct operation *operation = lua_touserdata(L, -1);
    if (operation->object.class)
      end_operation(operation);
  }
  loop_free(object->loop);
  return 0;
}

/* The error has no source location, because every command shows it to a person. */
static void fail_start(lua_State *L, const char *why) {
  lua_pushfstring(L, "cannot start the event loop: %s", why);
  lua_error(L);
}

static void create_loop(lua_State *L) {
  static const luaL_Reg meta[] = {{"__gc", loop_gc}, {NULL, NULL}};
  new_class(L, LOOP_CLASS, NULL, meta);
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &retained_key);
  struct loop_object *object = new_object(L, sizeof *object, 0, LOOP_CLASS);
  object->loop = loop_new();
  if (!object->loop)
    fail_start(L, error_text(errno));
  lua_rawsetp(L, LUA_REGISTRYINDEX, &loop_key);
}

struct loop *lua_loop(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loop_key) == LUA_TNIL) {
    create_loop(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &loop_key);
  }
  const struct loop_object *object = check_object(L, -1, LOOP_CLASS);
  lua_pop(L, 1);
  return object->loop;
}

void lua_loop_retain(lua_State *L) {
  const struct operation *operation = lua_touserdata(L, -1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, operation->op);
  lua_pop(L, 1);
}

/* Removes an operation from the retained ones without allocating memory. */
static void release(lua_State *L, const struct operation *operation) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_pushnil(L);
  lua_rawsetp(L, -2, operation->op);
  lua_pop(L, 1);
}

void *lua_loop_check_done(lua_State *L, int index, const char *class) {
  struct operation *operation = check_object(L, index, class);
  if (operation->op->state != LOOP_DONE)
    luaL_error(L, "the operation has not completed");
  return operation;
}

/* op:pending() --> boolean */
static int operation_pending(lua_State *L) {
  const struct operation *operation = test_object(L, 1, lua_tostring(L, lua_upvalueindex(1)));
  lua_pushboolean(L, operation && (operation->op->state == LOOP_STARTED ||
                                   operation->op->state == LOOP_QUEUED));
  return 1;
}

/* op:cancel(), also __gc */
static int operation_cancel(lua_State *L) {
  struct operation *operation = end_object(L, 1, lua_tostring(L, lua_upvalueindex(1)));
  if (operation) {
    operation->stop(operation);
    release(L, operation);
  }
  return 0;
}

void lua_loop_class(lua_State *L, const char *name, const luaL_Reg *methods) {
  new_class(L, name, methods, NULL);
  luaL_getmetatable(L, name);
  lua_pushstring(L, name);
  lua_pushcclosure(L, operation_cancel, 1);
  lua_setfield(L, -2, "__gc");
  lua_getfield(L, -1, "__index");
  lua_getfield(L, -2, "__gc");
  lua_setfield(L, -2, "cancel");
  lua_pushstring(L, name);
  lua_pushcclosure(L, operation_pending, 1);
  lua_setfield(L, -2, "pending");
  lua_pop(L, 2);
}

/* loop.step(block) --> list of operations | nil
 * Handles events, and returns the operations that have completed. Returns nil if nothing is left to
 * wait for. */
static int step(lua_State *L) {
  struct loop *loop = lua_loop(L);
  interrupt_delivered();
  if (!loop_step(loop, lua_toboolean(L, 1))) {
    luaL_pushfail(L);
    return 1;
  }
  lua_newtable(L);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &retained_key);
  lua_Integer count = 0;
  for (struct loop_op *op; (op = loop_first_completed(loop));) {
    lua_rawgetp(L, -1, op);
    lua_rawseti(L, -3, ++count); /* may raise an error; the operation is still in the queue then */
    loop_next_completed(loop);
    lua_pushnil(L);
    lua_rawsetp(L, -2, op);
  }
  lua_pop(L, 1);
  return 1;
}

struct timer {
  struct operation operation;
  struct loop_timer timer;
};

struct watch {
  struct operation operation;
  struct loop_watch watch;
};

struct waiter {
  struct operation operation;
  struct loop_signal waiter;
};

static void stop_timer(struct operation *operation) {
  loop_timer_stop(&((struct timer *)operation)->timer);
}

static void stop_watch(struct operation *operation) {
  loop_watch_stop(&((struct watch *)operation)->watch);
}

static void stop_signal(struct operation *operation) {
  loop_signal_stop(&((struct waiter *)operation)->waiter);
}

/* op:result() --> true. A timer, watch or signal has no other result. */
static int timer_result(lua_State *L) {
  lua_loop_check_done(L, 1, TIMER_CLASS);
  lua_pushboolean(L, 1);
  return 1;
}

static int watch_result(lua_State *L) {
  lua_loop_check_done(L, 1, WATCH_CLASS);
  lua_pushboolean(L, 1);
  return 1;
}

static int signal_result(lua_State *L) {
  lua_loop_check_done(L, 1, SIGNAL_CLASS);
  lua_pushboolean(L, 1);
  return 1;
}

/* loop.timer(seconds) --> op
 * A number below 0 counts as 0. A timer of more than 68 years completes after 68 years. */
static int start_timer(lua_State *L) {
  lua_Number seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, !isnan(seconds), 1, "a number of seconds expected");
  struct loop *loop = lua_loop(L);
  struct timer *object = new_object(L, sizeof *object, 0, TIMER_CLASS);
  object->operation.op = &object->timer.op;
  object->operation.stop = stop_timer;
  if (!loop_timer_start(loop, &object->timer, seconds))
    return luaL_error(L, "not enough memory");
  lua_loop_retain(L);
  return 1;
}

/* loop.readable(fd) --> op
 * The operation completes when the descriptor has something to read or is at its end. A regular file
 * is always readable. */
static int start_readable(lua_State *L) {
  int fd = (int)check_int(L, 1, 0, INT_MAX);
  struct loop *loop = lua_loop(L);
  struct watch *object = new_object(L, sizeof *object, 0, WATCH_CLASS);
  object->operation.op = &object->watch.op;
  object->operation.stop = stop_watch;
  if (!loop_watch_start(loop, &object->watch, fd))
    return luaL_error(L, "cannot wait for file descriptor %d: %s", fd, error_text(errno));
  lua_loop_retain(L);
  return 1;
}

/* Reports whether the program was started with the signal ignored (nohup). */
static bool is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* loop.signal("INT" | "TERM" | "HUP" [, background]) --> op | nil
 * The operation completes at the first delivery. With `background`, loop.step does not wait for it
 * alone. Returns nil if SIGHUP is ignored, which it then remains. */
static int start_signal(lua_State *L) {
  static const char *const names[] = {"INT", "TERM", "HUP", NULL};
  static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
  int number = numbers[luaL_checkoption(L, 1, NULL, names)];
  bool background = lua_toboolean(L, 2);
  if (number == SIGHUP && is_ignored(number)) {
    luaL_pushfail(L);
    return 1;
  }
  struct loop *loop = lua_loop(L);
  struct waiter *object = new_object(L, sizeof *object, 0, SIGNAL_CLASS);
  object->operation.op = &object->waiter.op;
  object->operation.stop = stop_signal;
  if (!loop_signal_start(loop, &object->waiter, number, background))
    return luaL_error(L, "cannot wait for a signal: %s", error_text(errno));
  lua_loop_retain(L);
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
  static const luaL_Reg timer_methods[] = {{"result", timer_result}, {NULL, NULL}};
  static const luaL_Reg watch_methods[] = {{"result", watch_result}, {NULL, NULL}};
  static const luaL_Reg signal_methods[] = {{"result", signal_result}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"step", step},
                                       {"timer", start_timer},
                                       {"readable", start_readable},
                                       {"signal", start_signal},
                                       {"now", now},
                                       {"interruptible", interrupt_call},
                                       {"interrupted", interrupt_name},
                                       {NULL, NULL}};
  lua_loop_class(L, TIMER_CLASS, timer_methods);
  lua_loop_class(L, WATCH_CLASS, watch_methods);
  lua_loop_class(L, SIGNAL_CLASS, signal_methods);
  lua_loop(L);
  luaL_newlib(L, functions);
  return 1;
}
