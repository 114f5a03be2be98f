/* lanyard.sandbox: Lua without access to anything outside, for files from users.
 *
 *   local value, err = sandbox.value(text, "grants.lua")
 *   local box, err = sandbox.open(text, "rules.lua", { prelude = TEXT })
 *   local answer, err = box:call("ask", { on = "grant" })
 *
 * A box is a Lua state of its own. An allocator and a hook enforce its limits, and it only has
 * those functions of Lua's library that depend on nothing but their arguments (sandbox_library.c).
 * Values are copied in and out as plain data. A box that exceeds its steps, time or memory is dead,
 * and rejects further calls; a pcall inside does not help.
 *
 * The time of all calls of a box counts together. So does what its values cost outside: the clock also
 * runs while arguments and results are copied.
 *
 * An error in one state never unwinds the other: the box runs below a lua_pcall of its own, and
 * code in the box only reads from the host. */

#include "lua/sandbox.h"

#include "lua/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BOX_CLASS "lanyard.sandbox"

/* The number of instructions between two checks of the budget, and of steps between two of the
 * clock. */
#define INTERVAL 250

/* The number of bytes that the parser gets at once. How long it takes for them is not limited. */
#define PIECE 256

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

/* The part of a chunk name that Lua shows in a message. */
#define NAME_LENGTH 50

/* The maximum length of an error message. */
#define MESSAGE_LENGTH 1000

/* The registry key of the prelude's result. */
#define PRELUDE "lanyard.prelude"

int64_t sandbox_clock(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---------------------------------------------------------------------------------------------
 * Limits */

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

struct sandbox *sandbox_of(lua_State *L) {
  void *box;
  lua_getallocf(L, &box);
  return box;
}

static void on_count(lua_State *L, lua_Debug *unused) {
  (void)unused;
  sandbox_charge(L, INTERVAL);
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

static void kill_for_time(lua_State *L) {
  char why[100];
  snprintf(why, sizeof why, "took more than %g s", sandbox_of(L)->seconds_limit);
  sandbox_kill(L, why);
}

/* Kills the box if the allocator has refused memory. */
static void kill_for_memory(lua_State *L) {
  const struct sandbox *box = sandbox_of(L);
  char why[100];
  if (sandbox_clock() > box->deadline) {
    kill_for_time(L);
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
  } else if ((box->unseen += steps) >= INTERVAL) {
    box->unseen = 0;
    if (sandbox_clock() > box->deadline)
      kill_for_time(L);
  }
  if (box->reason[0])
    luaL_error(L, "%s", box->reason);
}

/* pcall(f, ...)
 * Like Lua's, but an error of a dead box passes through. Without continuations, because nothing
 * yields. */
int sandbox_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, 1);
  lua_insert(L, 1);
  int status = lua_pcall(L, lua_gettop(L) - 2, LUA_MULTRET, 0);
  if (sandbox_of(L)->steps < 0)
    kill_for_steps(L);
  else if (status == LUA_ERRMEM)
    kill_for_memory(L);
  if (sandbox_of(L)->reason[0])
    return luaL_error(L, "%s", sandbox_of(L)->reason);
  if (status != LUA_OK) {
    lua_pushboolean(L, 0);
    lua_replace(L, 1);
  }
  return lua_gettop(L);
}

/* ---------------------------------------------------------------------------------------------
 * Running */

/* What to run in a box. */
struct job {
  lua_State *host; /* the values from `first` to `last` are the arguments */
  int first;
  int last;
  const char *function;
  const char *name; /* of the chunk, with Lua's prefix = or @ */
  const char *text;
  size_t length;
};

/* Gives the parser the next piece of a text. No hook counts the parser's work, and it takes
 * quadratic time for chains of jumps (`a and a and ...`), so the clock is checked for each
 * piece. */
static const char *read_piece(lua_State *L, void *context, size_t *size) {
  struct job *job = context;
  sandbox_charge(L, INTERVAL);
  const char *piece = job->text;
  *size = job->length < PIECE ? job->length : PIECE;
  job->text += *size;
  job->length -= *size;
  return piece;
}

/* (job): pushes the first result of the chunk. */
static int run_text(lua_State *L) {
  struct job *job = lua_touserdata(L, 1);
  struct sandbox *box = sandbox_of(L);
  box->parsing = true;
  int status = lua_load(L, read_piece, job, job->name, "t");
  box->parsing = false;
  if (status != LUA_OK)
    return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

/* (job): opens the library, runs the prelude if there is one, and stores its result. */
static int run_prelude(lua_State *L) {
  const struct job *job = lua_touserdata(L, 1);
  sandbox_open_library(L);
  if (job->text) {
    run_text(L);
    lua_setfield(L, LUA_REGISTRYINDEX, PRELUDE);
  }
  return 0;
}

/* (job): calls a function of the prelude's result or, if there is no prelude, a global function. */
static int run_function(lua_State *L) {
  const struct job *job = lua_touserdata(L, 1);
  if (lua_getfield(L, LUA_REGISTRYINDEX, PRELUDE) != LUA_TTABLE)
    lua_pushglobaltable(L);
  lua_pushstring(L, job->function);
  if (lua_rawget(L, -2) != LUA_TFUNCTION)
    return luaL_error(L, "there is no function '%s'", job->function);
  struct sandbox_copy copy = {.bytes = sandbox_of(L)->memory_limit,
                              .deadline = sandbox_of(L)->deadline};
  for (int index = job->first; index <= job->last; index++) {
    if (!sandbox_copy(&copy, job->host, index, L))
      return luaL_error(L, "argument %d: %s%s", index - job->first + 1, copy.member, copy.problem);
  }
  lua_call(L, job->last - job->first + 1, 1);
  return 1;
}

/* Runs one of these functions in the box with fresh steps and what is left of its time. The result or
 * the error is on the box's stack. A run that exceeded a limit has no result, even if it ended. */
static bool run(struct sandbox *box, lua_CFunction function, struct job *job) {
  lua_State *L = box->L;
  if (box->reason[0])
    return false;
  box->steps = box->step_limit;
  box->unseen = 0;
  box->started = sandbox_clock();
  box->deadline = box->started + box->time_left;
  lua_settop(L, 0);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, job);
  int status = lua_pcall(L, 1, 1, 0);
  if (box->steps < 0)
    kill_for_steps(L);
  else if (status == LUA_ERRMEM)
    kill_for_memory(L);
  else if (sandbox_clock() > box->deadline)
    kill_for_time(L);
  return status == LUA_OK && !box->reason[0];
}

/* Takes the time since the start of the last run from the budget of the box. */
static void settle(struct sandbox *box) {
  int64_t limit = (int64_t)(box->seconds_limit * 1e9);
  int64_t left = box->deadline - sandbox_clock() + CALL_TIME;
  box->time_left = left < limit ? left : limit;
}

/* Pushes nil and the error of the last run; returns 2. */
static int push_failure(lua_State *L, const struct sandbox *box) {
  if (box->reason[0])
    return push_error(L, "Limit", "%s", box->reason);
  char message[MESSAGE_LENGTH];
  if (lua_type(box->L, -1) == LUA_TSTRING)
    snprintf(message, sizeof message, "%s", lua_tostring(box->L, -1));
  else
    snprintf(message, sizeof message, "an error that is a %s", luaL_typename(box->L, -1));
  size_t length = strlen(box->name);
  if (strncmp(message, box->name, length) == 0 && message[length] == ':')
    return push_error(L, "InvalidFile", "%s", message);
  return push_error(L, "InvalidFile", "%s: %s", box->name, message);
}

/* Pushes a copy of the last run's result, or nil and an error. */
static int push_result(lua_State *L, struct sandbox *box) {
  struct sandbox_copy copy = {.bytes = box->memory_limit, .deadline = box->deadline};
  int top = lua_gettop(L);
  bool copied = sandbox_copy(&copy, box->L, -1, L);
  lua_settop(box->L, 0);
  if (copied)
    return 1;
  lua_settop(L, top);
  if (copy.late) {
    kill_for_time(box->L);
    return push_failure(L, box);
  }
  return push_error(L, "InvalidFile", "%s: the result is not plain data: %s%s", box->name,
                    copy.member, copy.problem);
}

/* ---------------------------------------------------------------------------------------------
 * The module */

struct box_object {
  struct object object;
  struct sandbox box;
};

static void close_box(struct sandbox *box) {
  if (box->L)
    lua_close(box->L);
  box->L = NULL;
}

static int box_gc(lua_State *L) {
  struct box_object *object = end_object(L, 1, BOX_CLASS);
  if (object)
    close_box(&object->box);
  return 0;
}

/* The number of keys of a table that may collide, so that growing the table takes a small part of the
 * time. */
static size_t table_limit(double seconds) {
  size_t limit = 32768;
  for (double rest = seconds; rest >= 20 && limit < ((size_t)1 << 20); rest /= 4)
    limit *= 2;
  return limit;
}

static void read_limits(lua_State *L, int index, struct sandbox *box) {
  static const char *const known[] = {"prelude", "steps", "memory", "seconds", NULL};
  const double max = 1e15;
  check_fields(L, index, known);
  box->step_limit = (int64_t)opt_field_range(L, index, "steps", 0, max, DEFAULT_STEPS);
  box->memory_limit = (size_t)opt_field_range(L, index, "memory", 0, max, DEFAULT_MEMORY);
  box->seconds_limit = opt_field_range(L, index, "seconds", 0, 1e6, DEFAULT_SECONDS);
  box->time_left = (int64_t)(box->seconds_limit * 1e9);
  box->table_limit = table_limit(box->seconds_limit);
}

static void name_box(struct sandbox *box, const char *name) {
  size_t length = strlen(name);
  bool fits = length <= NAME_LENGTH;
  snprintf(box->chunk, sizeof box->chunk, "@%s%s", fits ? "" : "...",
           fits ? name : name + length - NAME_LENGTH);
  box->name = box->chunk + 1;
}

/* The parser keeps the numbers of a text in a table, and a table grows in one step. */
static bool check_numbers(struct sandbox *box, const char *text, size_t length) {
  size_t limit = box->table_limit / 2;
  if (sandbox_count_numbers(text, length) <= limit)
    return true;
  snprintf(box->reason, sizeof box->reason,
           "%s: contains more than %zu numbers of five or more characters", box->name, limit);
  return false;
}

/* (text, name, options): pushes a box that has run its prelude and the text. Returns false if one
 * of them failed. */
static bool open_box(lua_State *L, struct sandbox **slot) {
  enum { TEXT = 1, NAME = 2, OPTIONS = 3 };
  size_t length;
  const char *text = luaL_checklstring(L, TEXT, &length);
  const char *name = luaL_checkstring(L, NAME);
  lua_settop(L, OPTIONS);
  if (lua_isnil(L, OPTIONS)) {
    lua_newtable(L);
    lua_replace(L, OPTIONS);
  }
  struct box_object *object = new_object(L, sizeof *object, 0, BOX_CLASS);
  struct sandbox *box = &object->box;
  *slot = box;
  read_limits(L, OPTIONS, box);
  name_box(box, name);
  struct job job = {.name = "=prelude"};
  job.text = opt_field_string(L, OPTIONS, "prelude", &job.length);
  lua_pushvalue(L, OPTIONS + 1);
  if (!check_numbers(box, text, length))
    return false;
  box->L = lua_newstate(allocate, box);
  if (!box->L) {
    snprintf(box->reason, sizeof box->reason, "%s: used more than %zu bytes of memory", box->name,
             box->memory_limit);
    return false;
  }
  lua_sethook(box->L, on_count, LUA_MASKCOUNT, INTERVAL);
  bool ran = run(box, run_prelude, &job);
  settle(box);
  if (!ran)
    return false;
  job = (struct job){.name = box->chunk, .text = text, .length = length};
  ran = run(box, run_text, &job);
  settle(box);
  return ran;
}

/* sandbox.open(text, name [, { prelude, steps, memory, seconds }]) --> box | nil, err
 * Runs the text after the prelude. `name` is the file name for messages. `prelude` is trusted Lua
 * that defines the vocabulary of the text; if it is given, box:call finds functions in the table
 * that it returns instead of in the globals. Limits: steps of each call (10 million), bytes (16
 * MiB), seconds of processor time of all calls together (5, and a millisecond for each call). err.code is "InvalidFile" or "Limit"; err.message names file
 * and line. */
static int sandbox_open(lua_State *L) {
  struct sandbox *box;
  if (!open_box(L, &box))
    return push_failure(L, box);
  lua_settop(box->L, 0);
  return 1;
}

/* sandbox.value(text, name [, limits]) --> value | nil, err
 * Returns what the text returns. */
static int sandbox_value(lua_State *L) {
  struct sandbox *box;
  bool ran = open_box(L, &box);
  int results = ran ? push_result(L, box) : push_failure(L, box);
  close_box(box);
  return results;
}

/* box:call(name, ...) --> value | nil, err
 * Calls a function; arguments and result are plain data. A dead box stays dead. */
static int box_call(lua_State *L) {
  struct box_object *object = check_object(L, 1, BOX_CLASS);
  struct sandbox *box = &object->box;
  struct job job = {.host = L, .first = 3, .last = lua_gettop(L)};
  job.function = luaL_checkstring(L, 2);
  bool ran = run(box, run_function, &job);
  lua_settop(L, job.last); /* removes the rest of an incomplete copy */
  int results = ran ? push_result(L, box) : push_failure(L, box);
  settle(box);
  return results;
}

MODULE_API int luaopen_lanyard_sandbox(lua_State *L) {
  static const luaL_Reg methods[] = {{"call", box_call}, {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", box_gc}, {"__close", box_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"open", sandbox_open}, {"value", sandbox_value}, {NULL, NULL}};
  new_class(L, BOX_CLASS, methods, meta);
  luaL_newlib(L, functions);
  return 1;
}
