/* The lanyard binary: a Lua state with all modules. lanyard.cli.main finds the script to run and
 * returns the exit status. */

#include "base/blocks.h"
#include "base/platform.h"
#include "modules.h"

#include "lua/interrupt.h"

#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How much a script can allocate before the collector starts. Most commands end before. */
enum { UNCOLLECTED_KIB = 4096 };

struct command_line {
  int count;
  char **words;
};

/* How the process ends. The status is known when the script has ended. */
struct ending {
  bool is_known;
  int status;
};

static struct ending ending;

/* The finalizer that runs last. It ends the process before lua_close frees the objects one by one, which can take as
 * long as the script; and without the functions that libraries have registered with atexit, because libcurl's need
 * memory and abort without it. Under AddressSanitizer all of that happens, so that leaks are found, and when the
 * coverage is counted (FULL_EXIT). */
static int end_process(lua_State *L) {
  (void)L;
#if !defined __SANITIZE_ADDRESS__ && !defined FULL_EXIT
  if (ending.is_known) {
    fflush(NULL);
    _exit(ending.status);
  }
#endif
  return 0;
}

/* Makes the first object with a finalizer: lua_close calls the finalizers in the reverse order. */
static void install_end(lua_State *L) {
  lua_newuserdatauv(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushcfunction(L, end_process);
  lua_setfield(L, -2, "__gc");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &ending);
}

/* Runs in protected mode. (command line) --> exit status */
static int run(lua_State *L) {
  const struct command_line *line = lua_touserdata(L, 1);
  install_end(L);
  luaL_openlibs(L);
  modules_preload(L);
  interrupt_track(L);
  lua_createtable(L, line->count, 1);
  for (int i = 0; i < line->count; i++) {
    lua_pushstring(L, line->words[i]);
    lua_rawseti(L, -2, i);
  }
  lua_pushvalue(L, -1);
  lua_setglobal(L, "arg");

  lua_getglobal(L, "require");
  lua_pushliteral(L, "lanyard.cli.main");
  lua_call(L, 1, 1);
  lua_insert(L, -2);
  lua_call(L, 1, 1);
  return 1;
}

/* (message) --> message with traceback
 * lanyard.cli.main handles the errors of commands. What arrives here has kept it from starting. */
static int add_traceback(lua_State *L) {
  const char *message = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, message, 1);
  return 1;
}

static bool wants_traceback(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--debug") == 0)
      return true;
  }
  return false;
}

/* The process holds secrets: it must not write core files, and other processes of the user must not
 * read its memory. Under AddressSanitizer this is off, because leak detection needs to read it. */
static void close_memory(void) {
#ifndef __SANITIZE_ADDRESS__
  platform_protect_memory();
#endif
}

struct warnings {
  bool are_on, continues;
};

/* Prints the warnings of `warn` as lua5.4 does: after the message "@on", and until "@off". */
static void print_warning(void *state, const char *text, int to_be_continued) {
  struct warnings *warnings = state;
  if (text[0] == '@' && !warnings->continues && !to_be_continued) {
    if (strcmp(text, "@on") == 0 || strcmp(text, "@off") == 0)
      warnings->are_on = strcmp(text, "@on") == 0;
    return;
  }
  if (warnings->are_on)
    fprintf(stderr, "%s%s%s", warnings->continues ? "" : "Lua warning: ", text,
            to_be_continued ? "" : "\n");
  warnings->continues = to_be_continued != 0;
}

/* Where the caller closed a standard descriptor, the next file that is opened would take its number, and results would
 * be written into it. Writing to a descriptor that is open for reading fails. */
static void reserve_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) == -1)
      return;
  }
}

int main(int argc, char **argv) {
  struct command_line line = {argc, argv};
  reserve_standard_descriptors();
  close_memory();
  platform_keep_memory(); /* libcurl frees the buffers of each transfer */
  /* Writing to a closed pipe is an error of the write, and does not kill the process. */
  signal(SIGPIPE, SIG_IGN);
  /* An ignored SIGCHLD is inherited, and would discard the exit status of child processes. */
  signal(SIGCHLD, SIG_DFL);
  static struct blocks blocks;
  static struct warnings warnings;
  lua_State *L = lua_newstate(blocks_resize, &blocks);
  if (!L) {
    fputs("lanyard: not enough memory\n", stderr);
    return EXIT_FAILURE;
  }
  lua_setwarnf(L, print_warning, &warnings);
  lua_gc(L, LUA_GCSTEP, -UNCOLLECTED_KIB); /* as if this much had been collected */
  int handler = 0;
  if (wants_traceback(argc, argv)) {
    lua_pushcfunction(L, add_traceback);
    handler = 1;
  }
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, &line);
  ending.status = EXIT_FAILURE;
  if (lua_pcall(L, 1, 1, handler) == LUA_OK) {
    ending.status = (int)lua_tointeger(L, -1);
  } else {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "lanyard: %s\n", message ? message : "an error without a text");
  }
  ending.is_known = true;
  lua_close(L);
  return ending.status;
}
