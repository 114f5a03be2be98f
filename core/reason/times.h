#ifndef LANYARD_REASON_TIMES_H
#define LANYARD_REASON_TIMES_H

#include "reason/values.h"

/* times_propose offers the candidates of the time. aws:CurrentTime and aws:EpochTime are one time, which
 * every request has. The temporary credentials of some requests were issued at aws:TokenIssueTime, not
 * later: `issued` is the domain of that key, and `bound` its value as a policy variable, or NULL. */
void times_propose(struct query *query, const struct values_domain *issued,
                   const struct context_entry *bound);

#endif
