#ifndef LANYARD_NET_LOOP_H
#define LANYARD_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>

/* The event loop, on libevent. An operation is a struct that begins with a loop_op. When the
 * operation has completed, it enters the completion queue of its loop. The loop has no callbacks:
 * its user takes completed operations from the queue, outside of any event callback. */

struct event_base;
struct loop;

struct loop_op {
  struct loop *loop;
  struct loop_op *next; /* in the completion queue */
  bool completed;       /* it is or was in the queue */
};

/* loop_new returns NULL if memory or file descriptors are exhausted. */
struct loop *loop_new(void);

/* loop_free accepts NULL. All operations must be stopped before. */
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

/* loop_complete puts an operation into the completion queue. A second call has no effect. */
void loop_complete(struct loop_op *op);

/* loop_dequeue removes an operation from the completion queue, if the queue has it: the operation
 * has completed, but nothing waits for it any more. */
void loop_dequeue(struct loop_op *op);

/* loop_next_completed removes and returns the operation that completed first, or returns NULL. */
struct loop_op *loop_next_completed(struct loop *loop);

/* loop_step handles events. With `block` it waits for an event, unless the completion queue has an
 * operation. It returns false if no event can ever occur. */
bool loop_step(struct loop *loop, bool block);

/* A timer completes once, `seconds` after loop_timer_start. */
struct loop_timer {
  struct loop_op op;
  struct event *event;
};

/* loop_timer_start returns false if there is not enough memory. Seconds below 0 count as 0. */
bool loop_timer_start(struct loop *loop, struct loop_timer *timer, double seconds);

/* loop_timer_stop ends a timer, at any time; it may be called again. */
void loop_timer_stop(struct loop_timer *timer);

/* A watch completes once, when a file descriptor (of a pipe, a socket or a terminal) has something to
 * read or is at its end. */
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
 * because it often arrives twice. */
struct loop_signal {
  struct loop_op op;
  struct loop_signal *next_waiting;
  int number;
  bool waiting;
};

bool loop_signal_start(struct loop *loop, struct loop_signal *waiter, int number);
void loop_signal_stop(struct loop_signal *waiter);

#endif
