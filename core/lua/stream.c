/* lanyard.stream: files as the bodies of requests and replies, and checksums. A file is read and
 * written in parts, so that its size does not matter. */

#include "lua/stream.h"

#include "base/platform.h"
#include "crypto/digest.h"
#include "lua/credentials.h"
#include "lua/files.h"
#include "lua/interrupt.h"
#include "lua/util.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM_CLASS "lanyard.stream"
#define DIGESTS_CLASS "lanyard.stream.digests"
#define PART ((size_t)256 * 1024)

struct stream_object {
  struct object object;
  struct stream stream;
  char *path;      /* as it was given */
  char *target;    /* what a written file replaces: the file that a link names */
  char *temporary; /* NULL if the file is read, written in place, or kept */
};

static struct stream_object *check_stream(lua_State *L, int index) {
  return check_object(L, index, STREAM_CLASS);
}

const struct stream *test_stream(lua_State *L, int index) {
  const struct stream_object *object = test_object(L, index, STREAM_CLASS);
  return object ? &object->stream : NULL;
}

/* Closes the file, and removes it if it is incomplete. */
static int stream_close(lua_State *L) {
  struct stream_object *object = end_object(L, 1, STREAM_CLASS);
  if (!object)
    return 0;
  if (object->stream.fd >= 0)
    close(object->stream.fd);
  if (object->temporary)
    unlink(object->temporary);
  free(object->path);
  free(object->target);
  free(object->temporary);
  return 0;
}

static struct stream_object *new_stream(lua_State *L, const char *path) {
  struct stream_object *object = new_object(L, sizeof *object, 0, STREAM_CLASS);
  object->stream.fd = -1;
  object->path = strdup(path);
  if (!object->path)
    luaL_error(L, "not enough memory");
  return object;
}

/* open(path) --> stream | nil, err
 * Opens a regular file for reading. err.code is "NotFound", "AccessDenied", "SystemError" or
 * "NotRegular". */
static int stream_open(lua_State *L) {
  const char *path = check_text(L, 1);
  struct stream_object *object = new_stream(L, path);
  object->stream.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (object->stream.fd < 0)
    return push_system_error(L, "read", path, errno);
  struct stat status;
  if (fstat(object->stream.fd, &status) != 0)
    return push_system_error(L, "read", path, errno);
  if (!S_ISREG(status.st_mode))
    return push_error(L, "NotRegular", "cannot send %s: it is not a regular file", path);
  object->stream.length = (uint64_t)status.st_size;
  return 1;
}

/* create(path) --> stream | nil, err
 * Creates a file for writing. Its bytes are in a temporary file beside the path until keep(), unless the path
 * names something else than a regular file, such as a device. */
static int stream_create(lua_State *L) {
  const char *path = check_text(L, 1);
  struct stream_object *object = new_stream(L, path);
  object->stream.writes = true;
  struct stat status;
  if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
    object->stream.fd = open(path, O_WRONLY | O_CLOEXEC); /* waits for the reader of a FIFO */
    if (object->stream.fd < 0 && errno == EINTR)
      interrupt_raise(L);
    return object->stream.fd < 0 ? push_system_error(L, "write", path, errno) : 1;
  }
  object->target = realpath(path, NULL);
  if (!object->target && lstat(path, &status) == 0)
    return push_error(L, "NotFound", "cannot write %s: it is a link to a file that does not exist",
                      path);
  if (!object->target)
    object->target = strdup(path);
  size_t room = object->target ? strlen(object->target) + sizeof ".XXXXXX" : 0;
  char *name = room ? malloc(room) : NULL;
  if (!name)
    return luaL_error(L, "not enough memory");
  snprintf(name, room, "%s.XXXXXX", object->target);
  object->stream.fd = mkostemp(name, O_CLOEXEC);
  if (object->stream.fd < 0) {
    free(name);
    return push_system_error(L, "write", path, errno);
  }
  object->temporary = name;
  return 1;
}

/* Gives a temporary file the permissions of a new file, or of the file that it replaces. */
static int set_mode(const struct stream_object *object) {
  struct stat status;
  mode_t mode;
  if (stat(object->target, &status) == 0) {
    mode = status.st_mode & 0777;
  } else {
    mode_t mask = umask(0);
    umask(mask);
    mode = 0666 & ~mask;
  }
  return fchmod(object->stream.fd, mode);
}

/* stream:keep() --> true | nil, err
 * Gives a written file its name, in place of a file that had it. */
static int stream_keep(lua_State *L) {
  struct stream_object *object = check_stream(L, 1);
  if (object->temporary) {
    if (set_mode(object) != 0 || rename(object->temporary, object->target) != 0)
      return push_system_error(L, "write", object->path, errno);
    free(object->temporary);
    object->temporary = NULL;
  }
  lua_pushboolean(L, true);
  return 1;
}

/* stream:rewind() --> true | nil, err
 * Empties a written file, for another attempt. */
static int stream_rewind(lua_State *L) {
  const struct stream_object *object = check_stream(L, 1);
  if (object->temporary &&
      (ftruncate(object->stream.fd, 0) != 0 || lseek(object->stream.fd, 0, SEEK_SET) != 0))
    return push_system_error(L, "write", object->path, errno);
  lua_pushboolean(L, true);
  return 1;
}

/* stream:length() --> integer
 * Returns the number of bytes: of a file that is read, as it was opened; of a written one, so far. */
static int stream_length(lua_State *L) {
  const struct stream_object *object = check_stream(L, 1);
  struct stat status;
  uint64_t length = object->stream.length;
  if (object->stream.writes && fstat(object->stream.fd, &status) == 0)
    length = (uint64_t)status.st_size;
  lua_pushinteger(L, (lua_Integer)length);
  return 1;
}

/* stream:read(offset, length) --> bytes | nil, err
 * Returns at most `length` bytes from an offset, fewer at the end of the file. */
static int stream_read(lua_State *L) {
  const struct stream_object *object = check_stream(L, 1);
  lua_Integer offset = check_int(L, 2, 0, LUA_MAXINTEGER);
  size_t length = (size_t)check_int(L, 3, 0, (lua_Integer)64 * 1024 * 1024), done = 0;
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, length);
  while (done < length) {
    ssize_t got = pread(object->stream.fd, to + done, length - done, (off_t)offset + (off_t)done);
    if (got < 0 && errno != EINTR)
      return push_system_error(L, "read", object->path, errno);
    if (got == 0)
      break;
    done += got > 0 ? (size_t)got : 0;
  }
  luaL_pushresultsize(&buffer, done);
  return 1;
}

/* stream:path() --> string */
static int stream_path(lua_State *L) {
  lua_pushstring(L, check_stream(L, 1)->path);
  return 1;
}

/* stream:is_temporary() --> boolean
 * Reports whether a written file can be read again: it is not a device. */
static int stream_is_temporary(lua_State *L) {
  lua_pushboolean(L, check_stream(L, 1)->temporary != NULL);
  return 1;
}

/* ---- Digests ---- */

static const char *const digest_names[] = {"crc32", "crc32c", "crc64nvme", "md5",
                                           "sha1",  "sha256", "sha512",    NULL};

/* The running digests, which must be freed after a longjmp. */
struct digests {
  struct object object;
  size_t count;
  struct digest list[DIGEST_KINDS];
  char part[PART];
};

static int digests_gc(lua_State *L) {
  struct digests *digests = end_object(L, 1, DIGESTS_CLASS);
  for (size_t i = 0; digests && i < digests->count; i++)
    digest_drop(&digests->list[i]);
  return 0;
}

static void update(lua_State *L, struct digests *digests, const char *bytes, size_t length) {
  for (size_t i = 0; i < digests->count; i++) {
    if (!digest_update(&digests->list[i], bytes, length))
      luaL_error(L, "OpenSSL cannot compute a digest");
  }
}

/* Reads a whole file. Returns false and sets errno if it cannot be read. */
static bool update_from_file(lua_State *L, struct digests *digests, const struct stream *stream) {
  off_t position = 0;
  for (;;) {
    ssize_t got = pread(stream->fd, digests->part, PART, position);
    if (got == 0)
      return true;
    if (got < 0 && errno != EINTR)
      return false;
    if (got > 0) {
      update(L, digests, digests->part, (size_t)got);
      position += got;
    }
  }
}

/* digests(bytes or secret or stream, { "crc32", ... }) --> { crc32 = bytes, ... } | nil, err
 * Returns digests, in one pass: "crc32", "crc32c", "crc64nvme", "md5", "sha1", "sha256" and
 * "sha512". */
static int digests_of(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  copy_table(L, 2);
  struct digests *digests = new_object(L, sizeof *digests, 0, DIGESTS_CLASS);
  int kinds[DIGEST_KINDS];
  use_library(L, LIBRARY_CRYPTO);
  size_t wanted = (size_t)luaL_len(L, 2);
  luaL_argcheck(L, wanted <= DIGEST_KINDS, 2, "names of digests expected");
  for (size_t i = 0; i < wanted; i++) {
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    kinds[i] = luaL_checkoption(L, -1, NULL, digest_names);
    lua_pop(L, 1);
    if (!digest_start(&digests->list[digests->count], (enum digest_kind)kinds[i]))
      return luaL_error(L, "OpenSSL cannot compute a digest");
    digests->count++;
  }
  const struct stream *stream = test_stream(L, 1);
  const struct secret *secret = test_secret(L, 1);
  if (stream) {
    if (!update_from_file(L, digests, stream))
      return push_system_error(L, "read", check_stream(L, 1)->path, errno);
  } else if (secret) {
    update(L, digests, secret->bytes, secret->length);
  } else {
    size_t length;
    const char *bytes = luaL_checklstring(L, 1, &length);
    update(L, digests, bytes, length);
  }
  lua_createtable(L, 0, (int)wanted);
  for (size_t i = 0; i < wanted; i++) {
    unsigned char bytes[DIGEST_MOST];
    size_t size = digest_finish(&digests->list[i], bytes);
    if (size == 0)
      return luaL_error(L, "OpenSSL cannot compute a digest");
    lua_pushlstring(L, (const char *)bytes, size);
    lua_setfield(L, -2, digest_names[kinds[i]]);
  }
  return 1;
}

MODULE_API int luaopen_lanyard_stream(lua_State *L) {
  static const luaL_Reg methods[] = {{"close", stream_close},
                                     {"read", stream_read},
                                     {"keep", stream_keep},
                                     {"rewind", stream_rewind},
                                     {"length", stream_length},
                                     {"path", stream_path},
                                     {"is_temporary", stream_is_temporary},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", stream_close}, {"__close", stream_close}, {NULL, NULL}};
  static const luaL_Reg digests_meta[] = {{"__gc", digests_gc}, {NULL, NULL}};
  static const luaL_Reg functions[] = {
      {"open", stream_open}, {"create", stream_create}, {"digests", digests_of}, {NULL, NULL}};
  lua_getglobal(L, "require"); /* registers the class of secrets */
  lua_pushliteral(L, "lanyard.credentials");
  lua_call(L, 1, 0);
  new_class(L, STREAM_CLASS, methods, meta);
  new_class(L, DIGESTS_CLASS, NULL, digests_meta);
  luaL_newlib(L, functions);
  return 1;
}
