#include "policy/action_table.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A statement that names an action without wildcards. */
struct entry {
  uint32_t hash;
  uint32_t statement;
  uint32_t next; /* the next entry with the same lowest bits of the hash, or NO_ENTRY */
};

enum { NO_ENTRY = UINT32_MAX };

struct action_table {
  uint32_t *heads; /* the first entries, by the lowest bits of the hash */
  uint32_t mask;
  struct entry *entries;
  uint32_t *open; /* the statements with a wildcard or NotAction, in order */
  size_t open_count;
  size_t memory;
};

/* FNV-1a of the text in lower case.
 * https://datatracker.ietf.org/doc/html/draft-eastlake-fnv */
static uint32_t hash_of(const char *text, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; i++) {
    unsigned byte = (unsigned char)text[i];
    hash = (hash ^ (byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte)) * 16777619u;
  }
  return hash;
}

/* Reports whether a statement can apply to actions that it does not name. A Deny with a flaw may apply to
 * any. */
static bool is_open(const struct policy_statement *statement) {
  if (statement->not_action || statement->flaw)
    return true;
  for (size_t i = 0; i < statement->actions.count; i++) {
    const struct policy_value *action = &statement->actions.items[i];
    if (memchr(action->string, '*', action->length) || memchr(action->string, '?', action->length))
      return true;
  }
  return false;
}

/* Adds the actions of a statement in front of the entries of later statements. */
static size_t add_entries(struct action_table *table, size_t used,
                          const struct policy_statement *statement) {
  for (size_t i = 0; i < statement->actions.count; i++) {
    const struct policy_value *action = &statement->actions.items[i];
    uint32_t hash = hash_of(action->string, action->length);
    uint32_t *head = &table->heads[hash & table->mask];
    table->entries[used] = (struct entry){hash, (uint32_t)statement->index, *head};
    *head = (uint32_t)used++;
  }
  return used;
}

struct action_table *action_table_new(const struct policy_statement *statements, size_t count) {
  size_t actions = 0, open = 0, heads = 8;
  for (size_t i = 0; i < count; i++)
    if (is_open(&statements[i]))
      open++;
    else
      actions += statements[i].actions.count;
  while (heads < actions)
    heads *= 2;
  size_t memory = sizeof(struct action_table) + actions * sizeof(struct entry) +
                  (heads + open) * sizeof(uint32_t);
  struct action_table *table = malloc(memory);
  if (!table)
    return NULL;
  *table = (struct action_table){.mask = (uint32_t)heads - 1, .open_count = open, .memory = memory};
  table->entries = (struct entry *)(table + 1);
  table->heads = (uint32_t *)(table->entries + actions);
  table->open = table->heads + heads;
  memset(table->heads, 0xFF, heads * sizeof *table->heads);
  for (size_t i = count, used = 0; i-- > 0;)
    if (is_open(&statements[i]))
      table->open[--open] = (uint32_t)i;
    else
      used = add_entries(table, used, &statements[i]);
  return table;
}

void action_table_free(struct action_table *table) {
  free(table);
}

size_t action_table_memory(const struct action_table *table) {
  return table ? table->memory : 0;
}

struct action_search action_search_start(const struct action_table *table, size_t count,
                                         const struct policy_string *action) {
  struct action_search search = {.table = table, .count = count, .entry = NO_ENTRY};
  if (table) {
    search.hash = hash_of(action->bytes, action->length);
    search.entry = table->heads[search.hash & table->mask];
  }
  return search;
}

size_t action_search_next(struct action_search *search) {
  const struct action_table *table = search->table;
  if (!table)
    return search->next < search->count ? search->next++ : search->count;
  while (search->entry != NO_ENTRY && (table->entries[search->entry].hash != search->hash ||
                                       table->entries[search->entry].statement < search->next))
    search->entry = table->entries[search->entry].next;
  while (search->open < table->open_count && table->open[search->open] < search->next)
    search->open++;
  size_t named =
      search->entry != NO_ENTRY ? table->entries[search->entry].statement : search->count;
  size_t open = search->open < table->open_count ? table->open[search->open] : search->count;
  size_t found = named < open ? named : open;
  search->next = found + 1;
  return found;
}
