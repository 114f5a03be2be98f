/* lanyard.process.core: child processes beside the event loop. */

#include "net/process.h"
#include "lua/credentials.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define PROCESS_CLASS "lanyard.process"

/* Pushes the strings of a list as an array that ends in NULL. The list keeps the strings alive. */
static const char **push_words(lua_State *L, int list) {
  lua_Integer count = (lua_Integer)lua_rawlen(L, list);
  const char **words = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *words, 0);
  for (lua_Integer i = 0; i < count; i++) {
    size_t length;
    if (lua_rawgeti(L, list, i + 1) != LUA_TSTRING)
      luaL_error(L, "words: a list of strings expected");
    words[i] = lua_tolstring(L, -1, &length);
    if (strlen(words[i]) != length)
      luaL_error(L, "words: a word must not contain NUL");
    lua_pop(L, 1);
  }
  words[count] = NULL;
  if (count == 0)
    luaL_error(L, "words: a command expected");
  return words;
}

/* process.start { words, [timeout = 60,] [max_size = 1 MiB,] [stream = false,] [errors = "ours",]
 * [input] }
 *   --> op | nil, err
 * Starts a command without a shell. The command inherits environment and standard error; with
 * errors = "join", standard error goes to the output, and with "keep" it is part of the result.
 * With `stream`, the output is not secret, has no limit, and is returned in pieces:
 *
 *   repeat
 *     local ended = task.await(op)
 *     if ended.piece then use(ended.piece) op:resume() end
 *   until not ended.piece
 *
 * err.code is "CannotRun". */
static int start(lua_State *L) {
  enum { OPTIONS = 1, WORDS = 2 };
  static const char *const known[] = {"words",  "timeout", "max_size", "stream",
                                      "errors", "input",   NULL};
  static const char *const errors[] = {[PROCESS_ERRORS_OURS] = "ours",
                                       [PROCESS_ERRORS_JOIN] = "join",
                                       [PROCESS_ERRORS_KEEP] = "keep",
                                       NULL};
  lua_settop(L, OPTIONS);
  check_fields(L, OPTIONS, known);
  lua_getfield(L, OPTIONS, "words");
  luaL_checktype(L, WORDS, LUA_TTABLE);
  struct process_options options = {
      .timeout = opt_field_number(L, OPTIONS, "timeout", 60),
      .max_size = (size_t)opt_field_number(L, OPTIONS, "max_size", 1024 * 1024),
      .streamed = opt_field_boolean(L, OPTIONS, "stream", false),
  };
  lua_getfield(L, OPTIONS, "errors");
  options.errors = (enum process_errors)luaL_checkoption(L, -1, "ours", errors);
  lua_settop(L, WORDS);
  options.input = opt_field_string(L, OPTIONS, "input", &options.input_length);
  /* posix_spawnp does not change the words, although its type permits it. */
  options.words = (char *const *)push_words(L, WORDS);
  struct loop *loop = lua_loop(L);
  struct process *process = lua_newuserdatauv(L, sizeof *process, 0);
  *process = PROCESS_NONE;
  luaL_setmetatable(L, PROCESS_CLASS);
  int failed = process_start(loop, process, &options);
  if (failed)
    return push_error(L, "CannotRun", "cannot run %s: %s", options.words[0], strerror(failed));
  lua_loop_retain(L, &process->op);
  return 1;
}

/* op:result() --> { status | signal, output, [errors] } | { piece } | nil, err
 * Returns how the command ended, and its output as a secret, or a piece of a stream. err.code is
 * "Timeout", "TooLarge" or "SystemError". */
static int result(lua_State *L) {
  struct process *process = luaL_checkudata(L, 1, PROCESS_CLASS);
  if (!process->op.completed)
    return luaL_error(L, "the command has not ended");
  if (process_has_piece(process)) {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, process->output.data, process->output.length);
    lua_setfield(L, -2, "piece");
    buf_reset(&process->output);
    return 1;
  }
  switch (process->failure) {
  case PROCESS_TIMEOUT:
    return push_error(L, "Timeout", "it did not end in time, and was killed");
  case PROCESS_TOO_LARGE:
    return push_error(L, "TooLarge", "it printed more than %d bytes, and was killed",
                      (int)process->max_size);
  case PROCESS_ERROR:
    return push_error(L, "SystemError", "its output could not be read");
  case PROCESS_LOST:
    return push_error(L, "SystemError", "its status is lost: SIGCHLD is ignored in this process");
  case PROCESS_ENDED:
    break;
  }
  lua_createtable(L, 0, 2);
  bool exited = WIFEXITED(process->status);
  lua_pushinteger(L, exited ? WEXITSTATUS(process->status) : WTERMSIG(process->status));
  lua_setfield(L, -2, exited ? "status" : "signal");
  if (!process->streamed) {
    push_secret_buf(L, &process->output);
    lua_setfield(L, -2, "output");
  }
  if (process->errors_fd >= 0) {
    struct buf text = {0};
    process_read_errors(process, &text);
    push_buf(L, &text);
    lua_setfield(L, -2, "errors");
  }
  return 1;
}

/* op:resume()
 * Continues after a piece of output. The operation can then be awaited again. */
static int resume(lua_State *L) {
  struct process *process = luaL_checkudata(L, 1, PROCESS_CLASS);
  if (!process->streamed || !process->op.completed)
    return luaL_error(L, "there is no piece to resume from");
  process_resume(process);
  lua_settop(L, 1);
  lua_loop_retain(L, &process->op);
  return 0;
}

/* op:terminate()
 * Sends SIGTERM to a streamed command and its process group. */
static int terminate(lua_State *L) {
  process_signal(luaL_checkudata(L, 1, PROCESS_CLASS), SIGTERM);
  return 0;
}

/* op:cancel()
 * Kills the command. */
static int cancel(lua_State *L) {
  struct process *process = luaL_checkudata(L, 1, PROCESS_CLASS);
  lua_loop_release(L, &process->op);
  process_stop(process);
  return 0;
}

static int process_gc(lua_State *L) {
  process_stop(luaL_checkudata(L, 1, PROCESS_CLASS));
  return 0;
}

MODULE_API int luaopen_lanyard_process_core(lua_State *L) {
  static const luaL_Reg methods[] = {{"result", result},
                                     {"resume", resume},
                                     {"terminate", terminate},
                                     {"cancel", cancel},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", process_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"start", start}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* registers the class of secrets */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  new_class(L, PROCESS_CLASS, methods, meta);
  lua_loop(L);
  luaL_newlib(L, functions);
  return 1;
}
