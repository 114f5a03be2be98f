#ifndef LANYARD_REASON_POINTS_H
#define LANYARD_REASON_POINTS_H

#include "reason/query.h"

/* Values of keys that numeric, date and address operators test. Such operators split the numbers
 * (the dates, the addresses) into intervals, in which all tests agree: one value of each interval
 * represents all others. */

/* A list of values as texts. */
struct points {
  struct policy_string *items;
  size_t count, capacity;
};

/* points_add adds a copy of a text. */
void points_add(struct query *query, struct points *points, const char *bytes, size_t length);

/* points_numbers adds the operands of a dimension's numeric and date tests, and a value between each
 * two neighbours, below and above all. `dates` writes them as dates. `one`: the
 * request has one value of one key, so an inside test for equality excludes all but its operands. */
void points_numbers(struct query *query, const struct query_dimension *dimension, bool dates,
                    bool one, struct points *points);

/* points_addresses adds a value of each interval between the networks of a dimension's address
 * tests, IPv4 and IPv6. */
void points_addresses(struct query *query, const struct query_dimension *dimension,
                      struct points *points);

/* points_seconds writes the time of a date as seconds since 1970. */
void points_seconds(const char *date, struct buf *out);

#endif
