#ifndef LANYARD_REASON_ACCOUNTS_H
#define LANYARD_REASON_ACCOUNTS_H

#include "reason/box.h"

#include <stddef.h>
#include <stdint.h>

/* The accounts whose organizations are known. An organization has thousands of them, and the tests of the
 * policies distinguish few of them: one account represents all that are of the same organization and that no test
 * distinguishes. */

/* An account and its organization; the empty string: it has none. */
struct access_account {
  const char *account, *organization;
};

/* Digits of a test that can be a part of an account, at the places from `first` to `last`. */
struct account_run {
  const char *bytes;
  size_t length, first, last;
};

struct accounts {
  const struct access_account *items;
  size_t count;
  uint32_t *table; /* of the items, by account: 1 + the index */
  size_t mask;
  struct account_run *runs;
  size_t run_count, run_capacity;
  bool *is_named;     /* by item: a test names the account */
  const char **named; /* these accounts */
  size_t named_count;
  const struct access_account **groups; /* one account of each group, sorted */
  size_t group_count;
};

/* accounts_read groups the accounts for the tests of the boxes. It returns false, and records the reason in
 * the pool, if there is not enough memory. It takes steps. */
bool accounts_read(const struct boxes *boxes, const struct access_account *items, size_t count,
                   size_t *steps, struct accounts *accounts);

/* accounts_has reports whether an account, of 12 bytes, is one of them. */
bool accounts_has(const struct accounts *accounts, const char *account);

/* accounts_avoid replaces an account, of 12 bytes, by another one, not in the list, that no test
 * distinguishes from it. It returns false if it finds none. */
bool accounts_avoid(const struct accounts *accounts, char *account);

#endif
