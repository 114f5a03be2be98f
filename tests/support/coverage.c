/* Records which lines of the project's Lua code run, for `make coverage`. Not part of the product.
 *
 * A line hook marks one byte per line in a file per chunk, which all processes map: nothing is lost when one is
 * killed, and a process with an empty environment counts too. Coroutines inherit the hook of their creator. The
 * coverage build links this into the binary, where it wraps luaL_openlibs, and stock lua5.4 requires it as
 * `coverage` (LUA_INIT). */

#include "lua/util.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef LINES_FOLDER
#define LINES_FOLDER "build/coverage/lines"
#endif

enum { LINES_MAX = 4096, CHUNKS_MAX = 1024, NAME_MAX_LENGTH = 200 };

struct chunk {
  char source[NAME_MAX_LENGTH];
  unsigned char *lines;
};

static struct chunk chunks[CHUNKS_MAX];

static bool is_ours(const char *source) {
  return strncmp(source, "@lanyard", 8) == 0 || strncmp(source, "@./lua/", 7) == 0 ||
         strncmp(source, "@scripts/", 9) == 0;
}

/* The file of a chunk, which has '%' for '/' in its name. */
static unsigned char *map_lines(const char *source) {
  char path[sizeof LINES_FOLDER + 1 + NAME_MAX_LENGTH];
  size_t folder = (size_t)snprintf(path, sizeof path, "%s/", LINES_FOLDER);
  snprintf(path + folder, sizeof path - folder, "%s", source + 1);
  for (char *c = path + folder; *c; c++)
    if (*c == '/')
      *c = '%';
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 && errno == EACCES) { /* another user runs the code, whose lines do not count */
    static unsigned char unwritten[LINES_MAX];
    return unwritten;
  }
  if (fd < 0 || ftruncate(fd, LINES_MAX) != 0) {
    perror(path);
    abort();
  }
  unsigned char *lines = mmap(NULL, LINES_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (lines == MAP_FAILED) {
    perror(path);
    abort();
  }
  close(fd);
  return lines;
}

static size_t hash_of(const char *source) {
  size_t hash = 5381;
  for (; *source; source++)
    hash = hash * 33 + (unsigned char)*source;
  return hash;
}

static struct chunk *find_chunk(const char *source) {
  static struct chunk *last;
  if (last && strcmp(last->source, source) == 0)
    return last;
  for (size_t i = hash_of(source);; i++) {
    struct chunk *chunk = &chunks[i % CHUNKS_MAX];
    if (!chunk->source[0]) {
      snprintf(chunk->source, sizeof chunk->source, "%s", source);
      chunk->lines = map_lines(source);
    }
    if (strcmp(chunk->source, source) == 0)
      return last = chunk;
  }
}

static void on_line(lua_State *L, lua_Debug *event) {
  lua_getinfo(L, "S", event);
  if (is_ours(event->source) && event->srclen < NAME_MAX_LENGTH && event->currentline < LINES_MAX)
    find_chunk(event->source)->lines[event->currentline] = 1;
}

MODULE_API int luaopen_coverage(lua_State *L) {
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
  return 0;
}

/* gcov allocates and writes at the end of the process, which tests/support/faults.c must not disturb. */
__attribute__((destructor)) static void end_faults(void) {
  void *end = dlsym(RTLD_DEFAULT, "faults_end");
  void (*call)(void);
  memcpy(&call, &end, sizeof call);
  if (end)
    call();
}

void __real_luaL_openlibs(lua_State *L);
void __wrap_luaL_openlibs(lua_State *L);
void __wrap_luaL_openlibs(lua_State *L) {
  __real_luaL_openlibs(L);
  luaopen_coverage(L);
}
