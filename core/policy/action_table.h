#ifndef LANYARD_POLICY_ACTION_TABLE_H
#define LANYARD_POLICY_ACTION_TABLE_H

#include "policy/document.h"

#include <stddef.h>
#include <stdint.h>

/* The statements of a document by action: a decision reads only the ones that can apply to its action. */
struct action_table;

/* action_table_new returns the table of some statements, which must outlive it, or NULL if there is not
 * enough memory. action_table_free accepts NULL. */
struct action_table *action_table_new(const struct policy_statement *statements, size_t count);
void action_table_free(struct action_table *table);

/* action_table_memory returns how many bytes of memory a table owns; NULL owns none. */
size_t action_table_memory(const struct action_table *table);

/* A search for the statements that can apply to an action. */
struct action_search {
  const struct action_table *table;
  uint32_t hash;
  uint32_t entry; /* of the next statement that names the action */
  size_t open;    /* of the next statement with wildcards */
  size_t next;    /* the position after the last result; without a table, of the next one */
  size_t count;   /* of all statements */
};

/* action_search_start begins a search among `count` statements. Without a table it finds all statements, and
 * with one at least all that can apply. action_search_next returns their positions in order, then
 * `count`. */
struct action_search action_search_start(const struct action_table *table, size_t count,
                                         const struct policy_string *action);
size_t action_search_next(struct action_search *search);

#endif
