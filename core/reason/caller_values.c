/* A variable such as ${aws:username} connects the caller with another dimension. A test of that dimension
 * compares PRE${aws:username}POST with a text, and other tests compare the text with patterns. The names
 * for which a pattern can match are patterns, too (quotient.c), and so are sets of callers. The callers
 * that differ in these sets, and in the tests of callers, have the values of the variable that matter. */

#include "reason/caller_values.h"

#include "policy/context.h"

#include <string.h>
#include <strings.h>

bool caller_values_has(const char *key, size_t length) {
  static const char *const keys[] = {
      "aws:PrincipalArn",
      "aws:PrincipalAccount",
      "aws:PrincipalType",
      "aws:PrincipalIsAWSService",
      "aws:PrincipalServiceName",
      "aws:PrincipalServiceNamesList",
      "aws:username",
      "aws:userid",
  };
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (strlen(keys[i]) == length && strncasecmp(keys[i], key, length) == 0)
      return true;
  return false;
}

static bool is_of_caller(const struct variables *variables, size_t i) {
  return caller_values_has(variables->items[i].name, variables->items[i].length);
}

/* --- Patterns --------------------------------------------------------------------------------- */

/* Appends a text of a test with the wildcards of context_expand; a variable is a star. */
static void add_plain(const struct box_test *test, const char *text, size_t length,
                      struct buf *out) {
  const char *name;
  size_t name_length, from = 0, start = 0;
  bool wild = test->kind == TEST_RESOURCE || test->condition.wildcards ||
              test->condition.type == OPERAND_ARN;
  size_t first = out->length;
  while (test->variables && context_next_variable(text, length, &from, &name, &name_length)) {
    buf_add(out, text + start, (size_t)(name - 2 - (text + start)));
    buf_addc(out, context_wildcards.any);
    start = from;
  }
  buf_add(out, text + start, length - start);
  for (size_t i = first; wild && !out->failed && i < out->length; i++) {
    if (out->data[i] == '*')
      out->data[i] = context_wildcards.any;
    else if (out->data[i] == '?')
      out->data[i] = context_wildcards.one;
  }
}

static bool ignores_case(const struct box_test *test) {
  return test->kind == TEST_KEY && (strstr(test->condition.name, "IgnoreCase") != NULL ||
                                    test->condition.type == OPERAND_BOOLEAN);
}

/* What the texts of a class have to differ in. */
struct differences {
  enum caller_kind kind;
  struct texts_atoms atoms;
};

static bool is_in_query(const struct query *query, size_t test) {
  return query->roles[test] || query->masks[test];
}

/* Makes the texts differ for a set of callers. */
static void add_atom(struct differences *differences, struct query *query,
                     const struct atom *atom) {
  if (!atom || atom->count == 0)
    return;
  texts_add(query, &differences->atoms, atom);
  texts_add(query, &differences->atoms, texts_negation(query, atom));
}

/* Adds the sets of callers whose keys are values of variables that tests distinguish (classes.h). */
static void add_classes(struct variables *variables, struct differences *differences) {
  struct query *query = variables->query;
  for (size_t v = 0; v < variables->count; v++) {
    const struct class_patterns *classes = &variables->items[v].classes;
    const struct policy_string key = {variables->items[v].name, variables->items[v].length};
    for (size_t i = 0; i < classes->count && is_of_caller(variables, v); i++) {
      struct atom *atom = texts_new(query);
      if (!atom)
        return;
      callers_add_glob(atom, differences->kind, &key, classes->items[i].glob.bytes,
                       classes->items[i].glob.length, classes->items[i].fold);
      add_atom(differences, query, atom);
    }
  }
}

/* --- Keys of callers that are compared with a variable ---------------------------------------- */

static bool tests_caller(const struct box_test *test) {
  return test->kind == TEST_KEY && test->has_variables &&
         caller_values_has(test->key->key->string, test->key->key->length);
}

/* A test of a caller's key, PRE${name}POST. */
struct own {
  enum caller_kind kind;
  const struct box_test *test;
  struct policy_string before, after;
  struct atom *atom;
};

/* Appends the callers whose key is PRE, a match of a pattern or any text, and POST. */
static void add_framed(struct variables *variables, const struct class_pattern *pattern,
                       const struct own *own) {
  const struct policy_string key = {own->test->key->key->string, own->test->key->key->length};
  struct buf glob = {0};
  add_plain(own->test, own->before.bytes, own->before.length, &glob);
  if (pattern)
    buf_add(&glob, pattern->glob.bytes, pattern->glob.length);
  else
    buf_addc(&glob, context_wildcards.any);
  add_plain(own->test, own->after.bytes, own->after.length, &glob);
  variables->query->pool->failed = variables->query->pool->failed || glob.failed;
  if (!glob.failed)
    callers_add_glob(own->atom, own->kind, &key, glob.data, glob.length,
                     ignores_case(own->test) || (pattern && pattern->fold));
  buf_free(&glob);
}

/* Adds the set of callers whose key is a text without variables, which a test has beside others. */
static void compare_literal(struct variables *variables, const struct box_test *test,
                            const char *text, size_t length, struct differences *differences) {
  struct own own = {.kind = differences->kind,
                    .test = test,
                    .before = {text, length},
                    .after = {"", 0},
                    .atom = texts_new(variables->query)};
  if (!own.atom)
    return;
  const struct class_pattern nothing = {.glob = {"", 0}};
  add_framed(variables, &nothing, &own);
  add_atom(differences, variables->query, own.atom);
}

/* Adds the set of callers whose key is a text PRE${name}POST, and the sets of those for which the
 * variable passes its own tests. */
static void compare_own(struct variables *variables, const struct box_test *test, const char *text,
                        size_t length, void *state) {
  struct differences *differences = state;
  struct query *query = variables->query;
  const char *name;
  size_t name_length, from = 0;
  if (!context_next_variable(text, length, &from, &name, &name_length)) {
    compare_literal(variables, test, text, length, differences);
    return;
  }
  struct own own = {.kind = differences->kind,
                    .test = test,
                    .before = {text, (size_t)(name - 2 - text)},
                    .after = {text + from, length - from},
                    .atom = texts_new(query)};
  if (!own.atom)
    return;
  add_framed(variables, NULL, &own);
  add_atom(differences, query, own.atom);
  size_t variable = variables_find(variables, name, name_length);
  for (size_t i = 0; variable < variables->count && i < variables->items[variable].classes.count;
       i++) {
    own.atom = texts_new(query);
    if (!own.atom)
      return;
    add_framed(variables, &variables->items[variable].classes.items[i], &own);
    add_atom(differences, query, own.atom);
  }
}

/* --- Values ----------------------------------------------------------------------------------- */

/* A value of a caller's key. */
struct key_value {
  const char *key;
  size_t length;
  struct policy_string value;
};

/* If the value is PRE, a text and POST, the text is a value of the variable in PRE${name}POST. */
static void add_middle(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state) {
  const struct key_value *one = state;
  const char *name;
  size_t name_length, from = 0;
  if (test->key->key->length != one->length ||
      strncasecmp(test->key->key->string, one->key, one->length) != 0 ||
      !context_next_variable(text, length, &from, &name, &name_length))
    return;
  size_t i = variables_find(variables, name, name_length);
  size_t before = (size_t)(name - 2 - text), after = length - from;
  if (i < variables->count && one->value.length >= before + after &&
      memcmp(one->value.bytes, text, before) == 0)
    variables_add(variables, i, one->value.bytes + before, one->value.length - before - after);
}

void caller_values_compare(struct variables *variables, const char *key, size_t length,
                           const char *bytes, size_t size) {
  const struct query *query = variables->query;
  struct key_value one = {key, length, {bytes, size}};
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (is_in_query(query, i) && test->kind == TEST_KEY && test->has_variables)
      variables_each(variables, test, add_middle, &one);
  }
}

static void add_value(struct variables *variables, const char *key, size_t length,
                      const char *bytes, size_t size) {
  size_t i = variables_find(variables, key, length);
  if (i < variables->count)
    variables_add(variables, i, bytes, size);
  caller_values_compare(variables, key, length, bytes, size);
}

static void add_entries(void *state, const struct context_entry *entries, size_t count) {
  for (size_t i = 0; i < count; i++)
    add_value(state, entries[i].key, entries[i].key_length, entries[i].values[0].bytes,
              entries[i].values[0].length);
}

static void add_text(struct query *query, const struct caller_class *class, const char *text,
                     size_t length, void *state) {
  callers_keys(query, class, text, length, add_entries, state);
  if (class->kind != CALLER_SERVICE)
    return;
  static const char names[] = "aws:PrincipalServiceNamesList";
  const char *end = memchr(text, '\1', length);
  add_value(state, names, sizeof names - 1, text, end ? (size_t)(end - text) : length);
}

/* Adds the value of a key that depends on the kind of the caller only. */
static void add_fixed(struct variables *variables, const struct caller_class *class,
                      const char *key, size_t length) {
  struct caller_request request = {.principal = {class->sample, strlen(class->sample)}};
  struct caller caller = caller_read(class->sample, strlen(class->sample));
  struct caller_fact fact = caller_fact_of(&caller, &request, key, length);
  bool failed = caller_fact_failed(&fact);
  variables->query->pool->failed = variables->query->pool->failed || failed;
  if (!failed && fact.rule != CALLER_KEY_ABSENT && fact.count == 1 && !fact.except &&
      !memchr(fact.patterns[0].data, '*', fact.patterns[0].length) &&
      !memchr(fact.patterns[0].data, '?', fact.patterns[0].length))
    add_value(variables, key, length, fact.patterns[0].data, fact.patterns[0].length);
  caller_fact_free(&fact);
}

/* Adds the values of the keys of a class that do not follow from its texts. Returns whether others do. */
static bool add_keys(struct variables *variables, const struct caller_class *class) {
  const struct query *query = variables->query;
  bool follows = false;
  for (size_t d = BOX_KEYS; d < query->boxes->dimension_count; d++) {
    const struct box_dimension *dimension = &query->boxes->dimensions[d];
    if (!caller_values_has(dimension->key, dimension->key_length))
      continue;
    add_fixed(variables, class, dimension->key, dimension->key_length);
    follows = follows || query->joined[d];
  }
  return follows;
}

static bool concerns_callers(const struct variables *variables) {
  const struct query *query = variables->query;
  for (size_t i = 0; i < variables->count; i++)
    if (is_of_caller(variables, i))
      return true;
  for (size_t i = 0; i < query->boxes->test_count; i++)
    if (is_in_query(query, i) && tests_caller(query_test(query, i)))
      return true;
  return false;
}

static void add_differences(struct variables *variables, struct differences *differences) {
  const struct query *query = variables->query;
  add_classes(variables, differences);
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (!is_in_query(query, i) || !test->has_variables)
      continue;
    if (tests_caller(test))
      variables_each(variables, test, compare_own, differences);
  }
}

void caller_values_add(struct variables *variables, const struct caller_class *classes,
                       size_t count) {
  struct query *query = variables->query;
  const char *inexact = query->inexact;
  if (!concerns_callers(variables))
    return;
  query->inexact = NULL;
  for (size_t c = 0; c < count; c++) {
    struct differences differences = {.kind = classes[c].kind};
    callers_join(query, &classes[c]);
    if (!add_keys(variables, &classes[c]) || !query_prepare(query, BOX_CALLER))
      continue;
    add_differences(variables, &differences);
    callers_texts(query, &classes[c], &differences.atoms, add_text, variables);
  }
  if (query->inexact)
    variables->inexact = query->inexact;
  query->inexact = inexact;
}
