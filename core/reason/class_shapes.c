/* Values of policy variables in texts of a key whose values have a form: aws:SourceAccount has 12 digits, so a variable
 * that it is compared with needs such a value, or the rest of one in a frame such as 1111${key}. Texts of
 * the form that a policy's text allows are proposed, and cut where the variable is. */

#include "reason/classes.h"

#include "policy/context.h"
#include "reason/caller_values.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <strings.h>

static const char FORM[] = "a policy variable is compared with values of a form";

struct shaped {
  struct points *values;
  size_t variable;
};

/* A text of a policy: what is before and after its variable, as patterns. */
struct frame {
  struct buf before, after;
  bool fold;
};

/* Reports whether the values of a test's key have a form that nothing else provides: callers and owners of
 * resources have values of their own. */
static bool has_form(const struct query *query, const struct box_test *test) {
  if (test->kind != TEST_KEY || !texts_is(test))
    return false;
  const char *key = test->key->key->string;
  size_t length = test->key->key->length;
  static const char owner[] = "aws:ResourceAccount";
  enum shape shape = shape_of_proposals(query->boxes, key, length);
  return shape != SHAPE_ANY && shape != SHAPE_FILLED && !caller_values_has(key, length) &&
         !(length == sizeof owner - 1 && strncasecmp(key, owner, length) == 0);
}

static bool is_piece(const struct buf *piece, const char *bytes, size_t length, bool fold) {
  return match_pattern(piece->data ? piece->data : "", piece->length, bytes, length,
                       context_wildcards, fold);
}

/* Adds the part of a text that the variable has. */
static void cut(struct variables *variables, const struct frame *frame,
                const struct words_text *text, struct points *values) {
  for (size_t from = 0; from <= text->length; from++) {
    if (!is_piece(&frame->before, text->bytes, from, frame->fold))
      continue;
    for (size_t to = text->length + 1; to-- > from;) {
      if (is_piece(&frame->after, text->bytes + to, text->length - to, frame->fold)) {
        points_add(variables->query, values, text->bytes + from, to - from);
        return;
      }
    }
  }
}

static void add_glob(struct query *query, struct texts_atoms *inside, const struct frame *frame) {
  struct atom *atom = texts_new(query);
  struct buf glob = {0};
  buf_add(&glob, frame->before.data, frame->before.length);
  buf_addc(&glob, context_wildcards.any);
  buf_add(&glob, frame->after.data, frame->after.length);
  query->pool->failed = query->pool->failed || glob.failed;
  if (atom && !glob.failed) {
    atom_add_glob(atom, glob.data, glob.length, context_wildcards, byte_set_any(), frame->fold);
    atom_end(atom);
    texts_add(query, inside, atom);
  }
  buf_free(&glob);
}

/* Proposes texts of the key, which the other tests of the key distinguish, and adds their parts. */
static void propose(struct variables *variables, const struct box_test *test,
                    const struct frame *frame, struct points *values) {
  struct query *query = variables->query;
  struct texts_atoms inside = {0}, avoided = {0};
  struct words_list list;
  struct atom *shape = texts_new(query);
  if (!shape)
    return;
  shape_add(shape, shape_of_proposals(query->boxes, test->key->key->string, test->key->key->length),
            NULL, NULL);
  texts_add(query, &inside, shape);
  add_glob(query, &inside, frame);
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *other = query_test(query, i);
    if (variables->lists[i] == 0 || other == test || other->has_variables ||
        other->kind != TEST_KEY || other->key->key->length != test->key->key->length ||
        strncasecmp(other->key->key->string, test->key->key->string, test->key->key->length) != 0)
      continue;
    struct atom *atom = texts_new(query);
    if (!atom)
      return;
    texts_add_operands(query, atom, other, NULL);
    texts_add(query, &avoided, atom);
    texts_add(query, &avoided, texts_negation(query, atom));
  }
  const char *inexact = query->inexact;
  query->inexact = NULL;
  texts_propose(query, &inside, &avoided, &list);
  if (query->inexact)
    variables->inexact = FORM;
  query->inexact = inexact;
  for (size_t i = 0; i < list.count; i++)
    cut(variables, frame, &list.items[i], values);
  words_free(&list);
}

static bool has_wildcards(const struct buf *piece) {
  return memchr(piece->data ? piece->data : "", context_wildcards.any, piece->length) ||
         memchr(piece->data ? piece->data : "", context_wildcards.one, piece->length);
}

static void add_shaped(struct variables *variables, const struct box_test *test, const char *text,
                       size_t length, void *state) {
  const struct shaped *shaped = state;
  const char *name, *other;
  size_t name_length, other_length, from = 0;
  if (!context_next_variable(text, length, &from, &name, &name_length) ||
      variables_find(variables, name, name_length) != shaped->variable)
    return;
  size_t next = from;
  if (context_next_variable(text, length, &next, &other, &other_length)) {
    variables->inexact = FORM;
    return;
  }
  struct frame frame = {.fold = strstr(test->condition.name, "IgnoreCase") != NULL};
  variables_piece(test, text, (size_t)(name - 2 - text), &frame.before);
  variables_piece(test, text + from, length - from, &frame.after);
  variables->query->pool->failed |= frame.before.failed || frame.after.failed;
  if (has_wildcards(&frame.before) || has_wildcards(&frame.after))
    variables->inexact = FORM;
  if (!frame.before.failed && !frame.after.failed)
    propose(variables, test, &frame, shaped->values);
  buf_free(&frame.before);
  buf_free(&frame.after);
}

void classes_add_shaped(struct variables *variables, size_t variable, struct points *values) {
  struct shaped shaped = {values, variable};
  const struct query *query = variables->query;
  for (size_t i = 0; i < query->boxes->test_count; i++) {
    const struct box_test *test = query_test(query, i);
    if (variables->lists[i] > 0 && test->has_variables && has_form(query, test))
      variables_each(variables, test, add_shaped, &shaped);
  }
}
