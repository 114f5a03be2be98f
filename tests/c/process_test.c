/* Child processes when the system fails: no descriptor, process or buffer remains. */

#include "net/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* The function that fails, the number of its call, counted from the next one, and its errno. */
static const char *failing;
static int failing_call, failing_errno;

static bool fails(const char *name) {
  if (!failing || strcmp(failing, name) != 0 || --failing_call > 0)
    return false;
  failing = NULL;
  errno = failing_errno;
  return true;
}

static void fail_call(const char *name, int call, int number) {
  failing = name;
  failing_call = call;
  failing_errno = number;
}

/* The functions below replace functions of the libraries. */

#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real)                                                                                       \
  *(void **)&real = dlsym(RTLD_NEXT, #name)

int pipe2(int ends[2], int flags) {
  REAL(pipe2);
  return fails("pipe2") ? -1 : real(ends, flags);
}

int memfd_create(const char *name, unsigned flags) {
  REAL(memfd_create);
  return fails("memfd_create") ? -1 : real(name, flags);
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL(write);
  return fails("write") ? -1 : real(fd, bytes, length);
}

ssize_t read(int fd, void *bytes, size_t length) {
  REAL(read);
  return fails("read") ? -1 : real(fd, bytes, length);
}

pid_t waitpid(pid_t pid, int *status, int options) {
  REAL(waitpid);
  return fails("waitpid") ? -1 : real(pid, status, options);
}

int posix_spawn_file_actions_init(posix_spawn_file_actions_t *files) {
  REAL(posix_spawn_file_actions_init);
  return fails("posix_spawn_file_actions_init") ? failing_errno : real(files);
}

int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *files, int from, int to) {
  REAL(posix_spawn_file_actions_adddup2);
  return fails("posix_spawn_file_actions_adddup2") ? failing_errno : real(files, from, to);
}

int posix_spawnattr_init(posix_spawnattr_t *attributes) {
  REAL(posix_spawnattr_init);
  return fails("posix_spawnattr_init") ? failing_errno : real(attributes);
}

int posix_spawnattr_setsigmask(posix_spawnattr_t *attributes, const sigset_t *signals) {
  REAL(posix_spawnattr_setsigmask);
  return fails("posix_spawnattr_setsigmask") ? failing_errno : real(attributes, signals);
}

int posix_spawnattr_setsigdefault(posix_spawnattr_t *attributes, const sigset_t *signals) {
  REAL(posix_spawnattr_setsigdefault);
  return fails("posix_spawnattr_setsigdefault") ? failing_errno : real(attributes, signals);
}

struct event *event_new(struct event_base *base, evutil_socket_t fd, short kind,
                        event_callback_fn callback, void *context) {
  REAL(event_new);
  return fails("event_new") ? NULL : real(base, fd, kind, callback, context);
}

int event_add(struct event *event, const struct timeval *timeout) {
  REAL(event_add);
  return fails("event_add") ? -1 : real(event, timeout);
}

static int lowest_free(void) {
  int fd = open("/", O_PATH | O_CLOEXEC);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

static char *const echo[] = {"sh", "-c", "cat; echo error >&2; exit 3", NULL};
static char *const sleeper[] = {"sleep", "100", NULL};

/* A process that reads its input and keeps its errors. */
static const struct process_options options = {.words = echo,
                                               .timeout = 60,
                                               .max_size = 1000,
                                               .errors = PROCESS_ERRORS_KEEP,
                                               .input = "input",
                                               .input_length = 5};

static void run(struct loop *loop, struct process *process) {
  while (process->op.state == LOOP_STARTED) {
    assert_true(loop_step(loop, true));
    while (loop_next_completed(loop))
      ;
  }
}

static void a_process_has_output_errors_and_a_status(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  int lowest = lowest_free();
  struct process process = PROCESS_NONE;
  assert_int_equal(process_start(loop, &process, &options), 0);
  run(loop, &process);
  assert_int_equal(process.failure, PROCESS_ENDED);
  assert_true(WIFEXITED(process.status));
  assert_int_equal(WEXITSTATUS(process.status), 3);
  assert_string_equal(process.output.data, "input");
  struct buf errors = {0};
  process_read_errors(&process, &errors);
  assert_string_equal(errors.data, "error\n");
  buf_free(&errors);
  process_stop(&process);
  process_stop(&process);
  assert_int_equal(lowest_free(), lowest);
  loop_free(loop);
}

static void a_process_that_cannot_start_leaves_nothing(void **state) {
  (void)state;
  static const struct {
    const char *name;
    int call, number;
  } cases[] = {
      {"pipe2", 1, EMFILE},
      {"memfd_create", 1, EMFILE},
      {"memfd_create", 2, EMFILE},
      {"write", 1, ENOSPC},
      {"posix_spawn_file_actions_init", 1, ENOMEM},
      {"posix_spawn_file_actions_adddup2", 1, ENOMEM},
      {"posix_spawn_file_actions_adddup2", 2, ENOMEM},
      {"posix_spawnattr_init", 1, ENOMEM},
      {"posix_spawnattr_setsigmask", 1, EINVAL},
      {"posix_spawnattr_setsigdefault", 1, EINVAL},
      {"event_new", 1, ENOMEM},
      {"event_new", 2, ENOMEM},
      {"event_new", 3, ENOMEM},
      {"event_add", 1, ENOMEM},
      {"event_add", 2, ENOMEM},
      {"event_add", 3, ENOMEM},
  };
  struct loop *loop = loop_new();
  assert_non_null(loop);
  int lowest = lowest_free();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct process process = PROCESS_NONE;
    fail_call(cases[i].name, cases[i].call, cases[i].number);
    int failed = process_start(loop, &process, &options);
    if (failed != cases[i].number)
      fail_msg("%s %d: %d", cases[i].name, cases[i].call, failed);
    assert_null(failing);
    process_stop(&process);
    assert_int_equal(lowest_free(), lowest);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
  }
  loop_free(loop);
}

static void an_interrupted_call_is_repeated(void **state) {
  (void)state;
  static const char *const names[] = {"write", "read", "waitpid"};
  struct loop *loop = loop_new();
  assert_non_null(loop);
  for (size_t i = 0; i < 3; i++) {
    struct process process = PROCESS_NONE;
    fail_call(names[i], 1, EINTR);
    assert_int_equal(process_start(loop, &process, &options), 0);
    run(loop, &process);
    assert_null(failing);
    assert_int_equal(process.failure, PROCESS_ENDED);
    assert_int_equal(WEXITSTATUS(process.status), 3);
    assert_string_equal(process.output.data, "input");
    process_stop(&process);
  }
  struct process process = PROCESS_NONE;
  const struct process_options long_options = {.words = sleeper, .timeout = 60, .max_size = 10};
  assert_int_equal(process_start(loop, &process, &long_options), 0);
  fail_call("waitpid", 1, EINTR);
  process_stop(&process); /* kills it */
  assert_null(failing);
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  loop_free(loop);
}

static void output_that_cannot_be_read_ends_the_process(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  struct process process = PROCESS_NONE;
  fail_call("read", 1, EIO);
  assert_int_equal(process_start(loop, &process, &options), 0);
  run(loop, &process);
  assert_int_equal(process.failure, PROCESS_ERROR);
  process_stop(&process);
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
  loop_free(loop);
}

static void a_timeout_that_makes_no_sense_is_a_long_one(void **state) {
  (void)state;
  static const double timeouts[] = {-1, 0, 1e300};
  struct loop *loop = loop_new();
  assert_non_null(loop);
  for (size_t i = 0; i < 3; i++) {
    struct process_options patient = options;
    patient.timeout = timeouts[i];
    struct process process = PROCESS_NONE;
    assert_int_equal(process_start(loop, &process, &patient), 0);
    run(loop, &process);
    assert_int_equal(process.failure, PROCESS_ENDED);
    process_stop(&process);
  }
  struct process_options impatient = {.words = sleeper, .timeout = 0.01, .max_size = 10};
  struct process process = PROCESS_NONE;
  assert_int_equal(process_start(loop, &process, &impatient), 0);
  run(loop, &process);
  assert_int_equal(process.failure, PROCESS_TIMEOUT);
  process_stop(&process);
  loop_free(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_process_has_output_errors_and_a_status),
      cmocka_unit_test(a_process_that_cannot_start_leaves_nothing),
      cmocka_unit_test(an_interrupted_call_is_repeated),
      cmocka_unit_test(output_that_cannot_be_read_ends_the_process),
      cmocka_unit_test(a_timeout_that_makes_no_sense_is_a_long_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
