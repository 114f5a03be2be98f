/* Groups of accounts that tests do not distinguish. Random accounts and patterns, with few digits, are compared with
 * what each pattern matches. LANYARD_RUNS is the number of random problems. */

#include "reason/accounts.h"

#include "base/match.h"
#include "policy/principal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ACCOUNTS = 300, PATTERNS = 3, PATTERN = 16, RUNS = 500 };

static uint64_t state = 7;

static unsigned below(unsigned count) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 33) % count;
}

/* Accounts with their organizations, and the document whose tests may distinguish them. */
struct problem {
  char numbers[ACCOUNTS][ACCOUNT_DIGITS + 1];
  struct access_account items[ACCOUNTS];
  size_t count;
  struct policy *doc;
  struct pool pool;
  struct boxes boxes;
  struct box_list list;
  struct accounts accounts;
};

static void add(struct problem *problem, const char *account, const char *organization) {
  assert_true(problem->count < ACCOUNTS);
  for (size_t i = 0; i < problem->count; i++)
    if (strcmp(problem->numbers[i], account) == 0)
      return;
  strcpy(problem->numbers[problem->count], account);
  problem->items[problem->count] =
      (struct access_account){problem->numbers[problem->count], organization};
  problem->count++;
}

/* Reads a document of one statement, in which ' means ". */
static void read_accounts(struct problem *problem, const char *elements) {
  char text[2048];
  int length = snprintf(text, sizeof text,
                        "{'Version':'2012-10-17','Statement':[{'Effect':'Allow','Action':'*',%s}]}",
                        elements);
  assert_true(length > 0 && (size_t)length < sizeof text);
  for (char *c = text; *c; c++)
    if (*c == '\'')
      *c = '"';
  struct json_error error;
  size_t steps = SIZE_MAX;
  problem->doc = policy_parse(text, (size_t)length, &error);
  assert_non_null(problem->doc);
  problem->pool = (struct pool){.limit = 1 << 24};
  assert_true(boxes_init(&problem->boxes, &problem->pool, false));
  assert_true(boxes_read(&problem->boxes, problem->doc, &problem->list));
  assert_true(
      accounts_read(&problem->boxes, problem->items, problem->count, &steps, &problem->accounts));
  assert_true(steps < SIZE_MAX);
}

static void end(struct problem *problem) {
  pool_free(&problem->pool);
  policy_free(problem->doc);
}

static bool is_named(const struct accounts *accounts, const char *account) {
  for (size_t i = 0; i < accounts->named_count; i++)
    if (strcmp(accounts->named[i], account) == 0)
      return true;
  return false;
}

static bool is_group(const struct accounts *accounts, const char *account) {
  for (size_t i = 0; i < accounts->group_count; i++)
    if (strcmp(accounts->groups[i]->account, account) == 0)
      return true;
  return false;
}

/* --- Random problems -------------------------------------------------------------------------- */

/* A pattern as policies have it: digits, with wildcards before or after them. */
static void random_pattern(char *pattern) {
  static const char *const ends[] = {"*", "", "?*", "??*", "*", "?*"};
  size_t digits = 1 + below(3);
  strcpy(pattern, ends[below(6)]);
  for (size_t i = strlen(pattern), last = i + digits; i < last; i++) {
    pattern[i] = (char)('0' + below(2));
    pattern[i + 1] = '\0';
  }
  strcat(pattern, below(4) == 0 ? "" : below(2) ? "*" : "?*");
}

static bool matches_alike(char patterns[PATTERNS][PATTERN], const char *a, const char *b) {
  for (size_t i = 0; i < PATTERNS; i++)
    if (match_glob(patterns[i], strlen(patterns[i]), a, ACCOUNT_DIGITS, false) !=
        match_glob(patterns[i], strlen(patterns[i]), b, ACCOUNT_DIGITS, false))
      return false;
  return true;
}

/* Some group has an account of the same organization that passes the same tests. */
static bool is_represented(const struct problem *problem, char patterns[PATTERNS][PATTERN],
                           const struct access_account *one) {
  for (size_t i = 0; i < problem->accounts.group_count; i++) {
    const struct access_account *other = problem->accounts.groups[i];
    if (matches_alike(patterns, one->account, other->account) &&
        strcmp(one->organization, other->organization) == 0)
      return true;
  }
  return false;
}

static void try_random(void) {
  struct problem problem = {0};
  char patterns[PATTERNS][PATTERN], elements[512];
  size_t count = 1 + below(40);
  for (size_t i = 0; i < count; i++) {
    char account[ACCOUNT_DIGITS + 1];
    for (size_t d = 0; d < ACCOUNT_DIGITS; d++)
      account[d] = (char)('0' + below(2));
    account[ACCOUNT_DIGITS] = '\0';
    add(&problem, account, below(2) ? "o-a1b2c3d4e5" : "");
  }
  for (size_t i = 0; i < PATTERNS; i++)
    random_pattern(patterns[i]);
  snprintf(elements, sizeof elements,
           "'Principal':'*','Condition':{'StringLike':{'aws:PrincipalAccount':['%s','%s'],"
           "'aws:PrincipalOrgID':'o-*'},'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::%s:role/r'}}",
           patterns[0], patterns[1], patterns[2]);
  read_accounts(&problem, elements);
  for (size_t i = 0; i < problem.count; i++) {
    char other[ACCOUNT_DIGITS + 1];
    assert_true(accounts_has(&problem.accounts, problem.numbers[i]));
    if (!is_represented(&problem, patterns, &problem.items[i]))
      fail_msg("no group has %s of '%s', %s", problem.numbers[i], problem.items[i].organization,
               elements);
    strcpy(other, problem.numbers[i]);
    if (accounts_avoid(&problem.accounts, other) &&
        (accounts_has(&problem.accounts, other) ||
         !matches_alike(patterns, problem.numbers[i], other)))
      fail_msg("%s replaces %s, %s", other, problem.numbers[i], elements);
  }
  end(&problem);
}

static void each_account_is_represented(void **unused) {
  (void)unused;
  const char *text = getenv("LANYARD_RUNS");
  long runs = text ? strtol(text, NULL, 10) : RUNS;
  for (long i = 0; i < runs; i++)
    try_random();
}

/* --- Cases ------------------------------------------------------------------------------------ */

/* 100 accounts that differ in the last two digits, and one of another organization. */
static void add_hundred(struct problem *problem) {
  for (unsigned i = 0; i < 100; i++) {
    char account[] = "111111111100";
    account[10] = (char)('0' + (99 - i) / 10);
    account[11] = (char)('0' + (99 - i) % 10);
    add(problem, account, "o-a1b2c3d4e5");
  }
  add(problem, "222222222222", "o-z1b2c3d4e5");
}

#define TESTS(condition) "'Principal':'*','Condition':{" condition "}"

static void groups_are_few(void **unused) {
  (void)unused;
  static const struct {
    const char *elements;
    size_t groups;
  } rows[] = {
      {"'Principal':'*'", 1}, /* no test distinguishes organizations, either */
      {TESTS("'StringLike':{'aws:PrincipalOrgID':'o-a*'}"), 2},
      {TESTS("'StringEquals':{'aws:SourceAccount':'111111111100'}"), 1},
      {TESTS("'StringEquals':{'aws:PrincipalAccount':'111111111100'}"), 2},
      {TESTS("'StringEquals':{'aws:PrincipalAccount':['111111111100','111111111155']}"), 3},
      {TESTS("'StringEquals':{'aws:PrincipalAccount':'333333333333'}"), 1},
      {TESTS("'StringLike':{'aws:PrincipalAccount':'*5'}"), 2},
      {TESTS("'StringLike':{'aws:PrincipalAccount':'2*'}"), 2},
      {TESTS("'StringLike':{'aws:PrincipalAccount':['2*','*5']}"), 3},
      {TESTS("'StringLike':{'aws:PrincipalAccount':'3*'}"), 1},
      {TESTS("'StringLike':{'aws:PrincipalAccount':'1111111111111*'}"), 1}, /* 13 digits */
      {TESTS("'StringLike':{'aws:PrincipalAccount':'a5*'}"), 1},
      {TESTS("'StringLike':{'aws:userid':'111111111107'}"), 2},
      {TESTS("'ArnLike':{'aws:PrincipalArn':'arn:aws:iam::222222222222:role/1x7'}"), 2},
      {"'Principal':{'AWS':'111111111107'}", 2},
      {"'Principal':'*','Resource':'arn:aws:sns:::222*'", 1},
      {"'Principal':'*','Resource':['arn:aws:sns:::222*','arn:aws:sns:::${aws:PrincipalAccount}']",
       2},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct problem problem = {0};
    add_hundred(&problem);
    read_accounts(&problem, rows[i].elements);
    if (problem.accounts.group_count != rows[i].groups)
      fail_msg("%zu groups, %s", problem.accounts.group_count, rows[i].elements);
    end(&problem);
  }
}

static void groups_are_the_first_accounts(void **unused) {
  (void)unused;
  struct problem problem = {0};
  add_hundred(&problem);
  read_accounts(&problem, TESTS("'StringEquals':{'aws:PrincipalAccount':['111111111105',"
                                "'111111111105']},'StringLike':{'aws:PrincipalArn':'*:2*'}"));
  assert_true(is_group(&problem.accounts, "111111111100"));
  assert_true(is_group(&problem.accounts, "111111111105"));
  assert_true(is_group(&problem.accounts, "222222222222"));
  assert_int_equal(problem.accounts.group_count, 3);
  assert_int_equal(problem.accounts.named_count, 1);
  assert_true(is_named(&problem.accounts, "111111111105"));
  assert_string_equal(problem.accounts.groups[0]->account, "111111111100");
  assert_string_equal(problem.accounts.groups[2]->account, "222222222222");
  end(&problem);
}

/* The last two digits are all taken, so another one changes. */
static void another_account_is_unknown(void **unused) {
  (void)unused;
  struct problem problem = {0};
  char account[] = "111111111100";
  add_hundred(&problem);
  read_accounts(&problem, "'Principal':'*'");
  assert_true(accounts_avoid(&problem.accounts, account));
  assert_false(accounts_has(&problem.accounts, account));
  assert_int_equal(strlen(account), ACCOUNT_DIGITS);
  end(&problem);
}

/* Each digit at each place is a run, so that every other account is another class. */
static void another_account_may_not_exist(void **unused) {
  (void)unused;
  struct problem problem = {0};
  char elements[2048], account[] = "123456789012";
  size_t length = (size_t)snprintf(elements, sizeof elements,
                                   "'Principal':'*','Condition':"
                                   "{'StringLike':{'aws:PrincipalAccount':[");
  for (size_t i = 0; i < 10; i++)
    length += (size_t)snprintf(elements + length, sizeof elements - length, "'*%zu*',", i);
  snprintf(elements + length, sizeof elements - length, "'*']}}");
  add(&problem, account, "");
  read_accounts(&problem, elements);
  assert_false(accounts_avoid(&problem.accounts, account));
  assert_string_equal(account, "123456789012");
  end(&problem);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_account_is_represented),   cmocka_unit_test(groups_are_few),
      cmocka_unit_test(groups_are_the_first_accounts), cmocka_unit_test(another_account_is_unknown),
      cmocka_unit_test(another_account_may_not_exist),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
