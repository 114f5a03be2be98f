#ifndef LANYARD_REASON_RELATIONS_H
#define LANYARD_REASON_RELATIONS_H

#include "reason/box.h"
#include "reason/search.h"

/* The relations between the keys of one request (caller_relations) as boxes: requests that cannot exist,
 * which every question avoids. Only keys that the policies test matter: others are left out of answers. */

struct relations {
  struct policy *doc;    /* the statements of the boxes */
  struct box_list boxes; /* Denies */
};

/* relations_read adds the boxes of the relations between the keys that the policies test, after all
 * policies were read. It returns false, and records the reason in the pool, if there is not enough memory.
 * The caller frees the relations with relations_free. */
bool relations_read(struct boxes *boxes, struct relations *relations);
void relations_free(struct relations *relations);

/* relations_arrange orders the services of aws:CalledVia as aws:CalledViaFirst and aws:CalledViaLast say. */
void relations_arrange(struct pool *pool, struct search_request *request);

/* relations_require reports whether a request has a key because of another one. */
bool relations_require(const struct search_request *request, const struct context_entry *entry);

#endif
