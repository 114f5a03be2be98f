#include "reason/action_index.h"

#include "policy/evaluate.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SHORT_LIST = 16 };

static int lower(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static size_t literal_length(const struct policy_value *pattern) {
  size_t length = 0;
  while (length < pattern->length && pattern->string[length] != '*' &&
         pattern->string[length] != '?')
    length++;
  return length;
}

/* Compares the beginnings of two texts, up to a length of the second one. */
static int compare_begin(const struct policy_value *a, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    if (i == a->length)
      return -1;
    int difference = lower(a->string[i]) - lower(text[i]);
    if (difference != 0)
      return difference;
  }
  return 0;
}

static int compare_values(const struct policy_value *a, const struct policy_value *b) {
  int begin = compare_begin(a, b->string, b->length);
  return begin != 0 ? begin : a->length > b->length;
}

static int compare_items(const void *a, const void *b) {
  return compare_values(*(const struct policy_value *const *)a,
                        *(const struct policy_value *const *)b);
}

const struct action_index *action_index_new(struct pool *pool, const struct policy_list *list) {
  if (list->count <= SHORT_LIST)
    return NULL;
  struct action_index *index = pool_new(pool, 1, sizeof *index);
  if (!index)
    return NULL;
  index->sorted = pool_new(pool, list->count, sizeof *index->sorted);
  index->wild = pool_new(pool, list->count, sizeof *index->wild);
  index->few = pool_new(pool, list->count + 1, sizeof *index->few);
  if (!index->sorted || !index->wild || !index->few)
    return NULL;
  for (size_t i = 0; i < list->count; i++) {
    const struct policy_value *pattern = &list->items[i];
    index->sorted[index->count++] = pattern;
    if (literal_length(pattern) == pattern->length)
      continue;
    index->few[index->wild_count] = *pattern;
    index->wild[index->wild_count++] = pattern;
  }
  qsort(index->sorted, index->count, sizeof *index->sorted, compare_items);
  return index;
}

/* Returns the first place in the sorted patterns that is not before a text. */
static size_t find_place(const struct action_index *index, const char *text, size_t length) {
  size_t low = 0, high = index->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare_begin(index->sorted[middle], text, length) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static const struct policy_value *find(const struct action_index *index, const char *text,
                                       size_t length) {
  size_t place = find_place(index, text, length);
  bool found = place < index->count && index->sorted[place]->length == length &&
               compare_begin(index->sorted[place], text, length) == 0;
  return found ? index->sorted[place] : NULL;
}

bool action_index_has(const struct action_index *index, const struct policy_value *pattern) {
  return find(index, pattern->string, pattern->length) != NULL;
}

enum condition_truth action_index_holds(const struct action_index *index,
                                        const struct policy_statement *statement,
                                        const struct policy_string *action) {
  const struct policy_value *same = find(index, action->bytes, action->length);
  struct policy_statement few = *statement;
  few.actions.items = index->few;
  few.actions.count = index->wild_count;
  if (same)
    index->few[few.actions.count++] = *same;
  return policy_action_holds(&few, action);
}

bool action_patterns_apart(const struct policy_value *a, const struct policy_value *b) {
  size_t a_length = literal_length(a), b_length = literal_length(b);
  size_t length = a_length < b_length ? a_length : b_length;
  if (compare_begin(a, b->string, length) != 0)
    return true;
  /* A pattern without wildcards has no longer text. */
  return (a_length == a->length && a_length < b_length) ||
         (b_length == b->length && b_length < a_length);
}

void action_index_each(const struct action_index *index, const struct policy_value *pattern,
                       void (*each)(void *state, const struct policy_value *related), void *state) {
  size_t length = literal_length(pattern);
  for (size_t i = 0; i < index->wild_count; i++)
    if (!action_patterns_apart(index->wild[i], pattern))
      each(state, index->wild[i]);
  for (size_t i = find_place(index, pattern->string, length);
       i < index->count && compare_begin(index->sorted[i], pattern->string, length) == 0; i++)
    if (literal_length(index->sorted[i]) == index->sorted[i]->length &&
        !action_patterns_apart(index->sorted[i], pattern))
      each(state, index->sorted[i]);
}
