#ifndef LANYARD_NET_LOOP_H
#define LANYARD_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>

/* The event loop, on libevent. What waits is an operation: a struct that begins with a loop_op and
 * goes to the completion queue of its loop when it has ended. The loop calls nobody back: who runs
 * it takes the ended operations from the queue, outside of any event callback. */

struct event_base;
struct loop;

struct loop_op {
  struct loop *loop;
  struct loop_op *next; /* in the completion queue */
  bool completed;       /* is or was in the queue */
};

/* NULL when memory or file descriptors have run out. */
struct loop *loop_new(void);

/* Everything that was started on the loop must be gone before. */
void loop_free(struct loop *loop);

struct event_base *loop_base(struct loop *loop);

/* Puts an operation on the queue; a second time does nothing. */
void loop_complete(struct loop_op *op);

/* Takes an operation off the queue, where it is in it: it ended, but nobody waits any more. */
void loop_dequeue(struct loop_op *op);

/* The operation that ended first, or NULL. */
struct loop_op *loop_next_completed(struct loop *loop);

/* Waits until something happens (with `block`; not when operations have ended already), and lets
 * it happen. False when nothing is left that could ever happen. */
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

/* A signal: completes at its first delivery. From then on the signal has its default action again,
 * so that a second Ctrl-C ends a program that no longer comes to its loop; but SIGHUP is ignored, for nobody
 * sends that in a hurry, and it often comes twice. */
struct loop_signal {
  struct loop_op op;
  struct loop_signal *next_waiting;
  int number;
  bool waiting;
};

bool loop_signal_start(struct loop *loop, struct loop_signal *waiter, int number);
void loop_signal_stop(struct loop_signal *waiter);

#endif
