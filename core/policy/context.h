#ifndef LANYARD_POLICY_CONTEXT_H
#define LANYARD_POLICY_CONTEXT_H

#include "base/buf.h"
#include "base/match.h"

#include <stdbool.h>
#include <stddef.h>

/* The context of a request: condition keys and their values. Policy variables refer to them.
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
  bool unknown; /* the request has the key, but its values are unknown */
};

/* The context keys of a request. The request does not have other keys; if the context is partial,
 * other keys are unknown. */
struct context {
  const struct context_entry *entries;
  size_t count;
  bool partial;
  size_t sorted; /* the first entries that context_sort has sorted */
};

/* context_sort sorts the entries of a context, and returns one whose key is given twice, or NULL. */
const struct context_entry *context_sort(struct context *context, struct context_entry *entries);

/* context_find returns the entry of a key, in any letter case, or NULL. */
const struct context_entry *context_find(const struct context *context, const char *key,
                                         size_t length);

/* The wildcards in the result of context_expand: bytes that do not occur in UTF-8, so that a `*` or
 * `?` from the value of a variable is literal. */
extern const struct match_wildcards context_wildcards;

enum context_expansion {
  CONTEXT_EXPANDED,
  CONTEXT_NULL, /* a variable has no value: its key is absent or does not have exactly one value */
  CONTEXT_UNKNOWN, /* the value of a variable is unknown */
};

/* context_expand appends a pattern with its variables replaced by their values. Without `variables`
 * (Version 2008-10-17), "${" is ordinary text. */
enum context_expansion context_expand(const struct context *context, const char *text,
                                      size_t length, bool variables, struct buf *out);

/* context_substitute appends a pattern in which variables that have a value are replaced by it. A
 * wildcard or dollar sign of the value is written as an escape: "${*}". Other variables stay. It returns
 * CONTEXT_NULL if a variable has no value, and else CONTEXT_EXPANDED. */
enum context_expansion context_substitute(const struct context *context, const char *text,
                                          size_t length, struct buf *out);

/* context_next_variable finds the next "${name...}" of a text at or after *from. It returns false
 * if there is none; else it sets the name and moves *from past the variable. It skips the escapes
 * "${*}", "${?}" and "${$}", and variables without a key, which never have a value: "${}". */
bool context_next_variable(const char *text, size_t length, size_t *from, const char **name,
                           size_t *name_length);

#endif
