#ifndef LANYARD_REASON_QUERY_H
#define LANYARD_REASON_QUERY_H

#include "policy/caller.h"
#include "reason/box.h"
#include "reason/cover.h"

/* One question: is there a request in each of the inside boxes and in none of the avoided ones? The
 * generators of the dimensions (values, callers, places) propose values; the query lets the
 * evaluator decide which tests hold for them, and keeps the best. */

/* A value of a dimension: the text of a principal, action or resource, and the condition keys that
 * come with it. */
struct query_value {
  struct policy_string text;
  struct policy_string issuer; /* the user that federated a principal; bytes NULL: none */
  struct context_entry *entries;
  size_t count;
};

/* The tests of a query in one dimension, and the candidates. */
struct query_dimension {
  size_t *inside, *avoided; /* numbers of tests, each once */
  size_t inside_count, avoided_count;
  size_t weight; /* how many steps it takes to decide all tests */
  struct cover_dimension candidates;
};

/* How tests are decided whose result AWS leaves open. Whether a `*` matches colons is the same for all
 * patterns; any other such test may be decided either way. */
enum query_reading {
  READING_CERTAIN,  /* they neither hold nor fail */
  READING_ALIGNED,  /* no `*` matches a colon between the parts of an ARN */
  READING_CROSSING, /* a `*` at the end of a part does */
};

/* Atoms of tests, so that each is built once: by form of the texts and test. `owned` has all atoms. */
enum query_form {
  FORM_VALUE,
  FORM_CALLER,
  FORM_SESSION,
  FORM_ROOT,
  FORM_FEDERATED,
  FORM_MAYBE,
  FORMS
};

struct query_atoms {
  struct atom **items;
  size_t tests;
  struct atom **owned;
  size_t owned_count, owned_capacity;
};

struct query {
  struct boxes *boxes;
  struct pool *pool;
  const struct box *inside[2];
  size_t inside_count;
  const struct box **avoided;
  size_t avoided_count;
  struct query_dimension *dimensions;
  bool *joined;          /* by dimension: its key follows from the caller's name */
  unsigned char *roles;  /* by test */
  uint64_t **masks;      /* by test: the avoided boxes that have it */
  size_t *stamps, stamp; /* by test: when it was collected */
  uint64_t *settled;     /* the boxes that all candidates of a dimension avoid */
  enum query_reading reading;
  bool saw_open;               /* there was such a test */
  const struct context *bound; /* the values of policy variables */
  struct query_atoms *atoms;
  const char *fresh, *fresh_account; /* a name and an account that no policy mentions */
  size_t *steps;                     /* how much work is left */
  const char *inexact; /* why there may be values that the candidates do not represent, or NULL */
};

/* query_test returns a test. */
const struct box_test *query_test(const struct query *query, size_t test);

/* query_holds lets the evaluator decide a test for a value. */
enum condition_truth query_holds(struct query *query, const struct box_test *test,
                                 const struct query_value *value);

/* query_offer adds a value to the candidates of a dimension, if it satisfies the inside tests, and
 * no other candidate avoids as much. It copies the value. */
void query_offer(struct query *query, size_t dimension, const struct query_value *value);

/* query_perfect reports whether a candidate fails all avoided tests of a dimension. Then no other one
 * is better, and generators, which begin with guesses, can end. */
bool query_perfect(const struct query *query, size_t dimension);

/* query_pay takes steps for work that is not part of a search. It returns false, and records why the
 * candidates are inexact, if there are not enough. */
bool query_pay(struct query *query, size_t steps);

/* query_inexact records why the candidates may not represent all values. */
void query_inexact(struct query *query, const char *reason);

/* query_begin prepares a query whose inside boxes, avoided boxes and other fields are set. It returns
 * false if no request can be in the inside boxes and outside an avoided one, because the avoided box
 * has no other tests, or if the pool has no memory. */
bool query_begin(struct query *query);

/* query_prepare collects the tests of a dimension, of the boxes that are not settled.
 * query_settle records the boxes that all its candidates avoid. query_reset removes its candidates. */
bool query_prepare(struct query *query, size_t dimension);
void query_settle(struct query *query, size_t dimension);

#endif
