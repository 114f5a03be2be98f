#ifndef LANYARD_REASON_VALUES_H
#define LANYARD_REASON_VALUES_H

#include "reason/points.h"
#include "reason/query.h"

/* The values of a condition key. */

struct values_domain {
  const char *key;
  size_t key_length;
  bool absent, present;        /* whether a request may lack the key, and may have it */
  bool many;                   /* a request may have several values */
  enum condition_operand type; /* of the values, where no operator says it; OPERAND_NONE: texts */
  const struct caller_fact *shape; /* the patterns of the values; NULL: any value */
};

/* values_propose offers the candidates of a dimension that is a condition key, or the time. For each
 * value that a request may have, one of them avoids at least as many boxes. */
void values_propose(struct query *query, size_t dimension, const struct values_domain *domain);

/* values_offer_sets offers lists of several values, which are taken from `pool`. */
void values_offer_sets(struct query *query, size_t dimension, const struct values_domain *domain,
                       const struct points *pool);

/* values_texts adds the texts that represent all values for the text tests of a dimension. */
void values_texts(struct query *query, const struct query_dimension *dimension,
                  const struct values_domain *domain, bool many, struct points *points);

/* values_has_type reports whether a text is a value of a type: a number, a date or an address. Other types have
 * all texts. */
bool values_has_type(enum condition_operand type, const char *text);

/* values_is_universal reports whether all values of a key must pass a test, not only one. */
bool values_is_universal(const struct box_test *test);

/* values_is_null reports whether a test is Null without a set operator. */
bool values_is_null(const struct box_test *test);

#endif
