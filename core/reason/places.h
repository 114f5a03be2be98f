#ifndef LANYARD_REASON_PLACES_H
#define LANYARD_REASON_PLACES_H

#include "reason/query.h"

/* The actions and resources of requests. */

/* places_actions and places_resources offer the candidates of these dimensions. Actions are an open
 * set: every text is one. A resource is an ARN; if `unknown` is set, the policies name no resource,
 * and requests have none. If `named` is set, a resource is never "*". */
void places_actions(struct query *query);
void places_resources(struct query *query, bool unknown, bool named);

/* places_definite reports whether an atom has the texts that match in any case, not only if a `*`
 * matches a colon. If such matches neither hold nor fail, an inside test needs a certain match, and an
 * avoided one a certain failure. */
bool places_definite(const struct query *query, bool exception, bool inside);

#endif
