#ifndef LANYARD_REASON_ORGANIZATIONS_H
#define LANYARD_REASON_ORGANIZATIONS_H

#include "reason/callers.h"
#include "reason/query.h"

/* The organization of a caller: aws:PrincipalOrgID and aws:PrincipalOrgPaths. An account is in one
 * organization or none, and a path begins with the id of the organization. */

/* organizations_bound reports whether a policy variable has the id of the organization as its value. */
bool organizations_bound(const struct query *query);

/* organizations_propose offers the candidates of this dimension for a class of callers. */
void organizations_propose(struct query *query, const struct caller_class *class);

#endif
