/* The part of lanyard.system that reads files and folders. Failures are `nil, err`; err.code is
 * "NotFound", "AccessDenied" or "SystemError", and "TooLarge" or "NotRegular" where it says so. */

#include "lua/files.h"

#include "base/buf.h"
#include "lua/interrupt.h"
#include "lua/util.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int push_system_error(lua_State *L, const char *what, const char *path, int number) {
  const char *code = number == ENOENT                      ? "NotFound"
                     : number == EACCES || number == EPERM ? "AccessDenied"
                                                           : "SystemError";
  return push_error(L, code, "cannot %s %s: %s", what, path, strerror(number));
}

/* Returns the optional limit in bytes at argument 2. */
static size_t check_most(lua_State *L) {
  lua_Integer most = luaL_optinteger(L, 2, LUA_MAXINTEGER);
  luaL_argcheck(L, most >= 0, 2, "number of bytes expected");
  return (size_t)most;
}

static int push_too_large(lua_State *L, const char *name) {
  const char *most = luaL_tolstring(L, 2, NULL);
  return push_error(L, "TooLarge", "cannot read %s: it has more than %s bytes", name, most);
}

/* Returns nil and the error of a file that cannot be read. A signal that ends the wait for the writer of a FIFO or a
 * pipe interrupts the command instead. */
static int push_read_error(lua_State *L, const char *name, int number) {
  if (number == EINTR)
    interrupt_raise(L);
  if (number == EISDIR)
    return push_error(L, "NotRegular", "cannot read %s: it is a folder, not a file", name);
  return push_system_error(L, "read", name, number);
}

/* read_file(path [, most]) --> text | nil, err
 * Reads a file, or standard input for "-". A FIFO is read when it has a writer. A file of more than `most` bytes is
 * an error with the code "TooLarge", and a folder one with the code "NotRegular". */
static int system_read_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  size_t most = check_most(L);
  bool standard_input = strcmp(path, "-") == 0;
  FILE *file = standard_input ? stdin : fopen(path, "rb");
  if (!file)
    return push_read_error(L, path, errno);
  const char *name = standard_input ? "stdin" : path;
  struct buf text = {0};
  char chunk[8192];
  size_t got;
  /* On a terminal, another read after the end of the input would wait for more. */
  while (text.length <= most && !feof(file) && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
    buf_add(&text, chunk, got);
  int failed = ferror(file) ? errno : text.failed ? ENOMEM : 0;
  if (!standard_input)
    fclose(file);
  if (failed) {
    buf_free(&text);
    return push_read_error(L, name, failed);
  }
  if (text.length > most) {
    buf_free(&text);
    return push_too_large(L, name);
  }
  return push_buf(L, &text);
}

static void set_integer(lua_State *L, const char *field, uintmax_t value) {
  lua_pushinteger(L, (lua_Integer)value);
  lua_setfield(L, -2, field);
}

static int push_info(lua_State *L, const struct stat *info) {
  lua_createtable(L, 0, 7);
  set_integer(L, "owner", info->st_uid);
  set_integer(L, "mode", info->st_mode & 07777);
  set_integer(L, "links", info->st_nlink);
  set_integer(L, "size", (uintmax_t)info->st_size);
  set_integer(L, "device", info->st_dev);
  set_integer(L, "inode", info->st_ino);
  return 1;
}

static const char *type_name(mode_t mode) {
  return S_ISREG(mode) ? "file" : S_ISDIR(mode) ? "folder" : S_ISLNK(mode) ? "link" : "other";
}

/* stat(path) --> info | nil, err
 * Describes a file without following a link: { type = "file" | "folder" | "link" | "other",
 * owner = uid, mode = permission bits, links, size, device, inode }. */
static int system_stat(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct stat info;
  if (lstat(path, &info) != 0)
    return push_system_error(L, "read", path, errno);
  push_info(L, &info);
  lua_pushstring(L, type_name(info.st_mode));
  lua_setfield(L, -2, "type");
  return 1;
}

static int push_not_regular(lua_State *L, const char *path, const char *kind) {
  return push_error(L, "NotRegular", "cannot read %s: it is %s, not a regular file", path, kind);
}

/* Reads at most most + 1 bytes. Returns 0 or an errno. */
static int read_all(int fd, size_t most, struct buf *text) {
  char chunk[8192];
  while (text->length <= most) {
    ssize_t got = read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return errno;
    if (got == 0)
      break;
    buf_add(text, chunk, (size_t)got);
    if (text->failed)
      return ENOMEM;
  }
  return 0;
}

/* read_regular(path [, most]) --> text, info | nil, err
 * Reads a regular file that may have been planted by somebody else: a link is not followed, and a
 * FIFO or a device does not block. Anything but a regular file is an error with the code
 * "NotRegular", and one of more than `most` bytes an error with the code "TooLarge". The info is
 * that of the file that was read: { owner = uid, mode = permission bits, links, size, device,
 * inode }. */
static int system_read_regular(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  size_t most = check_most(L);
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (fd < 0 && errno == ELOOP)
    return push_not_regular(L, path, "a symbolic link");
  if (fd < 0 && errno == ENXIO)
    return push_not_regular(L, path, "a socket or a device");
  if (fd < 0)
    return push_system_error(L, "read", path, errno);
  struct stat info;
  int failed = fstat(fd, &info) == 0 ? 0 : errno;
  bool regular = !failed && S_ISREG(info.st_mode);
  struct buf text = {0};
  if (regular && (uintmax_t)info.st_size <= most)
    failed = read_all(fd, most, &text);
  close(fd);
  if (!failed && regular && (uintmax_t)info.st_size <= most && text.length <= most) {
    push_buf(L, &text);
    push_info(L, &info);
    return 2;
  }
  buf_free(&text);
  if (failed)
    return push_system_error(L, "read", path, failed);
  if (!regular)
    return push_not_regular(L, path, S_ISDIR(info.st_mode) ? "a folder" : "a FIFO or a device");
  return push_too_large(L, path);
}

/* real_path(path) --> path | nil, err
 * Returns the absolute path of an existing file or folder, with every link resolved. */
static int system_real_path(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  char *resolved = realpath(path, NULL);
  if (!resolved)
    return push_system_error(L, "resolve", path, errno);
  struct buf copy = {0};
  buf_add(&copy, resolved, strlen(resolved));
  free(resolved);
  return push_buf(L, &copy);
}

/* user() --> uid
 * Returns the user with whose permissions this process opens files. */
static int system_user(lua_State *L) {
  lua_pushinteger(L, geteuid());
  return 1;
}

static int compare_names(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* list(folder) --> names | nil, err
 * Returns the names in byte order, without . and .. */
static int system_list(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct dirent **entries = NULL;
  int count = scandir(path, &entries, NULL, compare_names);
  if (count < 0)
    return push_system_error(L, "list", path, errno);
  lua_createtable(L, count, 0);
  lua_Integer kept = 0;
  for (int i = 0; i < count; i++) {
    if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0) {
      lua_pushstring(L, entries[i]->d_name);
      lua_rawseti(L, -2, ++kept);
    }
    free(entries[i]);
  }
  free(entries);
  return 1;
}

/* exists(path) --> boolean */
static int system_exists(lua_State *L) {
  lua_pushboolean(L, access(luaL_checkstring(L, 1), F_OK) == 0);
  return 1;
}

const luaL_Reg reading_functions[] = {
    {"read_file", system_read_file}, {"read_regular", system_read_regular},
    {"stat", system_stat},           {"real_path", system_real_path},
    {"user", system_user},           {"list", system_list},
    {"exists", system_exists},       {NULL, NULL},
};
