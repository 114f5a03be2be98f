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

#include "reason/class_texts.h"

#include "policy/context.h"
#include "reason/quotient.h"

#include <strings.h>

enum { ROUNDS = 5, ARN_COLONS = 5 };

/* --- Patterns of values ----------------------------------------------------------------------- */

struct quotient {
  struct classes *classes;
  size_t variable;
  bool fold;
};

static void add_quotient(void *state, const char *glob, size_t length) {
  const struct quotient *quotient = state;
  class_add_value(quotient->classes, quotient->variable,
                  (struct class_pattern){.glob = {glob, length}, .fold = quotient->fold});
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

static bool is_wildcard(char c) {
  return c == context_wildcards.any || c == context_wildcards.one;
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
  if (!query_pay(query, 20) || begin_apart(before, glob) || class_is_trivial(glob) ||
      is_sibling(place, pattern))
    return;
  if (pattern->arn && place->list != BOX_RESOURCE && before.length == 0 && after.length == 0) {
    class_add_value(classes, place->variable, *pattern); /* the value is the text */
    return;
  }
  if (place->arn && pattern->arn && count_colons(before) >= ARN_COLONS &&
      count_colons(glob) >= ARN_COLONS) {
    before = sixth_part(before);
    glob = sixth_part(glob);
  }
  if (!query_pay(query, 50 + glob.length * (4 + before.length + after.length) / 2))
    return;
  if (!quotient_each(glob, before, after, quotient.fold, add_quotient, &quotient))
    classes->variables->inexact = class_too_many;
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
    class_add_pattern(classes, &classes->texts[place->list],
                      (struct class_pattern){
                          .glob = {text.data ? text.data : "", text.length},
                          .fold = place->fold || value->fold,
                          .arn = place->arn || (value->arn && value->glob.length == text.length),
                          .origin = place->origin});
  buf_free(&text);
}

/* The values of a variable are the texts of its dimension. */
static void exchange(struct classes *classes, size_t variable, size_t list) {
  struct class_patterns *texts = &classes->texts[list];
  struct class_patterns *values = &classes->variables->items[variable].classes;
  for (size_t i = 0; i < texts->count; i++)
    class_add_value(classes, variable, texts->items[i]);
  for (size_t i = 0; i < values->count; i++)
    class_add_pattern(classes, texts, values->items[i]);
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
    size_t list = class_list(classes->variables, i);
    if (entry && entry->count == 1 && list > 0)
      class_add_pattern(
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
  class_note_texts(&classes);
  note_values(&classes);
  classes.grown = true;
  for (size_t round = 0; classes.grown; round++) {
    classes.grown = false;
    if (round == ROUNDS) {
      variables->inexact = "the values of policy variables depend on each other without end";
      break;
    }
    for (size_t i = 0; i < variables->count; i++)
      if (class_list(variables, i) > 0)
        exchange(&classes, i, class_list(variables, i));
    grow(&classes);
  }
  if (query->inexact)
    variables->inexact = query->inexact;
  query->inexact = inexact;
}
