#include "reason/points.h"

#include "base/bytes.h"
#include "base/civil.h"
#include "policy/condition_value.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In lists that are not longer, equal texts are found. */
#define SHORT_LIST 512

void points_add(struct query *query, struct points *points, const char *bytes, size_t length) {
  for (size_t i = 0; i < points->count && points->count < SHORT_LIST; i++)
    if (bytes_equal(points->items[i].bytes, points->items[i].length, bytes, length))
      return;
  if (points->count == points->capacity) {
    void *grown = pool_grow(query->pool, points->items, &points->capacity, sizeof *points->items);
    if (!grown)
      return;
    points->items = grown;
  }
  const char *copy = pool_copy(query->pool, bytes, length);
  if (copy)
    points->items[points->count++] = (struct policy_string){copy, length};
}

/* Calls a function with each operand of a dimension's tests of some types. */
static void each_operand(struct query *query, const struct query_dimension *dimension,
                         unsigned types, void (*add)(void *state, const char *text), void *state) {
  static const struct context nothing = {0};
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    if (!(types >> test->condition.type & 1))
      continue;
    for (const struct json_value *one = box_next_operand(test, NULL); one;
         one = box_next_operand(test, one)) {
      size_t length;
      const char *text = box_operand_text(one, &length);
      struct buf operand = {0};
      if (text && context_expand(query->bound ? query->bound : &nothing, text, length, false,
                                 &operand) == CONTEXT_EXPANDED) {
        buf_adds(&operand, "");
        if (!operand.failed)
          add(state, operand.data);
      }
      query->pool->failed = query->pool->failed || operand.failed;
      buf_free(&operand);
    }
  }
}

/* --- Numbers and dates ------------------------------------------------------------------------ */

#define NUMBERS (1u << OPERAND_NUMBER | 1u << OPERAND_DATE)

struct numbers {
  struct query *query;
  bool dates;
  long double *items;
  size_t count, capacity;
};

static void add_number(void *state, const char *text) {
  struct numbers *numbers = state;
  long double number;
  if (!(numbers->dates ? condition_read_date : condition_read_number)(text, &number) ||
      !isfinite(number))
    return;
  if (numbers->count == numbers->capacity) {
    void *grown =
        pool_grow(numbers->query->pool, numbers->items, &numbers->capacity, sizeof *numbers->items);
    if (!grown)
      return;
    numbers->items = grown;
  }
  numbers->items[numbers->count++] = number;
}

static int compare_numbers(const void *a, const void *b) {
  const long double *x = a;
  const long double *y = b;
  return (*x > *y) - (*x < *y);
}

/* Writes a number with as few digits as necessary. Four digits alone would be a year in a date. */
static void write_number(long double number, bool date, char *text, size_t size) {
  long double again = 0;
  if (number == floorl(number) && fabsl(number) < 1e18L) {
    snprintf(text, size, date && number >= 0 && number < 10000 ? "%.1Lf" : "%.0Lf", number);
    return;
  }
  for (int digits = 1; digits <= 21; digits++) {
    snprintf(text, size, "%.*Lg", digits, number);
    if (condition_read_number(text, &again) && again == number)
      return;
  }
}

static void write_date(long double seconds, char *text, size_t size) {
  const long double first = -62167219200.0L, last = 253402300799.0L; /* the years 0 to 9999 */
  long double whole = floorl(seconds), again = 0;
  if (seconds >= first && seconds <= last) {
    char day[32];
    civil_format((long long)whole, "Y-M-DTh:m:s", day);
    snprintf(text, size, "%sZ", day);
    if (strlen(day) == 19 && condition_read_date(text, &again) && again == seconds)
      return;
    for (int digits = 1; digits <= 15; digits++) {
      char fraction[32];
      snprintf(fraction, sizeof fraction, "%.*Lf", digits, seconds - whole);
      snprintf(text, size, "%s%sZ", day, fraction + 1);
      if (condition_read_date(text, &again) && again == seconds)
        return;
    }
  }
  write_number(seconds, true, text, size);
}

static void offer_number(struct numbers *numbers, struct points *points, long double number) {
  char text[64];
  long double again;
  (numbers->dates ? write_date(number, text, sizeof text)
                  : write_number(number, false, text, sizeof text));
  if ((numbers->dates ? condition_read_date : condition_read_number)(text, &again) &&
      again == number)
    points_add(numbers->query, points, text, strlen(text));
  else
    query_inexact(numbers->query, "a number has too many digits");
}

/* Returns a value between two numbers, a whole one if possible. */
static long double between(long double a, long double b) {
  long double middle = a + (b - a) / 2;
  return floorl(middle) > a ? floorl(middle) : middle;
}

/* Collects the operands of an inside test that passes for them only. Returns false if there is none, or
 * an operand is not a number: then the result for other values is open. */
static bool find_equals(struct numbers *numbers, const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(numbers->query, dimension->inside[i]);
    const struct condition_test *op = &test->condition;
    bool equals = op->set == CONDITION_NO_SET && !op->negated &&
                  (op->type == OPERAND_NUMBER || op->type == OPERAND_DATE) &&
                  strstr(op->name, "Equals") && !strstr(op->name, "Than");
    if (!equals)
      continue;
    const struct query_dimension one = {.inside = &dimension->inside[i], .inside_count = 1};
    numbers->count = 0;
    each_operand(numbers->query, &one, NUMBERS, add_number, numbers);
    if (numbers->count == (test->key->type == JSON_ARRAY ? test->key->count : 1))
      return true;
  }
  numbers->count = 0;
  return false;
}

void points_numbers(struct query *query, const struct query_dimension *dimension, bool dates,
                    bool one, struct points *points) {
  struct numbers numbers = {.query = query, .dates = dates};
  if (one && find_equals(&numbers, dimension)) {
    for (size_t i = 0; i < numbers.count; i++)
      offer_number(&numbers, points, numbers.items[i]);
    return;
  }
  each_operand(query, dimension, NUMBERS, add_number, &numbers);
  if (numbers.count == 0) {
    offer_number(&numbers, points, dates ? 1767225600 : 1);
    return;
  }
  qsort(numbers.items, numbers.count, sizeof *numbers.items, compare_numbers);
  const long double margin = dates ? 86400 : 1;
  long double lowest = numbers.items[0], highest = numbers.items[numbers.count - 1];
  for (size_t i = 0; i < numbers.count; i++) {
    offer_number(&numbers, points, numbers.items[i]);
    if (i > 0 && numbers.items[i] > numbers.items[i - 1]) {
      long double middle = between(numbers.items[i - 1], numbers.items[i]);
      if (middle > numbers.items[i - 1] && middle < numbers.items[i])
        offer_number(&numbers, points, middle);
    }
  }
  offer_number(&numbers, points, lowest - margin < lowest ? lowest - margin : lowest * 2);
  offer_number(&numbers, points, highest + margin > highest ? highest + margin : highest * 2);
}

void points_seconds(const char *date, struct buf *out) {
  long double seconds;
  char text[64];
  if (!condition_read_date(date, &seconds))
    return;
  write_number(seconds, true, text, sizeof text);
  buf_adds(out, text);
}

/* --- Addresses -------------------------------------------------------------------------------- */

struct networks {
  struct query *query;
  struct points *points;
};

static void offer_address(struct networks *networks, int family, const unsigned char *bytes) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(family, bytes, text, sizeof text))
    points_add(networks->query, networks->points, text, strlen(text));
}

/* Adds the first address of a network, and the first one after it. Every interval between networks
 * begins with one of them, or with the lowest address. */
static void add_network(void *state, const char *text) {
  struct networks *networks = state;
  if (condition_in_network("0.0.0.0", text) < 0)
    return;
  char host[INET6_ADDRSTRLEN];
  size_t length = strcspn(text, "/");
  memcpy(host, text, length);
  host[length] = '\0';
  int family = strchr(host, ':') ? AF_INET6 : AF_INET;
  unsigned char first[16] = {0};
  inet_pton(family, host, first);
  int bits = family == AF_INET ? 32 : 128;
  int prefix = text[length] == '/' ? atoi(text + length + 1) : bits;
  for (int bit = prefix; bit < bits; bit++)
    first[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
  offer_address(networks, family, first);
  /* The address after the network: 1 is added at the last bit of the prefix. */
  for (int bit = prefix - 1; bit >= 0; bit--) {
    unsigned char mask = (unsigned char)(0x80 >> bit % 8);
    first[bit / 8] ^= mask;
    if (first[bit / 8] & mask) {
      offer_address(networks, family, first);
      return;
    }
  }
}

void points_addresses(struct query *query, const struct query_dimension *dimension,
                      struct points *points) {
  static const char *const fresh[] = {"198.51.100.1", "2001:db8::1", "0.0.0.0", "::"};
  struct networks networks = {query, points};
  for (size_t i = 0; i < sizeof fresh / sizeof *fresh; i++)
    points_add(query, points, fresh[i], strlen(fresh[i]));
  each_operand(query, dimension, 1u << OPERAND_ADDRESS, add_network, &networks);
}
