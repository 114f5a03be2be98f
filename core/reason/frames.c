/* A test compares PRE${key}POST with a text of its dimension. The texts that begin with PRE and end with
 * POST are proposed such that they differ in all tests of the dimension, and in the tests of the key in
 * the place of the variable. The part between PRE and POST is a value of the variable. */

#include "reason/frames.h"

#include "base/bytes.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <strings.h>

void variables_each(struct variables *variables, const struct box_test *test, each_text *call,
                    void *state) {
  if (test->kind == TEST_RESOURCE) {
    const struct policy_list *list = &test->statement->resources;
    for (size_t i = 0; i < list->count; i++)
      call(variables, test, list->items[i].string, list->items[i].length, state);
  } else if (test->kind == TEST_KEY) {
    for (const struct json_value *one = box_next_operand(test, NULL); one;
         one = box_next_operand(test, one)) {
      size_t length;
      const char *text = box_operand_text(one, &length);
      if (text)
        call(variables, test, text, length, state);
    }
  }
}

void variables_each_test(struct variables *variables,
                         void (*call)(struct variables *variables, const struct box_test *test)) {
  struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++)
    if (query->roles[i] || query->masks[i])
      call(variables, query_test(query, i));
}

size_t variables_cost(const struct box_test *test) {
  size_t texts = test->kind == TEST_RESOURCE     ? test->statement->resources.count
                 : test->kind != TEST_KEY        ? 0
                 : test->key->type == JSON_ARRAY ? test->key->count
                                                 : 1;
  return 20 + 100 * texts;
}

/* --- Variables -------------------------------------------------------------------------------- */

size_t variables_find(const struct variables *variables, const char *name, size_t length) {
  size_t i = 0;
  while (i < variables->count && !(variables->items[i].length == length &&
                                   strncasecmp(variables->items[i].name, name, length) == 0))
    i++;
  return i;
}

void variables_add(struct variables *variables, size_t i, const char *bytes, size_t length) {
  points_add(variables->query, &variables->items[i].values, bytes, length);
}

enum { ARN_COLONS = 5 };

/* Returns where the sixth part of a text begins, or NULL. */
static const char *sixth_part(const char *text, size_t length) {
  size_t colons = 0;
  for (size_t i = 0; i < length; i++) {
    colons += text[i] == ':';
    if (colons == ARN_COLONS)
      return text + i + 1;
  }
  return NULL;
}

bool variables_cut(const struct box_test *test, const char *text, size_t place) {
  bool arns = test->kind == TEST_RESOURCE || test->condition.type == OPERAND_ARN;
  return arns && sixth_part(text, place) != NULL;
}

struct policy_string variables_part(const char *text, size_t length) {
  const char *part = sixth_part(text, length);
  if (part)
    return (struct policy_string){part, length - (size_t)(part - text)};
  bool open = length > 0 && text[length - 1] == '*';
  return (struct policy_string){open ? text + length - 1 : text, open ? 1 : 0};
}

/* --- Frames ----------------------------------------------------------------------------------- */

/* A text with one variable: what precedes and follows it. */
struct frame {
  struct variables *variables;
  size_t variable;
  const struct box_test *test;
  bool cut; /* the texts are the sixth parts */
  struct policy_string before, after;
};

static const struct match_wildcards stars = {'*', '?'};

static void add_star(struct atom *atom) {
  atom_add_star(atom, byte_set_any());
}

static void add_glob(struct atom *atom, const char *text, size_t length) {
  atom_add_glob(atom, text, length, stars, byte_set_any(), false);
}

/* Appends a pattern of a test, with any text for a variable. */
static void add_pattern(struct variables *variables, const struct box_test *test, const char *text,
                        size_t length, void *state) {
  const struct frame *frame = ((void **)state)[0];
  struct atom *atom = ((void **)state)[1];
  const char *name;
  size_t name_length, from = 0, start = 0;
  (void)variables;
  if (frame->cut) {
    struct policy_string part = variables_part(text, length);
    text = part.bytes;
    length = part.length;
  }
  while (test->variables && context_next_variable(text, length, &from, &name, &name_length)) {
    add_glob(atom, text + start, (size_t)(name - 2 - (text + start)));
    add_star(atom);
    start = from;
  }
  if (test->kind == TEST_RESOURCE || test->condition.wildcards)
    add_glob(atom, text + start, length - start);
  else
    atom_add_text(atom, text + start, length - start, false);
  atom_end(atom);
}

/* Appends an operand of the variable's own key, in the frame. A test may have operands with variables
 * beside it. */
static void add_framed(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state) {
  const struct frame *frame = ((void **)state)[0];
  struct atom *atom = ((void **)state)[1];
  (void)variables;
  if (test->has_variables && memmem(text, length, "${", 2))
    return;
  add_glob(atom, frame->before.bytes, frame->before.length);
  if (test->condition.wildcards)
    add_glob(atom, text, length);
  else
    atom_add_text(atom, text, length, strstr(test->condition.name, "IgnoreCase") != NULL);
  add_glob(atom, frame->after.bytes, frame->after.length);
  atom_end(atom);
}

/* Adds atoms that make the texts differ for a test, in both directions. */
static void distinguish(struct query *query, struct atom *atom, struct texts_atoms *avoided) {
  if (!atom || atom->count == 0)
    return;
  texts_add(query, avoided, atom);
  texts_add(query, avoided, texts_negation(query, atom));
}

static bool tests_variable(const struct frame *frame, const struct box_test *test) {
  return test->kind == TEST_KEY && texts_is(test) &&
         test->key->key->length == frame->variables->items[frame->variable].length &&
         strncasecmp(test->key->key->string, frame->variables->items[frame->variable].name,
                     test->key->key->length) == 0;
}

/* A test of the key of a variable, other than the frame's, that a text of another test contains. */
struct operands {
  const struct frame *frame;
  struct atom *atom;
  const struct box_test *test;
};

/* Appends a text with the operands of such a test in the place of the variable. */
static void add_operands(struct variables *variables, const struct box_test *test, const char *text,
                         size_t length, void *state) {
  const struct operands *operands = state;
  const struct json_value *key = operands->test->key->key;
  const char *name;
  size_t name_length, from = 0;
  (void)variables;
  (void)test;
  if (operands->frame->cut) {
    struct policy_string part = variables_part(text, length);
    text = part.bytes;
    length = part.length;
  }
  if (!context_next_variable(text, length, &from, &name, &name_length) ||
      name_length != key->length || strncasecmp(name, key->string, name_length) != 0)
    return;
  struct frame place = {.before = {text, (size_t)(name - 2 - text)},
                        .after = {text + from, length - from}};
  void *framed[] = {&place, operands->atom};
  variables_each(variables, operands->test, add_framed, framed);
}

/* Distinguishes the texts by what tests of other variables say. */
static void distinguish_others(const struct frame *frame, const struct box_test *test,
                               struct texts_atoms *avoided) {
  struct query *query = frame->variables->query;
  for (size_t i = 0; i < query->boxes->test_count && frame->variables->count > 1; i++) {
    const struct box_test *other = query_test(query, i);
    if ((!query->roles[i] && !query->masks[i]) || other->kind != TEST_KEY || !texts_is(other) ||
        tests_variable(frame, other))
      continue;
    struct operands operands = {frame, texts_new(query), other};
    if (!operands.atom || !query_pay(query, variables_cost(test)))
      return;
    variables_each(frame->variables, test, add_operands, &operands);
    distinguish(query, operands.atom, avoided);
  }
}

static void distinguish_tests(const struct frame *frame, struct texts_atoms *avoided) {
  struct query *query = frame->variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if ((!query->roles[i] && !query->masks[i]) || !query_pay(query, variables_cost(test)))
      continue;
    struct atom *atom = texts_new(query);
    void *framed[] = {(void *)frame, atom};
    if (!atom)
      return;
    if (test->kind == frame->test->kind && test->dimension == frame->test->dimension &&
        (test->kind == TEST_RESOURCE || texts_is(test)))
      variables_each(frame->variables, test, add_pattern, framed);
    if (tests_variable(frame, test))
      variables_each(frame->variables, test, add_framed, framed);
    distinguish(query, atom, avoided);
    if (test->has_variables && test->dimension == frame->test->dimension)
      distinguish_others(frame, test, avoided);
  }
}

/* Adds the value of the variable in a text that begins and ends as the frame does. What follows the
 * variable may end with wildcards; the value ends where the literal text before them begins. */
static void add_part(const struct frame *frame, const char *text, size_t length) {
  const char *value = text + frame->before.length;
  size_t left = length - frame->before.length;
  size_t literal = strcspn(frame->after.bytes, "*?");
  if (literal >= frame->after.length) {
    variables_add(frame->variables, frame->variable, value, left - frame->after.length);
    return;
  }
  const char *end = literal > 0 ? memmem(value, left, frame->after.bytes, literal) : value + left;
  if (end)
    variables_add(frame->variables, frame->variable, value, (size_t)(end - value));
}

static void wrap_frame(struct atom *atom, const void *state, bool after) {
  const struct frame *frame = state;
  if (after)
    add_glob(atom, frame->after.bytes, frame->after.length);
  else
    atom_add_text(atom, frame->before.bytes, frame->before.length, false);
}

static void add_values_of(const struct frame *frame) {
  struct query *query = frame->variables->query;
  struct texts_atoms inside = {0}, avoided = {0};
  struct atom *shape = texts_new(query);
  if (!shape)
    return;
  const char *name = frame->variables->items[frame->variable].name;
  shape_add(shape,
            shape_of_key(query->boxes, name, frame->variables->items[frame->variable].length),
            wrap_frame, frame);
  texts_add(query, &inside, shape);
  if (frame->test->kind == TEST_KEY) {
    const struct json_value *key = frame->test->key->key;
    struct atom *values = texts_new(query);
    if (!values)
      return;
    shape_add(values, shape_of_key(query->boxes, key->string, key->length), NULL, NULL);
    texts_add(query, &inside, values);
  }
  distinguish_tests(frame, &avoided);
  struct words_list list;
  const char *inexact = query->inexact;
  query->inexact = NULL;
  texts_propose(query, &inside, &avoided, &list);
  if (query->inexact)
    frame->variables->inexact = "a policy variable is compared with too many patterns";
  query->inexact = inexact;
  for (size_t i = 0; i < list.count; i++)
    add_part(frame, list.items[i].bytes, list.items[i].length);
  words_free(&list);
}

/* Adds the values that the tests of the same dimension distinguish in the place of a variable. */
static void add_frame(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  (void)state;
  const char *name, *other;
  size_t name_length, from = 0, other_length;
  if (!context_next_variable(text, length, &from, &name, &name_length))
    return;
  size_t next = from;
  struct frame frame = {.variables = variables,
                        .variable = variables_find(variables, name, name_length),
                        .test = test,
                        .before = {text, (size_t)(name - 2 - text)},
                        .after = {text + from, length - from}};
  if (frame.variable == variables->count)
    return;
  frame.cut = variables_cut(test, text, frame.before.length);
  if (frame.cut) {
    const char *part = variables_part(text, length).bytes;
    frame.before = (struct policy_string){part, (size_t)(name - 2 - part)};
  }
  if (context_next_variable(text, length, &next, &other, &other_length) ||
      has_wildcard(frame.before.bytes, frame.before.length) ||
      memmem(frame.before.bytes, frame.before.length, "${", 2) ||
      memmem(frame.after.bytes, frame.after.length, "${", 2)) {
    variables->inexact = "a policy variable is in a pattern with wildcards before it, or others";
    return;
  }
  add_values_of(&frame);
}

void variables_add_frames(struct variables *variables, const struct box_test *test) {
  if (test->has_variables)
    variables_each(variables, test, add_frame, NULL);
}
