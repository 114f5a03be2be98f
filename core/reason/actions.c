/* The candidates of the action: texts of the form SERVICE:NAME. No request has an action of another form.
 *
 * A text inside a list matches one of its patterns. So each pattern of a list is searched alone, with
 * the patterns of other tests that begin as it does: in long lists, these are few. */

#include "base/bytes.h"
#include "reason/places.h"
#include "reason/texts.h"

#include <string.h>

static const struct match_wildcards wildcards = {'*', '?'};

/* Shorter lists are searched as one. */
enum { FEW_PATTERNS = 64 };

/* Reports whether a text has the form SERVICE:NAME. */
static bool is_action(const char *bytes, size_t length) {
  const char *colon = memchr(bytes, ':', length);
  size_t name = colon ? length - (size_t)(colon + 1 - bytes) : 0;
  return name > 0 && colon > bytes && !memchr(colon + 1, ':', name);
}

static void offer_text(struct query *query, const char *bytes, size_t length) {
  struct query_value value = {.text = {bytes, length}};
  if (is_action(bytes, length))
    query_offer(query, BOX_ACTION, &value);
}

static bool has_wildcard(const struct policy_value *pattern) {
  return strpbrk(pattern->string, "*?") != NULL;
}

/* Returns the first inside test that lists actions, or NULL. With `literal`, no pattern of it has
 * wildcards. */
static const struct box_test *inside_list(const struct query *query, bool literal) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ACTION];
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    const struct policy_list *list = &test->statement->actions;
    bool found = !test->statement->not_action;
    for (size_t p = 0; literal && found && p < list->count; p++)
      found = !has_wildcard(&list->items[p]);
    if (found)
      return test;
  }
  return NULL;
}

/* --- Atoms ------------------------------------------------------------------------------------ */

/* Appends a pattern. One without a colon matches an action only if its `*` may match the colon, which is
 * open, except "*". */
static void add_pattern(struct atom *atom, const struct policy_value *pattern, bool crossing) {
  bool whole = crossing || memchr(pattern->string, ':', pattern->length) ||
               strspn(pattern->string, "*") == pattern->length;
  atom_add_glob(atom, pattern->string, pattern->length, wildcards,
                whole ? byte_set_any() : byte_set_except(":"), true);
  atom_end(atom);
}

static void add_actions(struct atom *atom, const struct box_test *test, bool crossing) {
  atom->negated = test->statement->not_action;
  for (size_t i = 0; i < test->statement->actions.count; i++)
    add_pattern(atom, &test->statement->actions.items[i], crossing);
}

static void build_definite(struct query *query, struct atom *atom, const struct box_test *test) {
  (void)query;
  add_actions(atom, test, false);
}

static void build_possible(struct query *query, struct atom *atom, const struct box_test *test) {
  (void)query;
  add_actions(atom, test, true);
}

static const struct atom *action_atom(struct query *query, size_t test, bool inside) {
  bool definite = places_definite(query, query_test(query, test)->statement->not_action, inside);
  return definite ? texts_atom(query, test, FORM_VALUE, build_definite)
                  : texts_atom(query, test, FORM_MAYBE, build_possible);
}

static struct atom *action_shape(struct query *query) {
  struct atom *atom = texts_new(query);
  if (!atom)
    return NULL;
  struct byte_set part = byte_set_except(":");
  atom_add_one(atom, part);
  atom_add_star(atom, part);
  atom_add_text(atom, ":", 1, false);
  atom_add_one(atom, part);
  atom_add_star(atom, part);
  atom_end(atom);
  return atom;
}

static void offer_words(struct query *query, const struct texts_atoms *inside,
                        const struct texts_atoms *avoided) {
  struct words_list list;
  texts_propose(query, inside, avoided, &list);
  for (size_t i = 0; i < list.count; i++)
    offer_text(query, list.items[i].bytes, list.items[i].length);
  words_free(&list);
}

/* --- A list as one ---------------------------------------------------------------------------- */

static void offer_all(struct query *query) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ACTION];
  struct texts_atoms inside = {0}, avoided = {0};
  texts_add(query, &inside, action_shape(query));
  for (size_t i = 0; i < dimension->inside_count; i++)
    texts_add(query, &inside, action_atom(query, dimension->inside[i], true));
  for (size_t i = 0; i < dimension->avoided_count; i++)
    texts_add(query, &avoided, action_atom(query, dimension->avoided[i], false));
  offer_words(query, &inside, &avoided);
}

/* --- Each pattern of a list alone ------------------------------------------------------------- */

/* The patterns of a test that begin as one pattern does. */
struct related {
  struct atom *atom;
  bool crossing;
};

static void add_related(void *state, const struct policy_value *pattern) {
  struct related *related = state;
  add_pattern(related->atom, pattern, related->crossing);
}

/* Returns an atom of these patterns, or NULL. */
static struct atom *related_atom(struct query *query, size_t number, bool inside,
                                 const struct policy_value *pattern) {
  const struct box_test *test = query_test(query, number);
  const struct policy_list *list = &test->statement->actions;
  size_t first = 0;
  while (!test->actions && first < list->count &&
         action_patterns_apart(&list->items[first], pattern))
    first++;
  *query->steps -= first < *query->steps ? first : *query->steps;
  if (!test->actions && first == list->count)
    return NULL;
  struct related related = {texts_new(query),
                            !places_definite(query, test->statement->not_action, inside)};
  if (!related.atom)
    return NULL;
  related.atom->negated = test->statement->not_action;
  if (test->actions)
    action_index_each(test->actions, pattern, add_related, &related);
  for (size_t i = first; !test->actions && i < list->count; i++)
    if (!action_patterns_apart(&list->items[i], pattern))
      add_related(&related, &list->items[i]);
  size_t cost = test->actions ? 20 + 10 * test->actions->wild_count : 10 * list->count;
  *query->steps -= cost < *query->steps ? cost : *query->steps;
  return related.atom->count > 0 ? related.atom : NULL;
}

static void offer_pattern(struct query *query, const struct box_test *list,
                          const struct policy_value *pattern) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ACTION];
  struct texts_atoms inside = {0}, avoided = {0};
  texts_add(query, &inside, action_shape(query));
  struct atom *own = texts_new(query);
  if (!own)
    return;
  add_pattern(own, pattern, !places_definite(query, false, true));
  texts_add(query, &inside, own);
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    if (test == list)
      continue;
    const struct atom *atom = related_atom(query, dimension->inside[i], true, pattern);
    if (!atom && !test->statement->not_action)
      return; /* no text matches both */
    texts_add(query, &inside, atom);
  }
  for (size_t i = 0; i < dimension->avoided_count; i++)
    texts_add(query, &avoided, related_atom(query, dimension->avoided[i], false, pattern));
  offer_words(query, &inside, &avoided);
}

static void offer_each(struct query *query, const struct box_test *list) {
  const struct policy_list *patterns = &list->statement->actions;
  for (size_t i = 0; i<patterns->count && * query->steps> 0 && !query->inexact; i++) {
    if (has_wildcard(&patterns->items[i]))
      offer_pattern(query, list, &patterns->items[i]);
    else
      offer_text(query, patterns->items[i].string, patterns->items[i].length);
  }
}

/* --- Actions ---------------------------------------------------------------------------------- */

static size_t count_patterns(const struct query *query) {
  const struct query_dimension *dimension = &query->dimensions[BOX_ACTION];
  size_t patterns = 0;
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    patterns += query_test(query, number)->statement->actions.count;
  }
  return patterns;
}

/* Offers a text that matches the first pattern of an inside test, or any, where each `*` is the name
 * that no pattern mentions. Such a text is often the best one. */
static void offer_guess(struct query *query, const struct box_test *list) {
  const char *pattern = list ? list->statement->actions.items[0].string : "*:*";
  if (strcmp(pattern, "*") == 0)
    pattern = "*:*";
  bool colon = strchr(pattern, ':') != NULL;
  struct buf text = {0};
  for (const char *c = pattern; *c; c++) {
    if (*c == '*') {
      buf_adds(&text, colon ? "" : ":");
      buf_adds(&text, query->fresh);
      colon = true;
    } else {
      buf_addc(&text, *c == '?' ? 'a' : *c);
    }
  }
  query->pool->failed = query->pool->failed || text.failed;
  if (text.data && !text.failed)
    offer_text(query, text.data, text.length);
  buf_free(&text);
}

void places_actions(struct query *query) {
  const struct box_test *literal = inside_list(query, true);
  if (literal) {
    const struct policy_list *list = &literal->statement->actions;
    for (size_t i = 0; i<list->count && * query->steps> 0; i++)
      offer_text(query, list->items[i].string, list->items[i].length);
    return;
  }
  const struct box_test *list = inside_list(query, false);
  offer_guess(query, list);
  if (query_perfect(query, BOX_ACTION))
    return;
  if (list && count_patterns(query) > FEW_PATTERNS)
    offer_each(query, list);
  else
    offer_all(query);
}
