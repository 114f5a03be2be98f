#include "reason/times.h"

#include "policy/condition_value.h"
#include "reason/texts.h"

#include <string.h>

static const char NOW[] = "aws:CurrentTime", EPOCH[] = "aws:EpochTime";
static const char ISSUED[] = "aws:TokenIssueTime";

enum { ENTRIES = 3 };

/* What the tests concern. */
struct concern {
  bool now, issued;
};

static struct concern find_concern(struct query *query, const struct context_entry *bound) {
  const struct query_dimension *dimension = &query->dimensions[BOX_TIME];
  /* Every request has a time, so another test of it can matter for the whole policy. */
  struct concern concern = {.now = query->boxes->clock_time, .issued = bound != NULL};
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    concern.issued = concern.issued || box_key_is(test, ISSUED);
    if (texts_is(test))
      query_inexact(query, "the time is compared as a text");
  }
  return concern;
}

/* A candidate: the time, and the time of issue; NULL: it is left out, or absent. */
static void offer(struct query *query, const char *now, const char *issued) {
  struct context_entry entries[ENTRIES];
  struct context_value values[ENTRIES];
  struct buf seconds = {0};
  size_t count = 0;
  if (now)
    points_seconds(now, &seconds);
  query->pool->failed = query->pool->failed || seconds.failed;
  const char *const texts[ENTRIES] = {now, now ? seconds.data : NULL, issued};
  const char *const keys[ENTRIES] = {NOW, EPOCH, ISSUED};
  for (size_t i = 0; i < ENTRIES; i++) {
    if (!texts[i])
      continue;
    values[count] = (struct context_value){texts[i], strlen(texts[i])};
    entries[count] = (struct context_entry){
        .key = keys[i], .key_length = strlen(keys[i]), .values = &values[count], .count = 1};
    count++;
  }
  if (!now || seconds.data)
    query_offer(query, BOX_TIME, &(struct query_value){.entries = entries, .count = count});
  buf_free(&seconds);
}

static bool is_before(const char *issued, const char *now) {
  long double a, b;
  return condition_read_date(issued, &a) && condition_read_date(now, &b) && a <= b;
}

/* Offers all times that the tests distinguish, not before a time of issue. */
static void offer_times(struct query *query, const struct points *times, bool now,
                        const char *issued) {
  for (size_t i = 0; now && i < times->count; i++)
    if (!issued || is_before(issued, times->items[i].bytes))
      offer(query, times->items[i].bytes, issued);
  if (!now)
    offer(query, NULL, issued);
}

void times_propose(struct query *query, const struct values_domain *issued,
                   const struct context_entry *bound) {
  struct concern concern = find_concern(query, bound);
  struct points times = {0};
  points_numbers(query, &query->dimensions[BOX_TIME], true, !concern.issued, &times);
  if (!concern.issued) {
    offer_times(query, &times, true, NULL);
    return;
  }
  if (issued->absent && (!bound || bound->count == 0))
    offer_times(query, &times, concern.now, NULL);
  if (!issued->present || (bound && bound->count == 0))
    return;
  if (bound)
    offer_times(query, &times, concern.now, bound->values[0].bytes);
  for (size_t i = 0; !bound && i < times.count; i++)
    offer_times(query, &times, concern.now, times.items[i].bytes);
}
