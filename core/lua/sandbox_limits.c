/* The limits of a sandbox: an allocator and a hook that refuse what exceeds them, and the reason why a
 * box is dead. */

#include "lua/sandbox_limits.h"

#include "lua/interrupt.h"
#include "lua/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_STEPS 10000000
#define DEFAULT_MEMORY (16.0 * 1024 * 1024)
#define DEFAULT_SECONDS 5.0

/* The nanoseconds that each call adds to the time of its box, because a large audit makes many
 * calls. */
#define CALL_TIME 1000000

/* The size of an allocation before which the clock is checked, and of an entry in the hashed part of a
 * table of Lua 5.4. */
#define LARGE_BLOCK ((size_t)64 * 1024)
#define TABLE_ENTRY 24

int64_t sandbox_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---------------------------------------------------------------------------------------------
 * Memory */

/* Reports whether the allocator may grow a block. Lua moves all keys of a table in one instruction when
 * the table grows, so no table may be so large that this takes long if its keys collide. The parser's
 * tables may: check_numbers has limited the numbers in the text, and texts do not collide. */
static bool may_grow(struct sandbox *box, const void *block, size_t old, size_t size) {
  if (size < LARGE_BLOCK || !box->L)
    return true;
  size_t entries = size / TABLE_ENTRY;
  bool is_table = !block && old == 0 && size % TABLE_ENTRY == 0 && (entries & (entries - 1)) == 0;
  if (is_table && entries > box->table_limit && !box->parsing)
    box->large_table = true;
  return !box->large_table && sandbox_clock() <= box->deadline;
}

/* The allocator of a box. Shrinking a block always succeeds, as Lua requires. */
static void *allocate(void *userdata, void *block, size_t old, size_t size) {
  struct sandbox *box = userdata;
  if (size > old && !may_grow(box, block, old, size))
    return NULL;
  old = block ? old : 0;
  if (size == 0) {
    free(block);
    box->memory -= old;
    return NULL;
  }
  if (size > old) {
    size_t more = size - old;
    if (more > box->memory_limit || box->memory > box->memory_limit - more)
      return NULL;
    box->steps -= (int64_t)(size / SANDBOX_STEP_BYTES);
    if (box->steps < 0 && box->L)
      return NULL;
  }
  void *moved = realloc(block, size);
  if (moved)
    box->memory = box->memory - old + size;
  return moved ? moved : size <= old ? block : NULL;
}

/* ---------------------------------------------------------------------------------------------
 * The end of a box */

struct sandbox *sandbox_of(lua_State *L) {
  void *box;
  lua_getallocf(L, &box);
  return box;
}

static void on_count(lua_State *L, lua_Debug *unused) {
  (void)unused;
  sandbox_charge(L, SANDBOX_INTERVAL);
}

void sandbox_kill(lua_State *L, const char *why) {
  struct sandbox *box = sandbox_of(L);
  if (box->reason[0])
    return;
  lua_Debug place;
  size_t length = (size_t)snprintf(box->reason, sizeof box->reason, "%s: ", box->name);
  for (int level = 0; lua_getstack(L, level, &place); level++) {
    lua_getinfo(L, "Sl", &place);
    if (strcmp(place.source, box->chunk) == 0) {
      length = (size_t)snprintf(box->reason, sizeof box->reason, "%s:%d: ", place.short_src,
                                place.currentline);
      break;
    }
  }
  snprintf(box->reason + length, sizeof box->reason - length, "%s", why);
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
}

static void kill_for_steps(lua_State *L) {
  char why[100];
  snprintf(why, sizeof why, "took more than %lld steps", (long long)sandbox_of(L)->step_limit);
  sandbox_kill(L, why);
}

void sandbox_kill_for_time(lua_State *L) {
  char why[100];
  snprintf(why, sizeof why, "took more than %g s", sandbox_of(L)->seconds_limit);
  sandbox_kill(L, why);
}

/* Kills the box if the allocator has refused memory. */
static void kill_for_memory(lua_State *L) {
  const struct sandbox *box = sandbox_of(L);
  char why[100];
  if (sandbox_clock() > box->deadline) {
    sandbox_kill_for_time(L);
    return;
  }
  if (box->large_table)
    snprintf(why, sizeof why, "used a table with more than %zu keys", box->table_limit);
  else
    snprintf(why, sizeof why, "used more than %zu bytes of memory", box->memory_limit);
  sandbox_kill(L, why);
}

void sandbox_charge(lua_State *L, size_t steps) {
  struct sandbox *box = sandbox_of(L);
  box->steps = box->steps < 0 || steps > (size_t)box->steps ? -1 : box->steps - (int64_t)steps;
  if (box->steps < 0) {
    kill_for_steps(L);
  } else if ((box->unseen += steps) >= SANDBOX_INTERVAL) {
    box->unseen = 0;
    if (sandbox_clock() > box->deadline)
      sandbox_kill_for_time(L);
    else if (interrupt_overdue())
      sandbox_kill(L, "was interrupted");
  }
  if (box->reason[0])
    luaL_error(L, "%s", box->reason);
}

void sandbox_check_limits(lua_State *L, int status, bool time_too) {
  const struct sandbox *box = sandbox_of(L);
  if (box->steps < 0)
    kill_for_steps(L);
  else if (status == LUA_ERRMEM)
    kill_for_memory(L);
  else if (time_too && sandbox_clock() > box->deadline)
    sandbox_kill_for_time(L);
}

/* ---------------------------------------------------------------------------------------------
 * The limits of a box, and its runs */

/* The number of keys of a table that may collide, so that growing the table takes a small part of the
 * time. */
static size_t table_limit(double seconds) {
  size_t limit = 32768;
  for (double rest = seconds; rest >= 20 && limit < ((size_t)1 << 20); rest /= 4)
    limit *= 2;
  return limit;
}

void sandbox_read_limits(lua_State *L, int index, struct sandbox *box) {
  static const char *const known[] = {"prelude", "steps", "memory", "seconds", NULL};
  const double max = 1e15;
  check_fields(L, index, known);
  box->step_limit = (int64_t)opt_field_range(L, index, "steps", 0, max, DEFAULT_STEPS);
  box->memory_limit = (size_t)opt_field_range(L, index, "memory", 0, max, DEFAULT_MEMORY);
  box->seconds_limit = opt_field_range(L, index, "seconds", 0, 1e6, DEFAULT_SECONDS);
  box->time_left = (int64_t)(box->seconds_limit * 1e9);
  box->table_limit = table_limit(box->seconds_limit);
}

bool sandbox_new_state(struct sandbox *box) {
  box->L = lua_newstate(allocate, box);
  if (!box->L)
    return false;
  lua_sethook(box->L, on_count, LUA_MASKCOUNT, SANDBOX_INTERVAL);
  return true;
}

void sandbox_begin(struct sandbox *box) {
  box->steps = box->step_limit;
  box->unseen = 0;
  box->started = sandbox_clock();
  box->deadline = box->started + box->time_left;
}

void sandbox_end(struct sandbox *box) {
  int64_t limit = (int64_t)(box->seconds_limit * 1e9);
  int64_t left = box->deadline - sandbox_clock() + CALL_TIME;
  box->time_left = left < limit ? left : limit;
}
