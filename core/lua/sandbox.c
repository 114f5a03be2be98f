/* lanyard.sandbox: Lua without access to anything outside, for files from users.
 *
 *   local value, err = sandbox.value(text, "grants.lua")
 *   local box, err = sandbox.open(text, "rules.lua", { prelude = TEXT })
 *   local answer, err = box:call("ask", { on = "grant" })
 *
 * A box is a Lua state of its own. An allocator and a hook enforce its limits (sandbox_limits.c), and
 * it only has those functions of Lua's library that depend on nothing but their arguments
 * (sandbox_library.c).
 * Values are copied in and out as plain data. A box that exceeds its steps, time or memory is dead,
 * and rejects further calls; a pcall inside does not help.
 *
 * The time of all calls of a box counts together. So does what its values cost outside: the clock also
 * runs while arguments and results are copied.
 *
 * An error in one state never unwinds the other: the box runs below a lua_pcall of its own, and
 * code in the box only reads from the host. */

#include "lua/sandbox.h"

#include "lua/interrupt.h"
#include "lua/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOX_CLASS "lanyard.sandbox"

/* The number of bytes that the parser gets at once. How long it takes for them is not limited. */
#define PIECE 256

/* The part of a chunk name that Lua shows in a message. */
#define NAME_LENGTH 50

/* The maximum length of an error message. */
#define MESSAGE_LENGTH 1000

/* The registry key of the prelude's result. */
#define PRELUDE "lanyard.prelude"

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
  sandbox_charge(L, SANDBOX_INTERVAL);
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
  sandbox_begin(box);
  lua_settop(L, 0);
  lua_pushcfunction(L, function);
  lua_pushlightuserdata(L, job);
  int status = lua_pcall(L, 1, 1, 0);
  sandbox_check_limits(L, status, true);
  return status == LUA_OK && !box->reason[0];
}

/* Pushes nil and the error of the last run; returns 2. A run that a signal has ended has no error: the interruption is
 * raised in the host. */
static int push_failure(lua_State *L, const struct sandbox *box) {
  interrupt_check(L);
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
    sandbox_kill_for_time(box->L);
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
  sandbox_read_limits(L, OPTIONS, box);
  name_box(box, name);
  struct job job = {.name = "=prelude"};
  job.text = opt_field_string(L, OPTIONS, "prelude", &job.length);
  lua_pushvalue(L, OPTIONS + 1);
  if (!check_numbers(box, text, length))
    return false;
  if (!sandbox_new_state(box)) {
    snprintf(box->reason, sizeof box->reason, "%s: used more than %zu bytes of memory", box->name,
             box->memory_limit);
    return false;
  }
  bool ran = run(box, run_prelude, &job);
  sandbox_end(box);
  if (!ran)
    return false;
  job = (struct job){.name = box->chunk, .text = text, .length = length};
  ran = run(box, run_text, &job);
  sandbox_end(box);
  return ran;
}

/* sandbox.open(text, name [, { prelude, steps, memory, seconds }]) --> box | nil, err
 * Runs the text after the prelude. `name` is the file name for messages. `prelude` is trusted Lua
 * that defines the vocabulary of the text; if it is given, box:call finds functions in the table
 * that it returns instead of in the globals. Limits: steps of each call (10 million), bytes (16
 * MiB), seconds of processor time of all calls together (5, and a millisecond for each call).
 * err.code is "InvalidFile" or "Limit"; err.message names file and line. */
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
  sandbox_end(box);
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
