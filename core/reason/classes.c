/* Two values of a variable are in one class if no test sees a difference. What a test sees of a value is which
 * patterns the text around it matches: the texts of a dimension that begin with PRE and a value, as a
 * pattern PRE${key}POST does, match another pattern of the dimension for certain values only, and these are
 * patterns, too (quotient.c). Several variables are in the texts of one dimension, and a variable is the
 * dimension of others. So each pattern of a variable's values makes patterns of the texts that contain it, and
 * these make patterns of other variables. Patterns are added until there are no new ones. If that does not
 * end, some values may be missing.
 *
 * The patterns of a variable are found before others have values. Then it gets a value of each class,
 * and the next variable is asked about with this value in the texts (binding.c). */

#include "reason/classes.h"

#include "base/bytes.h"
#include "policy/context.h"
#include "reason/organizations.h"
#include "reason/quotient.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <strings.h>

enum { ROUNDS = 5, MOST_PATTERNS = 96, FRAMES = 64, ARN_COLONS = 5 };

static const char TOO_MANY[] = "a policy variable is compared with too many patterns";

/* A text with a variable that has no value yet: what precedes and follows the variable, as patterns. */
struct place {
  size_t variable, list;
  struct policy_string before, after;
  bool fold, arn;
  const char *origin;
  size_t origin_before;       /* the length of what precedes it in the policy */
  size_t divided, multiplied; /* how many patterns of the texts, and of the values, are done */
};

struct classes {
  struct variables *variables;
  const struct context *bound;
  struct place places[FRAMES];
  size_t place_count;
  size_t list;                  /* of the test whose texts are noted */
  struct class_patterns *texts; /* by variables_list, or the dimension of resources */
  bool grown;
};

static size_t list_of_variable(const struct variables *variables, size_t i) {
  return variables_list(variables->query->boxes, variables->items[i].name,
                        variables->items[i].length);
}

/* --- Lists of patterns ------------------------------------------------------------------------ */

static bool is_wildcard(char c) {
  return c == context_wildcards.any || c == context_wildcards.one;
}

static bool is_trivial(struct policy_string glob) {
  for (size_t i = 0; i < glob.length; i++)
    if (glob.bytes[i] != context_wildcards.any)
      return false;
  return glob.length > 0;
}

static void add_pattern(struct classes *classes, struct class_patterns *list,
                        struct class_pattern pattern) {
  struct query *query = classes->variables->query;
  if (!query_pay(query, 4 + 2 * list->count))
    return;
  for (size_t i = 0; i < list->count; i++) {
    const struct class_pattern *other = &list->items[i];
    if (other->fold == pattern.fold && other->arn == pattern.arn &&
        other->origin == pattern.origin &&
        bytes_equal(other->glob.bytes, other->glob.length, pattern.glob.bytes, pattern.glob.length))
      return;
  }
  if (list->count == MOST_PATTERNS) {
    classes->variables->inexact = TOO_MANY;
    return;
  }
  if (list->count == list->capacity) {
    void *grown = pool_grow(query->pool, list->items, &list->capacity, sizeof *list->items);
    if (!grown)
      return;
    list->items = grown;
  }
  pattern.glob.bytes = pool_copy(query->pool, pattern.glob.bytes, pattern.glob.length);
  if (!pattern.glob.bytes)
    return;
  list->items[list->count++] = pattern;
  classes->grown = true;
}

/* Reports whether values of a key never have separators. */
static bool is_plain(const struct variables *variables, size_t i) {
  switch (
      shape_of_key(variables->query->boxes, variables->items[i].name, variables->items[i].length)) {
  case SHAPE_NAME:
  case SHAPE_ACCOUNT:
  case SHAPE_PRINCIPAL:
  case SHAPE_ORGANIZATION:
  case SHAPE_BOOLEAN:
    return true;
  default:
    return false;
  }
}

/* Adds a pattern of a variable's values, unless all values match it or none does. */
static void add_value_pattern(struct classes *classes, size_t variable, const char *glob,
                              size_t length, bool fold) {
  struct variables *variables = classes->variables;
  if (is_trivial((struct policy_string){glob, length}) ||
      (length > 0 && is_plain(variables, variable) &&
       (memchr(glob, '/', length) || memchr(glob, ':', length))))
    return;
  add_pattern(classes, &variables->items[variable].classes,
              (struct class_pattern){.glob = {glob, length}, .fold = fold});
}

/* --- Texts of policies ------------------------------------------------------------------------ */

static bool ignores_case(const struct box_test *test) {
  return test->kind == TEST_KEY && (strstr(test->condition.name, "IgnoreCase") != NULL ||
                                    test->condition.type == OPERAND_BOOLEAN);
}

static bool is_arn_test(const struct box_test *test) {
  return test->kind == TEST_RESOURCE || test->condition.type == OPERAND_ARN;
}

/* Returns the variable of a name, or their number, and sets whether it has no value yet. */
static size_t find_free(const struct classes *classes, const char *name, size_t length,
                        bool *open) {
  size_t i = variables_find(classes->variables, name, length);
  *open = i < classes->variables->count &&
          !(classes->bound && context_find(classes->bound, name, length));
  return i;
}

/* Appends a piece between two places of a text, in which variables have their values, or are stars. It
 * returns false if one of them is absent. */
static bool add_range(struct classes *classes, const struct box_test *test, const char *text,
                      size_t from, size_t to, struct buf *out) {
  const char *name;
  size_t length, next = from, start = from;
  static const struct context nothing = {0};
  while (test->variables && context_next_variable(text, to, &next, &name, &length)) {
    size_t begin = (size_t)(name - 2 - text);
    bool open;
    find_free(classes, name, length, &open);
    variables_piece(test, text + start, begin - start, out);
    if (open)
      buf_addc(out, context_wildcards.any);
    else if (context_expand(classes->bound ? classes->bound : &nothing, text + begin, next - begin,
                            true, out) != CONTEXT_EXPANDED)
      return false;
    start = next;
  }
  variables_piece(test, text + start, to - start, out);
  return true;
}

static struct policy_string keep(struct classes *classes, struct buf *text) {
  struct pool *pool = classes->variables->query->pool;
  pool->failed = pool->failed || text->failed;
  struct policy_string kept = {text->failed ? NULL : pool_copy(pool, text->data, text->length),
                               text->length};
  buf_free(text);
  return kept;
}

/* Adds the default of a variable, a value that other values can equal. */
static void add_default(struct classes *classes, size_t variable, const char *text, size_t length) {
  static const struct context nothing = {0};
  struct buf value = {0};
  if (context_expand(&nothing, text, length, true, &value) == CONTEXT_EXPANDED && value.data)
    add_value_pattern(classes, variable, value.data, value.length, false);
  classes->variables->query->pool->failed |= value.failed;
  buf_free(&value);
}

static void add_place(struct classes *classes, const struct box_test *test, const char *text,
                      size_t length, const char *name, size_t name_length, size_t end) {
  bool open;
  size_t variable = find_free(classes, name, name_length, &open);
  size_t begin = (size_t)(name - 2 - text);
  if (!open)
    return;
  if (classes->place_count == FRAMES) {
    classes->variables->inexact = TOO_MANY;
    return;
  }
  struct buf before = {0}, after = {0};
  bool possible = add_range(classes, test, text, 0, begin, &before) &&
                  add_range(classes, test, text, end, length, &after);
  struct place place = {.variable = variable,
                        .list = classes->list,
                        .before = keep(classes, &before),
                        .after = keep(classes, &after),
                        .fold = ignores_case(test),
                        .arn = is_arn_test(test),
                        .origin = text,
                        .origin_before = begin};
  if (!possible || !place.before.bytes || !place.after.bytes)
    return;
  classes->places[classes->place_count++] = place;
  add_default(classes, variable, text + begin, end - begin);
}

/* Adds the pattern of a text to the list of its dimension, and the places of variables in it. */
static void note_text(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  struct classes *classes = state;
  struct query *query = variables->query;
  struct buf whole = {0};
  if (!query_pay(query, 60 + 3 * length))
    return;
  if (add_range(classes, test, text, 0, length, &whole) && !whole.failed)
    add_pattern(classes, &classes->texts[classes->list],
                (struct class_pattern){.glob = {whole.data ? whole.data : "", whole.length},
                                       .fold = ignores_case(test),
                                       .arn = is_arn_test(test),
                                       .origin = text});
  query->pool->failed = query->pool->failed || whole.failed;
  buf_free(&whole);
  const char *name;
  size_t name_length, from = 0;
  while (test->variables && context_next_variable(text, length, &from, &name, &name_length))
    add_place(classes, test, text, length, name, name_length, from);
}

/* Adds the id in a pattern of an organization's paths to the list of ids. All ids match "*" and "o-*"; another
 * wildcard may match a part of the id and more. */
static void note_id(struct variables *variables, const struct box_test *test, const char *text,
                    size_t length, void *state) {
  size_t id = organizations_id(text, length);
  if (bytes_are(text, id, "*") || bytes_are(text, id, "o-*"))
    return;
  if (has_wildcard(text, id))
    variables->inexact = "a policy variable is an organization that is compared with a pattern";
  note_text(variables, test, text, id, state);
}

static bool is_in_question(const struct query *query, size_t test) {
  return query->roles[test] || query->masks[test];
}

/* Reports whether the ids or paths of a dimension of organizations are compared with a variable. */
static bool concerns_ids(const struct variables *variables, size_t dimension) {
  const struct query *query = variables->query;
  for (size_t i = 0; i < variables->count; i++)
    if (list_of_variable(variables, i) == dimension)
      return true;
  for (size_t i = 0; i < query->boxes->test_count; i++)
    if (query_test(query, i)->dimension == dimension && query_test(query, i)->has_variables &&
        is_in_question(query, i))
      return true;
  return false;
}

/* A path begins with the id, so tests of the paths distinguish ids, too. */
static void note_ids(struct classes *classes) {
  struct variables *variables = classes->variables;
  const struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    classes->list = test->dimension;
    if (test->kind == TEST_KEY && is_in_question(query, i) &&
        organizations_is_path(test->key->key->string, test->key->key->length) &&
        concerns_ids(variables, test->dimension))
      variables_each(variables, test, note_id, classes);
  }
}

static void note_texts(struct classes *classes) {
  struct variables *variables = classes->variables;
  for (size_t i = 0; i < variables->query->boxes->test_count; i++) {
    classes->list = variables->lists[i];
    if (classes->list > 0)
      variables_each(variables, query_test(variables->query, i), note_text, classes);
  }
}

/* --- Patterns of values ----------------------------------------------------------------------- */

struct quotient {
  struct classes *classes;
  size_t variable;
  bool fold;
};

static void add_quotient(void *state, const char *glob, size_t length) {
  const struct quotient *quotient = state;
  add_value_pattern(quotient->classes, quotient->variable, glob, length, quotient->fold);
}

static size_t count_colons(struct policy_string text) {
  size_t colons = 0;
  for (size_t i = 0; i < text.length; i++)
    colons += text.bytes[i] == ':';
  return colons;
}

static struct policy_string sixth_part(struct policy_string text) {
  return variables_part(text.bytes, text.length);
}

/* Reports whether a pattern comes from a text that begins as the text of a place does, up to the same
 * variable. Then what follows the variable decides which of them a text matches. */
static bool is_sibling(const struct place *place, const struct class_pattern *pattern) {
  if (!pattern->origin || pattern->origin == place->origin)
    return pattern->origin != NULL;
  const char *name, *other;
  size_t length, other_length, from = place->origin_before, next = place->origin_before;
  size_t size = strlen(pattern->origin);
  return size > place->origin_before &&
         memcmp(pattern->origin, place->origin, place->origin_before) == 0 &&
         context_next_variable(place->origin, strlen(place->origin), &from, &name, &length) &&
         context_next_variable(pattern->origin, size, &next, &other, &other_length) &&
         other - pattern->origin == name - place->origin && length == other_length &&
         strncasecmp(name, other, length) == 0;
}

/* Reports whether two patterns begin otherwise, before the first wildcard of each. */
static bool begin_apart(struct policy_string a, struct policy_string b) {
  for (size_t i = 0; i < a.length && i < b.length; i++) {
    bool wild = is_wildcard(a.bytes[i]) || is_wildcard(b.bytes[i]);
    if (wild || strncasecmp(a.bytes + i, b.bytes + i, 1) != 0)
      return !wild;
  }
  return false;
}

/* Adds the patterns of the values for which the text of a place can match a pattern. */
static void divide(struct classes *classes, const struct place *place,
                   const struct class_pattern *pattern) {
  struct query *query = classes->variables->query;
  struct policy_string before = place->before, after = place->after, glob = pattern->glob;
  struct quotient quotient = {classes, place->variable, place->fold || pattern->fold};
  if (!query_pay(query, 20) || begin_apart(before, glob) || is_trivial(glob) ||
      is_sibling(place, pattern))
    return;
  if (place->arn && pattern->arn && count_colons(before) >= ARN_COLONS &&
      count_colons(glob) >= ARN_COLONS) {
    before = sixth_part(before);
    glob = sixth_part(glob);
  }
  if (!query_pay(query, 50 + glob.length * (4 + before.length + after.length) / 2))
    return;
  if (!quotient_each(glob, before, after, quotient.fold, add_quotient, &quotient))
    classes->variables->inexact = TOO_MANY;
}

/* Adds what a pattern of values says about the texts with the variable. */
static void multiply(struct classes *classes, const struct place *place,
                     const struct class_pattern *value) {
  struct buf text = {0};
  buf_add(&text, place->before.bytes, place->before.length);
  buf_add(&text, value->glob.bytes, value->glob.length);
  buf_add(&text, place->after.bytes, place->after.length);
  classes->variables->query->pool->failed |= text.failed;
  if (!text.failed)
    add_pattern(classes, &classes->texts[place->list],
                (struct class_pattern){.glob = {text.data ? text.data : "", text.length},
                                       .fold = place->fold || value->fold,
                                       .arn = place->arn,
                                       .origin = place->origin});
  buf_free(&text);
}

/* The values of a variable are the texts of its dimension. */
static void exchange(struct classes *classes, size_t variable, size_t list) {
  struct class_patterns *texts = &classes->texts[list];
  struct class_patterns *values = &classes->variables->items[variable].classes;
  for (size_t i = 0; i < texts->count; i++)
    add_value_pattern(classes, variable, texts->items[i].glob.bytes, texts->items[i].glob.length,
                      texts->items[i].fold);
  for (size_t i = 0; i < values->count; i++)
    add_pattern(
        classes, texts,
        (struct class_pattern){.glob = values->items[i].glob, .fold = values->items[i].fold});
}

static void grow(struct classes *classes) {
  struct variables *variables = classes->variables;
  for (size_t p = 0; p < classes->place_count; p++) {
    struct place *place = &classes->places[p];
    const struct class_patterns *texts = &classes->texts[place->list];
    while (place->divided < texts->count)
      divide(classes, place, &texts->items[place->divided++]);
  }
  if (variables->count == 1 && classes->place_count == 1)
    return;
  for (size_t p = 0; p < classes->place_count; p++) {
    struct place *place = &classes->places[p];
    const struct class_patterns *values = &variables->items[place->variable].classes;
    while (place->multiplied < values->count)
      multiply(classes, place, &values->items[place->multiplied++]);
  }
}

/* Adds the values that variables have to the patterns of their dimensions. */
static void note_values(struct classes *classes) {
  const struct context *bound = classes->bound;
  for (size_t i = 0; bound && i < classes->variables->count; i++) {
    const struct context_entry *entry =
        context_find(bound, classes->variables->items[i].name, classes->variables->items[i].length);
    size_t list = list_of_variable(classes->variables, i);
    if (entry && entry->count == 1 && list > 0)
      add_pattern(
          classes, &classes->texts[list],
          (struct class_pattern){.glob = {entry->values[0].bytes, entry->values[0].length}});
  }
}

void classes_find(struct variables *variables, const struct context *bound) {
  struct query *query = variables->query;
  struct classes classes = {.variables = variables, .bound = bound};
  const char *inexact = query->inexact;
  query->inexact = NULL;
  classes.texts = pool_new(query->pool, query->boxes->dimension_count + query->boxes->test_count,
                           sizeof *classes.texts);
  for (size_t i = 0; i < variables->count; i++)
    variables->items[i].classes = (struct class_patterns){0};
  if (!classes.texts || (!variables->lists && !variables_note_lists(variables)))
    return;
  note_texts(&classes);
  note_ids(&classes);
  note_values(&classes);
  classes.grown = true;
  for (size_t round = 0; classes.grown; round++) {
    classes.grown = false;
    if (round == ROUNDS) {
      variables->inexact = "the values of policy variables depend on each other without end";
      break;
    }
    for (size_t i = 0; i < variables->count; i++)
      if (list_of_variable(variables, i) > 0)
        exchange(&classes, i, list_of_variable(variables, i));
    grow(&classes);
  }
  if (query->inexact)
    variables->inexact = query->inexact;
  query->inexact = inexact;
}
