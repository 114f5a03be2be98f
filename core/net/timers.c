#include "net/timers.h"

#include "net/loop.h"

#include <stdlib.h>

static void put(struct timers *timers, size_t place, struct loop_timer *timer) {
  timers->list[place - 1] = timer;
  timer->place = place;
}

/* Moves other timers until this one can be at the place or before it. */
static void rise(struct timers *timers, size_t place, struct loop_timer *timer) {
  for (; place > 1; place /= 2) {
    struct loop_timer *parent = timers->list[place / 2 - 1];
    if (parent->deadline <= timer->deadline)
      break;
    put(timers, place, parent);
  }
  put(timers, place, timer);
}

/* Moves other timers until this one can be at the place or after it. */
static void sink(struct timers *timers, size_t place, struct loop_timer *timer) {
  for (size_t child; (child = 2 * place) <= timers->count; place = child) {
    if (child < timers->count && timers->list[child]->deadline < timers->list[child - 1]->deadline)
      child++;
    if (timer->deadline <= timers->list[child - 1]->deadline)
      break;
    put(timers, place, timers->list[child - 1]);
  }
  put(timers, place, timer);
}

bool timers_add(struct timers *timers, struct loop_timer *timer) {
  if (timers->count == timers->capacity) {
    size_t capacity = timers->capacity > 0 ? 2 * timers->capacity : 16;
    struct loop_timer **list = realloc(timers->list, capacity * sizeof *list);
    if (!list)
      return false;
    timers->list = list;
    timers->capacity = capacity;
  }
  timers->count++;
  rise(timers, timers->count, timer);
  return true;
}

void timers_remove(struct timers *timers, struct loop_timer *timer) {
  size_t place = timer->place;
  if (place == 0)
    return;
  timer->place = 0;
  struct loop_timer *last = timers->list[--timers->count];
  if (last == timer)
    return;
  if (last->deadline < timer->deadline)
    rise(timers, place, last);
  else
    sink(timers, place, last);
}

struct loop_timer *timers_first(const struct timers *timers) {
  return timers->count > 0 ? timers->list[0] : NULL;
}

void timers_free(struct timers *timers) {
  free(timers->list);
  *timers = (struct timers){0};
}
