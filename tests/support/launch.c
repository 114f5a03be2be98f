/* Starts programs for the specs, and makes their folders. A shell, mktemp and rm would take longer than the command that
 * a spec tests. A module for Lua; not part of the product. */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <lauxlib.h>
#include <limits.h>
#include <lua.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { NOT_FOUND = 127, BY_SIGNAL = 128 }; /* exit statuses, as of a shell */

/* Returns the texts of a list, with a NULL at the end. They live as long as the list. */
static char **texts_of(lua_State *L, int list) {
  lua_Integer count = luaL_len(L, list);
  char **texts = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *texts, 0);
  for (lua_Integer i = 0; i < count; i++) {
    if (lua_geti(L, list, i + 1) != LUA_TSTRING)
      luaL_error(L, "word %I is not a text", i + 1);
    texts[i] = (char *)lua_tostring(L, -1);
    lua_pop(L, 1);
  }
  texts[count] = NULL;
  return texts;
}

/* Finds a program in the PATH of the variables. */
static bool find_program(const char *name, char *const variables[], char found[PATH_MAX]) {
  const char *path = "";
  for (; *variables && !*path; variables++)
    if (strncmp(*variables, "PATH=", 5) == 0)
      path = *variables + 5;
  if (strchr(name, '/'))
    return snprintf(found, PATH_MAX, "%s", name) < PATH_MAX && access(found, X_OK) == 0;
  for (size_t length; *path; path += length + (path[length] == ':')) {
    struct stat info;
    length = strcspn(path, ":");
    if (snprintf(found, PATH_MAX, "%.*s/%s", (int)length, path, name) < PATH_MAX &&
        access(found, X_OK) == 0 && stat(found, &info) == 0 && S_ISREG(info.st_mode))
      return true;
  }
  return false;
}

/* Starts a program whose stdin, stdout and stderr are the files. Returns 0 or an errno. */
static int start(pid_t *pid, char *const words[], char *const variables[], const int files[3]) {
  char path[PATH_MAX];
  posix_spawn_file_actions_t actions;
  if (!find_program(words[0], variables, path))
    return ENOENT;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; i++)
    posix_spawn_file_actions_adddup2(&actions, files[i], i);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3); /* the pipes of io.popen */
  int failed = posix_spawn(pid, path, &actions, NULL, words, variables);
  posix_spawn_file_actions_destroy(&actions);
  return failed;
}

static int wait_for(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return -1;
  return WIFSIGNALED(status) ? BY_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

/* A file without a name, which exists until it is closed. */
static int new_file(lua_State *L, const char *text, size_t length) {
  int fd = memfd_create("launch", MFD_CLOEXEC);
  if (fd < 0 || pwrite(fd, text, length, 0) != (ssize_t)length)
    luaL_error(L, "cannot create a file: %s", strerror(errno));
  return fd;
}

static void push_file(lua_State *L, int fd) {
  struct stat info;
  luaL_Buffer buffer;
  if (fstat(fd, &info) != 0)
    luaL_error(L, "cannot read a file: %s", strerror(errno));
  size_t size = (size_t)info.st_size, length = 0;
  char *text = luaL_buffinitsize(L, &buffer, size);
  for (ssize_t count = 1; length < size && count > 0; length += (size_t)count)
    count = pread(fd, text + length, size - length, (off_t)length);
  luaL_pushresultsize(&buffer, length);
  close(fd);
}

/* run(words, variables, input) --> status, out, err
 * Runs a program until it ends. variables: of its environment, as "NAME=value"; its PATH finds the program. A signal that
 * ends it is added to 128. The status of a program that does not exist is 127. */
static int launch_run(lua_State *L) {
  size_t length;
  const char *input = luaL_checklstring(L, 3, &length);
  char **words = texts_of(L, 1), **variables = texts_of(L, 2);
  int files[] = {new_file(L, input, length), new_file(L, "", 0), new_file(L, "", 0)};
  pid_t pid;
  int failed = start(&pid, words, variables, files);
  if (failed)
    dprintf(files[2], "%s: %s\n", words[0], strerror(failed));
  lua_pushinteger(L, failed ? NOT_FOUND : wait_for(pid));
  close(files[0]);
  push_file(L, files[1]);
  push_file(L, files[2]);
  return 3;
}

static int close_pipe(lua_State *L) {
  luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
  return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

static luaL_Stream *new_pipe(lua_State *L) {
  luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
  stream->closef = NULL; /* closed */
  luaL_setmetatable(L, LUA_FILEHANDLE);
  return stream;
}

static void open_pipe(luaL_Stream *stream, int fd, const char *mode) {
  stream->f = fdopen(fd, mode);
  stream->closef = stream->f ? close_pipe : NULL;
}

/* start(words [, path]) --> pid, output, input
 * Starts a program with the environment of this one. path: of the file for its stderr, by default that of this one.
 * output, input: files to read its stdout and to write its stdin. */
static int launch_start(lua_State *L) {
  const char *path = luaL_optstring(L, 2, NULL);
  char **words = texts_of(L, 1);
  luaL_Stream *output = new_pipe(L), *input = new_pipe(L);
  int out[2], in[2];
  int errors = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                    : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (errors < 0 || pipe2(out, O_CLOEXEC) != 0 || pipe2(in, O_CLOEXEC) != 0)
    return luaL_error(L, "cannot create the files of %s: %s", words[0], strerror(errno));
  pid_t pid;
  int failed = start(&pid, words, environ, (int[]){in[0], out[1], errors});
  close(errors);
  close(in[0]);
  close(out[1]);
  open_pipe(output, out[0], "r");
  open_pipe(input, in[1], "w");
  if (failed)
    return luaL_error(L, "cannot start %s: %s", words[0], strerror(failed));
  lua_pushinteger(L, pid);
  lua_insert(L, -3);
  return 3;
}

/* stop(pid, signal) --> status
 * Sends a signal to a program that was started, and waits until it ends. */
static int launch_stop(lua_State *L) {
  pid_t pid = (pid_t)luaL_checkinteger(L, 1);
  kill(pid, (int)luaL_checkinteger(L, 2));
  lua_pushinteger(L, wait_for(pid));
  return 1;
}

/* folder([parent]) --> path
 * Creates an empty folder, by default in the folder of temporary files. */
static int launch_folder(lua_State *L) {
  const char *root = getenv("TMPDIR");
  const char *parent = luaL_optstring(L, 1, root && *root ? root : "/tmp");
  char path[PATH_MAX];
  if (snprintf(path, sizeof path, "%s/tmp.XXXXXXXXXX", parent) >= PATH_MAX || !mkdtemp(path))
    return luaL_error(L, "cannot create %s: %s", path, strerror(errno));
  lua_pushstring(L, path);
  return 1;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at) {
  (void)info;
  (void)kind;
  (void)at;
  return remove(path);
}

/* remove(path)
 * Removes a file or folder with its contents, as far as it can. Links are not followed. */
static int launch_remove(lua_State *L) {
  nftw(luaL_checkstring(L, 1), remove_entry, 16, FTW_DEPTH | FTW_PHYS);
  return 0;
}

static const luaL_Reg functions[] = {
    {"run", launch_run},       {"start", launch_start},   {"stop", launch_stop},
    {"folder", launch_folder}, {"remove", launch_remove}, {NULL, NULL},
};

__attribute__((visibility("default"))) int luaopen_launch(lua_State *L);

int luaopen_launch(lua_State *L) {
  luaL_newlib(L, functions);
  return 1;
}
