/* Statements as boxes: which tests are one test, and in which dimension they are. A row is two statements; ' means ". */

#include "reason/box.h"

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

/* --- Equal tests ------------------------------------------------------------------------------ */

#define ALLOW "'Effect':'Allow',"
#define ANYONE ALLOW "'Principal':'*',"
#define ACTION ANYONE "'Action':"
#define ON ANYONE "'Action':'*','Resource':"
#define WHERE ANYONE "'Action':'*','Condition':"
#define NOBODY "arn:aws:iam::111122223333:"

/* Reports whether the statements have the same tests. */
static bool are_one(const char *a, const char *b, const char *a_version, const char *b_version) {
  char first[4096], second[4096];
  struct two two;
  snprintf(first, sizeof first, "{%s}", a);
  snprintf(second, sizeof second, "{%s}", b);
  open_two(&two, first, second, a_version, b_version, false);
  bool same = two.lists[0].count == 1 && two.lists[1].count == 1 &&
              two.lists[0].items[0].count == two.lists[1].items[0].count;
  for (size_t i = 0; same && i < two.lists[0].items[0].count; i++)
    same = two.lists[0].items[0].tests[i] == two.lists[1].items[0].tests[i];
  close_two(&two);
  return same;
}

static void equal_tests_are_one(void **state) {
  (void)state;
  static const char *const equal[][2] = {
      {ACTION "['s:a','s:b']", ACTION "['s:B','s:A','s:A']"},
      {ACTION "'s:a'", ACTION "['s:A']"},
      {ACTION "'*'", ACTION "['s:a','*']"},
      {ANYONE "'NotAction':['s:a','t:b']", ANYONE "'NotAction':['t:b','s:a']"},
      {ON "['arn:aws:s3:::a','arn:aws:s3:::b']",
       ON "['arn:aws:s3:::b','arn:aws:s3:::a','arn:aws:s3:::b']"},
      {ON "'*'", ACTION "'*'"},
      {ALLOW "'Principal':{'AWS':['" NOBODY "role/a','111122223333']},'Action':'*'",
       ALLOW "'Principal':{'AWS':['111122223333','" NOBODY "role/a']},'Action':'*'"},
      {ALLOW "'Principal':'*','Action':'*'", ALLOW "'Principal':{'AWS':'*'},'Action':'*'"},
      {WHERE "{'StringEquals':{'aws:username':['a','b']}}",
       WHERE "{'StringEquals':{'AWS:UserName':['b','a','b']}}"},
      {WHERE "{'StringEquals':{'k':'a'},'Bool':{'b':'true'}}",
       WHERE "{'Bool':{'b':'true'},'StringEquals':{'k':['a']}}"},
      {WHERE "{'Bool':{'k':true}}", WHERE "{'Bool':{'k':'true'}}"},
      {WHERE "{'Bool':{'k':[false]}}", WHERE "{'Bool':{'k':'false'}}"},
      {WHERE "{'StringSounds':{'k':'a'}}", WHERE "{'StringSounds':{'k':['a']}}"},
      {WHERE "{'StringEquals':{'k':[]}}", WHERE "{'StringEquals':{'K':[]}}"},
      {ALLOW "'NotPrincipal':{'AWS':'111122223333'},'Action':'*'",
       ALLOW "'NotPrincipal':{'AWS':['111122223333']},'Action':'*'"},
  };
  for (size_t i = 0; i < sizeof equal / sizeof *equal; i++)
    if (!are_one(equal[i][0], equal[i][1], "2012-10-17", "2012-10-17"))
      fail_msg("%s and %s", equal[i][0], equal[i][1]);
}

static void other_tests_are_others(void **state) {
  (void)state;
  static const char *const other[][2] = {
      {ACTION "'s:a'", ACTION "['s:a','s:b']"},
      {ACTION "'s:a'", ANYONE "'NotAction':'s:a'"},
      {ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::A'"},
      {ON "'arn:aws:s3:::a'", ANYONE "'Action':'*','NotResource':'arn:aws:s3:::a'"},
      {ON "['arn:aws:s3:::a','arn:aws:s3:::b']", ON "'arn:aws:s3:::a'"},
      {ALLOW "'Principal':{'AWS':'111122223333'},'Action':'*'",
       ALLOW "'NotPrincipal':{'AWS':'111122223333'},'Action':'*'"},
      {ALLOW "'NotPrincipal':{'AWS':'111122223333'},'Action':'*'",
       "'Effect':'Deny','NotPrincipal':{'AWS':'111122223333'},'Action':'*'"},
      {ALLOW "'Principal':{'AWS':'a.amazonaws.com'},'Action':'*'",
       ALLOW "'Principal':{'Service':'a.amazonaws.com'},'Action':'*'"},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':'A'}}"},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringLike':{'k':'a'}}"},
      {WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'l':'a'}}"},
      {WHERE "{'StringEquals':{'k':['a','b']}}", WHERE "{'StringEquals':{'k':'ab'}}"},
      {WHERE "{'StringEquals':{'k':'a'}}",
       WHERE "{'StringEquals':{'k':'a'},'StringLike':{'k':'a'}}"},
      {WHERE "{'Bool':{'k':true}}", WHERE "{'Bool':{'k':false}}"},
      {WHERE "{'Bool':{'k':null}}", WHERE "{'Bool':{'k':'true'}}"},
      {WHERE "{'Bool':{'k':null}}", WHERE "{'Bool':{'k':''}}"},
  };
  for (size_t i = 0; i < sizeof other / sizeof *other; i++)
    if (are_one(other[i][0], other[i][1], "2012-10-17", "2012-10-17"))
      fail_msg("%s and %s", other[i][0], other[i][1]);
  /* Variables are plain text in the old version. */
  assert_false(are_one(ON "'arn:aws:s3:::${aws:username}'", ON "'arn:aws:s3:::${aws:username}'",
                       "2012-10-17", "2008-10-17"));
  assert_true(are_one(ON "'arn:aws:s3:::a'", ON "'arn:aws:s3:::a'", "2012-10-17", "2008-10-17"));
  assert_false(are_one(WHERE "{'StringEquals':{'k':'${aws:username}'}}",
                       WHERE "{'StringEquals':{'k':'${aws:username}'}}", "2012-10-17",
                       "2008-10-17"));
  assert_true(are_one(WHERE "{'StringEquals':{'k':'a'}}", WHERE "{'StringEquals':{'k':'a'}}",
                      "2012-10-17", "2008-10-17"));
}

/* --- Boxes ------------------------------------------------------------------------------------ */

static void a_statement_has_a_box_if_it_can_apply(void **state) {
  (void)state;
  static const struct {
    const char *statement;
    size_t boxes, identity_boxes, tests;
  } rows[] = {
      {ACTION "'*'", 1, 1, 0},
      {ACTION "'s:a'", 1, 1, 1},
      {ACTION "[]", 0, 0, 0},
      {ANYONE "'NotAction':'*'", 0, 0, 0},
      {ANYONE "'NotAction':[]", 1, 1, 0},
      {ON "[]", 0, 0, 0},
      {ANYONE "'Action':'*','NotResource':'*'", 0, 0, 0},
      {ANYONE "'Action':'*','NotResource':[]", 1, 1, 0},
      {ALLOW "'Principal':{'AWS':[]},'Action':'*'", 0, 1, 0},
      {ALLOW "'Principal':{'Federated':'*'},'Action':'*'", 1, 1, 1},
      {ALLOW "'Principal':{'Service':'*'},'Action':'*'", 1, 1, 1},
      {ALLOW "'Principal':{'AWS':['111122223333','*']},'Action':'s:a'", 1, 1, 1},
      {ALLOW "'NotPrincipal':{'AWS':'*'},'Action':'*'", 0, 1, 0},
      {ALLOW "'Action':'*'", 0, 1, 0},
      {WHERE "{}", 1, 1, 0},
      {WHERE "{'StringEquals':{}}", 1, 1, 0},
      {WHERE "{'StringEquals':{'k':'a','l':'b'},'Null':{'k':'false'}}", 1, 1, 3},
      {ON "'arn:aws:s3:::a','Condition':{'StringEquals':{'k':'a'}}", 1, 1, 2},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (int identity = 0; identity < 2; identity++) {
      struct two two;
      char text[4096];
      snprintf(text, sizeof text, "{%s}", rows[i].statement);
      open_two(&two, text, "", "2012-10-17", "2012-10-17", identity == 1);
      size_t expected = identity ? rows[i].identity_boxes : rows[i].boxes;
      if (two.lists[0].count != expected)
        fail_msg("%s has %zu boxes", rows[i].statement, two.lists[0].count);
      if (expected == 1 && !identity && two.lists[0].items[0].count != rows[i].tests)
        fail_msg("%s has %zu tests", rows[i].statement, two.lists[0].items[0].count);
      for (size_t t = 1; expected && t < two.lists[0].items[0].count; t++)
        assert_true(two.lists[0].items[0].tests[t - 1] < two.lists[0].items[0].tests[t]);
      close_two(&two);
    }
}

static void a_statement_that_violates_the_grammar_is_open_or_applies_never(void **state) {
  (void)state;
  struct two two;
  open_two(&two, "{'Effect':'Allow','Principal':'*'}", "{'Effect':'Deny','Principal':'*'}",
           "2012-10-17", "2012-10-17", false);
  assert_int_equal(two.lists[0].count, 0);
  assert_int_equal(two.lists[1].count, 1);
  const struct box *box = &two.lists[1].items[0];
  assert_true(box->deny);
  assert_int_equal(box->count, 1);
  assert_int_equal(two.boxes.tests[box->tests[0]].kind, TEST_OPEN);
  assert_int_equal(two.boxes.tests[box->tests[0]].dimension, BOX_OPEN);
  close_two(&two);
}

static void a_key_has_a_dimension(void **state) {
  (void)state;
  static const struct {
    const char *operator, * key;
    size_t dimension;
  } rows[] = {
      {"StringEquals", "aws:ResourceAccount", BOX_RESOURCE},
      {"StringEquals", "AWS:resourceaccount", BOX_RESOURCE},
      {"DateEquals", "aws:CurrentTime", BOX_TIME},
      {"DateEquals", "aws:EpochTime", BOX_TIME},
      {"StringEquals", "aws:PrincipalOrgID", BOX_ORG},
      {"StringEquals", "aws:PrincipalOrgPaths", BOX_ORG},
      {"StringEquals", "aws:PrincipalOrgPath", BOX_KEYS},
      {"StringEquals", "k", BOX_KEYS},
      {"StringSounds", "k", BOX_OPEN},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct two two;
    char text[4096];
    snprintf(text, sizeof text, "{" WHERE "{'%s':{'%s':'2026-01-01'}}}", rows[i].operator,
             rows[i].key);
    open_two(&two, text, "", "2012-10-17", "2012-10-17", false);
    const struct box_test *test = &two.boxes.tests[two.lists[0].items[0].tests[0]];
    assert_int_equal(test->dimension, rows[i].dimension);
    assert_true(two.boxes.dimensions[test->dimension].tested);
    assert_false(two.boxes.dimensions[test->dimension].sets);
    assert_true(box_key_is(test, rows[i].key));
    assert_false(box_key_is(test, "aws:userid"));
    close_two(&two);
  }
  /* Two spellings of a key are one dimension; a variable has one, too. */
  struct two two;
  open_two(&two,
           "{" WHERE
           "{'StringEquals':{'aws:RequestTag/a':'1','aws:requesttag/A':'2','b':'${aws:userid}'},"
           "'ForAnyValue:StringEquals':{'c':'1'}}}",
           "", "2012-10-17", "2012-10-17", false);
  assert_int_equal(two.boxes.dimension_count, BOX_KEYS + 4);
  for (size_t i = BOX_KEYS; i < two.boxes.dimension_count; i++) {
    const struct box_dimension *dimension = &two.boxes.dimensions[i];
    assert_true(dimension->tested);
    assert_int_equal(dimension->sets, dimension->key_length == 1 && *dimension->key == 'c');
  }
  close_two(&two);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_tests_are_one),
      cmocka_unit_test(other_tests_are_others),
      cmocka_unit_test(a_statement_has_a_box_if_it_can_apply),
      cmocka_unit_test(a_statement_that_violates_the_grammar_is_open_or_applies_never),
      cmocka_unit_test(a_key_has_a_dimension),
  };
  return cmocka_run_group_tests_name("box", tests, NULL, NULL);
}
