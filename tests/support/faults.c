/* Disturbs a program, for the specs of tests/torture: kills it at a system call, or makes a system call or an
 * allocation fail. Not part of the product. The specs compile it and load it with LD_PRELOAD.
 *
 *   FAULTS_MODE   kill: count the calls that write, rename, sync, remove, create or send
 *                 disk: count the calls on files below FAULTS_BELOW
 *                 alloc: count the allocations
 *   FAULTS_AT     the number of the call that is disturbed, from 1; none without it
 *   FAULTS_WHEN   kill: "before" or "after" the call; disk and alloc: "once", or "always" from that call on
 *   FAULTS_ERRNO  disk: the error number
 *   FAULTS_LOG    a file that receives the name of each counted call; alloc: their number at the end
 *
 * The calls that a library makes to libc pass through here. Those inside libc do not: what stdio writes to stdout is
 * not counted. */

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 1024 };

static enum { NONE, KILL, DISK, ALLOC } mode;
static atomic_long calls;
static long at;
static bool after, always, ended;
static int error_number, log_fd = -1;
static char below[4096];
static bool is_state_fd[FDS];

/* Whether the call that this thread makes is the one after which the process ends. */
static _Thread_local bool is_last;

static const char *setting(const char *name) {
  const char *text = getenv(name);
  return text ? text : "";
}

static void log_line(const char *text) {
  char line[256];
  int length = snprintf(line, sizeof line, "%s\n", text);
  if (log_fd >= 0 && length > 0)
    syscall(SYS_write, log_fd, line, (size_t)length);
}

__attribute__((constructor)) static void start(void) {
  const char *name = setting("FAULTS_MODE");
  at = atol(setting("FAULTS_AT"));
  after = strcmp(setting("FAULTS_WHEN"), "after") == 0;
  always = strcmp(setting("FAULTS_WHEN"), "always") == 0;
  error_number = atoi(setting("FAULTS_ERRNO"));
  snprintf(below, sizeof below, "%s", setting("FAULTS_BELOW"));
  if (*setting("FAULTS_LOG"))
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, setting("FAULTS_LOG"),
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  mode = strcmp(name, "kill") == 0    ? KILL
         : strcmp(name, "disk") == 0  ? DISK
         : strcmp(name, "alloc") == 0 ? ALLOC
                                      : NONE;
}

__attribute__((destructor)) static void stop(void) {
  char text[32];
  snprintf(text, sizeof text, "%ld", atomic_load(&calls));
  if (mode == ALLOC)
    log_line(text);
}

/* The program ends without destructors. */
__attribute__((visibility("default"))) void _exit(int status) {
  stop();
  for (;;)
    syscall(SYS_exit_group, status);
}

/* Ends the disturbance. The coverage build calls it before it writes its counts. */
void faults_end(void);
void faults_end(void) {
  ended = true;
}

static void die(void) {
  syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

static bool is_due(void) {
  if (ended)
    return false;
  long number = atomic_fetch_add(&calls, 1) + 1;
  return at > 0 && (number == at || (always && number > at));
}

/* Begins a call. `changes`: it writes or sends; `is_state`: it is on the state folder. Returns false
 * if it fails instead, with errno. */
static bool begin(const char *name, bool changes, bool is_state) {
  is_last = false;
  if ((mode != KILL || !changes) && (mode != DISK || !is_state))
    return true;
  log_line(name);
  if (!is_due())
    return true;
  if (mode == KILL) {
    if (!after)
      die();
    is_last = true;
    return true;
  }
  errno = error_number;
  return false;
}

static void end(void) {
  if (is_last)
    die();
}

static bool is_state_path(const char *path) {
  size_t length = strlen(below);
  return length > 0 && strncmp(path, below, length) == 0 && (path[length] == '/' || !path[length]);
}

static bool is_state(int fd) {
  return fd >= 0 && fd < FDS && is_state_fd[fd];
}

static int note_fd(int fd, bool state) {
  if (fd >= 0 && fd < FDS)
    is_state_fd[fd] = state;
  return fd;
}

#define REAL(name)                                                                                 \
  ({                                                                                               \
    static __typeof__(&name) real_##name;                                                          \
    if (!real_##name)                                                                              \
      real_##name = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                    \
    real_##name;                                                                                   \
  })

#define WRAP(type, failure, name, parameters, arguments, changes, state)                           \
  type name parameters {                                                                           \
    if (!begin(#name, changes, state))                                                             \
      return failure;                                                                              \
    type result = REAL(name) arguments;                                                            \
    end();                                                                                         \
    return result;                                                                                 \
  }

/* ---------------------------------------------------------------------------------------------
 * Calls on an open file or socket */

WRAP(ssize_t, -1, write, (int fd, const void *bytes, size_t length), (fd, bytes, length), true,
     is_state(fd))
WRAP(ssize_t, -1, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), true,
     is_state(fd))
WRAP(ssize_t, -1, pwrite, (int fd, const void *bytes, size_t length, off_t offset),
     (fd, bytes, length, offset), true, is_state(fd))
WRAP(ssize_t, -1, pwrite64, (int fd, const void *bytes, size_t length, off64_t offset),
     (fd, bytes, length, offset), true, is_state(fd))
WRAP(ssize_t, -1, read, (int fd, void *bytes, size_t length), (fd, bytes, length), false,
     is_state(fd))
WRAP(ssize_t, -1, pread64, (int fd, void *bytes, size_t length, off64_t offset),
     (fd, bytes, length, offset), false, is_state(fd))
WRAP(int, -1, fsync, (int fd), (fd), true, is_state(fd))
WRAP(int, -1, fdatasync, (int fd), (fd), true, is_state(fd))
WRAP(int, -1, syncfs, (int fd), (fd), true, is_state(fd))
WRAP(int, -1, ftruncate, (int fd, off_t length), (fd, length), true, is_state(fd))
WRAP(int, -1, ftruncate64, (int fd, off64_t length), (fd, length), true, is_state(fd))
WRAP(int, -1, fchmod, (int fd, mode_t bits), (fd, bits), true, is_state(fd))
WRAP(int, -1, flock, (int fd, int operation), (fd, operation), false, is_state(fd))
WRAP(int, -1, fstat, (int fd, struct stat *info), (fd, info), false, is_state(fd))
WRAP(int, -1, fstat64, (int fd, struct stat64 *info), (fd, info), false, is_state(fd))
WRAP(ssize_t, -1, send, (int fd, const void *bytes, size_t length, int flags),
     (fd, bytes, length, flags), true, false)
WRAP(ssize_t, -1, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     true, false)
WRAP(ssize_t, -1, sendto,
     (int fd, const void *bytes, size_t length, int flags, const struct sockaddr *to,
      socklen_t to_length),
     (fd, bytes, length, flags, to, to_length), true, false)

/* A copy of a descriptor is of the same file. */
int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  int result = REAL(fcntl)(fd, command, argument);
  return command == F_DUPFD_CLOEXEC ? note_fd(result, is_state(fd)) : result;
}

/* A close that fails closes nevertheless, as on Linux. */
int close(int fd) {
  bool state = is_state(fd), fine = begin("close", false, state);
  int number = errno;
  note_fd(fd, false);
  int result = REAL(close)(fd);
  if (fine)
    return result;
  errno = number;
  return -1;
}

/* ---------------------------------------------------------------------------------------------
 * Calls on a path */

WRAP(int, -1, rename, (const char *from, const char *to), (from, to), true, is_state_path(to))
WRAP(int, -1, renameat, (int from_folder, const char *from, int to_folder, const char *to),
     (from_folder, from, to_folder, to), true, is_state_path(to) || is_state(to_folder))
WRAP(int, -1, unlink, (const char *path), (path), true, is_state_path(path))
WRAP(int, -1, unlinkat, (int folder, const char *path, int flags), (folder, path, flags), true,
     is_state_path(path) || is_state(folder))
WRAP(int, -1, remove, (const char *path), (path), true, is_state_path(path))
WRAP(int, -1, rmdir, (const char *path), (path), true, is_state_path(path))
WRAP(int, -1, mkdir, (const char *path, mode_t bits), (path, bits), true, is_state_path(path))
WRAP(int, -1, mkdirat, (int folder, const char *path, mode_t bits), (folder, path, bits), true,
     is_state_path(path) || is_state(folder))
WRAP(int, -1, link, (const char *from, const char *to), (from, to), true, is_state_path(to))
WRAP(int, -1, stat, (const char *path, struct stat *info), (path, info), false, is_state_path(path))
WRAP(int, -1, stat64, (const char *path, struct stat64 *info), (path, info), false,
     is_state_path(path))
WRAP(int, -1, lstat, (const char *path, struct stat *info), (path, info), false,
     is_state_path(path))
WRAP(int, -1, lstat64, (const char *path, struct stat64 *info), (path, info), false,
     is_state_path(path))
WRAP(int, -1, fstatat, (int folder, const char *path, struct stat *info, int flags),
     (folder, path, info, flags), false, is_state_path(path) || is_state(folder))
WRAP(DIR *, NULL, opendir, (const char *path), (path), false, is_state_path(path))
WRAP(int, -1, scandir,
     (const char *path, struct dirent ***names, int (*wanted)(const struct dirent *),
      int (*compare)(const struct dirent **, const struct dirent **)),
     (path, names, wanted, compare), false, is_state_path(path))

/* `changes` of the functions that open: whether they may create or empty a file. */
#define CREATES(flags) (((flags) & (O_CREAT | O_TRUNC)) != 0)

#define WRAP_OPEN(name, parameters, arguments, changes, state)                                     \
  int name parameters {                                                                            \
    va_list rest;                                                                                  \
    va_start(rest, flags);                                                                         \
    mode_t bits = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;                      \
    va_end(rest);                                                                                  \
    bool below_state = state;                                                                      \
    if (!begin(#name, changes, below_state))                                                       \
      return -1;                                                                                   \
    int fd = note_fd(REAL(name) arguments, below_state);                                           \
    end();                                                                                         \
    return fd;                                                                                     \
  }

WRAP_OPEN(open, (const char *path, int flags, ...), (path, flags, bits), CREATES(flags),
          is_state_path(path))
WRAP_OPEN(open64, (const char *path, int flags, ...), (path, flags, bits), CREATES(flags),
          is_state_path(path))
WRAP_OPEN(openat, (int folder, const char *path, int flags, ...), (folder, path, flags, bits),
          CREATES(flags), is_state_path(path) || is_state(folder))
WRAP_OPEN(openat64, (int folder, const char *path, int flags, ...), (folder, path, flags, bits),
          CREATES(flags), is_state_path(path) || is_state(folder))

int mkostemp(char *path, int flags) {
  bool state = is_state_path(path);
  if (!begin("mkostemp", true, state))
    return -1;
  int fd = note_fd(REAL(mkostemp)(path, flags), state);
  end();
  return fd;
}

static FILE *note_file(FILE *file, bool state) {
  if (file)
    note_fd(fileno(file), state);
  return file;
}

FILE *fopen(const char *path, const char *how) {
  bool state = is_state_path(path);
  if (!begin("fopen", how[0] != 'r', state))
    return NULL;
  FILE *file = note_file(REAL(fopen)(path, how), state);
  end();
  return file;
}

/* ---------------------------------------------------------------------------------------------
 * Allocations */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static bool may_allocate(void) {
  if (mode != ALLOC || !is_due())
    return true;
  errno = ENOMEM;
  return false;
}

void *malloc(size_t size) {
  return may_allocate() ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size) {
  return may_allocate() ? __libc_calloc(count, size) : NULL;
}

void *realloc(void *block, size_t size) {
  return size == 0 || may_allocate() ? __libc_realloc(block, size) : NULL;
}

void *reallocarray(void *block, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return realloc(block, bytes);
}

void *aligned_alloc(size_t alignment, size_t size) {
  return may_allocate() ? __libc_memalign(alignment, size) : NULL;
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  void *made = may_allocate() ? __libc_memalign(alignment, size) : NULL;
  if (!made)
    return ENOMEM;
  *block = made;
  return 0;
}
