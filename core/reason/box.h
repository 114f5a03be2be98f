#ifndef LANYARD_REASON_BOX_H
#define LANYARD_REASON_BOX_H

#include "policy/condition.h"
#include "policy/document.h"
#include "reason/action_index.h"
#include "reason/atom.h"
#include "reason/pool.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Statements as boxes. A request is a point in a space with a dimension for the caller, the action,
 * the resource and each condition key. A statement is a box: one or more tests in some of the
 * dimensions. It applies to a request if all of its tests hold. Tests with the same canonical text
 * are one test, so that what is unknown about them is the same everywhere. */

enum dimension_kind {
  DIMENSION_CALLER, /* the principal; the keys that follow from it are joined to it, see callers.h */
  DIMENSION_ACTION,
  DIMENSION_RESOURCE, /* the resource, and the keys that follow from it */
  DIMENSION_OPEN,     /* tests that AWS does not define: flawed Denies, unknown operators */
  DIMENSION_TIME,     /* aws:CurrentTime and aws:EpochTime, and aws:TokenIssueTime before them */
  DIMENSION_ORG,      /* aws:PrincipalOrgID and aws:PrincipalOrgPaths, or another such pair */
  DIMENSION_KEY,      /* one condition key */
};

struct box_dimension {
  enum dimension_kind kind;
  const char *key; /* DIMENSION_KEY: the name as a policy spells it */
  size_t key_length;
  uint32_t hash; /* of the key in lower case */
  int pair;      /* DIMENSION_ORG: see organizations.h */
  bool tested;   /* by a condition, or the key of a policy variable */
  bool sets;     /* a set operator tests the key */
};

enum test_kind { TEST_PRINCIPAL, TEST_ACTION, TEST_RESOURCE, TEST_KEY, TEST_OPEN };

struct box_test {
  enum test_kind kind;
  size_t dimension;
  const struct policy_statement *statement; /* one that has the test */
  const struct json_value *named, *key;     /* TEST_KEY: the operator; the key with its operands */
  struct condition_test condition;          /* TEST_KEY */
  bool variables;                           /* policy variables are enabled */
  bool has_variables;                       /* there are some */
  const struct action_index *actions;       /* of a long list of actions; NULL: it is short */
  size_t next;                              /* in the table of tests */
  const char *canonical;
  size_t canonical_length;
};

struct box {
  const struct policy_statement *statement;
  bool deny;
  size_t *tests; /* sorted */
  size_t count;
};

/* The statements of a document that can apply to a request. */
struct box_list {
  struct box *items;
  size_t count;
};

/* Kinds of values of which policies may mention some that do not have the documented form. */
enum box_odd {
  ODD_NONE = 0,
  ODD_ACCOUNT = 1,
  ODD_ORGANIZATION = 2,
  ODD_NETWORK = 4,
  ODD_SERVICE = 8,
  ODD_ANY = 15
};

struct boxes {
  struct pool *pool;
  bool identity; /* identity policies, which name no principal */
  struct box_dimension *dimensions;
  size_t dimension_count, dimension_capacity;
  struct box_test *tests;
  size_t test_count, test_capacity;
  bool issue_time,
      clock_time; /* a policy has aws:TokenIssueTime; aws:CurrentTime or aws:EpochTime */
  unsigned odd;   /* bits of enum box_odd, see shapes_find */
  size_t *table;  /* of tests, by hash of the canonical text; 1 + the first test of a list */
};

/* The dimensions that always exist. */
enum { BOX_CALLER, BOX_ACTION, BOX_RESOURCE, BOX_OPEN, BOX_TIME, BOX_ORG, BOX_KEYS };

/* boxes_init begins without statements. boxes_read adds the statements of a document. They return false, and
 * record the reason in the pool, if there is not enough memory. */
bool boxes_init(struct boxes *boxes, struct pool *pool, bool identity);
bool boxes_read(struct boxes *boxes, const struct policy *doc, struct box_list *list);

/* boxes_find_key returns the dimension of a key, in any letter case; NULL if it has none of its own. */
const struct box_dimension *boxes_find_key(const struct boxes *boxes, const char *key,
                                           size_t length);

/* box_key_is reports whether a test is of a key, in any letter case. */
bool box_key_is(const struct box_test *test, const char *key);

/* box_next_operand returns the first operand of a condition (`operand` NULL) or the next one, or
 * NULL. */
const struct json_value *box_next_operand(const struct box_test *test,
                                          const struct json_value *operand);

/* box_operand_text returns an operand as text, and sets its length; NULL for null. */
const char *box_operand_text(const struct json_value *operand, size_t *length);

#endif
