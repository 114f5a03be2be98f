#ifndef LANYARD_REASON_ORGANIZATIONS_H
#define LANYARD_REASON_ORGANIZATIONS_H

#include "reason/callers.h"
#include "reason/query.h"

/* The organization of a caller: aws:PrincipalOrgID and aws:PrincipalOrgPaths. An account is in one
 * organization or none, and a path begins with the id of the organization. */

/* organizations_propose offers the candidates of this dimension for a class of callers. */
void organizations_propose(struct query *query, const struct caller_class *class);

#endif
