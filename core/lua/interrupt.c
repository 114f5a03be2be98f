#include "lua/interrupt.h"

#include "lua/util.h"
#include "net/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

/* How many instructions the code may run after a signal before an error is raised, a fraction of a second. Code
 * between two waits is far shorter, so a command always ends where it waits. They are counted in steps; to resume
 * a coroutine counts as one step, because its own count begins again. */
#define PATIENCE 10000000
#define STEP 1000

/* Long calls of C functions have few instructions: the code may use so much time of the processor instead. */
#define MOST_CLOCKS ((clock_t)CLOCKS_PER_SEC)

/* Code that catches so many errors gets them at each instruction, so that it leaves any loop. */
#define MOST_CAUGHT 3

static const char value_key; /* the value that is raised */

/* Used by the signal handler. */
static lua_State *_Atomic running; /* the thread that runs; NULL outside of interrupt_call */
static pthread_t owner;            /* the thread of the process that runs it */
static atomic_int pending;         /* a signal that the loop does not have yet */
static volatile clock_t signal_time;
static atomic_int steps_left; /* before an error is raised */
static atomic_int raised;     /* how often an error was raised */
static atomic_int raised_for; /* the signal for which it was raised */

static void on_count(lua_State *L, lua_Debug *where);

/* Counts a step, and sets the hook of a thread: it is called after the next step, or at once if none is left. */
static void arm(lua_State *L) {
  int left = atomic_load(&steps_left);
  if (left > 0)
    atomic_store(&steps_left, --left);
  lua_sethook(L, on_count, LUA_MASKCOUNT, left > 0 ? STEP : 1);
}

/* Raises the error for the pending signal in a thread, and gives it the time again to end. */
static void raise_error(lua_State *L) {
  atomic_store(&raised_for, atomic_load(&pending));
  if (atomic_fetch_add(&raised, 1) + 1 < MOST_CAUGHT) {
    atomic_store(&steps_left, PATIENCE / STEP);
    signal_time = clock();
    arm(L);
  } else {
    atomic_store(&steps_left, 0);
    arm(L);
  }
  lua_rawgetp(L, LUA_REGISTRYINDEX, &value_key);
  lua_error(L);
}

static void on_count(lua_State *L, lua_Debug *where) {
  (void)where;
  if (atomic_load(&pending) == 0) /* a coroutine has inherited the hook */
    lua_sethook(L, NULL, 0, 0);
  else if (atomic_load(&steps_left) > 0 && !interrupt_overdue())
    arm(L);
  else
    raise_error(L);
}

bool interrupt_overdue(void) {
  return atomic_load(&pending) != 0 && clock() - signal_time >= MOST_CLOCKS;
}

void interrupt_check(lua_State *L) {
  if (interrupt_overdue())
    raise_error(L);
}

void interrupt_raise(lua_State *L) {
  if (atomic_load(&pending) != 0)
    raise_error(L);
}

/* Called by the signal handler. lua_sethook may be called there; another thread must not. */
static void on_signal(int number) {
  lua_State *L = atomic_load(&running);
  if (!L || !pthread_equal(pthread_self(), owner))
    return;
  atomic_store(&pending, number);
  atomic_store(&steps_left, PATIENCE / STEP);
  signal_time = clock();
  arm(L);
}

/* Makes another thread the one that runs. */
static void switch_to(lua_State *from, lua_State *to) {
  atomic_store(&running, to);
  if (atomic_load(&pending) == 0)
    return;
  lua_sethook(from, NULL, 0, 0);
  arm(to);
}

/* Calls the function at the bottom of the stack with the other values, while `thread` runs. */
static int call_in(lua_State *L, lua_State *thread) {
  switch_to(L, thread);
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  switch_to(thread, L);
  return status;
}

/* coroutine.resume(thread, ...) */
static int tracked_resume(lua_State *L) {
  lua_State *thread = lua_tothread(L, 1);
  luaL_checktype(L, 1, LUA_TTHREAD);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (!atomic_load(&running))
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  else if (call_in(L, thread) != LUA_OK)
    return lua_error(L);
  return lua_gettop(L);
}

/* The function that coroutine.wrap returns. Its upvalues are the original one and the thread. */
static int tracked_call(lua_State *L) {
  lua_State *thread = lua_tothread(L, lua_upvalueindex(2));
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  if (!atomic_load(&running)) {
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  } else if (call_in(L, thread) != LUA_OK) {
    if (lua_type(L, -1) ==
        LUA_TSTRING) { /* the original adds the position of its caller, which is C here */
      luaL_where(L, 1);
      lua_insert(L, -2);
      lua_concat(L, 2);
    }
    return lua_error(L);
  }
  return lua_gettop(L);
}

/* coroutine.wrap(f) */
static int tracked_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, 1);
  if (!lua_getupvalue(L, -1, 1) || !lua_isthread(L, -1))
    return luaL_error(L, "coroutine.wrap has no thread");
  lua_pushcclosure(L, tracked_call, 2);
  return 1;
}

static void replace(lua_State *L, const char *name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

void interrupt_track(lua_State *L) {
  lua_getglobal(L, "coroutine");
  replace(L, "resume", tracked_resume);
  replace(L, "wrap", tracked_wrap);
  lua_pop(L, 1);
  lua_pushboolean(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &running);
}

void interrupt_delivered(void) {
  atomic_store(&pending, 0);
  atomic_store(&raised, 0);
}

int interrupt_call(lua_State *L) {
  luaL_checkany(L, 1);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  bool tracked = lua_rawgetp(L, LUA_REGISTRYINDEX, &running) != LUA_TNIL;
  lua_pop(L, 1);
  lua_pushvalue(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &value_key);
  lua_pushboolean(L, 1);
  lua_replace(L, 1);
  if (tracked) {
    owner = pthread_self();
    loop_on_delivery(on_signal);
    atomic_store(&running, L);
  }
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  if (tracked) {
    atomic_store(&running, NULL);
    interrupt_delivered();
    lua_sethook(L, NULL, 0, 0);
  }
  if (status != LUA_OK) {
    lua_pushboolean(L, 0);
    lua_replace(L, 1);
  }
  return lua_gettop(L);
}

int interrupt_name(lua_State *L) {
  int number = atomic_load(&raised_for);
  if (number == 0)
    luaL_pushfail(L);
  else
    lua_pushstring(L, number == SIGINT ? "INT" : number == SIGTERM ? "TERM" : "HUP");
  return 1;
}
