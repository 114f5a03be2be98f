#include "base/platform.h"

#include "base/civil.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#ifdef PLATFORM_LINUX
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#endif
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif
#ifdef __FreeBSD__
#include <sys/procctl.h>
#include <sys/sysctl.h>
#endif
#include <sys/random.h>

#ifndef PLATFORM_LINUX
/* Closes a descriptor and returns -1 with the errno of before. */
static int give_up(int fd) {
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}
#endif

int platform_pipe(int ends[2], bool nonblocking) {
#ifdef PLATFORM_LINUX
  return pipe2(ends, O_CLOEXEC | (nonblocking ? O_NONBLOCK : 0));
#else
  if (pipe(ends) != 0)
    return -1;
  for (int i = 0; i < 2; i++) {
    if (fcntl(ends[i], F_SETFD, FD_CLOEXEC) != 0 ||
        (nonblocking && fcntl(ends[i], F_SETFL, O_NONBLOCK) != 0)) {
      give_up(ends[0]);
      return give_up(ends[1]);
    }
  }
  return 0;
#endif
}

int platform_socket(int family, int type, int protocol) {
#ifdef PLATFORM_LINUX
  return socket(family, type | SOCK_CLOEXEC, protocol);
#else
  int fd = socket(family, type, protocol);
  return fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ? give_up(fd) : fd;
#endif
}

int platform_nameless_file(void) {
#ifdef PLATFORM_LINUX
  return memfd_create("input", MFD_CLOEXEC);
#else
  const char *folder = getenv("TMPDIR");
  char path[PATH_MAX];
  if (!folder || folder[0] != '/' || strlen(folder) + sizeof "/lanyard.XXXXXX" > sizeof path)
    folder = "/tmp";
  strcpy(path, folder);
  strcat(path, "/lanyard.XXXXXX");
  int fd = mkstemp(path);
  if (fd < 0)
    return -1;
  return unlink(path) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ? give_up(fd) : fd;
#endif
}

int platform_try_watch(int fd) {
#ifdef PLATFORM_LINUX
  int probe = epoll_create1(EPOLL_CLOEXEC);
  if (probe < 0)
    return errno;
  struct epoll_event event = {.events = EPOLLIN};
  int failed = probe == fd ? EBADF : epoll_ctl(probe, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
  close(probe);
  return failed;
#else
  struct stat info;
  if (fstat(fd, &info) != 0)
    return errno;
  return S_ISREG(info.st_mode) || S_ISDIR(info.st_mode) ? EPERM : 0;
#endif
}

int platform_open_marker(void) {
#ifdef PLATFORM_LINUX
  return open("/", O_PATH | O_CLOEXEC); /* also where the user may not read the root folder */
#else
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
#endif
}

int platform_close_from(posix_spawn_file_actions_t *files, int first) {
#if defined(PLATFORM_LINUX) || defined(__FreeBSD__)
  return posix_spawn_file_actions_addclosefrom_np(files, first);
#else
  long limit = sysconf(_SC_OPEN_MAX);
  int failed = 0;
  for (int fd = first; fd < limit && !failed; fd++) {
    if (fcntl(fd, F_GETFD) != -1)
      failed = posix_spawn_file_actions_addclose(files, fd);
  }
  return failed;
#endif
}

bool platform_random(void *bytes, size_t length) {
  return getentropy(bytes, length) == 0;
}

int platform_utc_offset(int64_t at) {
  struct tm local;
  time_t seconds = (time_t)at;
  tzset(); /* the next function need not read TZ again */
  if (seconds != at || localtime_r(&seconds, &local) == NULL)
    return 0;
#if (defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__)) && !defined(LANYARD_PORTABLE)
  return (int)(local.tm_gmtoff / 60 * 60);
#else
  /* A zone that counts leap seconds is some seconds behind, so that the difference is rounded. */
  int64_t days = civil_days(local.tm_year + 1900, local.tm_mon + 1, local.tm_mday);
  int64_t shown = days * 86400 + local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec;
  int64_t ahead = shown - at;
  return (int)((ahead + (ahead < 0 ? -30 : 30)) / 60 * 60);
#endif
}

size_t platform_program(char *path, size_t size) {
#if defined(__linux__)
  ssize_t length = readlink("/proc/self/exe", path, size);
  return length > 0 && (size_t)length < size ? (size_t)length : 0;
#elif defined(__APPLE__)
  uint32_t room = (uint32_t)size;
  return _NSGetExecutablePath(path, &room) == 0 ? strlen(path) : 0;
#elif defined(__FreeBSD__)
  int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1};
  return sysctl(name, 4, path, &size, NULL, 0) == 0 && size > 0 ? size - 1 : 0;
#else
  (void)path, (void)size;
  return 0;
#endif
}

void platform_protect_memory(void) {
#ifdef PLATFORM_LINUX
  prctl(PR_SET_DUMPABLE, 0);
#else
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none); /* children inherit it */
#endif
#ifdef __FreeBSD__
  int off = PROC_TRACE_CTL_DISABLE;
  procctl(P_PID, getpid(), PROC_TRACE_CTL, &off);
#endif
}

int platform_sync_filesystem(int fd) {
#ifdef PLATFORM_LINUX
  return syncfs(fd);
#else
  sync();
  return fsync(fd);
#endif
}

void platform_keep_memory(void) {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
  mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
#endif
}

uint64_t platform_acked(int fd, bool *all) {
  *all = false;
#ifdef PLATFORM_LINUX
  struct tcp_info info;
  socklen_t length = sizeof info;
  memset(&info, 0, sizeof info);
  bool known =
      getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
      length >= offsetof(struct tcp_info, tcpi_notsent_bytes) + sizeof info.tcpi_notsent_bytes;
  *all = known && info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0;
  return known ? info.tcpi_bytes_acked : 0;
#else
  (void)fd;
  return 0;
#endif
}

void *platform_pages(size_t size) {
#ifdef PLATFORM_LINUX
  void *pages =
      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  return pages == MAP_FAILED ? NULL : pages;
#else
  return malloc(size);
#endif
}
