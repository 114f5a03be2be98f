#ifndef LANYARD_POLICY_CONTEXT_H
#define LANYARD_POLICY_CONTEXT_H

#include "base/buf.h"
#include "base/match.h"

#include <stdbool.h>
#include <stddef.h>

/* What is known of a request besides who does what to which resource: condition keys and their
 * values, and the policy variables that stand for them.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html */

struct context_value {
  const char *bytes; /* NUL-terminated */
  size_t length;
};

struct context_entry {
  const char *key;
  size_t key_length;
  const struct context_value *values;
  size_t count;
  bool unknown; /* the request has the key, and its values are not known here */
};

/* The keys of a request. One that is not there is not in the request, or, in a partial context, is
 * not known. */
struct context {
  const struct context_entry *entries;
  size_t count;
  bool partial;
};

/* The entry of a key, whatever its letter case, or NULL. */
const struct context_entry *context_find(const struct context *context, const char *key,
                                         size_t length);

/* An operand or resource of a policy, with its variables put in. The wildcards of the policy have
 * become bytes that no UTF-8 text has; a `*` or `?` that a variable brought stands for itself. */
extern const struct match_wildcards context_wildcards;

enum context_expansion {
  CONTEXT_EXPANDED,
  CONTEXT_NULL,    /* a variable stands for nothing: its key is not there, or has not one value */
  CONTEXT_UNKNOWN, /* what a variable stands for is not known */
};

/* Adds the pattern that a text stands for. Without `variables` (a policy of Version 2008-10-17) "${"
 * is plain text. */
enum context_expansion context_expand(const struct context *context, const char *text,
                                      size_t length, bool variables, struct buf *out);

/* The next "${name...}" of a text from `from` on: its name's bytes. False when there is none; else
 * *from is behind it. "${*}", "${?}" and "${$}" are no names of keys, and passed over. */
bool context_next_variable(const char *text, size_t length, size_t *from, const char **name,
                           size_t *name_length);

#endif
