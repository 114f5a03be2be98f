/* The lanyard binary: a Lua state with all modules. lanyard.cli.main finds the script to run and
 * returns the exit status. */

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

struct command_line {
  int count;
  char **words;
};

/* Runs in protected mode. (command line) --> exit status */
static int run(lua_State *L) {
  const struct command_line *line = lua_touserdata(L, 1);
  lua_gc(L, LUA_GCSTOP); /* what is loaded is kept */
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
  lua_gc(L, LUA_GCRESTART);
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

/* Where the caller closed a standard descriptor, the next file that is opened would take its number, and results would
 * be written into it. Writing to a descriptor that is open for reading fails. */
static void reserve_standard_descriptors(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) == -1)
      return;
  }
}

/* The system takes back all memory when the process ends: freeing each piece first costs a fifth of a short command. Leak
 * detection needs it. Finalizers run as always. */
static void *keep_memory(void *context, void *piece, size_t before, size_t size) {
  (void)context, (void)before;
  return size == 0 ? NULL : realloc(piece, size);
}

static void close_state(lua_State *L) {
#ifndef __SANITIZE_ADDRESS__
  lua_setallocf(L, keep_memory, NULL);
#endif
  lua_close(L);
}

int main(int argc, char **argv) {
  struct command_line line = {argc, argv};
  reserve_standard_descriptors();
  close_memory();
  /* Writing to a closed pipe is an error of the write, and does not kill the process. */
  signal(SIGPIPE, SIG_IGN);
  /* An ignored SIGCHLD is inherited, and would discard the exit status of child processes. */
  signal(SIGCHLD, SIG_DFL);
  lua_State *L = luaL_newstate();
  if (!L) {
    fputs("lanyard: not enough memory\n", stderr);
    return EXIT_FAILURE;
  }
  int handler = 0;
  if (wants_traceback(argc, argv)) {
    lua_pushcfunction(L, add_traceback);
    handler = 1;
  }
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, &line);
  int status = EXIT_FAILURE;
  if (lua_pcall(L, 1, 1, handler) == LUA_OK) {
    status = (int)lua_tointeger(L, -1);
  } else {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "lanyard: %s\n", message ? message : "an error without a text");
  }
  close_state(L);
  return status;
}
