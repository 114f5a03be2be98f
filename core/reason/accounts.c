/* A test sees the digits of an account only where digits of a pattern can match them. Such a run of digits is
 * a part of the account, or all of it, because a colon or an end surrounds the account: so what surrounds the
 * run in the pattern is a colon, an end or a wildcard. Two accounts with each run at the same places pass the same
 * tests. If policies have variables, an account can become a part of any text, and all runs count. */

#include "reason/accounts.h"

#include "base/bytes.h"
#include "policy/arn.h"
#include "policy/context.h"
#include "policy/principal.h"

#include <stdlib.h>
#include <string.h>

static const char DIGITS[] = "0123456789";

static uint32_t hash(const char *bytes, size_t length, uint32_t value) {
  for (size_t i = 0; i < length; i++)
    value = (value ^ (unsigned char)bytes[i]) * 16777619u; /* FNV-1a */
  return value ^ value >> 15;
}

enum { SEED = 2166136261u };

/* --- Sets of accounts ------------------------------------------------------------------------- */

static bool build_table(struct pool *pool, struct accounts *accounts) {
  size_t size = 16;
  while (size < 2 * accounts->count)
    size *= 2;
  accounts->mask = size - 1;
  accounts->table = pool_new(pool, size, sizeof *accounts->table);
  for (size_t i = 0; accounts->table && i < accounts->count; i++) {
    size_t slot = hash(accounts->items[i].account, ACCOUNT_DIGITS, SEED) & accounts->mask;
    while (accounts->table[slot] > 0)
      slot = (slot + 1) & accounts->mask;
    accounts->table[slot] = (uint32_t)i + 1;
  }
  return accounts->table != NULL;
}

/* Returns 1 + the index of an account, or 0. */
static size_t find(const struct accounts *accounts, const char *account) {
  size_t slot = hash(account, ACCOUNT_DIGITS, SEED) & accounts->mask;
  while (accounts->table[slot] > 0 &&
         memcmp(accounts->items[accounts->table[slot] - 1].account, account, ACCOUNT_DIGITS) != 0)
    slot = (slot + 1) & accounts->mask;
  return accounts->table[slot];
}

bool accounts_has(const struct accounts *accounts, const char *account) {
  return find(accounts, account) > 0;
}

/* --- Runs of digits --------------------------------------------------------------------------- */

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static bool add_run(struct pool *pool, struct accounts *accounts, const struct account_run *run) {
  for (size_t i = 0; i < accounts->run_count; i++) {
    const struct account_run *other = &accounts->runs[i];
    if (bytes_equal(other->bytes, other->length, run->bytes, run->length) &&
        other->first == run->first && other->last == run->last)
      return true;
  }
  if (accounts->run_count == accounts->run_capacity) {
    void *grown = pool_grow(pool, accounts->runs, &accounts->run_capacity, sizeof *accounts->runs);
    if (!grown)
      return false;
    accounts->runs = grown;
  }
  accounts->runs[accounts->run_count++] = *run;
  return true;
}

/* Reports whether a run is at a place of an account. */
static bool is_at(const struct account_run *run, const char *account, size_t place) {
  return memcmp(account + place, run->bytes, run->length) == 0;
}

/* Notes that a test names an account. */
static void add_named(struct accounts *accounts, const char *account) {
  size_t found = find(accounts, account);
  if (found == 0 || accounts->is_named[found - 1])
    return;
  accounts->is_named[found - 1] = true;
  accounts->named[accounts->named_count++] = accounts->items[found - 1].account;
}

/* Adds the runs of a text. A colon or an end beside a run is an end of the account. */
static bool add_text(struct pool *pool, struct accounts *accounts, const char *text, size_t length,
                     bool all) {
  static const char around[] = ":*?";
  for (size_t i = 0, end; i < length; i = end + 1) {
    for (end = i; end < length && is_digit(text[end]);)
      end++;
    size_t size = end - i, last = ACCOUNT_DIGITS - size;
    char left = i == 0 ? ':' : text[i - 1], right = end == length ? ':' : text[end];
    if (size == 0 || size > ACCOUNT_DIGITS ||
        !(all || (strchr(around, left) && strchr(around, right))))
      continue;
    if (size == ACCOUNT_DIGITS)
      add_named(accounts, text + i);
    struct account_run run = {text + i, size, !all && right == ':' ? last : 0,
                              !all && left == ':' ? 0 : last};
    if (size < ACCOUNT_DIGITS && run.first <= run.last && !add_run(pool, accounts, &run))
      return false;
  }
  return !pool->failed && !pool->full;
}

static bool is_of_caller(const struct box_test *test) {
  return box_key_is(test, "aws:PrincipalArn") || box_key_is(test, "aws:PrincipalAccount") ||
         box_key_is(test, "aws:userid");
}

static bool add_test(struct pool *pool, struct accounts *accounts, const struct box_test *test,
                     bool all) {
  const struct policy_list *list = test->kind == TEST_PRINCIPAL  ? &test->statement->principals
                                   : test->kind == TEST_RESOURCE ? &test->statement->resources
                                                                 : NULL;
  bool added = true;
  for (size_t i = 0; list && (all || test->kind == TEST_PRINCIPAL) && i < list->count && added; i++)
    added = add_text(pool, accounts, list->items[i].string, list->items[i].length, all);
  if (test->kind != TEST_KEY || !(all || is_of_caller(test)))
    return added;
  for (const struct json_value *one = box_next_operand(test, NULL); one && added;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    added = !text || add_text(pool, accounts, text, length, all);
  }
  return added;
}

/* Reports whether two accounts have each run at the same places. */
static bool same_runs(const struct accounts *accounts, const char *a, const char *b) {
  for (size_t r = 0; r < accounts->run_count; r++) {
    const struct account_run *run = &accounts->runs[r];
    for (size_t i = run->first; i <= run->last; i++)
      if (is_at(run, a, i) != is_at(run, b, i))
        return false;
  }
  return true;
}

bool accounts_avoid(const struct accounts *accounts, char *account) {
  char other[ACCOUNT_DIGITS];
  for (size_t i = ACCOUNT_DIGITS; i-- > 0;)
    for (size_t k = i; k-- > 0;)
      for (size_t pair = 0; pair < 100; pair++) {
        memcpy(other, account, ACCOUNT_DIGITS);
        other[i] = DIGITS[pair % 10];
        other[k] = DIGITS[pair / 10];
        if (accounts_has(accounts, other) || !same_runs(accounts, account, other))
          continue;
        memcpy(account, other, ACCOUNT_DIGITS);
        return true;
      }
  return false;
}

/* --- Groups ----------------------------------------------------------------------------------- */

/* Where the runs are in an account. */
static uint32_t hash_runs(const struct accounts *accounts, const char *account) {
  uint32_t value = SEED;
  for (size_t r = 0; r < accounts->run_count; r++) {
    const struct account_run *run = &accounts->runs[r];
    for (size_t i = run->first; i <= run->last; i++)
      if (is_at(run, account, i))
        value = (value ^ (uint32_t)(r * ACCOUNT_DIGITS + i + 1)) * 16777619u;
  }
  return value;
}

static bool same_group(const struct accounts *accounts, const struct access_account *a,
                       const struct access_account *b, bool organizations) {
  return !accounts->is_named[a - accounts->items] && !accounts->is_named[b - accounts->items] &&
         (!organizations || strcmp(a->organization, b->organization) == 0) &&
         same_runs(accounts, a->account, b->account);
}

static int compare_accounts(const void *a, const void *b) {
  const struct access_account *const *x = a, *const *y = b;
  return strcmp((*x)->account, (*y)->account);
}

/* Finds one account of each group: the first one in the order of numbers. */
static bool group(struct pool *pool, struct accounts *accounts, bool organizations) {
  uint32_t *table = pool_new(pool, accounts->mask + 1, sizeof *table);
  accounts->groups = pool_new(pool, accounts->count + 1, sizeof *accounts->groups);
  if (!table || !accounts->groups)
    return false;
  for (size_t i = 0; i < accounts->count; i++) {
    const struct access_account *one = &accounts->items[i];
    uint32_t value = hash_runs(accounts, one->account);
    if (accounts->is_named[i])
      value = hash(one->account, ACCOUNT_DIGITS, SEED);
    else if (organizations)
      value = hash(one->organization, strlen(one->organization), value);
    size_t slot = value & accounts->mask;
    while (table[slot] > 0 &&
           !same_group(accounts, accounts->groups[table[slot] - 1], one, organizations))
      slot = (slot + 1) & accounts->mask;
    if (table[slot] > 0) {
      const struct access_account **first = &accounts->groups[table[slot] - 1];
      *first = strcmp(one->account, (*first)->account) < 0 ? one : *first;
      continue;
    }
    accounts->groups[accounts->group_count++] = one;
    table[slot] = (uint32_t)accounts->group_count;
  }
  qsort(accounts->groups, accounts->group_count, sizeof *accounts->groups, compare_accounts);
  return true;
}

bool accounts_read(const struct boxes *boxes, const struct access_account *items, size_t count,
                   size_t *steps, struct accounts *accounts) {
  bool all = false;
  *accounts = (struct accounts){.items = items, .count = count};
  accounts->named = pool_new(boxes->pool, count + 1, sizeof *accounts->named);
  accounts->is_named = pool_new(boxes->pool, count + 1, sizeof *accounts->is_named);
  if (!accounts->named || !accounts->is_named || !build_table(boxes->pool, accounts))
    return false;
  for (size_t i = 0; i < boxes->test_count && !all; i++)
    all = boxes->tests[i].has_variables;
  for (size_t i = 0; count > 0 && i < boxes->test_count; i++)
    if (!add_test(boxes->pool, accounts, &boxes->tests[i], all))
      return false;
  size_t cost = count * (10 + accounts->run_count * 24);
  *steps -= cost < *steps ? cost : *steps;
  return group(boxes->pool, accounts, boxes->dimensions[BOX_ORG].tested);
}
