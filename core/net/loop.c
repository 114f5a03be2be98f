#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loop {
  struct event_base *base;
  struct loop_op *first; /* the completion queue */
  struct loop_op **last;
  struct loop_signal *signals; /* pending signals */
  struct event *signal_event;
  int signal_pipe[2];
};

/* The pipe that the signal handler writes to: that of the loop that last waited for a signal. */
static volatile sig_atomic_t signal_fd = -1;

static void on_delivery(int number) {
  int saved = errno;
  if (number == SIGHUP)
    signal(SIGHUP, SIG_IGN); /* both the shell and the kernel may send it */
  char byte = (char)number;
  ssize_t written = write(signal_fd, &byte, 1);
  (void)written; /* a full pipe wakes the loop anyway */
  errno = saved;
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

struct loop *loop_new(void) {
  struct loop *loop = calloc(1, sizeof *loop);
  if (!loop)
    return NULL;
  loop->last = &loop->first;
  loop->signal_pipe[0] = loop->signal_pipe[1] = -1;
  loop->base = new_base();
  if (!loop->base || pipe2(loop->signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
    goto failed;
  loop->signal_event =
      event_new(loop->base, loop->signal_pipe[0], EV_READ | EV_PERSIST, on_signal_pipe, loop);
  if (!loop->signal_event)
    goto failed;
  return loop;
failed:
  loop_free(loop);
  return NULL;
}

void loop_free(struct loop *loop) {
  if (!loop)
    return;
  if (loop->signal_event)
    event_free(loop->signal_event);
  for (int i = 0; i < 2; i++) {
    if (loop->signal_pipe[i] >= 0)
      close(loop->signal_pipe[i]);
  }
  if (loop->base)
    event_base_free(loop->base);
  free(loop);
}

struct event_base *loop_base(struct loop *loop) {
  return loop->base;
}

void loop_complete(struct loop_op *op) {
  if (op->completed)
    return;
  op->completed = true;
  op->next = NULL;
  *op->loop->last = op;
  op->loop->last = &op->next;
}

void loop_dequeue(struct loop_op *op) {
  struct loop *loop = op->loop;
  for (struct loop_op **link = &loop->first; *link; link = &(*link)->next) {
    if (*link != op)
      continue;
    *link = op->next;
    if (!op->next)
      loop->last = link;
    return;
  }
}

struct loop_op *loop_next_completed(struct loop *loop) {
  struct loop_op *op = loop->first;
  if (!op)
    return NULL;
  loop->first = op->next;
  if (!op->next)
    loop->last = &loop->first;
  op->next = NULL;
  return op;
}

bool loop_step(struct loop *loop, bool block) {
  bool wait = block && !loop->first;
  int outcome = event_base_loop(loop->base, wait ? EVLOOP_ONCE : EVLOOP_NONBLOCK);
  return outcome == 0 || loop->first;
}

static void on_event(evutil_socket_t fd, short what, void *context) {
  (void)fd, (void)what;
  loop_complete(context);
}

static void stop_event(struct event **event, struct loop_op *op) {
  if (!*event)
    return;
  event_free(*event);
  *event = NULL;
  loop_dequeue(op);
}

bool loop_timer_start(struct loop *loop, struct loop_timer *timer, double seconds) {
  timer->op = (struct loop_op){.loop = loop};
  timer->event = event_new(loop->base, -1, 0, on_event, &timer->op);
  if (!timer->event)
    return false;
  /* One day less than 2^31 seconds, which no clock overflows. */
  double limit = 2147397247.0;
  double bounded = seconds > 0 ? fmin(seconds, limit) : 0;
  struct timeval delay = {.tv_sec = (time_t)bounded,
                          .tv_usec = (suseconds_t)((bounded - floor(bounded)) * 1e6)};
  return event_add(timer->event, &delay) == 0;
}

void loop_timer_stop(struct loop_timer *timer) {
  stop_event(&timer->event, &timer->op);
}

bool loop_watch_start(struct loop *loop, struct loop_watch *watch, int fd) {
  watch->op = (struct loop_op){.loop = loop};
  watch->event = event_new(loop->base, fd, EV_READ, on_event, &watch->op);
  return watch->event && event_add(watch->event, NULL) == 0;
}

void loop_watch_stop(struct loop_watch *watch) {
  stop_event(&watch->event, &watch->op);
}

bool loop_signal_start(struct loop *loop, struct loop_signal *waiter, int number) {
  *waiter = (struct loop_signal){.op = {.loop = loop}, .number = number};
  signal_fd = loop->signal_pipe[1];
  struct sigaction action = {.sa_handler = on_delivery, .sa_flags = (int)SA_RESETHAND};
  sigemptyset(&action.sa_mask);
  if (event_add(loop->signal_event, NULL) != 0 || sigaction(number, &action, NULL) != 0)
    return false;
  waiter->waiting = true;
  waiter->next_waiting = loop->signals;
  loop->signals = waiter;
  return true;
}

void loop_signal_stop(struct loop_signal *waiter) {
  struct loop *loop = waiter->op.loop;
  loop_dequeue(&waiter->op);
  if (!waiter->waiting)
    return;
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
    signal(waiter->number, SIG_DFL);
  if (!loop->signals)
    event_del(loop->signal_event);
}
