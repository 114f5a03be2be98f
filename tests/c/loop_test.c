/* The event loop when libevent or the system fails. */

#include "net/loop.h"

#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cmocka.h>

/* The function whose next call fails; NULL: none. */
static const char *failing;

static bool fails(const char *name) {
  if (!failing || strcmp(failing, name) != 0)
    return false;
  failing = NULL;
  errno = ENOMEM;
  return true;
}

/* The functions below replace functions of the libraries. */

#define REAL(name)                                                                                 \
  static __typeof__(&name) real;                                                                   \
  if (!real)                                                                                       \
  *(void **)&real = dlsym(RTLD_NEXT, #name)

struct event_config *event_config_new(void) {
  REAL(event_config_new);
  return fails("event_config_new") ? NULL : real();
}

int event_config_set_flag(struct event_config *config, int flag) {
  REAL(event_config_set_flag);
  return fails("event_config_set_flag") ? -1 : real(config, flag);
}

struct event_base *event_base_new_with_config(const struct event_config *config) {
  REAL(event_base_new_with_config);
  return fails("event_base_new_with_config") ? NULL : real(config);
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

int pipe2(int ends[2], int flags) {
  REAL(pipe2);
  return fails("pipe2") ? -1 : real(ends, flags);
}

int epoll_create1(int flags) {
  REAL(epoll_create1);
  return fails("epoll_create1") ? -1 : real(flags);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *earlier) {
  REAL(sigaction);
  return fails("sigaction") ? -1 : real(number, action, earlier);
}

static int lowest_free(void) {
  int fd = open("/", O_PATH | O_CLOEXEC);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

static void a_loop_that_cannot_start_leaves_nothing_open(void **state) {
  (void)state;
  loop_free(loop_new());
  int lowest = lowest_free();
  static const char *const names[] = {"event_config_new", "event_config_set_flag",
                                      "event_base_new_with_config", "pipe2", "event_new"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    failing = names[i];
    errno = 0;
    assert_null(loop_new());
    assert_int_equal(errno, ENOMEM);
    assert_null(failing);
    assert_int_equal(lowest_free(), lowest);
  }
  loop_free(NULL);
}

static void a_timer_or_watch_that_cannot_start_can_be_ended(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  int ends[2];
  assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
  struct loop_timer timer = {0};
  failing = "event_add";
  assert_false(loop_timer_start(loop, &timer, 1));
  loop_timer_stop(&timer);
  assert_null(failing);
  static const char *const watch_names[] = {"event_new", "event_add", "epoll_create1"};
  for (size_t i = 0; i < 3; i++) {
    struct loop_watch watch = {0};
    failing = watch_names[i];
    errno = 0;
    assert_false(loop_watch_start(loop, &watch, ends[0]));
    assert_int_equal(errno, ENOMEM);
    loop_watch_stop(&watch);
    assert_null(failing);
  }
  struct loop_watch closed = {0};
  assert_false(loop_watch_start(loop, &closed, 9999));
  assert_int_equal(errno, EBADF);
  assert_false(loop_step(loop, true)); /* nothing is left to wait for */
  close(ends[0]);
  close(ends[1]);
  loop_free(loop);
}

static void timers_complete_in_the_order_of_their_deadlines(void **state) {
  (void)state;
  enum { COUNT = 200 };
  struct loop *loop = loop_new();
  assert_non_null(loop);
  struct loop_timer timers[COUNT] = {0};
  for (size_t i = 0; i < COUNT; i++)
    assert_true(loop_timer_start(loop, &timers[i], (double)(i * 7919 % COUNT) * 1e-5 - 1e-3));
  size_t left = COUNT;
  for (size_t i = 0; i < COUNT; i += 3, left--)
    loop_timer_stop(&timers[i]);
  double last = 0;
  for (; left > 0; left--) {
    while (!loop_first_completed(loop))
      assert_true(loop_step(loop, true));
    const struct loop_timer *timer = (void *)loop_next_completed(loop);
    assert_int_not_equal((timer - timers) % 3, 0);
    assert_true(timer->deadline >= last);
    last = timer->deadline;
  }
  assert_false(loop_step(loop, true)); /* nothing is left to wait for */
  for (size_t i = 0; i < COUNT; i++)
    loop_timer_stop(&timers[i]);
  loop_free(loop);
}

static void a_file_is_readable_at_once(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  FILE *file = tmpfile();
  assert_non_null(file);
  struct loop_watch watch = {0};
  assert_true(loop_watch_start(loop, &watch, fileno(file)));
  assert_ptr_equal(loop_next_completed(loop), &watch.op);
  assert_int_equal(watch.op.state, LOOP_DONE);
  loop_watch_stop(&watch);
  fclose(file);
  loop_free(loop);
}

static void a_signal_that_cannot_be_awaited_keeps_its_action(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  static const char *const names[] = {"event_add", "sigaction"};
  for (size_t i = 0; i < 2; i++) {
    struct loop_signal waiter = {0};
    failing = names[i];
    errno = 0;
    assert_false(loop_signal_start(loop, &waiter, SIGUSR1, false));
    assert_int_equal(errno, ENOMEM);
    assert_null(failing);
    struct sigaction action;
    assert_int_equal(sigaction(SIGUSR1, NULL, &action), 0);
    assert_ptr_equal(action.sa_handler, SIG_DFL);
  }
  struct loop_signal waiter = {0};
  assert_true(loop_signal_start(loop, &waiter, SIGUSR1, false));
  raise(SIGUSR1);
  assert_true(loop_step(loop, true));
  assert_ptr_equal(loop_next_completed(loop), &waiter.op);
  loop_signal_stop(&waiter);
  loop_free(loop);
}

static void the_loops_that_wait_for_signals_are_limited(void **state) {
  (void)state;
  enum { MORE = 70 };
  struct loop *loops[MORE];
  struct loop_signal waiters[MORE] = {0};
  size_t count = 0;
  bool started = true;
  while (started && count < MORE) {
    loops[count] = loop_new();
    assert_non_null(loops[count]);
    errno = 0;
    started = loop_signal_start(loops[count], &waiters[count], SIGUSR2, false);
    count++;
  }
  assert_false(started);
  assert_int_equal(errno, EMFILE);
  raise(SIGUSR2);
  for (size_t i = 0; i + 1 < count; i++) {
    assert_true(loop_step(loops[i], true));
    assert_int_equal(waiters[i].op.state, LOOP_QUEUED);
    loop_signal_stop(&waiters[i]);
  }
  for (size_t i = 0; i < count; i++)
    loop_free(loops[i]);
  struct loop *loop = loop_new(); /* there is room again */
  assert_non_null(loop);
  struct loop_signal waiter = {0};
  assert_true(loop_signal_start(loop, &waiter, SIGUSR2, true));
  loop_signal_stop(&waiter);
  loop_free(loop);
}

static void operations_complete_in_order_and_can_be_cancelled(void **state) {
  (void)state;
  struct loop *loop = loop_new();
  assert_non_null(loop);
  struct loop_op ops[3] = {0};
  for (size_t i = 0; i < 3; i++) {
    loop_op_start(&ops[i], loop);
    loop_complete(&ops[i]);
  }
  assert_ptr_equal(loop_first_completed(loop), &ops[0]);
  loop_op_end(&ops[1]); /* in the middle */
  loop_op_end(&ops[2]); /* the last */
  assert_int_equal(ops[2].state, LOOP_CANCELLED);
  assert_ptr_equal(loop_next_completed(loop), &ops[0]);
  assert_null(loop_next_completed(loop));
  loop_op_end(&ops[0]);
  loop_op_end(&ops[0]);
  assert_int_equal(ops[0].state, LOOP_DONE);
  loop_free(loop);
}

/* A task that writes its name, and then queues or removes another one. */
struct writer {
  struct loop_task task;
  char name;
  struct loop *loop;
  struct loop_task *queues, *removes;
};

static char written[16];

static void write_name(void *context) {
  const struct writer *writer = context;
  written[strlen(written)] = writer->name;
  if (writer->queues)
    loop_task_queue(writer->loop, writer->queues);
  if (writer->removes)
    loop_task_remove(writer->loop, writer->removes);
}

/* Makes the writers a, b and c. */
static struct loop *open_writers(struct writer writers[3]) {
  struct loop *loop = loop_new();
  assert_non_null(loop);
  memset(written, 0, sizeof written);
  memset(writers, 0, 3 * sizeof *writers);
  for (size_t i = 0; i < 3; i++) {
    writers[i].task = (struct loop_task){.call = write_name, .context = &writers[i]};
    writers[i].name = (char)('a' + i);
    writers[i].loop = loop;
  }
  return loop;
}

static void tasks_are_called_once_at_the_next_step_in_order(void **state) {
  (void)state;
  struct writer writers[3];
  struct loop *loop = open_writers(writers);
  for (size_t i = 0; i < 3; i++)
    loop_task_queue(loop, &writers[i].task);
  loop_task_queue(loop, &writers[0].task); /* it is queued already */
  assert_string_equal(written, "");
  assert_false(loop_step(loop, true)); /* and nothing else can happen */
  assert_string_equal(written, "abc");
  assert_false(loop_step(loop, true));
  assert_string_equal(written, "abc");
  loop_free(loop);
}

static void a_task_that_is_queued_meanwhile_is_called_at_the_next_step(void **state) {
  (void)state;
  struct writer writers[3];
  struct loop *loop = open_writers(writers);
  writers[0].queues = &writers[0].task;
  writers[1].queues = &writers[2].task;
  loop_task_queue(loop, &writers[0].task);
  loop_task_queue(loop, &writers[1].task);
  assert_true(loop_step(loop, true)); /* it does not wait, and has more to do */
  assert_string_equal(written, "ab");
  assert_true(loop_step(loop, true));
  assert_string_equal(written, "abac");
  loop_task_remove(loop, &writers[0].task);
  assert_false(loop_step(loop, true));
  assert_string_equal(written, "abac");
  loop_free(loop);
}

static void a_removed_task_is_not_called(void **state) {
  (void)state;
  struct writer writers[3];
  struct loop *loop = open_writers(writers);
  loop_task_remove(loop, &writers[2].task); /* it is not queued */
  writers[0].removes = &writers[1].task;
  writers[2].removes = &writers[2].task; /* itself */
  for (size_t i = 0; i < 3; i++)
    loop_task_queue(loop, &writers[i].task);
  loop_step(loop, true);
  assert_string_equal(written, "ac");
  loop_task_queue(loop, &writers[1].task); /* again */
  loop_step(loop, true);
  assert_string_equal(written, "acb");
  loop_free(loop);
}

static void a_step_with_a_task_does_not_wait_for_a_timer(void **state) {
  (void)state;
  struct writer writers[3];
  struct loop *loop = open_writers(writers);
  struct loop_timer timer = {0};
  assert_true(loop_timer_start(loop, &timer, 3600));
  writers[0].queues = &writers[1].task;
  loop_task_queue(loop, &writers[0].task);
  assert_true(loop_step(loop, true));
  assert_string_equal(written, "a");
  assert_int_equal(timer.op.state, LOOP_STARTED);
  loop_timer_stop(&timer);
  assert_false(loop_step(loop, true));
  assert_string_equal(written, "ab");
  loop_free(loop);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_loop_that_cannot_start_leaves_nothing_open),
      cmocka_unit_test(a_timer_or_watch_that_cannot_start_can_be_ended),
      cmocka_unit_test(timers_complete_in_the_order_of_their_deadlines),
      cmocka_unit_test(a_file_is_readable_at_once),
      cmocka_unit_test(a_signal_that_cannot_be_awaited_keeps_its_action),
      cmocka_unit_test(the_loops_that_wait_for_signals_are_limited),
      cmocka_unit_test(operations_complete_in_order_and_can_be_cancelled),
      cmocka_unit_test(tasks_are_called_once_at_the_next_step_in_order),
      cmocka_unit_test(a_task_that_is_queued_meanwhile_is_called_at_the_next_step),
      cmocka_unit_test(a_removed_task_is_not_called),
      cmocka_unit_test(a_step_with_a_task_does_not_wait_for_a_timer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
