#ifndef LANYARD_REASON_ORGANIZATIONS_H
#define LANYARD_REASON_ORGANIZATIONS_H

#include "reason/callers.h"
#include "reason/query.h"

/* The organizations of callers, resources, sources and endpoints: aws:PrincipalOrgID and
 * aws:PrincipalOrgPaths, and their siblings. A request has both keys of such a pair or none, and an
 * account has one path, which begins with the id. */

/* organizations_pair returns the number of the pair that a key is of, 0 for the callers', or -1. */
int organizations_pair(const char *key, size_t length);

/* organizations_is_path reports whether a key of a pair has paths. organizations_id returns how many bytes of a
 * path, or of a pattern of paths, are the id: no id has a slash. */
bool organizations_is_path(const char *key, size_t length);
size_t organizations_id(const char *text, size_t length);

/* What a request can have. */
struct organizations_domain {
  const char *known; /* the id of the organization; "": none; NULL: unknown */
  bool member;       /* the request can have the keys */
  bool always;       /* each request that can have them has them */
};

/* organizations_propose offers the candidates of a dimension of organizations. */
void organizations_propose(struct query *query, size_t dimension,
                           const struct organizations_domain *domain);

/* organizations_bound reports whether a policy variable has a value of a pair, or its absence. */
bool organizations_bound(const struct query *query, size_t dimension);

/* organizations_key returns the name of a key of a dimension: the id, or the paths. */
const char *organizations_key(const struct query *query, size_t dimension, bool paths);

#endif
