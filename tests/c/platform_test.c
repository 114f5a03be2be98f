/* What differs between systems. The same tests hold for a build with -DLANYARD_PORTABLE. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static bool is_inherited(int fd) {
  return (fcntl(fd, F_GETFD) & FD_CLOEXEC) == 0;
}

static bool blocks(int fd) {
  return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

static void pipes_and_sockets_are_not_inherited(void **state) {
  (void)state;
  for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
    int ends[2];
    assert_int_equal(platform_pipe(ends, nonblocking), 0);
    for (int i = 0; i < 2; i++) {
      assert_false(is_inherited(ends[i]));
      assert_int_equal(blocks(ends[i]), !nonblocking);
      close(ends[i]);
    }
  }
  int fd = platform_socket(AF_INET, SOCK_STREAM, 0);
  assert_true(fd >= 0);
  assert_false(is_inherited(fd));
  close(fd);
  assert_int_equal(platform_socket(-1, SOCK_STREAM, 0), -1);
}

static void the_local_time_is_ahead_of_utc(void **state) {
  (void)state;
  static const struct {
    const char *zone;
    int64_t at;
    int minutes;
  } cases[] = {
      {"UTC0", 1769860800, 0},
      {"XST-5:45", 1769860800, 345},
      {"XST+3:30", 1769860800, -210},
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1769860800, 60},  /* 2026-01-31 */
      {"CET-1CEST,M3.5.0,M10.5.0/3", 1782820800, 120}, /* 2026-06-30 */
      {"CET-1CEST,M3.5.0,M10.5.0/3", 0, 60},
      {"UTC0", 253402300799, 0},
      {"XST-14", INT64_MAX, 0}, /* no such year */
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    assert_int_equal(setenv("TZ", cases[i].zone, 1), 0);
    assert_int_equal(platform_utc_offset(cases[i].at), cases[i].minutes * 60);
  }
  unsetenv("TZ");
}

static void a_nameless_file_is_read_back(void **state) {
  (void)state;
  int fd = platform_nameless_file();
  char text[3] = "";
  assert_true(fd >= 0);
  assert_false(is_inherited(fd));
  assert_int_equal(write(fd, "ab", 2), 2);
  assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
  assert_int_equal(read(fd, text, 3), 2);
  assert_string_equal(text, "ab");
  close(fd);
}

static void a_file_is_not_watched_and_a_pipe_is(void **state) {
  (void)state;
  int ends[2], file = open("/bin/sh", O_RDONLY | O_CLOEXEC);
  assert_int_equal(platform_pipe(ends, false), 0);
  assert_int_equal(platform_try_watch(file), EPERM);
  assert_int_equal(platform_try_watch(ends[0]), 0);
  close(file);
  close(ends[0]);
  close(ends[1]);
  assert_int_equal(platform_try_watch(file), EBADF);
}

static void nothing_opens_without_a_free_descriptor(void **state) {
  (void)state;
  struct rlimit before, none;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  none = before;
  none.rlim_cur = 0;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
  int ends[2], results[] = {platform_pipe(ends, true), platform_socket(AF_INET, SOCK_STREAM, 0),
                            platform_nameless_file(), platform_open_marker()};
  int failed = errno;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  for (size_t i = 0; i < sizeof results / sizeof *results; i++)
    assert_int_equal(results[i], -1);
  assert_int_equal(failed, EMFILE);
  int fd = platform_open_marker();
  assert_true(fd >= 0);
  assert_false(is_inherited(fd));
  close(fd);
}

static void a_child_has_no_other_descriptors(void **state) {
  (void)state;
  int inherited = fcntl(STDIN_FILENO, F_DUPFD, 20), status;
  assert_true(inherited >= 20);
  char command[64];
  snprintf(command, sizeof command, "! (: <&%d) 2>/dev/null", inherited);
  char *words[] = {"sh", "-c", command, NULL};
  posix_spawn_file_actions_t files;
  pid_t pid;
  assert_int_equal(posix_spawn_file_actions_init(&files), 0);
  assert_int_equal(platform_close_from(&files, STDERR_FILENO + 1), 0);
  assert_int_equal(posix_spawn(&pid, "/bin/sh", &files, NULL, words, environ), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  posix_spawn_file_actions_destroy(&files);
  close(inherited);
}

static void random_bytes_differ(void **state) {
  (void)state;
  char one[32], two[32];
  assert_true(platform_random(one, sizeof one));
  assert_true(platform_random(two, sizeof two));
  assert_memory_not_equal(one, two, sizeof one);
  char large[257];
  assert_false(platform_random(large, sizeof large));
}

static void the_program_is_found(void **state) {
  (void)state;
  char path[PATH_MAX];
  size_t length = platform_program(path, sizeof path);
  static const char name[] = "/platform_test";
  assert_true(length > sizeof name - 1 && length < sizeof path);
  assert_memory_equal(path + length - (sizeof name - 1), name, sizeof name - 1);
  assert_int_equal(platform_program(path, 3), 0);
}

static void an_unconnected_socket_has_no_acknowledgements(void **state) {
  (void)state;
  bool all = true;
  assert_int_equal(platform_acked(-1, &all), 0);
  assert_false(all);
}

static void memory_is_protected_without_an_error(void **state) {
  (void)state;
  errno = 0;
  platform_protect_memory();
  assert_int_equal(errno, 0);
}

/* The end of the heap stays where it was. */
static void freed_memory_is_kept(void **state) {
  (void)state;
#ifdef __GLIBC__
  enum { BLOCKS = 64, SIZE = 64 * 1024 };
  char *kept[BLOCKS];
  platform_keep_memory();
  for (size_t i = 0; i < BLOCKS; i++) {
    kept[i] = malloc(SIZE);
    assert_non_null(kept[i]);
  }
  const char *end = sbrk(0);
  for (size_t i = 0; i < BLOCKS; i++)
    free(kept[i]);
  assert_ptr_equal(sbrk(0), end);
#else
  skip();
#endif
}

static void a_file_system_is_flushed_and_no_descriptor_is_an_error(void **state) {
  (void)state;
  int fd = platform_nameless_file();
  assert_true(fd >= 0);
  assert_int_equal(platform_sync_filesystem(fd), 0);
  close(fd);
  assert_int_equal(platform_sync_filesystem(-1), -1);
  assert_int_equal(errno, EBADF);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pipes_and_sockets_are_not_inherited),
      cmocka_unit_test(the_local_time_is_ahead_of_utc),
      cmocka_unit_test(a_nameless_file_is_read_back),
      cmocka_unit_test(a_file_is_not_watched_and_a_pipe_is),
      cmocka_unit_test(nothing_opens_without_a_free_descriptor),
      cmocka_unit_test(a_child_has_no_other_descriptors),
      cmocka_unit_test(random_bytes_differ),
      cmocka_unit_test(the_program_is_found),
      cmocka_unit_test(an_unconnected_socket_has_no_acknowledgements),
      cmocka_unit_test(memory_is_protected_without_an_error),
      cmocka_unit_test(freed_memory_is_kept),
      cmocka_unit_test(a_file_system_is_flushed_and_no_descriptor_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
