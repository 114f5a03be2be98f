/* Each dimension has a list of patterns: its texts in the policies, where variables without a value are stars. */

#include "reason/class_texts.h"

#include "base/bytes.h"
#include "policy/context.h"
#include "reason/organizations.h"
#include "reason/shapes.h"

#include <strings.h>

enum { MOST_PATTERNS = 96 };

const char class_too_many[] = "a policy variable is compared with too many patterns";

size_t class_list(const struct variables *variables, size_t i) {
  return variables_list(variables->query->boxes, variables->items[i].name,
                        variables->items[i].length);
}

/* --- Lists of patterns ------------------------------------------------------------------------ */

bool class_is_trivial(struct policy_string glob) {
  for (size_t i = 0; i < glob.length; i++)
    if (glob.bytes[i] != context_wildcards.any)
      return false;
  return glob.length > 0;
}

void class_add_pattern(struct classes *classes, struct class_patterns *list,
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
    classes->variables->inexact = class_too_many;
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

void class_add_value(struct classes *classes, size_t variable, struct class_pattern pattern) {
  struct variables *variables = classes->variables;
  const struct policy_string glob = pattern.glob;
  if (class_is_trivial(glob) ||
      (glob.length > 0 && is_plain(variables, variable) &&
       (memchr(glob.bytes, '/', glob.length) || memchr(glob.bytes, ':', glob.length))))
    return;
  class_add_pattern(classes, &variables->items[variable].classes,
                    (struct class_pattern){.glob = glob, .fold = pattern.fold, .arn = pattern.arn});
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
    class_add_value(classes, variable, (struct class_pattern){.glob = {value.data, value.length}});
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
  if (classes->place_count == CLASS_FRAMES) {
    classes->variables->inexact = class_too_many;
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

/* Appends a pattern of ARNs, where a `*` that is the partition, the service or the resource matches one character
 * at least: a part of the pattern beside a variable says so, too. */
static void add_filled(struct buf *out, const struct policy_string *glob) {
  enum { PARTITION = 1, SERVICE = 2, RESOURCE = 5 };
  size_t part = 0;
  for (size_t i = 0; i < glob->length; i++) {
    bool begins = i > 0 && glob->bytes[i - 1] == ':' && part <= RESOURCE;
    bool ends = i + 1 == glob->length || (glob->bytes[i + 1] == ':' && part < RESOURCE);
    if (begins && ends && glob->bytes[i] == context_wildcards.any &&
        (part == PARTITION || part == SERVICE || part == RESOURCE))
      buf_addc(out, context_wildcards.one);
    buf_addc(out, glob->bytes[i]);
    part += glob->bytes[i] == ':';
  }
}

/* Adds a pattern of a test of ARNs, and the pattern of all ARNs: other values fail the ARN operators, the negated
 * ones too. */
static void add_arn(struct classes *classes, const struct class_pattern *pattern) {
  struct class_patterns *texts = &classes->texts[classes->list];
  struct buf filled = {0};
  char arns[] = "arn:?*:?*:*:*:?*";
  for (char *c = arns; *c; c++)
    *c = *c == '*' ? context_wildcards.any : *c == '?' ? context_wildcards.one : *c;
  add_filled(&filled, &pattern->glob);
  classes->variables->query->pool->failed |= filled.failed;
  if (!filled.failed)
    class_add_pattern(
        classes, texts,
        (struct class_pattern){.glob = {filled.data ? filled.data : "", filled.length},
                               .arn = true,
                               .origin = pattern->origin});
  class_add_pattern(classes, texts,
                    (struct class_pattern){.glob = {arns, sizeof arns - 1}, .arn = true});
  buf_free(&filled);
}

/* Adds the pattern of a text to the list of its dimension, and the places of variables in it. */
static void note_text(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  struct classes *classes = state;
  struct query *query = variables->query;
  struct buf whole = {0};
  if (!query_pay(query, 60 + 3 * length))
    return;
  bool possible = add_range(classes, test, text, 0, length, &whole);
  query->pool->failed = query->pool->failed || whole.failed;
  const struct class_pattern pattern = {.glob = {whole.data ? whole.data : "", whole.length},
                                        .fold = ignores_case(test),
                                        .arn = is_arn_test(test),
                                        .origin = text};
  if (possible && !whole.failed && test->kind == TEST_KEY && pattern.arn)
    add_arn(classes, &pattern);
  else if (possible && !whole.failed)
    class_add_pattern(classes, &classes->texts[classes->list], pattern);
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
    if (class_list(variables, i) == dimension)
      return true;
  for (size_t i = 0; i < query->boxes->test_count; i++)
    if (query_test(query, i)->dimension == dimension && query_test(query, i)->has_variables &&
        is_in_question(query, i))
      return true;
  return false;
}

/* A path begins with the id, so tests of the paths distinguish ids, too; and a variable in a path is compared with
 * the ids, also where no variable is in their own tests. */
static void note_ids(struct classes *classes) {
  struct variables *variables = classes->variables;
  const struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    classes->list = test->dimension;
    if (test->kind != TEST_KEY || !is_in_question(query, i) ||
        organizations_pair(test->key->key->string, test->key->key->length) < 0 ||
        !concerns_ids(variables, test->dimension))
      continue;
    if (organizations_is_path(test->key->key->string, test->key->key->length))
      variables_each(variables, test, note_id, classes);
    else if (variables->lists[i] == 0)
      variables_each(variables, test, note_text, classes);
  }
}

void class_note_texts(struct classes *classes) {
  struct variables *variables = classes->variables;
  for (size_t i = 0; i < variables->query->boxes->test_count; i++) {
    classes->list = variables->lists[i];
    if (classes->list > 0)
      variables_each(variables, query_test(variables->query, i), note_text, classes);
  }
  note_ids(classes);
}
