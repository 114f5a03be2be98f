#ifndef LANYARD_NET_LOOP_H
#define LANYARD_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>

/* The event loop, on libevent. An operation is a struct that begins with a loop_op. When the
 * operation has completed, it enters the completion queue of its loop. The loop has no callbacks:
 * its user takes completed operations from the queue, outside of any event callback. */

struct event_base;
struct loop;

/* The only transitions are IDLE or DONE -> STARTED -> QUEUED -> DONE, and STARTED or QUEUED ->
 * CANCELLED. A wrong transition is a defect of this program, and ends it. */
enum loop_op_state {
  LOOP_IDLE,
  LOOP_STARTED,
  LOOP_QUEUED, /* has completed, and is in the completion queue */
  LOOP_DONE,   /* was taken from the queue */
  LOOP_CANCELLED,
};

struct loop_op {
  struct loop *loop;    /* from loop_op_start to loop_op_end */
  struct loop_op *next; /* in the completion queue */
  enum loop_op_state state;
};

/* loop_new returns NULL and sets errno if memory or file descriptors are exhausted. */
struct loop *loop_new(void);

/* loop_free accepts NULL. The memory of the loop remains as long as an operation or loop_hold needs
 * it, so that the order does not matter in which Lua collects userdata. */
void loop_free(struct loop *loop);

/* loop_hold keeps the memory of the loop until loop_drop. */
void loop_hold(struct loop *loop);
void loop_drop(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

/* loop_op_start is the first step of every operation. */
void loop_op_start(struct loop_op *op, struct loop *loop);

/* loop_complete puts a started operation into the completion queue. */
void loop_complete(struct loop_op *op);

/* loop_op_end is the last step of every operation, at any time; it may be called again. It removes
 * the operation from the completion queue. */
void loop_op_end(struct loop_op *op);

/* loop_first_completed returns the operation that completed first, or NULL. */
struct loop_op *loop_first_completed(const struct loop *loop);

/* loop_next_completed removes and returns the operation that completed first, or returns NULL. */
struct loop_op *loop_next_completed(struct loop *loop);

/* loop_step handles events. With `block` it waits for an event, unless the completion queue has an
 * operation. It returns false if no operation can ever complete, except a wait for a signal in
 * the background. */
bool loop_step(struct loop *loop, bool block);

/* A task of C that the loop calls at its next step, before it waits for events: what is changed then goes to
 * the kernel together with what was changed before. */
struct loop_task {
  struct loop_task *next; /* in the queue of the loop */
  void (*call)(void *context);
  void *context;
  unsigned long turn; /* of the loop, when it was queued */
  bool queued;
};

/* loop_task_queue queues a task once. The caller sets `call` and `context`, and keeps the memory of the task valid
 * until it was called or removed. */
void loop_task_queue(struct loop *loop, struct loop_task *task);

/* loop_task_remove removes a task that may be queued. */
void loop_task_remove(struct loop *loop, struct loop_task *task);

/* A timer completes once, `seconds` after loop_timer_start. */
struct loop_timer {
  struct loop_op op;
  double deadline; /* in seconds of a monotonic clock */
  size_t place;    /* in the heap of the loop's timers, from 1; 0: not in it */
};

/* loop_timer_start returns false if there is not enough memory. Seconds below 0 count as 0. */
bool loop_timer_start(struct loop *loop, struct loop_timer *timer, double seconds);

/* loop_timer_stop ends a timer, at any time; it may be called again. */
void loop_timer_stop(struct loop_timer *timer);

/* A watch completes once, when a file descriptor has something to read or is at its end. A regular
 * file is always readable. */
struct loop_watch {
  struct loop_op op;
  struct event *event;
};

/* loop_watch_start returns false, with errno set, if the descriptor cannot be watched. */
bool loop_watch_start(struct loop *loop, struct loop_watch *watch, int fd);

/* loop_watch_stop ends a watch, at any time; it may be called again. */
void loop_watch_stop(struct loop_watch *watch);

/* Completes at the first delivery of a signal. After that, the signal has its default action again,
 * so that a second Ctrl-C ends a program that no longer runs its loop. SIGHUP is ignored instead,
 * because it often arrives twice. If several loops of the process wait for a signal, its delivery
 * completes the operations of all. */
struct loop_signal {
  struct loop_op op;
  struct loop_signal *next_waiting;
  int number;
  bool background; /* the loop does not wait for it alone */
  bool waiting;
};

/* loop_signal_start returns false, with errno set, if the signal cannot be watched. */
bool loop_signal_start(struct loop *loop, struct loop_signal *waiter, int number, bool background);

/* loop_signal_stop ends a wait, at any time. When nothing waits for the signal any more, it has the
 * action again that it had before. */
void loop_signal_stop(struct loop_signal *waiter);

/* loop_on_delivery sets a function that the signal handler calls with the number of each signal that a loop waits
 * for. It must be safe in a signal handler. */
void loop_on_delivery(void (*function)(int number));

#endif
