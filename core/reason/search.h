#ifndef LANYARD_REASON_SEARCH_H
#define LANYARD_REASON_SEARCH_H

#include "reason/callers.h"
#include "reason/query.h"

/* The search for a request in each of one or two boxes and in none of others. */

struct search {
  struct boxes *boxes;
  struct pool *pool;
  bool identity; /* identity policies: callers have an account */
  struct accounts accounts;
  struct caller_class *classes;
  size_t class_count, class_capacity;
  struct caller_names names;
  const char *const *always; /* keys that every request has */
  size_t always_count;
  const char *const *bound; /* actions whose resource is never "*" */
  size_t bound_count;
  bool no_resource; /* the policies name no resources */
  struct query_atoms *atoms;
  size_t *steps;
  bool saw_open;      /* a test was undecided */
  const char *reason; /* why a search is undecided */
};

struct search_question {
  const struct box *inside[2];
  size_t inside_count;
  const struct box **avoided;
  size_t avoided_count;
  enum query_reading reading;
};

/* The values of a request, in the order of the dimensions. */
struct search_request {
  struct policy_string principal, action, resource;
  struct policy_string issuer; /* the user that federated the principal; bytes NULL: none */
  struct context_entry *entries;
  size_t count;
};

enum search_outcome { SEARCH_NONE, SEARCH_FOUND, SEARCH_UNDECIDED };

/* search_is_always reports whether a key is in `always`. */
bool search_is_always(const struct search *search, const char *key, size_t length);

/* search_run answers a question. The request is in the pool. If the outcome is SEARCH_UNDECIDED,
 * `reason` says why. */
enum search_outcome search_run(struct search *search, const struct search_question *question,
                               struct search_request *request);

#endif
