/* The part of lanyard.system that writes logs: files to which several tasks append, and which a thread flushes to the
 * disk while the event loop runs. */

#include "lua/log.h"

#include "base/platform.h"
#include "lua/files.h"
#include "lua/loop.h"
#include "lua/util.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOG_CLASS "lanyard.log"
#define FLUSH_CLASS "lanyard.log.flush"

struct log {
  struct object object;
  int fd;
};

/* The operation completes when the thread has written an errno to the pipe, or 0. */
struct flush {
  struct operation operation;
  struct loop_watch watch;
  int fd; /* of the pipe */
};

/* What a thread does. It owns the descriptors and this memory, so that nothing has to wait for it. */
struct job {
  int fd;
  int done; /* the end of the pipe that it writes to */
  bool everything;
};

int write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    bytes += written;
    length -= (size_t)written;
  }
  return 0;
}

static void free_job(struct job *job) {
  if (job->fd >= 0)
    close(job->fd);
  if (job->done >= 0)
    close(job->done);
  free(job);
}

static void *run_job(void *context) {
  struct job *job = context;
  bool flushed =
      (!job->everything || platform_sync_filesystem(job->fd) == 0) && fsync(job->fd) == 0;
  int failed = flushed ? 0 : errno;
  ssize_t written = write(job->done, &failed, sizeof failed);
  (void)written; /* nothing waits for the result any more */
  free_job(job);
  return NULL;
}

/* Keeps the library that this code is in when Lua closes its state and unloads it: a thread may still run. */
static void keep_loaded(void) {
  static const char here = 0;
  Dl_info info;
  if (dladdr(&here, &info) && info.dli_fname)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

/* Starts a detached thread. It blocks all signals: they are for the thread that runs Lua, and the pipe can be closed.
 * Returns 0 or an errno. */
static int start_thread(struct job *job) {
  pthread_attr_t attributes;
  int failed = pthread_attr_init(&attributes);
  if (failed)
    return failed;
  sigset_t all, before;
  sigfillset(&all);
  keep_loaded();
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  pthread_t thread;
  failed = pthread_create(&thread, &attributes, run_job, job);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return failed;
}

/* Flushes a file in a thread. Returns the descriptor that receives the result, or -1 with errno. */
static int begin_job(int fd, bool everything) {
  struct job *job = malloc(sizeof *job);
  int ends[2] = {-1, -1};
  if (!job)
    return -1;
  *job = (struct job){.fd = -1, .done = -1, .everything = everything};
  int failed = platform_pipe(ends, false) == 0 ? 0 : errno;
  if (!failed) {
    job->done = ends[1];
    job->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    failed = job->fd >= 0 ? start_thread(job) : errno;
  }
  if (!failed)
    return ends[0];
  free_job(job);
  if (ends[0] >= 0)
    close(ends[0]);
  errno = failed;
  return -1;
}

static void stop_flush(struct operation *operation) {
  struct flush *flush = (struct flush *)operation;
  loop_watch_stop(&flush->watch);
  if (flush->fd >= 0)
    close(flush->fd);
  flush->fd = -1;
}

/* op:result() --> true | nil, err */
static int flush_result(lua_State *L) {
  struct flush *flush = lua_loop_check_done(L, 1, FLUSH_CLASS);
  int failed = EIO;
  ssize_t got = read(flush->fd, &failed, sizeof failed);
  if (got == (ssize_t)sizeof failed && failed == 0) {
    lua_pushboolean(L, 1);
    return 1;
  }
  return push_system_error(L, "write", "the log", failed);
}

/* log:flush([everything]) --> op | nil, err
 * Flushes the log to the disk while the event loop runs. With `everything`, all files of its file system are flushed,
 * too. op:result() returns true | nil, err. */
static int log_flush(lua_State *L) {
  const struct log *log = check_object(L, 1, LOG_CLASS);
  bool everything = lua_toboolean(L, 2);
  struct loop *loop = lua_loop(L);
  struct flush *flush = new_object(L, sizeof *flush, 0, FLUSH_CLASS);
  flush->operation.op = &flush->watch.op;
  flush->operation.stop = stop_flush;
  flush->fd = begin_job(log->fd, everything);
  if (flush->fd < 0)
    return push_system_error(L, "write", "the log", errno);
  if (!loop_watch_start(loop, &flush->watch, flush->fd))
    return push_system_error(L, "write", "the log", errno);
  lua_loop_retain(L);
  return 1;
}

/* log:sync() --> true | nil, err
 * Flushes the log to the disk. The event loop waits meanwhile. */
static int log_sync(lua_State *L) {
  const struct log *log = check_object(L, 1, LOG_CLASS);
  if (fsync(log->fd) != 0)
    return push_system_error(L, "write", "the log", errno);
  lua_pushboolean(L, 1);
  return 1;
}

/* log:append(text) --> true | nil, err
 * After a failure the log may end with a part of the text. */
static int log_append(lua_State *L) {
  const struct log *log = check_object(L, 1, LOG_CLASS);
  size_t length = 0;
  const char *text = luaL_checklstring(L, 2, &length);
  int failed = write_all(log->fd, text, length);
  if (failed)
    return push_system_error(L, "write", "the log", failed);
  lua_pushboolean(L, 1);
  return 1;
}

/* log:close(), also __gc and __close */
static int log_close(lua_State *L) {
  struct log *log = end_object(L, 1, LOG_CLASS);
  if (log && log->fd >= 0)
    close(log->fd);
  return 0;
}

/* Holds a new file as with `lock`. Returns 0, EWOULDBLOCK if another process has taken or removed it, or another
 * errno. */
static int hold(int fd) {
  struct stat info;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &info) != 0)
    return errno;
  return info.st_nlink > 0 ? 0 : EWOULDBLOCK;
}

/* log(path) --> log | nil, err
 * Creates a log, which this process holds as with `lock` until log:close(), <close> or its end. An existing file is an
 * error with the code "Exists". A process that removes logs which nobody holds can take the new file before this one
 * holds it: an error with the code "Taken". */
static int system_log(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  struct log *log = new_object(L, sizeof *log, 0, LOG_CLASS);
  log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (log->fd < 0 && errno == EEXIST)
    return push_error(L, "Exists", "cannot write %s: it already exists", path);
  int failed = log->fd >= 0 ? hold(log->fd) : errno;
  if (failed == EWOULDBLOCK)
    return push_error(L, "Taken", "cannot write %s: another process has taken it", path);
  if (failed)
    return push_system_error(L, "write", path, failed);
  return 1;
}

void log_class(lua_State *L) {
  static const luaL_Reg methods[] = {{"append", log_append},
                                     {"flush", log_flush},
                                     {"sync", log_sync},
                                     {"close", log_close},
                                     {NULL, NULL}};
  static const luaL_Reg meta[] = {{"__gc", log_close}, {"__close", log_close}, {NULL, NULL}};
  static const luaL_Reg flush_methods[] = {{"result", flush_result}, {NULL, NULL}};
  new_class(L, LOG_CLASS, methods, meta);
  lua_loop_class(L, FLUSH_CLASS, flush_methods);
}

const luaL_Reg log_functions[] = {{"log", system_log}, {NULL, NULL}};
