/* Which tests of statements follow from others, and which exclude each other. A row is two statements; ' means ". */

#include "reason/implied.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct policy *parse(const char *statements, const char *version) {
  char text[8192];
  int length =
      snprintf(text, sizeof text, "{'Version':'%s','Statement':[%s]}", version, statements);
  assert_true(length > 0 && (size_t)length < sizeof text);
  for (char *c = text; *c; c++)
    if (*c == '\'')
      *c = '"';
  struct json_error error;
  struct policy *doc = policy_parse(text, (size_t)length, &error);
  assert_non_null(doc);
  return doc;
}

/* The boxes of two documents. */
struct two {
  struct policy *docs[2];
  struct pool pool;
  struct boxes boxes;
  struct box_list lists[2];
};

static void open_two(struct two *two, const char *a, const char *b, const char *a_version,
                     const char *b_version, bool identity) {
  *two = (struct two){.pool = {.limit = 1 << 20}};
  two->docs[0] = parse(a, a_version);
  two->docs[1] = parse(b, b_version);
  assert_true(boxes_init(&two->boxes, &two->pool, identity));
  for (size_t i = 0; i < 2; i++)
    assert_true(boxes_read(&two->boxes, two->docs[i], &two->lists[i]));
}

static void close_two(struct two *two) {
  pool_free(&two->pool);
  policy_free(two->docs[0]);
  policy_free(two->docs[1]);
}

#define ALLOW "'Effect':'Allow',"
#define ANYONE ALLOW "'Principal':'*',"
#define ACTION ANYONE "'Action':"
#define ON ANYONE "'Action':'*','Resource':"
#define WHERE ANYONE "'Action':'*','Condition':"
#define NOBODY "arn:aws:iam::111122223333:"

/* --- What follows ----------------------------------------------------------------------------- */

/* The first test of a statement. */
static const struct box_test *first_test(const struct two *two, size_t side) {
  assert_int_equal(two->lists[side].count, 1);
  assert_int_equal(two->lists[side].items[0].count, 1);
  return &two->boxes.tests[two->lists[side].items[0].tests[0]];
}

enum { NO, YES, ALIGNED }; /* ALIGNED: only if no `*` matches a colon */

struct implication {
  const char *inside, *test;
  int expected;
};

static void check(const struct implication *row, const char *inside_version,
                  const char *test_version) {
  struct two two;
  char first[4096], second[4096];
  snprintf(first, sizeof first, "{%s}", row->inside);
  snprintf(second, sizeof second, "{%s}", row->test);
  open_two(&two, first, second, inside_version, test_version, false);
  const struct box_test *inside = first_test(&two, 0), *test = first_test(&two, 1);
  if (implied_by(test, inside, false) != (row->expected != NO))
    fail_msg("%s does%s imply %s", row->inside, row->expected == NO ? "" : " not", row->test);
  if (implied_by(test, inside, true) != (row->expected == YES))
    fail_msg("%s, crossing, does%s imply %s", row->inside, row->expected == YES ? " not" : "",
             row->test);
  close_two(&two);
}

static void check_all(const struct implication *rows, size_t count) {
  for (size_t i = 0; i < count; i++)
    check(&rows[i], "2012-10-17", "2012-10-17");
}

static void elements_follow_from_narrower_ones(void **state) {
  (void)state;
  static const struct implication rows[] = {
      {ACTION "'s:a'", ACTION "'s:*'", YES},
      {ACTION "'S:ab'", ACTION "['t:*','s:A*']", YES},
      {ACTION "['s:a','t:b']", ACTION "['s:*','t:*']", YES},
      {ACTION "['s:a','t:b']", ACTION "'s:*'", NO},
      {ACTION "'s:*'", ACTION "'s:a'", NO},
      {ACTION "'s:a*'", ACTION "'s:a?*'", NO},
      {ACTION "'s:a'", ACTION "'s*'", NO},
      {ACTION "'sa*'", ACTION "'s*'", NO},
      {ACTION "'s*'", ACTION "'s:*'", NO},
      {ACTION "'s:a'", ANYONE "'NotAction':'t:a'", NO},
      {ANYONE "'NotAction':'s:*'", ANYONE "'NotAction':'s:a'", YES},
      {ANYONE "'NotAction':'s:a'", ANYONE "'NotAction':'s:*'", NO},
      {ANYONE "'NotAction':['s:*','t:*']", ANYONE "'NotAction':'s:a'", YES},
      {ON "'arn:aws:s3:::ab'", ON "'arn:aws:s3:::a*'", YES},
      {ON "'arn:aws:s3:::a*'", ON "'arn:aws:s3:::a*'", YES},
      {ON "'arn:aws:s3:::a*'", ON "'arn:aws:s3:::a?*'", NO},
      {ON "'arn:aws:s3:::A'", ON "'arn:aws:s3:::a'", NO},
      {ON "'arn:aws:s3:::A'", ON "'arn:aws:s3:::a*'", NO},
      {ON "'arn:aws:s3:::a/b'", ON "'arn:aws:s3:::*/b'", ALIGNED},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:*:sns:r:111122223333:a'", ALIGNED},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:*:r:111122223333:a'", ALIGNED},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sns:*:111122223333:a'", ALIGNED},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sns:r:*:a'", ALIGNED},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:awz:sns:r:*:a'", NO},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sqs:r:*:a'", NO},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sns:q:*:a'", NO},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sns:*:111122223334:a'", NO},
      {ON "'arn:aws:sns:r:111122223333:a'", ON "'arn:aws:sns:r:*:b'", NO},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3*'", NO},
      {ON "'arn:aws:s3*'", ON "'arn:aws:s3:::*'", NO},
      {ON "['arn:aws:s3:::a','arn:aws:s3:::b']", ON "'arn:aws:s3:::*'", YES},
      {ON "['arn:aws:s3:::a','arn:aws:sqs:::b']", ON "'arn:aws:s3:::*'", NO},
      {ANYONE "'Action':'*','NotResource':'arn:aws:s3:::*'",
       ANYONE "'Action':'*','NotResource':'arn:aws:s3:::a'", YES},
      {ANYONE "'Action':'*','NotResource':'arn:aws:s3:::a'",
       ANYONE "'Action':'*','NotResource':'arn:aws:s3:::*'", NO},
      {ON "'arn:aws:s3:::a'", ANYONE "'Action':'*','NotResource':'arn:aws:s3:::b'", NO},
      {ON "'arn:aws:s3:::a/${aws:username}'", ON "'arn:aws:s3:::a/*'", YES},
      {ON "'arn:aws:s3:::a/${aws:username}'", ON "'arn:aws:s3:::b/*'", NO},
      {ON "'arn:aws:s3:::a/${aws:username}'", ON "'arn:aws:s3:::a/${aws:username}'", YES},
      {ON "'arn:aws:s3:::a/${aws:username}'", ON "'arn:aws:s3:::a/${aws:userid}'", NO},
      {ON "'arn:aws:s3:::a/b'", ON "'arn:aws:s3:::a/${aws:username}'", NO},
      {ON "'arn:aws:s3:::${aws:username}'", ON "'arn:aws:s3*'", NO},
      {ON "'arn:aws:s3:::${aws:username}'", ON "'arn:aws:s3::*'", NO},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::a?'", NO},
      {ON "'arn:aws:s3:::a${aws:username}'", ON "'arn:aws:s3:::a?*'", NO},
      {ON "'arn:aws:s3:::a'", ACTION "'s:a'", NO},
      {ALLOW "'Principal':{'AWS':'" NOBODY "role/a'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'111122223333'},'Action':'*'", YES},
      {ALLOW "'Principal':{'AWS':'111122223333'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'" NOBODY "role/a'},'Action':'*'", NO},
      {ALLOW "'Principal':{'AWS':'" NOBODY "root'},'Action':'*'",
       ALLOW "'Principal':{'AWS':['444455556666','111122223333']},'Action':'*'", YES},
      {ALLOW "'Principal':{'AWS':'arn:aws:sts::111122223333:assumed-role/a/s'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'" NOBODY "role/a'},'Action':'*'", YES},
      {ALLOW "'Principal':{'AWS':'" NOBODY "role/b'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'" NOBODY "role/a'},'Action':'*'", NO},
      {ALLOW "'Principal':{'Service':'a.amazonaws.com'},'Action':'*'",
       ALLOW "'Principal':{'Service':['b.amazonaws.com','a.amazonaws.com']},'Action':'*'", YES},
      {ALLOW "'Principal':{'Service':'a.amazonaws.com'},'Action':'*'",
       ALLOW "'Principal':{'Service':'b.amazonaws.com'},'Action':'*'", NO},
      {ALLOW "'Principal':{'Service':'" NOBODY "role/a'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'111122223333'},'Action':'*'", NO},
      {ALLOW "'Principal':{'AWS':'" NOBODY "role/a'},'Action':'*'",
       ALLOW "'NotPrincipal':{'AWS':'444455556666'},'Action':'*'", NO},
      {ALLOW "'NotPrincipal':{'AWS':'444455556666'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'444455556666'},'Action':'*'", NO},
      {"'Effect':'Deny','NotPrincipal':{'AWS':'444455556666'},'Action':'*'",
       ALLOW "'NotPrincipal':{'AWS':'444455556666'},'Action':'*'", NO},
  };
  check_all(rows, sizeof rows / sizeof *rows);
  static const struct implication plain = {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::*'", YES};
  check(&plain, "2008-10-17", "2012-10-17");
  static const struct implication variable = {ON "'arn:aws:s3:::${aws:username}'",
                                              ON "'arn:aws:s3:::${aws:username}'", NO};
  check(&variable, "2008-10-17", "2012-10-17");
  check(&variable, "2012-10-17", "2008-10-17");
}

static void keys_follow_from_narrower_operands(void **state) {
  (void)state;
  static const struct implication rows[] = {
      {WHERE "{'StringEquals':{'k':'ab'}}", WHERE "{'StringLike':{'K':'a*'}}", YES},
      {WHERE "{'StringEquals':{'k':['ab','ac']}}", WHERE "{'StringLike':{'k':['b','a*']}}", YES},
      {WHERE "{'StringEquals':{'k':['ab','b']}}", WHERE "{'StringLike':{'k':'a*'}}", NO},
      {WHERE "{'StringEquals':{'k':'ab'}}", WHERE "{'StringLike':{'l':'a*'}}", NO},
      {WHERE "{'StringEquals':{'k':'ab'}}", WHERE "{'StringLike':{'kk':'a*'}}", NO},
      {WHERE "{'StringLike':{'k':'a*'}}", WHERE "{'StringLike':{'k':'a?*'}}", NO},
      {WHERE "{'StringLike':{'k':'ab*'}}", WHERE "{'StringLike':{'k':'a*'}}", YES},
      {WHERE "{'StringLike':{'k':'AB*'}}", WHERE "{'StringLike':{'k':'a*'}}", NO},
      {WHERE "{'StringLike':{'k':'a*'}}", WHERE "{'StringEquals':{'k':'a*'}}", NO},
      {WHERE "{'StringLike':{'k':'a?'}}", WHERE "{'StringEquals':{'k':'a?'}}", NO},
      {WHERE "{'StringLike':{'k':'a'}}", WHERE "{'StringEquals':{'k':'a'}}", YES},
      {WHERE "{'StringEquals':{'k':'a*'}}", WHERE "{'StringLike':{'k':'a*'}}",
       NO}, /* a literal star, not decided */
      {WHERE "{'StringEquals':{'k':'a?'}}", WHERE "{'StringLike':{'k':'a*'}}", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEqualsIgnoreCase':{'k':'a'}}", NO},
      {WHERE "{'StringEqualsIgnoreCase':{'k':'a'}}", WHERE "{'StringEquals':{'k':'a'}}", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEqualsIfExists':{'k':'a'}}", YES},
      {WHERE "{'StringEqualsIfExists':{'k':'a'}}", WHERE "{'StringEquals':{'k':'a'}}", NO},
      {WHERE "{'StringEqualsIfExists':{'k':'a'}}", WHERE "{'StringLikeIfExists':{'k':'a*'}}", YES},
      {WHERE "{'StringEqualsIfExists':{'k':'b'}}", WHERE "{'StringLikeIfExists':{'k':'a*'}}", NO},
      {WHERE "{'StringNotLike':{'k':'a*'}}", WHERE "{'StringNotEquals':{'k':'ab'}}", YES},
      {WHERE "{'StringNotEquals':{'k':'ab'}}", WHERE "{'StringNotLike':{'k':'a*'}}", NO},
      {WHERE "{'StringNotEquals':{'k':'ab'}}", WHERE "{'StringEquals':{'k':'ab'}}", NO},
      {WHERE "{'StringEquals':{'k':'ab'}}", WHERE "{'StringNotEquals':{'k':'c'}}", NO},
      {WHERE "{'StringNotEquals':{'k':['a','b']}}", WHERE "{'StringNotEquals':{'k':'a'}}", YES},
      {WHERE "{'ForAnyValue:StringEquals':{'k':'a'}}",
       WHERE "{'ForAnyValue:StringEquals':{'k':['a','b']}}", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'ForAnyValue:StringEquals':{'k':'a'}}", NO},
      {WHERE "{'ForAllValues:StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':'a'}}", NO},
      {WHERE "{'NumericLessThan':{'k':'1'}}", WHERE "{'NumericLessThan':{'k':'2'}}", NO},
      {WHERE "{'NumericEquals':{'k':'1'}}", WHERE "{'NumericEquals':{'k':['1','2']}}", NO},
      {WHERE "{'ArnLike':{'k':'arn:aws:s3:::ab'}}", WHERE "{'ArnLike':{'k':'arn:aws:s3:::a*'}}",
       YES},
      {WHERE "{'ArnEquals':{'k':'arn:aws:s3:::ab'}}", WHERE "{'ArnLike':{'k':'arn:aws:s3:::a*'}}",
       YES},
      {WHERE "{'ArnLike':{'k':'arn:aws:s3:::a*'}}", WHERE "{'ArnLike':{'k':'arn:aws:s3:::ab'}}",
       NO},
      {WHERE "{'ArnLike':{'k':'arn:aws:s3:::a'}}", WHERE "{'ArnLike':{'k':'arn:aws:sqs:::a'}}", NO},
      {WHERE "{'ArnLike':{'k':'arn:aws:s3:::ab'}}", WHERE "{'StringLike':{'k':'arn:aws:s3:::a*'}}",
       NO},
      {WHERE "{'StringEquals':{'k':'arn:aws:s3:::ab'}}",
       WHERE "{'ArnLike':{'k':'arn:aws:s3:::a*'}}", NO},
      {WHERE "{'ArnNotLike':{'k':'arn:aws:s3:::a*'}}",
       WHERE "{'ArnNotLike':{'k':'arn:aws:s3:::ab'}}", YES},
      {WHERE "{'StringEquals':{'k':'${aws:username}'}}",
       WHERE "{'StringEquals':{'k':['a','${aws:username}']}}", YES},
      {WHERE "{'StringEquals':{'k':'${aws:username}'}}",
       WHERE "{'StringLike':{'k':'${aws:username}'}}", NO},
      {WHERE "{'StringEquals':{'k':'${aws:username}'}}", WHERE "{'StringLike':{'k':'*'}}", NO},
      {WHERE "{'StringEquals':{'k':'${aws:username}'}}",
       WHERE "{'StringEquals':{'k':['a','${aws:userid}']}}", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':['a','${aws:userid}']}}",
       YES},
      {WHERE "{'StringEquals':{'k':null}}", WHERE "{'StringEquals':{'k':[null,'a']}}", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':[null,'a']}}", YES},
  };
  check_all(rows, sizeof rows / sizeof *rows);
  static const struct implication variable = {WHERE "{'StringEquals':{'k':'a'}}",
                                              WHERE "{'StringLike':{'k':'a*'}}", NO};
  check(&variable, "2008-10-17", "2012-10-17"); /* not decided */
}

static void long_lists_are_not_compared(void **state) {
  (void)state;
  for (size_t count = 63; count < 65; count++) {
    char inside[4096] = ON "[", test[4096] = ON "[";
    for (size_t i = 0; i < count; i++) {
      char one[64];
      snprintf(one, sizeof one, "%s'arn:aws:s3:::a%02zu'", i > 0 ? "," : "", i);
      strcat(inside, one);
      snprintf(one, sizeof one, ",'arn:aws:s3:::a%02zu*'", i);
      strcat(test, one + (i == 0));
    }
    strcat(inside, "]");
    strcat(test, "]");
    struct implication row = {inside, test, count < 64 ? YES : NO};
    check(&row, "2012-10-17", "2012-10-17");
  }
}

/* --- What excludes ---------------------------------------------------------------------------- */

static void patterns_that_begin_differently_exclude_each_other(void **state) {
  (void)state;
  static const struct implication rows[] = {
      {ACTION "'s:a'", ACTION "'t:a'", YES},
      {ACTION "'s:a*'", ACTION "'s:b*'", YES},
      {ACTION "'s:a*'", ACTION "'S:A*'", NO},
      {ACTION "'s:[*'", ACTION "'s:{*'", YES},
      {ACTION "'s:a'", ACTION "'s:ab'", YES},
      {ACTION "'s:ab'", ACTION "'s:a'", YES},
      {ACTION "'s:a'", ACTION "'s:a*'", NO},
      {ACTION "'s:a*'", ACTION "'s:ab'", NO},
      {ACTION "'s:a?'", ACTION "'s:a'", NO}, /* not decided */
      {ACTION "'s:?a'", ACTION "'s:bb'", NO},
      {ACTION "'s:*a'", ACTION "'s:bb'", NO},
      {ACTION "'s:bb'", ACTION "'s:?a'", NO},
      {ACTION "'s:bb'", ACTION "'s:*a'", NO},
      {ACTION "'s:a'", ACTION "'s:a'", NO},
      {ACTION "['s:a','s:b']", ACTION "['t:a','t:b']", YES},
      {ACTION "['s:a','t:b']", ACTION "['t:a','t:b']", NO},
      {ACTION "['t:a','s:b']", ACTION "['t:b','t:a']", NO},
      {ACTION "'s:a'", ANYONE "'NotAction':'t:a'", NO},
      {ANYONE "'NotAction':'s:a'", ACTION "'t:a'", NO},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::A'", YES},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::b*'", YES},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::*'", NO},
      {ON "'arn:aws:s3:::a'", ANYONE "'Action':'*','NotResource':'arn:aws:s3:::b'", NO},
      {ANYONE "'Action':'*','NotResource':'arn:aws:s3:::b'", ON "'arn:aws:s3:::a'", NO},
      {ON "'arn:aws:s3:::a/${aws:username}'", ON "'arn:aws:s3:::b'", NO},
      {ON "'arn:aws:s3:::b'", ON "'arn:aws:s3:::a/${aws:username}'", NO},
      {ON "'arn:aws:s3:::b'", ACTION "'s:a'", NO},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':'b'}}", NO},
      {ALLOW "'Principal':{'AWS':'111122223333'},'Action':'*'",
       ALLOW "'Principal':{'AWS':'444455556666'},'Action':'*'", NO},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct two two;
    char first[4096], second[4096];
    snprintf(first, sizeof first, "{%s}", rows[i].inside);
    snprintf(second, sizeof second, "{%s}", rows[i].test);
    open_two(&two, first, second, "2012-10-17", "2012-10-17", false);
    if (implied_apart(first_test(&two, 0), first_test(&two, 1)) != (rows[i].expected == YES))
      fail_msg("%s and %s", rows[i].inside, rows[i].test);
    close_two(&two);
  }
}

static void a_comparison_costs_a_step_for_each_pair(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    size_t cost;
  } rows[] = {
      {ACTION "['s:a','s:b']", ACTION "['s:c','s:d','s:e']", 6},
      {ACTION "['s:a','s:b']", ON "['arn:aws:s3:::a','arn:aws:s3:::b']", 1},
      {ON "['arn:aws:s3:::c','arn:aws:s3:::d']", ON "['arn:aws:s3:::a','arn:aws:s3:::b']", 4},
      {WHERE "{'StringEquals':{'k':['a','b','c']}}", WHERE "{'StringEquals':{'k':'a'}}", 3},
      {ALLOW "'Principal':{'AWS':['111122223333','444455556666']},'Action':'*'",
       ALLOW "'Principal':{'AWS':['111122223333','444455556666']},'Action':'*'", 4},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct two two;
    char first[4096], second[4096];
    snprintf(first, sizeof first, "{%s}", rows[i].a);
    snprintf(second, sizeof second, "{%s}", rows[i].b);
    open_two(&two, first, second, "2012-10-17", "2012-10-17", false);
    assert_int_equal(implied_cost(first_test(&two, 0), first_test(&two, 1)), rows[i].cost);
    close_two(&two);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(elements_follow_from_narrower_ones),
      cmocka_unit_test(keys_follow_from_narrower_operands),
      cmocka_unit_test(long_lists_are_not_compared),
      cmocka_unit_test(patterns_that_begin_differently_exclude_each_other),
      cmocka_unit_test(a_comparison_costs_a_step_for_each_pair),
  };
  return cmocka_run_group_tests_name("implied", tests, NULL, NULL);
}
