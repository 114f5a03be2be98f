#ifndef LANYARD_POLICY_CANONICAL_H
#define LANYARD_POLICY_CANONICAL_H

#include "base/buf.h"
#include "policy/document.h"

/* policy_canonical_statement appends the canonical form of a statement: bytes that are equal for
 * two statements with the same meaning. White space, order, a string instead of an array of one,
 * the case of actions and condition keys, duplicate values, an account id instead of its root ARN,
 * and "*" instead of {"AWS": "*"} make no difference. `without` excludes parts of the statement. */
void policy_canonical_statement(const struct policy *doc, size_t index, unsigned without,
                                struct buf *out);

/* Parts that a canonical form can exclude. */
enum { CANONICAL_WITHOUT_SID = 1, CANONICAL_WITHOUT_PRINCIPAL = 2 };

/* policy_canonical_condition appends the canonical form of a statement's Condition element only. */
void policy_canonical_condition(const struct policy *doc, size_t index, struct buf *out);

/* policy_equivalent reports whether two documents have the same meaning, Sids and Ids included, in
 * any order of statements. If there is not enough memory, it returns false and sets *failed. */
bool policy_equivalent(const struct policy *a, const struct policy *b, bool *failed);

#endif
