/* lanyard.system: the operating system: crash-safe files, locks, clocks, random numbers, the
 * terminal. files.c and terminal.c have the functions that read, log.c has logs. Failures are `nil, err`; err.code is
 * "NotFound", "AccessDenied" or "SystemError". */

#include "base/platform.h"
#include "lua/credentials.h"
#include "lua/files.h"
#include "lua/log.h"
#include "lua/terminal.h"
#include "lua/util.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_CLASS "lanyard.lock"

/* Writes all bytes and flushes them to the disk. Returns 0 or an errno. */
static int write_and_sync(int fd, const char *text, size_t length) {
  int failed = write_all(fd, text, length);
  return failed ? failed : fsync(fd) == 0 ? 0 : errno;
}

/* Flushes the folder of `path`, so that a rename in it is durable. Returns 0 or an errno. */
static int sync_folder_of(const char *path) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (!slash)
    snprintf(folder, sizeof folder, ".");
  else if (slash == path)
    snprintf(folder, sizeof folder, "/");
  else
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno;
  int failed = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  return failed;
}

/* write_file(path, text or secret [, mode = 0600 [, flush = true]]) --> true | nil, err
 * Replaces a file atomically and durably: a temporary file in the same folder, fsync, rename, fsync
 * of the folder. Without `flush` there is no fsync. */
static int system_write_file(lua_State *L) {
  size_t length = 0;
  const char *path = luaL_checkstring(L, 1);
  const struct secret *secret = test_secret(L, 2);
  const char *text = secret ? secret->bytes : luaL_checklstring(L, 2, &length);
  length = secret ? secret->length : length;
  mode_t mode = (mode_t)luaL_optinteger(L, 3, 0600);
  bool flush = lua_isnoneornil(L, 4) || lua_toboolean(L, 4);

  char temporary[PATH_MAX];
  int size = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
  if (size < 0 || (size_t)size >= sizeof temporary)
    return push_system_error(L, "write", path, ENAMETOOLONG);
  int fd = mkostemp(temporary, O_CLOEXEC);
  if (fd < 0)
    return push_system_error(L, "write", path, errno);
  int failed = fchmod(fd, mode) != 0 ? errno
               : flush               ? write_and_sync(fd, text, length)
                                     : write_all(fd, text, length);
  if (close(fd) != 0 && !failed)
    failed = errno;
  if (!failed && rename(temporary, path) != 0)
    failed = errno;
  if (failed)
    unlink(temporary);
  else if (flush)
    failed = sync_folder_of(path);
  if (failed)
    return push_system_error(L, "write", path, failed);
  lua_pushboolean(L, 1);
  return 1;
}

/* sync_folder_of(path) --> true | nil, err
 * Flushes the folder of a file or folder to the disk, so that its name is durable. */
static int system_sync_folder_of(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int failed = sync_folder_of(path);
  if (failed)
    return push_system_error(L, "write the folder of", path, failed);
  lua_pushboolean(L, 1);
  return 1;
}

/* append_file(path, text [, "new"]) --> true | nil, err
 * Appends to a file durably. A missing file is created with mode 0600. With "new", an existing file
 * or link is an error with the code "Exists". */
static int system_append_file(lua_State *L) {
  static const char *const ways[] = {"any", "new", NULL};
  size_t length;
  const char *path = luaL_checkstring(L, 1);
  const char *text = luaL_checklstring(L, 2, &length);
  bool must_be_new = luaL_checkoption(L, 3, "any", ways) == 1;
  int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | (must_be_new ? O_EXCL : 0), 0600);
  if (fd < 0 && errno == EEXIST)
    return push_error(L, "Exists", "cannot write %s: it already exists", path);
  if (fd < 0)
    return push_system_error(L, "write", path, errno);
  int failed = write_and_sync(fd, text, length);
  if (close(fd) != 0 && !failed)
    failed = errno;
  if (!failed && must_be_new)
    failed = sync_folder_of(path);
  if (failed)
    return push_system_error(L, "write", path, failed);
  lua_pushboolean(L, 1);
  return 1;
}

/* Creates a folder. Returns 0, or an errno for anything but a file that exists. Counts what it creates. */
static int make_folder(const char *path, mode_t mode, lua_Integer *made) {
  if (mkdir(path, mode) == 0)
    ++*made;
  else if (errno != EEXIST)
    return errno;
  return 0;
}

/* mkdirs(path [, mode = 0700]) --> true, made | nil, err
 * Creates a folder and its parents, and returns how many it created. An existing folder is not an error. */
static int system_mkdirs(lua_State *L) {
  size_t length = 0;
  const char *path = luaL_checklstring(L, 1, &length);
  mode_t mode = (mode_t)luaL_optinteger(L, 2, 0700);
  char part[PATH_MAX];
  if (length >= sizeof part)
    return push_system_error(L, "create the folder", path, ENAMETOOLONG);
  lua_Integer made = 0;
  bool exists = length > 0 && make_folder(path, mode, &made) == 0;
  for (size_t i = 1; i <= length && !exists; i++) {
    if (i < length && path[i] != '/')
      continue;
    memcpy(part, path, i);
    part[i] = '\0';
    int failed = make_folder(part, mode, &made);
    if (failed)
      return push_system_error(L, "create the folder", part, failed);
  }
  struct stat info;
  if (stat(path, &info) != 0)
    return push_system_error(L, "create the folder", path, errno);
  if (!S_ISDIR(info.st_mode))
    return push_system_error(L, "create the folder", path, ENOTDIR);
  lua_pushboolean(L, 1);
  lua_pushinteger(L, made);
  return 2;
}

/* remove(path) --> true | nil, err
 * A missing file is not an error. */
static int system_remove(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  if (unlink(path) != 0 && errno != ENOENT)
    return push_system_error(L, "remove", path, errno);
  lua_pushboolean(L, 1);
  return 1;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at) {
  (void)info;
  (void)kind;
  (void)at;
  return remove(path);
}

/* remove_tree(folder) --> true | nil, err
 * Removes a folder with its contents. Links are removed, not followed. */
static int system_remove_tree(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
    return push_system_error(L, "remove", path, errno);
  lua_pushboolean(L, 1);
  return 1;
}

/* temp_folder(prefix) --> path | nil, err
 * Creates an empty folder with mode 0700, in $TMPDIR if that is absolute, else in /tmp. */
static int system_temp_folder(lua_State *L) {
  const char *prefix = luaL_checkstring(L, 1);
  const char *root = getenv("TMPDIR");
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/%s.XXXXXX", root && *root == '/' ? root : "/tmp", prefix);
  if (!mkdtemp(path))
    return push_system_error(L, "create the folder", path, errno);
  lua_pushstring(L, path);
  return 1;
}

struct lock {
  int fd;
};

/* lock(path) --> lock | nil | nil, err
 * Takes an exclusive lock on a file, which is created if needed. A nil without an error means that
 * this or another process holds the lock. lock:close(), <close> and the end of the process release
 * it. */
static int system_lock(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct lock *lock = lua_newuserdatauv(L, sizeof *lock, 0);
  lock->fd = -1;
  luaL_setmetatable(L, LOCK_CLASS);
  lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock->fd < 0)
    return push_system_error(L, "lock", path, errno);
  int failed;
  do
    failed = flock(lock->fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  while (failed == EINTR);
  if (failed) {
    close(lock->fd);
    lock->fd = -1;
    if (failed != EWOULDBLOCK)
      return push_system_error(L, "lock", path, failed);
    luaL_pushfail(L);
  }
  return 1;
}

static int lock_close(lua_State *L) {
  struct lock *lock = luaL_checkudata(L, 1, LOCK_CLASS);
  if (lock->fd >= 0)
    close(lock->fd);
  lock->fd = -1;
  return 0;
}

static lua_Number read_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (lua_Number)now.tv_sec + (lua_Number)now.tv_nsec / 1e9;
}

/* clock() --> number
 * Returns the seconds of a monotonic clock. */
static int system_clock(lua_State *L) {
  lua_pushnumber(L, read_clock(CLOCK_MONOTONIC));
  return 1;
}

/* time() --> number
 * Returns the seconds since 1970-01-01T00:00Z, with fractions. */
static int system_time(lua_State *L) {
  lua_pushnumber(L, read_clock(CLOCK_REALTIME));
  return 1;
}

/* utc_offset(seconds) --> integer
 * Returns by how many seconds the local time is ahead of UTC at a time in seconds since 1970. */
static int system_utc_offset(lua_State *L) {
  lua_pushinteger(L, platform_utc_offset((int64_t)luaL_checkinteger(L, 1)));
  return 1;
}

static void fill_random(lua_State *L, void *bytes, size_t length) {
  if (!platform_random(bytes, length))
    luaL_error(L, "cannot read random bytes: %s", strerror(errno));
}

/* random(n) --> string
 * Returns n random bytes, at most 256. */
static int system_random(lua_State *L) {
  char bytes[256];
  lua_Integer count = luaL_checkinteger(L, 1);
  luaL_argcheck(L, count >= 0 && count <= (lua_Integer)sizeof bytes, 1, "0 to 256 expected");
  fill_random(L, bytes, (size_t)count);
  lua_pushlstring(L, bytes, (size_t)count);
  return 1;
}

/* uniform() --> number
 * Returns a random number in [0, 1). */
static int system_uniform(lua_State *L) {
  uint64_t bits;
  fill_random(L, &bits, sizeof bits);
  lua_pushnumber(L, (lua_Number)(bits >> 11) * 0x1p-53);
  return 1;
}

static bool is_output_closed(void) {
  struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

/* output_failure() --> nil | "closed" | "failed", [reason]
 * Flushes stdout, and reports whether anything that was written to it is lost, earlier writes included. closed: it is a
 * pipe whose reader has closed it. The reason is known if this flush failed. */
static int system_output_failure(lua_State *L) {
  int failed = fflush(stdout) == 0 ? 0 : errno;
  if (!failed && !ferror(stdout))
    return 0;
  lua_pushstring(L, is_output_closed() ? "closed" : "failed");
  if (failed)
    lua_pushstring(L, strerror(failed));
  return failed ? 2 : 1;
}

/* output_closed() --> boolean
 * Reports whether stdout is a pipe whose reader has closed it. */
static int system_output_closed(lua_State *L) {
  lua_pushboolean(L, is_output_closed());
  return 1;
}

/* isatty(fd) --> boolean */
static int system_isatty(lua_State *L) {
  lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
  return 1;
}

/* columns(fd) --> integer | nil
 * Returns the width of a terminal. */
static int system_columns(lua_State *L) {
  struct winsize size;
  if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    luaL_pushfail(L);
  else
    lua_pushinteger(L, size.ws_col);
  return 1;
}

static int system_getpid(lua_State *L) {
  lua_pushinteger(L, getpid());
  return 1;
}

/* hostname() --> name | nil */
static int system_hostname(lua_State *L) {
  char name[256]; /* POSIX limits a name to 255 bytes */
  if (gethostname(name, sizeof name) != 0)
    lua_pushnil(L);
  else {
    name[sizeof name - 1] = '\0';
    lua_pushstring(L, name);
  }
  return 1;
}

/* setenv(name, value | nil)
 * Sets or removes an environment variable of this process and its future children. */
static int system_setenv(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  const char *value = luaL_optstring(L, 2, NULL);
  if ((value ? setenv(name, value, 1) : unsetenv(name)) != 0)
    return luaL_error(L, "cannot set %s: %s", name, strerror(errno));
  return 0;
}

static const luaL_Reg lock_methods[] = {{"close", lock_close}, {NULL, NULL}};
static const luaL_Reg lock_meta[] = {{"__gc", lock_close}, {"__close", lock_close}, {NULL, NULL}};

static const luaL_Reg functions[] = {
    {"write_file", system_write_file},
    {"append_file", system_append_file},
    {"sync_folder_of", system_sync_folder_of},
    {"mkdirs", system_mkdirs},
    {"remove", system_remove},
    {"remove_tree", system_remove_tree},
    {"temp_folder", system_temp_folder},
    {"lock", system_lock},
    {"clock", system_clock},
    {"time", system_time},
    {"utc_offset", system_utc_offset},
    {"random", system_random},
    {"uniform", system_uniform},
    {"output_closed", system_output_closed},
    {"output_failure", system_output_failure},
    {"isatty", system_isatty},
    {"columns", system_columns},
    {"getpid", system_getpid},
    {"hostname", system_hostname},
    {"setenv", system_setenv},
    {NULL, NULL},
};

MODULE_API int luaopen_lanyard_system(lua_State *L) {
  new_class(L, LOCK_CLASS, lock_methods, lock_meta);
  luaL_newlib(L, functions);
  luaL_setfuncs(L, reading_functions, 0);
  log_class(L);
  luaL_setfuncs(L, log_functions, 0);
  terminal_classes(L);
  luaL_setfuncs(L, terminal_functions, 0);
  return 1;
}
