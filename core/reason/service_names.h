#ifndef LANYARD_REASON_SERVICE_NAMES_H
#define LANYARD_REASON_SERVICE_NAMES_H

#include "reason/query.h"
#include "reason/texts.h"

/* The names of services, aws:PrincipalServiceNamesList. They follow from the service that makes a
 * request, which is one of them. */

/* service_names_test reports whether a test is of that key. */
bool service_names_test(const struct box_test *test);

/* service_names_distinguish adds atoms of the services that the tests mention and of the ones with names in other
 * Regions, and of all others: only these can have, or must have, a mentioned name in their list. */
void service_names_distinguish(struct query *query, struct texts_atoms *avoided);

/* service_names_offer offers a service, with each list of names that the policies distinguish. `list` is
 * the entry of the value for them, which it changes. */
void service_names_offer(struct query *query, const struct query_value *service,
                         struct context_entry *list);

/* service_names_each calls a function with the services whose names the tests mention, and with each in another
 * Region and without one. */
void service_names_each(struct query *query,
                        void (*offer)(struct query *query, void *state, const char *service,
                                      size_t length),
                        void *state);

#endif
