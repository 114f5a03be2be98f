#ifndef LANYARD_REASON_ACCESS_H
#define LANYARD_REASON_ACCESS_H

#include "policy/document.h"
#include "reason/accounts.h"
#include "reason/pool.h"
#include "reason/search.h"

/* Questions about every possible request: any principal, action, resource, and any value of any
 * condition key. See core/README.md for the method. */

struct access_options {
  bool identity; /* identity policies: the principal is any one with an account */
  const struct access_account *accounts; /* what is known about accounts */
  size_t account_count;
  const char *const *always; /* condition keys that every request has */
  size_t always_count;
  const char *const *bound; /* actions whose resource is never "*" */
  size_t bound_count;
  unsigned forms; /* of access_forms: also values that policies mention elsewhere */
  size_t limit;   /* how much work is done, about 200 per microsecond; 0: the default */
};

enum access_answer {
  ACCESS_NONE, /* no request differs */
  ACCESS_FOUND,
  ACCESS_UNDECIDED, /* `reason` says why */
  ACCESS_NO_MEMORY,
};

struct access_result {
  struct pool pool; /* owns the request; the caller frees it with pool_free */
  struct search_request request;
  size_t statement;           /* index in `after` of the statement that allows the request */
  bool certain;               /* the answer does not depend on what AWS leaves open */
  struct buf because, before; /* why each policy decides as it does; the caller frees them */
  const char *reason;
  size_t steps; /* the work that was done, as in the limit; without reading the policies */
};

/* access_forms returns of which kinds a policy mentions values that do not have the form that AWS documents, such as a
 * VPC `prod`. Keys of these kinds may then have any value. A question about a part of a policy needs the forms of
 * the whole. A policy that is too large mentions all kinds. *failed is set if there is not enough memory. */
unsigned access_forms(const struct policy *doc, bool identity, bool *failed);

/* access_find finds a request that `after` allows and `before` does not. */
enum access_answer access_find(const struct policy *before, const struct policy *after,
                               const struct access_options *options, struct access_result *result);

#endif
