#ifndef LANYARD_REASON_CALLER_ENTRIES_H
#define LANYARD_REASON_CALLER_ENTRIES_H

#include "policy/caller.h"
#include "reason/query.h"

/* Entries of Principal elements as patterns of the texts of callers (callers.h). */

/* The groups of entries that mean something else where they are exceptions. */
enum entry_group { ENTRY_ACCOUNT, ENTRY_ROLE, ENTRY_OTHER, ENTRY_GROUPS };

/* caller_entries_build appends the patterns of the entries of a test that are in a set of groups, a bit for
 * each, for callers of a kind. */
void caller_entries_build(struct atom *atom, const struct box_test *test, enum caller_kind kind,
                          unsigned groups);

/* caller_entries_sessions appends the sessions of a role, whatever its path, or one session. */
void caller_entries_sessions(struct atom *atom, const struct caller *named);

/* caller_entries_atom returns the atom of the callers of a kind that a test names. */
const struct atom *caller_entries_atom(struct query *query, size_t number, enum caller_kind kind);

#endif
