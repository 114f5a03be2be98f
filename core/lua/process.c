/* lanyard.process.core: child processes beside the event loop. */

#include "net/process.h"
#include "base/descriptors.h"
#include "lua/credentials.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#define PROCESS_CLASS "lanyard.process"

struct process_object {
  struct operation operation;
  struct process process;
  int max_size;
  bool paused; /* a piece of output was taken */
};

static void stop(struct operation *operation) {
  process_stop(&((struct process_object *)operation)->process);
}

/* Pushes the strings of a list as an array that ends in NULL. It pushes two values, which keep the
 * strings alive. */
static const char **push_words(lua_State *L, int index) {
  size_t count;
  const struct list_string *strings = push_strings(L, index, "words", INT_MAX / 2, &count);
  if (count == 0)
    luaL_error(L, "words: a command expected");
  const char **words = lua_newuserdatauv(L, (count + 1) * sizeof *words, 0);
  for (size_t i = 0; i < count; i++) {
    words[i] = strings[i].bytes;
    if (strlen(words[i]) != strings[i].length)
      luaL_error(L, "words: a word must not contain NUL");
  }
  words[count] = NULL;
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
  enum { OPTIONS = 1, WORDS = 2, MAX_SIZE = 1 << 30 };
  static const char *const known[] = {"words",  "timeout", "max_size", "stream",
                                      "errors", "input",   NULL};
  static const char *const errors[] = {[PROCESS_ERRORS_OURS] = "ours",
                                       [PROCESS_ERRORS_JOIN] = "join",
                                       [PROCESS_ERRORS_KEEP] = "keep",
                                       NULL};
  lua_settop(L, OPTIONS);
  check_fields(L, OPTIONS, known);
  if (push_field(L, OPTIONS, "words") != LUA_TTABLE)
    return luaL_error(L, "words: a list of strings expected, got %s", luaL_typename(L, WORDS));
  int max_size = (int)opt_field_int(L, OPTIONS, "max_size", 0, MAX_SIZE, 1024 * 1024);
  struct process_options options = {
      .timeout = opt_field_number(L, OPTIONS, "timeout", 60),
      .max_size = (size_t)max_size,
      .streamed = opt_field_boolean(L, OPTIONS, "stream", false),
      .errors =
          (enum process_errors)opt_field_choice(L, OPTIONS, "errors", errors, PROCESS_ERRORS_OURS),
  };
  options.input = opt_field_string(L, OPTIONS, "input", &options.input_length);
  /* posix_spawnp does not change the words, although its type permits it. */
  options.words = (char *const *)push_words(L, WORDS);
  struct loop *loop = lua_loop(L);
  struct process_object *object = new_object(L, sizeof *object, 0, PROCESS_CLASS);
  object->process = PROCESS_NONE;
  object->max_size = max_size;
  object->operation.op = &object->process.op;
  object->operation.stop = stop;
  int failed = process_start(loop, &object->process, &options);
  if (failed)
    return push_error(L, "CannotRun", "cannot run %s: %s", options.words[0], error_text(failed));
  lua_loop_retain(L);
  return 1;
}

/* op:result() --> { status | signal, output, [errors] } | { piece } | nil, err
 * Returns how the command ended, and its output as a secret, or a piece of a stream. err.code is
 * "Timeout", "TooLarge" or "SystemError". */
static int result(lua_State *L) {
  struct process_object *object = lua_loop_check_done(L, 1, PROCESS_CLASS);
  struct process *process = &object->process;
  if (object->paused)
    return luaL_error(L, "the piece of output was taken; resume the operation first");
  if (process_has_piece(process)) {
    lua_createtable(L, 0, 1);
    lua_pushlstring(L, process->output.data, process->output.length);
    lua_setfield(L, -2, "piece");
    buf_reset(&process->output);
    object->paused = true;
    return 1;
  }
  switch (process->failure) {
  case PROCESS_TIMEOUT:
    return push_error(L, "Timeout", "it did not end in time, and was killed");
  case PROCESS_TOO_LARGE:
    return push_error(L, "TooLarge", "it printed more than %d bytes, and was killed",
                      object->max_size);
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
 * Continues after result() has returned a piece of output. The operation can then be awaited again. */
static int resume(lua_State *L) {
  struct process_object *object = check_object(L, 1, PROCESS_CLASS);
  if (!object->paused)
    return luaL_error(L, "there is no piece to resume from");
  lua_settop(L, 1);
  lua_loop_retain(L);
  object->paused = false;
  process_resume(&object->process);
  return 0;
}

/* op:terminate()
 * Sends SIGTERM to a streamed command and its process group. */
static int terminate(lua_State *L) {
  struct process_object *object = check_object(L, 1, PROCESS_CLASS);
  process_signal(&object->process, SIGTERM);
  return 0;
}

/* op:cancel() of every operation kills the command. */

MODULE_API int luaopen_lanyard_process_core(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"result", result}, {"resume", resume}, {"terminate", terminate}, {NULL, NULL}};
  static const luaL_Reg functions[] = {{"start", start}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* registers the class of secrets */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  lua_loop(L);
  lua_loop_class(L, PROCESS_CLASS, methods);
  luaL_newlib(L, functions);
  return 1;
}
