/* Questions about every possible request when memory is short: each allocation fails once, and the
 * memory of the question ends at every place. The answer is then that it is unknown, never a wrong one. */

#include "reason/access.h"
#include "reason/binding.h"
#include "reason/texts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 16384, CLASSES = 8, STEPS = 10000000 };

/* --- Allocations that fail -------------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__ /* whose allocator cannot be replaced */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* The allocation with the number `failing` fails, and those after it; 0: none. */
static size_t failing, allocations;
static bool recovers; /* the allocations that follow succeed */
static long blocks;   /* that are allocated */
static size_t large;  /* the next allocation of so many bytes fails; 0: none */

static bool may_allocate(size_t size) {
  if (large > 0 && size >= large) {
    large = 0;
    return false;
  }
  if (failing == 0)
    return true;
  allocations++;
  return recovers ? allocations != failing : allocations < failing;
}

static void *counted(void *block) {
  blocks += block != NULL;
  return block;
}

void *malloc(size_t size) {
  return may_allocate(size) ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size) {
  return may_allocate(0) ? counted(__libc_calloc(count, size)) : NULL;
}

void *realloc(void *block, size_t size) {
  if (!may_allocate(0))
    return NULL;
  return block ? __libc_realloc(block, size) : counted(__libc_realloc(block, size));
}

void free(void *block) {
  blocks -= block != NULL;
  __libc_free(block);
}
#endif

/* --- Documents -------------------------------------------------------------------------------- */

/* Statements with ' for ". The first document is the old one. */
static const struct {
  const char *before, *after;
} pairs[] = {
    /* Texts, and lists of them. */
    {"{'Effect':'Allow','Principal':'*','Action':'s:*','Condition':{'StringLike':{'k':['a*','*b']}}"
     "}",
     "{'Effect':'Allow','Principal':'*','Action':['s:Get*','t:*'],'Condition':{'StringNotLike':{'k'"
     ":'*c*'}}},"
     "{'Effect':'Deny','Principal':'*','NotAction':'s:GetX*','Condition':{'Null':{'k':'true'}}}"},
    {"{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'ForAnyValue:StringEquals':{'k':["
     "'a','b']}}}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'ForAllValues:StringLike':{'k':['"
     "a*','b','c']},"
     "'ForAnyValue:StringLike':{'k':'*a'}}}"},
    /* Numbers, dates, addresses and Booleans. */
    {"{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'NumericLessThan':{'n':['1','2.5'"
     "]},"
     "'IpAddress':{'aws:SourceIp':['10.0.0.0/8','2001:db8::/32']}}}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'NumericLessThanEquals':{'n':'2."
     "5'},"
     "'IpAddress':{'aws:SourceIp':['10.0.0.0/7','::/0']},'Bool':{'b':'true'},"
     "'DateGreaterThan':{'aws:CurrentTime':'2026-01-01T00:00:00Z'}}},"
     "{'Effect':'Deny','Principal':'*','Action':'*','Condition':{'DateLessThan':{'aws:EpochTime':'"
     "1767225605'}}}"},
    /* Callers. */
    {"{'Effect':'Allow','Principal':{'AWS':['111122223333','arn:aws:iam::444455556666:role/a',"
     "'arn:aws:sts::444455556666:assumed-role/b/s'],'Service':'ecs.amazonaws.com'},'Action':'*'}",
     "{'Effect':'Allow','Principal':{'AWS':['arn:aws:iam::444455556666:role/"
     "b','arn:aws:iam::444455556666:user/c/u',"
     "'arn:aws:sts::444455556666:federated-user/f','AROAEXAMPLEEXAMPLE123']},'Action':'*'},"
     "{'Effect':'Allow','Principal':{'Federated':'accounts.google.com','Service':'sns.amazonaws."
     "com'},'Action':'*'},"
     "{'Effect':'Deny','NotPrincipal':{'AWS':['arn:aws:iam::444455556666:root','arn:aws:iam::"
     "444455556666:role/b']},"
     "'Action':'*'}"},
    {"{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'ArnLike':{'aws:PrincipalArn':"
     "'arn:aws:iam::111122223333:role/x/"
     "*'},'StringEquals':{'aws:PrincipalAccount':'111122223333'}}}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'ArnLike':{'aws:PrincipalArn':"
     "['arn:aws:iam::111122223333:role/*','arn:aws:iam::*:user/"
     "*']},'StringNotLike':{'aws:userid':'*:adm*',"
     "'aws:username':'a*'}}}"},
    /* One value only: no other text can replace one that is lost. */
    {"{'Effect':'Allow','Principal':'*','Action':'t:*'}",
     "{'Effect':'Allow','Principal':'*','Action':'s:a','Condition':{'StringEquals':{'k':'a'}}}"},
/* One caller only: nobody else can replace one that is lost. */
#define ONLY(principal)                                                                            \
  {                                                                                                \
    "{'Effect':'Allow','Principal':'*','Action':'t:*'}",                                           \
        "{'Effect':'Allow','Principal':{" principal "},'Action':'s:a'}"                            \
  }
    ONLY("'AWS':'arn:aws:iam::444455556666:user/u'"),
    ONLY("'AWS':'arn:aws:sts::444455556666:assumed-role/b/s'"),
    ONLY("'AWS':'arn:aws:sts::444455556666:federated-user/f'"),
    ONLY("'Service':'ecs.amazonaws.com'"),
    ONLY("'Federated':'accounts.google.com'"),
    {"{'Effect':'Allow','Principal':'*','Action':'t:*'}",
     "{'Effect':'Allow','Principal':{'Service':'ecs.amazonaws.com'},'Action':'s:a','Condition':{"
     "'ForAnyValue:StringNotEquals':{'aws:PrincipalServiceNamesList':'ecs.amazonaws.com'}}}"},
    /* Organizations. */
    {"{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'StringEquals':{'aws:"
     "PrincipalOrgID':'o-a1b2c3d4e5'}}}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'StringLike':{'aws:"
     "PrincipalOrgID':'o-a*'},"
     "'ForAnyValue:StringLike':{'aws:PrincipalOrgPaths':'o-*/r-*'}}}"},
    /* Resources and their owners. */
    {"{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':['arn:aws:s3:::a*','arn:aws:s3::"
     ":*/b']}",
     "{'Effect':'Allow','Principal':'*','Action':'s3:*','NotResource':['arn:aws:s3:::a/"
     "*','arn:aws:sns:*']},"
     "{'Effect':'Deny','Principal':'*','Action':'s3:*','Resource':'*','Condition':{'StringEquals':"
     "{'aws:ResourceAccount':'111122223333'}}}"},
    /* Policy variables. */
    {"{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:s3:::home/a*'}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':['arn:aws:s3:::home/"
     "${aws:username}',"
     "'arn:aws:s3:::${aws:PrincipalTag/t}/x'],'Condition':{'StringEquals':{'aws:PrincipalTag/"
     "t':'${aws:username}'}}}"},
    {"{'Effect':'Allow','Principal':'*','Action':'*','Condition':{'StringEquals':{'aws:"
     "PrincipalOrgID':'o-a1b2c3d4e5'}}}",
     "{'Effect':'Allow','Principal':'*','Action':'*','Resource':'arn:aws:s3:::x','Condition':{'"
     "StringEquals':"
     "{'aws:ResourceAccount':'${aws:PrincipalAccount}','k':'${aws:PrincipalOrgID}'}}}"},
};

enum { PAIRS = sizeof pairs / sizeof *pairs };

static struct policy *parse(const char *statements) {
  char text[4096] = "{\"Version\":\"2012-10-17\",\"Statement\":[";
  assert_true(strlen(text) + strlen(statements) + 3 < sizeof text);
  strcat(text, statements);
  strcat(text, "]}");
  for (char *c = text; *c; c++)
    if (*c == '\'')
      *c = '"';
  struct json_error error;
  struct policy *doc = policy_parse(text, strlen(text), &error);
  assert_non_null(doc);
  return doc;
}

/* --- Each allocation fails -------------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__
static enum access_answer find(const struct policy *before, const struct policy *after) {
  static const struct access_account accounts[] = {{"111122223333", "o-a1b2c3d4e5"}};
  static const char *const always[] = {"n"};
  const struct access_options options = {
      .accounts = accounts, .account_count = 1, .always = always, .always_count = 1};
  struct access_result result = {0};
  enum access_answer answer = access_find(before, after, &options, &result);
  buf_free(&result.because);
  buf_free(&result.before);
  pool_free(&result.pool);
  return answer;
}

static void a_failed_allocation_is_reported(void **state) {
  (void)state;
  for (size_t i = 0; i < PAIRS; i++) {
    struct policy *before = parse(pairs[i].before), *after = parse(pairs[i].after);
    enum access_answer expected = find(before, after);
    assert_int_equal(expected, ACCESS_FOUND);
    for (int mode = 0; mode < 2; mode++) {
      recovers = mode == 1;
      enum access_answer answer = ACCESS_NO_MEMORY;
      for (size_t number = 1; answer != expected || allocations >= number; number++) {
        long held = blocks;
        failing = number;
        allocations = 0;
        answer = find(before, after);
        failing = 0;
        assert_int_equal(blocks, held);
        assert_true(answer == ACCESS_NO_MEMORY || answer == expected);
        assert_true(number < 20000);
      }
    }
    policy_free(before);
    policy_free(after);
  }
}
#endif

/* --- The memory of a question ends ------------------------------------------------------------ */

/* A question as access.c prepares it, with a pool that ends early. */
struct trial {
  struct pool pool;
  struct boxes boxes;
  struct box_list old, new;
  struct query_atoms atoms;
  size_t steps;
  struct search search;
};

static bool one_block_fails; /* the next block of a pool, instead of the limit */

static struct caller_class classes[CLASSES] = {
    {.kind = CALLER_ROLE, .partition = "aws", .sample = "arn:aws:iam::123456789012:role/example"},
    {.kind = CALLER_SESSION,
     .partition = "aws",
     .sample = "arn:aws:iam::123456789012:role/example"},
    {.kind = CALLER_USER, .partition = "aws", .sample = "arn:aws:iam::123456789012:user/example"},
    {.kind = CALLER_ROOT, .partition = "aws", .sample = "arn:aws:iam::123456789012:root"},
    {.kind = CALLER_FEDERATED_USER,
     .partition = "aws",
     .sample = "arn:aws:sts::123456789012:federated-user/example"},
    {.kind = CALLER_SERVICE, .partition = "aws", .sample = "example.amazonaws.com"},
    {.kind = CALLER_PROVIDER,
     .partition = "aws",
     .sample = "arn:aws:iam::123456789012:saml-provider/example"},
    {.kind = CALLER_ANONYMOUS, .partition = "aws", .sample = "*"},
};

/* Leaves room for so many bytes in the pool. */
static void limit_pool(struct pool *pool, size_t bytes) {
  pool->limit = SIZE_MAX;
  assert_non_null(pool_new(pool, 1, 1)); /* there is a last block, and it has room or is new */
  size_t taken = pool_mark(pool).block_used, more = (bytes + BLOCK - 1) / BLOCK;
  size_t fill = BLOCK - taken;
  size_t keep = more > 0 ? bytes - (more - 1) * BLOCK : 0;
  if (fill > keep)
    assert_non_null(pool_new(pool, fill - keep, 1));
  pool->limit = pool->used + (more > 1 ? (more - 1) * BLOCK : 0);
#ifndef __SANITIZE_ADDRESS__
  pool->limit = one_block_fails ? SIZE_MAX : pool->limit;
  large = one_block_fails ? BLOCK : 0;
#endif
}

/* Reads both documents and asks about each Allow. Returns false if the pool was full or had no memory. */
static bool ask(const struct policy *before, const struct policy *after, bool identity,
                size_t bytes, enum query_reading reading, enum search_outcome *outcomes) {
  struct trial *trial = calloc(1, sizeof *trial);
  assert_non_null(trial);
  trial->pool.limit = SIZE_MAX;
  trial->steps = STEPS;
  assert_true(boxes_init(&trial->boxes, &trial->pool, identity));
  limit_pool(&trial->pool, bytes);
  struct accounts accounts;
  bool read = boxes_read(&trial->boxes, before, &trial->old) &&
              boxes_read(&trial->boxes, after, &trial->new) &&
              accounts_read(&trial->boxes, NULL, 0, &trial->steps, &accounts);
  assert_true(read == !trial->pool.full || trial->pool.failed);
  bool complete = read;
  if (read) {
    trial->search = (struct search){.boxes = &trial->boxes,
                                    .pool = &trial->pool,
                                    .classes = classes,
                                    .class_count = CLASSES,
                                    .atoms = &trial->atoms,
                                    .steps = &trial->steps,
                                    .accounts = accounts};
    for (size_t i = 0; i < CLASSES; i++)
      classes[i].others = &trial->search.accounts;
    callers_choose_names(&trial->boxes, &trial->search.accounts, &trial->search.names);
    trial->atoms.tests = trial->boxes.test_count;
    trial->atoms.items = calloc(trial->atoms.tests * FORMS + 1, sizeof *trial->atoms.items);
    const struct box *avoided[8];
    size_t count = 0;
    for (size_t i = 0; i < trial->new.count; i++)
      if (trial->new.items[i].deny)
        avoided[count++] = &trial->new.items[i];
    for (size_t i = 0; i < trial->old.count; i++)
      if (!trial->old.items[i].deny)
        avoided[count++] = &trial->old.items[i];
    for (size_t i = 0; i < trial->new.count; i++) {
      if (trial->new.items[i].deny)
        continue;
      struct search_question question = {.inside = {&trial->new.items[i]},
                                         .inside_count = 1,
                                         .avoided = avoided,
                                         .avoided_count = count,
                                         .reading = reading};
      struct search_request request;
      outcomes[i] = search_run(&trial->search, &question, &request);
      complete = complete && !trial->pool.full;
      trial->pool.full = false;
    }
    assert_true(one_block_fails || !trial->pool.failed);
    complete = complete && !trial->pool.failed;
    free(trial->atoms.items);
    trial->atoms.items = NULL;
    texts_free(&trial->atoms);
  }
#ifndef __SANITIZE_ADDRESS__
  large = 0;
#endif
  pool_free(&trial->pool);
  free(trial);
  return complete;
}

enum { MOST = 1 << 20 };

static void a_question_that_lacks_memory_is_undecided(void **state) {
  (void)state;
  for (size_t i = 0; i < PAIRS; i++)
    for (int way = 0; way < 4; way++) {
      struct policy *before = parse(way % 2 ? pairs[i].after : pairs[i].before);
      struct policy *after = parse(way % 2 ? pairs[i].before : pairs[i].after);
      enum query_reading reading = way < 2 ? READING_CERTAIN : READING_CROSSING;
      enum search_outcome expected[8] = {0};
      assert_true(ask(before, after, false, MOST, reading, expected));
      size_t bytes = 0;
      for (bool complete = false; !complete; bytes += 16 + bytes / 64 / 16 * 16) {
        enum search_outcome outcomes[8] = {0};
        complete = ask(before, after, false, bytes, reading, outcomes);
        for (size_t o = 0; o < policy_count(after); o++)
          assert_true(
              outcomes[o] == expected[o] ||
              (!complete && outcomes[o] != SEARCH_FOUND)); /* access.c sees that it is full */
        assert_true(bytes < MOST);
      }
      assert_true(bytes > 1000);
      policy_free(before);
      policy_free(after);
    }
}

#ifndef __SANITIZE_ADDRESS__
/* The block that begins at each place cannot be allocated, and the next one can. */
static void a_block_that_fails_is_noticed(void **state) {
  (void)state;
  one_block_fails = true;
  for (size_t i = 0; i < PAIRS; i++) {
    struct policy *before = parse(pairs[i].before), *after = parse(pairs[i].after);
    bool complete = false;
    for (size_t bytes = 0; bytes < BLOCK && !complete; bytes += 16) {
      enum search_outcome outcomes[8] = {0};
      long held = blocks;
      complete = ask(before, after, false, bytes, READING_CERTAIN, outcomes);
      assert_int_equal(blocks, held);
      assert_true(!complete || bytes > 1000);
    }
    policy_free(before);
    policy_free(after);
  }
  one_block_fails = false;
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
      cmocka_unit_test(a_failed_allocation_is_reported),
      cmocka_unit_test(a_block_that_fails_is_noticed),
#endif
      cmocka_unit_test(a_question_that_lacks_memory_is_undecided),
  };
  return cmocka_run_group_tests_name("reason_memory", tests, NULL, NULL);
}
