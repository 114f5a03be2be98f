#ifndef LANYARD_POLICY_CANONICAL_H
#define LANYARD_POLICY_CANONICAL_H

#include "base/buf.h"
#include "policy/document.h"

/* Adds bytes that are equal for two statements when these mean the same: white space, order, a
 * string for an array of one, the case of actions and of condition keys, repeated values, an
 * account id for its root ARN, and "*" for {"AWS": "*"} make no difference. `without`: parts of the
 * meaning to leave out. */
void policy_canonical_statement(const struct policy *doc, size_t index, unsigned without,
                                struct buf *out);

/* What a meaning can leave out. */
enum { CANONICAL_WITHOUT_SID = 1, CANONICAL_WITHOUT_PRINCIPAL = 2 };

/* Adds the same of a statement's conditions alone. */
void policy_canonical_condition(const struct policy *doc, size_t index, struct buf *out);

/* Whether two documents mean the same, Sids and Ids included, whatever the order of their
 * statements. False, with *failed set, when memory ends. */
bool policy_equivalent(const struct policy *a, const struct policy *b, bool *failed);

#endif
