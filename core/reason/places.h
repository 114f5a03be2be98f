#ifndef LANYARD_REASON_PLACES_H
#define LANYARD_REASON_PLACES_H

#include "reason/query.h"

/* The actions and resources of requests. */

/* places_actions and places_resources offer the candidates of these dimensions. Actions are an open
 * set: every text is one. A resource is an ARN; if `unknown` is set, the policies name no resource,
 * and requests have none. */
void places_actions(struct query *query);
void places_resources(struct query *query, bool unknown);

#endif
