#ifndef LANYARD_REASON_IMPLIED_H
#define LANYARD_REASON_IMPLIED_H

#include "reason/box.h"

/* implied_by reports whether one test certainly holds wherever another one of the same dimension
 * does. It compares patterns pair by pair, which is fast and finds most cases: a narrower list of
 * actions, a role of an account. If it returns false, nothing follows. If `crossing` is set, a `*` matches
 * colons of ARNs. */
bool implied_by(const struct box_test *test, const struct box_test *inside, bool crossing);

/* implied_cost returns how many pairs of patterns such a comparison compares. */
size_t implied_cost(const struct box_test *a, const struct box_test *b);

/* implied_apart reports whether two tests of actions or of resources certainly never hold together,
 * because their patterns begin differently. If it returns false, nothing follows. */
bool implied_apart(const struct box_test *a, const struct box_test *b);

#endif
