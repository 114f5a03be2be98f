#ifndef LANYARD_NET_TIMERS_H
#define LANYARD_NET_TIMERS_H

#include <stdbool.h>
#include <stddef.h>

struct loop_timer;

/* A heap of timers by their deadlines. A program can have tens of thousands of them, so each costs no
 * more than one pointer here. */
struct timers {
  struct loop_timer **list; /* the earliest first */
  size_t count, capacity;
};

/* timers_add adds a timer, which must not move until it is removed. Returns false if there is not
 * enough memory. */
bool timers_add(struct timers *timers, struct loop_timer *timer);

/* timers_remove removes a timer, if it is in the heap. */
void timers_remove(struct timers *timers, struct loop_timer *timer);

/* timers_first returns the timer with the earliest deadline, or NULL. */
struct loop_timer *timers_first(const struct timers *timers);

/* timers_free frees the heap, but no timer. */
void timers_free(struct timers *timers);

#endif
