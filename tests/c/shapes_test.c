/* The forms of the values of condition keys: which texts have them, and which keys. */

#include "reason/shapes.h"

#include "reason/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(list) (sizeof(list) / sizeof *(list))

#define A "111122223333"
#define ID10 "o-a1b2c3d4e5"
#define ID32 "o-a1b2c3d4e5a1b2c3d4e5a1b2c3d4e5zz"

/* --- Texts ------------------------------------------------------------------------------------ */

static void wrap(struct atom *atom, const void *state, bool after) {
  assert_ptr_equal(state, &wrap);
  atom_add_text(atom, after ? ">" : "<", 1, false);
}

/* Reports whether an atom matches a text, as the search for texts reads it. */
static bool matches(struct atom *atom, const char *text) {
  struct atom literal = {0};
  atom_add_text(&literal, text, strlen(text), false);
  atom_end(&literal);
  const struct atom *inside[] = {atom, &literal};
  struct words_list list;
  assert_int_equal(words_propose(inside, 2, NULL, 0, NULL, &list), WORDS_EXACT);
  bool found = list.count > 0;
  words_free(&list);
  atom_free(&literal);
  atom_free(atom);
  return found;
}

static bool has_form(enum shape shape, const char *text) {
  struct atom plain = {0}, wrapped = {0};
  char between[128];
  snprintf(between, sizeof between, "<%s>", text);
  shape_add(&plain, shape, NULL, NULL);
  shape_add(&wrapped, shape, wrap, &wrap);
  bool found = matches(&plain, text);
  assert_int_equal(matches(&wrapped, between), found);
  return found;
}

/* The texts of each form, and texts that nearly have it. */
static const struct {
  enum shape shape;
  const char *texts[10], *others[12];
} forms[] = {
    {SHAPE_ANY, {"", "a", "x:/ Y", "\xC3\xA9"}, {NULL}},
    {SHAPE_ACCOUNT,
     {A, "000000000000"},
     {"", "anonymous", "11112222333", A "4", "11112222333a", ID10}},
    {SHAPE_PRINCIPAL, {A, "anonymous"}, {"", "11112222333", A "4", "anonymou", "Anonymous"}},
    {SHAPE_ORGANIZATION,
     {ID10, "o-0123456789", "o-abcdefghij", "o-zzzzzzzzzz", ID32},
     {"", "o-", "o-a1b2c3d4e", "o-A1b2c3d4e5", "O-a1b2c3d4e5", "p-a1b2c3d4e5", "oxa1b2c3d4e5",
      "o-a1b2c3d4e_", ID10 "/"}},
    {SHAPE_PATH,
     {ID10 "/r-ab12/", ID32 "/r-a/", ID10 "/r-ab12/ou-1/", ID10 "/r-ab12/ou-1/ou-2/"},
     {"", ID10, ID10 "/", ID10 "/r-/", ID10 "/r-ab12", ID10 "/r-ab12/ou-1", ID10 "/x-ab12/",
      "o-a1b2c3d4e/r-ab12/", ID10 "/r-AB/", ID10 "r-ab12/", "arn:aws:s3:::x"}},
    {SHAPE_ARN,
     {"arn:aws:sns:us-east-1:" A ":x", "arn:aws:s3:::x", "arn:aws:s3:::x:y", "arn:a:b:::c",
      "arn:aws:iam::" A ":root", "arn:aws:s3:r::x"},
     {"", "arn", "arn::s3:::x", "arn:aws::::x", "arn:aws:s3:::", "arn:aws:s3::1:x",
      "brn:aws:s3:::x", "arn:aws:s3::x", "arn:aws:s3::" A "4:x", "arn:aws:s3::11112222333a:x",
      "true"}},
    {SHAPE_BOOLEAN, {"true", "false"}, {"", "True", "truefalse", "1", "arn:aws:iam::" A ":user/a"}},
    {SHAPE_CALLER,
     {"arn:aws:iam::" A ":user/a", "arn:aws:iam::" A ":user/p/q/a", "arn:aws:iam::" A ":role/a",
      "arn:aws-cn:iam::" A ":role/p/a", "arn:aws:iam::" A ":root",
      "arn:aws:sts::" A ":federated-user/a"},
     {"", "arn:aws:iam::" A ":user/", "arn:aws:iam::" A ":user/p/", "arn:aws:iam::" A ":root/a",
      "arn:aws:iam::" A ":group/a", "arn:aws:sts::" A ":federated-user/p/a",
      "arn:aws:iam::1111:user/a", "arn:aws:sts::" A ":role/a", "arn:AWS:iam::" A ":role/a",
      "arn:aws:iam::" A ":role/a:b", "arn:aws:iam::" A ":role/p*/a", "a"}},
    {SHAPE_NAME, {"a", "A_b+c=d,e.f@g-0"}, {"", "a/b", "a:b", "a b", "*", A ":bob"}},
    {SHAPE_USERID,
     {"anonymous", A, A ":bob", "AROAX1:s", "AROAabc:a@b", "AIDAX1"},
     {"", "AROAX1", "AROA:s", "AIDA", "AIDAX1:s", "AROAX1:", A ":", ":bob", "AROAX_:s", "1:bob",
      "AIDAX-", "ecs.amazonaws.com"}},
    {SHAPE_SERVICE,
     {"ecs.amazonaws.com", "a.b-c.amazonaws.com"},
     {"", ".amazonaws.com", "a/b.amazonaws.com", "ecs.amazonaws.org", "ecs_amazonaws.com",
      "ecs.amazonaws.com.cn"}},
};

static void the_patterns_of_a_form_match_its_texts(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(forms); i++) {
    for (size_t t = 0; t < COUNT(forms[i].texts) && forms[i].texts[t]; t++)
      if (!has_form(forms[i].shape, forms[i].texts[t]))
        fail_msg("form %d lacks '%s'", (int)forms[i].shape, forms[i].texts[t]);
    for (size_t t = 0; t < COUNT(forms[i].others) && forms[i].others[t]; t++)
      if (has_form(forms[i].shape, forms[i].others[t]))
        fail_msg("form %d has '%s'", (int)forms[i].shape, forms[i].others[t]);
  }
}

static void a_policy_can_contradict_some_forms(void **state) {
  (void)state;
  static const enum shape known[] = {SHAPE_ACCOUNT, SHAPE_ORGANIZATION, SHAPE_BOOLEAN, SHAPE_ARN,
                                     SHAPE_SERVICE, SHAPE_VPC,          SHAPE_ENDPOINT};
  for (size_t i = 0; i < COUNT(forms); i++) {
    bool is_known = false;
    for (size_t k = 0; k < COUNT(known); k++)
      is_known = is_known || known[k] == forms[i].shape;
    for (size_t t = 0; t < COUNT(forms[i].texts) && forms[i].texts[t]; t++)
      assert_true(shape_allows(forms[i].shape, forms[i].texts[t], strlen(forms[i].texts[t])));
    for (size_t t = 0; t < COUNT(forms[i].others) && forms[i].others[t]; t++)
      if (shape_allows(forms[i].shape, forms[i].others[t], strlen(forms[i].others[t])) == is_known)
        fail_msg("form %d: '%s'", (int)forms[i].shape, forms[i].others[t]);
  }
  /* The search has no bound on the length of ids; see shape_add_longer. */
  assert_false(shape_allows(SHAPE_ORGANIZATION, ID32 "z", strlen(ID32) + 1));
  assert_true(has_form(SHAPE_ORGANIZATION, ID32 "z"));
}

static void longer_ids_are_longer_than_the_longest(void **state) {
  (void)state;
  static const struct {
    const char *text;
    bool longer;
  } rows[] = {{ID32, false}, {ID32 "z", true},           {ID32 "z/r-ab12/", true},
              {ID10, false}, {ID32 "/r-ab12/ou", false}, {"p-" ID32, false}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct atom atom = {0};
    shape_add_longer(&atom);
    assert_int_equal(matches(&atom, rows[i].text), rows[i].longer);
  }
}

/* --- Values that no policy mentions ----------------------------------------------------------- */

static void a_fresh_value_has_the_form(void **state) {
  (void)state;
  static const struct {
    enum shape shape;
    const char *fresh, *value;
  } rows[] = {
      {SHAPE_ANY, "example", "example"},
      {SHAPE_NAME, "example", "example"},
      {SHAPE_ACCOUNT, "example", A},
      {SHAPE_PRINCIPAL, "example", A},
      {SHAPE_ORGANIZATION, "example", "o-example000"},
      {SHAPE_ORGANIZATION, "examplexyz", "o-examplexyz"},
      {SHAPE_ORGANIZATION, "examplexyzz", "o-examplexyzz"},
      {SHAPE_PATH, "example", "o-example000/r-root/"},
      {SHAPE_ARN, "example", "arn:aws:sns:us-east-1:" A ":example"},
      {SHAPE_CALLER, "example", "arn:aws:iam::" A ":role/example"},
      {SHAPE_SERVICE, "example", "example.amazonaws.com"},
      {SHAPE_USERID, "example", "AROAEXAMPLE:session"},
      {SHAPE_BOOLEAN, "example", ""},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const struct query query = {.fresh = rows[i].fresh, .fresh_account = A};
    struct buf out = {0};
    buf_adds(&out, "before ");
    shape_fresh(&query, rows[i].shape, &out);
    assert_false(out.failed);
    assert_string_equal(out.data + strlen("before "), rows[i].value);
    if (rows[i].shape != SHAPE_BOOLEAN)
      assert_true(has_form(rows[i].shape, rows[i].value));
    buf_free(&out);
  }
}

static void arns_have_a_region_and_an_account_where_the_service_does(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"arn:aws:sns:::x", "arn:aws:sns:us-east-1:" A ":x"},
      {"arn:aws:sns:r::x", "arn:aws:sns:r:" A ":x"},
      {"arn:aws:sns::444455556666:x:y", "arn:aws:sns:us-east-1:444455556666:x:y"},
      {"arn:aws:sns:r:444455556666:x", NULL},
      {"arn:aws:s3:::x", NULL},
      {"arn:aws:s3:r::x", NULL},
      {"arn:aws:artifact:::x", NULL},
      {"arn:aws:route53:::x", NULL},
      {"arn:aws:sts:::x", "arn:aws:sts::" A ":x"},
      {"arn:aws:cloudfront:::x", "arn:aws:cloudfront::" A ":x"},
      {"arn:aws:organizations:::x", "arn:aws:organizations::" A ":x"},
      {"arn:aws:waf:::x", "arn:aws:waf::" A ":x"},
      {"arn:aws:shield:::x", "arn:aws:shield::" A ":x"},
      {"arn:aws:globalaccelerator:::x", "arn:aws:globalaccelerator::" A ":x"},
      {"arn:aws:budgets:::x", "arn:aws:budgets::" A ":x"},
      {"arn:aws:health:::x", "arn:aws:health::" A ":x"},
      {"arn:aws:iam:::role/x", "arn:aws:iam::" A ":role/x"},
      {"arn:aws:iam::444455556666:role/x", NULL},
      {"arn:aws:s:::x", "arn:aws:s:us-east-1:" A ":x"},
      {"arn:aws:s33:::x", "arn:aws:s33:us-east-1:" A ":x"},
      {"x", NULL},
      {"*", NULL},
  };
  const struct query query = {.fresh = "example", .fresh_account = A};
  for (size_t i = 0; i < COUNT(rows); i++) {
    struct buf out = {0};
    bool made = shape_make_real(&query, rows[i][0], strlen(rows[i][0]), &out);
    assert_int_equal(made, rows[i][1] != NULL);
    if (made)
      assert_string_equal(out.data, rows[i][1]);
    else
      assert_int_equal(out.length, 0);
    buf_free(&out);
  }
}

/* --- Keys ------------------------------------------------------------------------------------- */

static void a_key_has_a_form(void **state) {
  (void)state;
  static const struct {
    const char *key;
    enum shape shape;
  } rows[] = {
      {"aws:PrincipalAccount", SHAPE_PRINCIPAL},
      {"aws:PrincipalArn", SHAPE_CALLER},
      {"aws:PrincipalServiceName", SHAPE_SERVICE},
      {"AWS:USERNAME", SHAPE_NAME},
      {"aws:userid", SHAPE_USERID},
      {"aws:ResourceAccount", SHAPE_ACCOUNT},
      {"aws:PrincipalOrgID", SHAPE_ORGANIZATION},
      {"aws:VpceOrgPaths", SHAPE_PATH},
      {"aws:SourceArn", SHAPE_ARN},
      {"aws:SecureTransport", SHAPE_BOOLEAN},
      {"aws:PrincipalTag/t", SHAPE_ANY},
      {"aws:SourceIp", SHAPE_ANY},
      {"aws:PrincipalArns", SHAPE_ANY},
      {"svc:Key", SHAPE_ANY},
  };
  for (int odd = 0; odd < 4; odd++) {
    const struct boxes boxes = {.odd =
                                    (odd & 1 ? ODD_ACCOUNT : 0) | (odd & 2 ? ODD_ORGANIZATION : 0)};
    for (size_t i = 0; i < COUNT(rows); i++) {
      bool any = (odd & 1 && rows[i].shape == SHAPE_ACCOUNT) ||
                 (odd & 2 && (rows[i].shape == SHAPE_ORGANIZATION || rows[i].shape == SHAPE_PATH));
      assert_int_equal(shape_of_key(&boxes, rows[i].key, strlen(rows[i].key)),
                       any ? SHAPE_ANY : rows[i].shape);
    }
  }
}

/* Conditions, and which forms they contradict; ' means ". */
static const struct {
  const char *condition;
  bool accounts, organizations;
} conditions[] = {
    {"'StringEquals':{'aws:ResourceAccount':'" A "'}", false, false},
    {"'StringEquals':{'aws:ResourceAccount':['" A "','1234']}", true, false},
    {"'StringEquals':{'aws:ResourceAccount':['1234','" A "']}", true, false},
    {"'StringEquals':{'aws:ResourceAccount':''}", false, false},
    {"'StringLike':{'aws:ResourceAccount':['12*','1?','*']}", false, false},
    {"'StringEquals':{'aws:ResourceAccount':'${aws:PrincipalAccount}'}", false, false},
    {"'StringEquals':{'aws:PrincipalAccount':'1234'}", false, false},
    {"'StringEquals':{'aws:SourceArn':'x'}", false, false},
    {"'StringEquals':{'svc:Key':'x'}", false, false},
    {"'NumericEquals':{'aws:ResourceAccount':'1234'}", false, false},
    {"'Null':{'aws:ResourceAccount':'true'}", false, false},
    {"'StringEquals':{'aws:PrincipalOrgID':'" ID10 "'}", false, false},
    {"'StringEquals':{'aws:PrincipalOrgID':'" ID32 "'}", false, false},
    {"'StringEquals':{'aws:PrincipalOrgID':'" ID32 "z'}", false, true},
    {"'StringEquals':{'aws:PrincipalOrgID':'o-123'}", false, true},
    {"'StringEquals':{'aws:ResourceOrgID':'o-A1b2c3d4e5'}", false, true},
    {"'StringEquals':{'aws:SourceOrgID':'x-a1b2c3d4e5'}", false, true},
    {"'StringEquals':{'aws:SourceOrgID':'ooa1b2c3d4e5'}", false, true},
    {"'StringLike':{'aws:PrincipalOrgID':'o-1*'}", false, false},
    {"'ForAnyValue:StringEquals':{'aws:PrincipalOrgPaths':'" ID10 "/r-1/'}", false, false},
    {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'" ID10 "/*'}", false, false},
    {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-123/*'}", false, true},
    {"'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-12?/r-1/'}", false, false},
    {"'ForAnyValue:StringEquals':{'aws:PrincipalOrgPaths':'o-123'}", false, true},
    {"'StringEquals':{'aws:PrincipalOrgID':'o-123','aws:SourceAccount':'1'}", true, true},
};

static void check_odd(const char *condition, const char *organization, bool accounts,
                      bool organizations) {
  char text[512];
  snprintf(text, sizeof text,
           "{'Version':'2012-10-17','Statement':{'Effect':'Allow','Principal':'*','Action':'*',"
           "'Condition':{%s}}}",
           condition);
  for (char *c = text; *c; c++)
    *c = *c == '\'' ? '"' : *c;
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  assert_non_null(doc);
  struct pool pool = {.limit = 1 << 20};
  struct boxes boxes;
  struct box_list list;
  assert_true(boxes_init(&boxes, &pool, false));
  assert_true(boxes_read(&boxes, doc, &list));
  shapes_find(&boxes, &organization, organization ? 1 : 0);
  unsigned expected = (accounts ? ODD_ACCOUNT : 0u) | (organizations ? ODD_ORGANIZATION : 0u);
  if ((boxes.odd & (ODD_ACCOUNT | ODD_ORGANIZATION)) != expected)
    fail_msg("%s: %u", condition, boxes.odd);
  pool_free(&pool);
  policy_free(doc);
}

static void policies_contradict_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < COUNT(conditions); i++) {
    check_odd(conditions[i].condition, NULL, conditions[i].accounts, conditions[i].organizations);
    check_odd(conditions[i].condition, ID10, conditions[i].accounts, conditions[i].organizations);
    check_odd(conditions[i].condition, "", conditions[i].accounts, conditions[i].organizations);
    check_odd(conditions[i].condition, "o-1", conditions[i].accounts, true);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_patterns_of_a_form_match_its_texts),
      cmocka_unit_test(a_policy_can_contradict_some_forms),
      cmocka_unit_test(longer_ids_are_longer_than_the_longest),
      cmocka_unit_test(a_fresh_value_has_the_form),
      cmocka_unit_test(arns_have_a_region_and_an_account_where_the_service_does),
      cmocka_unit_test(a_key_has_a_form),
      cmocka_unit_test(policies_contradict_forms),
  };
  return cmocka_run_group_tests_name("shapes", tests, NULL, NULL);
}
