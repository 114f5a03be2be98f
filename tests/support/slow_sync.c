/* Makes each fsync slow, and counts the calls that a journal costs. For tests/bench/journal.lua and a test of logs, which
 * load it with LD_PRELOAD. Not part of the product.
 *
 *   SLOW_SYNC_DELAY  how many microseconds each fsync takes
 *   SLOW_SYNC_LOG    a file that receives "FSYNCS MKDIRS" at the end of the process
 *   SLOW_SYNC_END    how many microseconds the end of the process takes, after Lua has closed its state */

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long syncs, folders;

static void pause_for(const char *setting) {
  const char *microseconds = getenv(setting);
  usleep(microseconds ? (useconds_t)atoi(microseconds) : 0);
}

static int counted(void) {
  atomic_fetch_add(&syncs, 1);
  pause_for("SLOW_SYNC_DELAY");
  return 0;
}

int fsync(int fd) {
  (void)fd;
  return counted();
}

int fdatasync(int fd) {
  (void)fd;
  return counted();
}

int syncfs(int fd) {
  (void)fd;
  return counted();
}

int mkdir(const char *path, mode_t mode) {
  int (*real)(const char *, mode_t) = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
  atomic_fetch_add(&folders, 1);
  return real(path, mode);
}

__attribute__((destructor)) static void stop(void) {
  pause_for("SLOW_SYNC_END");
  const char *path = getenv("SLOW_SYNC_LOG");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file)
    return;
  fprintf(file, "%ld %ld\n", atomic_load(&syncs), atomic_load(&folders));
  fclose(file);
}
