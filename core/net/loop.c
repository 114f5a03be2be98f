#include "net/loop.h"

#include "base/descriptors.h"
#include "base/platform.h"
#include "net/timers.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct loop {
  struct event_base *base;
  size_t references;
  struct loop_op *first; /* the completion queue */
  struct loop_op **last;
  struct loop_task *tasks;     /* to call at the next step */
  unsigned long turn;          /* how often tasks were called */
  struct loop_signal *signals; /* pending signals */
  struct event *signal_event;
  int signal_pipe[2];
  struct timers timers;
  struct event *timer_event; /* added as long as there are timers */
  struct listener *listener; /* this loop among the listeners, or NULL */
};

/* The loops of this process that wait for signals. The signal handler runs at any time, in any
 * thread, so it reads atomic variables only. */
struct listener {
  atomic_int fd;       /* the pipe that the handler writes to, plus 1; 0: the entry is free */
  atomic_uint numbers; /* one bit for each signal */
};

#define MAX_LISTENERS 64
#define SIGNAL_BIT(number) (1u << (unsigned)(number))

static struct listener listeners[MAX_LISTENERS];

/* [number] = the action of a signal before any loop waited for it */
static struct sigaction earlier_action[32];

static void (*_Atomic also_call)(int number);

static bool is_awaited(int number) {
  for (size_t i = 0; i < MAX_LISTENERS; i++) {
    if (atomic_load(&listeners[i].numbers) & SIGNAL_BIT(number))
      return true;
  }
  return false;
}

static void on_delivery(int number) {
  int saved = errno;
  if (number == SIGHUP)
    signal(SIGHUP, SIG_IGN); /* both the shell and the kernel may send it */
  char byte = (char)number;
  for (size_t i = 0; i < MAX_LISTENERS; i++) {
    unsigned bit = SIGNAL_BIT(number);
    if (!(atomic_fetch_and(&listeners[i].numbers, ~bit) & bit))
      continue;
    ssize_t written = write(atomic_load(&listeners[i].fd) - 1, &byte, 1);
    (void)written; /* a full pipe wakes the loop anyway */
  }
  void (*function)(int) = atomic_load(&also_call);
  if (function)
    function(number);
  errno = saved;
}

/* Enters the loop into the listeners. Returns false if they are full. */
static bool listen_to_signals(struct loop *loop) {
  for (size_t i = 0; i < MAX_LISTENERS && !loop->listener; i++) {
    int free_entry = 0;
    if (atomic_compare_exchange_strong(&listeners[i].fd, &free_entry, loop->signal_pipe[1] + 1))
      loop->listener = &listeners[i];
  }
  return loop->listener;
}

/* Called when the signal pipe has bytes. Each byte is the number of a signal. */
static void on_signal_pipe(evutil_socket_t fd, short what, void *context) {
  struct loop *loop = context;
  (void)what;
  char numbers[16];
  ssize_t count;
  while ((count = read(fd, numbers, sizeof numbers)) > 0) {
    for (ssize_t i = 0; i < count; i++) {
      struct loop_signal **link = &loop->signals;
      while (*link) {
        struct loop_signal *waiter = *link;
        if (waiter->number == numbers[i]) {
          *link = waiter->next_waiting;
          waiter->waiting = false;
          loop_complete(&waiter->op);
        } else {
          link = &waiter->next_waiting;
        }
      }
    }
  }
  if (!loop->signals)
    event_del(loop->signal_event);
}

static double monotonic_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Lets the loop wake up for the first timer. Returns false if there is not enough memory. */
static bool await_first_timer(struct loop *loop) {
  const struct loop_timer *first = timers_first(&loop->timers);
  if (!first)
    return event_del(loop->timer_event) == 0;
  double seconds = fmax(first->deadline - monotonic_time(), 0);
  struct timeval delay = {.tv_sec = (time_t)seconds,
                          .tv_usec = (suseconds_t)((seconds - floor(seconds)) * 1e6)};
  return event_add(loop->timer_event, &delay) == 0;
}

/* Called when the first timer should have ended, or a little earlier: libevent's clock is coarse. */
static void on_timers(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  struct loop *loop = context;
  double now = monotonic_time();
  struct loop_timer *first;
  while ((first = timers_first(&loop->timers)) && first->deadline <= now) {
    timers_remove(&loop->timers, first);
    loop_complete(&first->op);
  }
  await_first_timer(loop);
}

/* Changes of watched descriptors go to the kernel once per turn, so that a connection that ends one
 * request and begins the next in the same turn costs no system call. This requires that a closed
 * descriptor is not open in a child process: all watched descriptors are close-on-exec. */
static struct event_base *new_base(void) {
  struct event_config *config = event_config_new();
  if (!config)
    return NULL;
  struct event_base *base = NULL;
  if (event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
    base = event_base_new_with_config(config);
  event_config_free(config);
  return base;
}

/* libevent ends the process if it cannot create its descriptors. */
#define NEEDED_DESCRIPTORS 8

struct loop *loop_new(void) {
  int failed = descriptors_probe(NEEDED_DESCRIPTORS);
  if (failed) {
    errno = failed;
    return NULL;
  }
  struct loop *loop = calloc(1, sizeof *loop);
  if (!loop)
    return NULL;
  loop->references = 1;
  loop->last = &loop->first;
  loop->signal_pipe[0] = loop->signal_pipe[1] = -1;
  loop->base = new_base();
  if (!loop->base || platform_pipe(loop->signal_pipe, true) != 0)
    goto failed;
  loop->signal_event =
      event_new(loop->base, loop->signal_pipe[0], EV_READ | EV_PERSIST, on_signal_pipe, loop);
  loop->timer_event = event_new(loop->base, -1, 0, on_timers, loop);
  if (!loop->signal_event || !loop->timer_event)
    goto failed;
  return loop;
failed:;
  int saved = errno;
  loop_free(loop);
  errno = saved;
  return NULL;
}

void loop_hold(struct loop *loop) {
  loop->references++;
}

void loop_drop(struct loop *loop) {
  if (--loop->references > 0)
    return;
  if (loop->listener) {
    atomic_store(&loop->listener->numbers, 0);
    atomic_store(&loop->listener->fd, 0);
  }
  if (loop->signal_event)
    event_free(loop->signal_event);
  if (loop->timer_event)
    event_free(loop->timer_event);
  timers_free(&loop->timers);
  for (int i = 0; i < 2; i++) {
    if (loop->signal_pipe[i] >= 0)
      close(loop->signal_pipe[i]);
  }
  if (loop->base)
    event_base_free(loop->base);
  free(loop);
}

void loop_free(struct loop *loop) {
  if (loop)
    loop_drop(loop);
}

struct event_base *loop_base(struct loop *loop) {
  return loop->base;
}

void loop_op_start(struct loop_op *op, struct loop *loop) {
  assert(op->state == LOOP_IDLE || op->state == LOOP_DONE);
  if (!op->loop)
    loop_hold(loop);
  op->loop = loop;
  op->state = LOOP_STARTED;
}

void loop_complete(struct loop_op *op) {
  assert(op->state == LOOP_STARTED);
  op->state = LOOP_QUEUED;
  op->next = NULL;
  *op->loop->last = op;
  op->loop->last = &op->next;
}

static void leave_queue(struct loop_op *op) {
  struct loop *loop = op->loop;
  struct loop_op **link = &loop->first;
  while (*link != op) {
    assert(*link);
    link = &(*link)->next;
  }
  *link = op->next;
  if (!op->next)
    loop->last = link;
  op->next = NULL;
}

void loop_op_end(struct loop_op *op) {
  struct loop *loop = op->loop;
  if (!loop)
    return;
  if (op->state == LOOP_QUEUED)
    leave_queue(op);
  if (op->state != LOOP_DONE)
    op->state = LOOP_CANCELLED;
  op->loop = NULL;
  loop_drop(loop);
}

struct loop_op *loop_first_completed(const struct loop *loop) {
  return loop->first;
}

struct loop_op *loop_next_completed(struct loop *loop) {
  struct loop_op *op = loop->first;
  if (!op)
    return NULL;
  loop->first = op->next;
  if (!op->next)
    loop->last = &loop->first;
  op->next = NULL;
  assert(op->state == LOOP_QUEUED);
  op->state = LOOP_DONE;
  return op;
}

/* Reports whether nothing can happen but signals that nobody waits for. */
static bool is_deserted(const struct loop *loop) {
  for (const struct loop_signal *waiter = loop->signals; waiter; waiter = waiter->next_waiting) {
    if (!waiter->background)
      return false;
  }
  int events = event_base_get_num_events(
      loop->base, EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE);
  return events <= (loop->signals ? 1 : 0);
}

void loop_task_queue(struct loop *loop, struct loop_task *task) {
  if (task->queued)
    return;
  struct loop_task **link = &loop->tasks;
  while (*link)
    link = &(*link)->next;
  *link = task;
  task->next = NULL;
  task->turn = loop->turn;
  task->queued = true;
}

void loop_task_remove(struct loop *loop, struct loop_task *task) {
  struct loop_task **link = &loop->tasks;
  while (*link && *link != task)
    link = &(*link)->next;
  if (*link)
    *link = task->next;
  task->queued = false;
}

/* Calls the tasks that are queued now. One that is queued again meanwhile is called at the next step. */
static void call_tasks(struct loop *loop) {
  loop->turn++;
  while (loop->tasks && loop->tasks->turn != loop->turn) {
    struct loop_task *task = loop->tasks;
    loop_task_remove(loop, task);
    task->call(task->context);
  }
}

bool loop_step(struct loop *loop, bool block) {
  call_tasks(loop);
  bool wait = block && !loop->first && !loop->tasks;
  if (wait && is_deserted(loop)) {
    event_base_loop(loop->base, EVLOOP_NONBLOCK); /* a signal may have been delivered */
    return loop->first;
  }
  /* Without EVLOOP_ONCE, libevent polls again and again while there are events. */
  int outcome = event_base_loop(loop->base, wait ? EVLOOP_ONCE : EVLOOP_ONCE | EVLOOP_NONBLOCK);
  return outcome == 0 || loop->first || loop->tasks;
}

static void on_event(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  loop_complete(context);
}

static void stop_event(struct event **event, struct loop_op *op) {
  if (*event)
    event_free(*event);
  *event = NULL;
  loop_op_end(op);
}

bool loop_timer_start(struct loop *loop, struct loop_timer *timer, double seconds) {
  loop_op_start(&timer->op, loop);
  /* One day less than 2^31 seconds, which no clock overflows. */
  double limit = 2147397247.0;
  timer->deadline = monotonic_time() + (seconds > 0 ? fmin(seconds, limit) : 0);
  return timers_add(&loop->timers, timer) &&
         (timers_first(&loop->timers) != timer || await_first_timer(loop));
}

void loop_timer_stop(struct loop_timer *timer) {
  struct loop *loop = timer->op.loop;
  if (loop) {
    timers_remove(&loop->timers, timer);
    if (!timers_first(&loop->timers))
      event_del(loop->timer_event);
  }
  loop_op_end(&timer->op);
}

bool loop_watch_start(struct loop *loop, struct loop_watch *watch, int fd) {
  /* The event loop itself learns it too late, because it passes it to the kernel at its next turn. */
  int failed = platform_try_watch(fd);
  if (failed && failed != EPERM) {
    errno = failed;
    return false;
  }
  loop_op_start(&watch->op, loop);
  if (failed == EPERM) { /* a file: reading it never waits */
    loop_complete(&watch->op);
    return true;
  }
  watch->event = event_new(loop->base, fd, EV_READ, on_event, &watch->op);
  return watch->event && event_add(watch->event, NULL) == 0;
}

void loop_watch_stop(struct loop_watch *watch) {
  stop_event(&watch->event, &watch->op);
}

bool loop_signal_start(struct loop *loop, struct loop_signal *waiter, int number, bool background) {
  if (!listen_to_signals(loop)) {
    errno = EMFILE;
    return false;
  }
  struct sigaction action = {.sa_handler = on_delivery, .sa_flags = (int)SA_RESETHAND}, earlier;
  sigemptyset(&action.sa_mask);
  bool shared = is_awaited(number);
  if (event_add(loop->signal_event, NULL) != 0)
    return false;
  atomic_fetch_or(&loop->listener->numbers, SIGNAL_BIT(number));
  if (sigaction(number, &action, &earlier) != 0)
    return false;
  if (!shared)
    earlier_action[number] = earlier;
  loop_op_start(&waiter->op, loop);
  waiter->number = number;
  waiter->background = background;
  waiter->waiting = true;
  waiter->next_waiting = loop->signals;
  loop->signals = waiter;
  return true;
}

/* Ends the wait for a signal, unless the signal has been delivered meanwhile. */
static void ignore_signal(const struct loop *loop, int number) {
  unsigned bit = SIGNAL_BIT(number);
  bool awaited = atomic_fetch_and(&loop->listener->numbers, ~bit) & bit;
  if (awaited && !is_awaited(number))
    sigaction(number, &earlier_action[number], NULL);
}

void loop_signal_stop(struct loop_signal *waiter) {
  struct loop *loop = waiter->op.loop;
  if (waiter->waiting) {
    waiter->waiting = false;
    bool shared = false;
    for (struct loop_signal **link = &loop->signals; *link;) {
      if (*link == waiter) {
        *link = waiter->next_waiting;
      } else {
        shared = shared || (*link)->number == waiter->number;
        link = &(*link)->next_waiting;
      }
    }
    if (!shared)
      ignore_signal(loop, waiter->number);
    if (!loop->signals)
      event_del(loop->signal_event);
  }
  loop_op_end(&waiter->op);
}

void loop_on_delivery(void (*function)(int number)) {
  atomic_store(&also_call, function);
}
