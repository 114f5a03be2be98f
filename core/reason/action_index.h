#ifndef LANYARD_REASON_ACTION_INDEX_H
#define LANYARD_REASON_ACTION_INDEX_H

#include "policy/condition.h"
#include "policy/document.h"
#include "reason/pool.h"

/* A long list of actions, sorted. A pattern without wildcards matches only its own text, in any letter
 * case, so most patterns of such a list need not be compared with an action. */

struct action_index {
  const struct policy_value **sorted; /* all patterns, by text in lower case */
  size_t count;
  const struct policy_value **wild; /* the patterns with wildcards */
  size_t wild_count;
  struct policy_value *few; /* room for the patterns with wildcards and one more */
};

/* action_index_new returns the index of a list, or NULL if the list is short. A failed allocation is
 * recorded in the pool. */
const struct action_index *action_index_new(struct pool *pool, const struct policy_list *list);

/* action_index_has reports whether a pattern is in the list. */
bool action_index_has(const struct action_index *index, const struct policy_value *pattern);

/* action_index_holds lets the evaluator decide whether the Action or NotAction element of a statement, whose
 * list the index has, applies to an action. */
enum condition_truth action_index_holds(const struct action_index *index,
                                        const struct policy_statement *statement,
                                        const struct policy_string *action);

/* action_index_each calls a function with each pattern that may match a text of another one: one of them
 * begins as the other does. */
void action_index_each(const struct action_index *index, const struct policy_value *pattern,
                       void (*each)(void *state, const struct policy_value *related), void *state);

/* action_patterns_apart reports whether two patterns of actions begin differently. */
bool action_patterns_apart(const struct policy_value *a, const struct policy_value *b);

#endif
