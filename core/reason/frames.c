/* The policy variables of a question: the texts that have them, and their values. */

#include "reason/frames.h"

#include "policy/context.h"
#include "reason/organizations.h"
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

void variables_piece(const struct box_test *test, const char *text, size_t length,
                     struct buf *out) {
  static const struct context nothing = {0};
  bool wild = test->kind == TEST_RESOURCE || test->condition.wildcards ||
              test->condition.type == OPERAND_ARN;
  struct buf piece = {0};
  context_expand(&nothing, text, length, test->variables, &piece);
  if (!wild)
    texts_make_plain(&piece);
  buf_add(out, piece.data, piece.length);
  out->failed = out->failed || piece.failed;
  buf_free(&piece);
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

/* --- Forms of texts --------------------------------------------------------------------------- */

/* Only one variable in a text, or in its part of an ARN, without wildcards before it, is exact. */
static void note_form(struct variables *variables, const struct box_test *test, const char *text,
                      size_t length, void *state) {
  (void)state;
  const char *name, *other;
  size_t name_length, from = 0, other_length;
  if (!context_next_variable(text, length, &from, &name, &name_length) ||
      variables_find(variables, name, name_length) == variables->count)
    return;
  size_t next = from;
  struct policy_string before = {text, (size_t)(name - 2 - text)};
  if (variables_cut(test, text, before.length)) {
    const char *part = variables_part(text, length).bytes;
    before = (struct policy_string){part, (size_t)(name - 2 - part)};
  }
  if (context_next_variable(text, length, &next, &other, &other_length) ||
      has_wildcard(before.bytes, before.length) || memmem(before.bytes, before.length, "${", 2) ||
      memmem(text + from, length - from, "${", 2))
    variables->inexact = "a policy variable is in a pattern with wildcards before it, or others";
}

void variables_check(struct variables *variables, const struct box_test *test) {
  if (test->has_variables)
    variables_each(variables, test, note_form, NULL);
}

/* --- Lists of texts ------------------------------------------------------------------------------- */

static bool has_key(const struct box_test *test, const char *key, size_t length) {
  return test->kind == TEST_KEY && test->key->key->length == length &&
         strncasecmp(test->key->key->string, key, length) == 0;
}

/* Reports whether a dimension is a key, or the ids of organizations that a key has. */
static bool is_dimension_of(const struct box_dimension *dimension, const char *key, size_t length) {
  if (dimension->kind == DIMENSION_ORG)
    return dimension->pair == organizations_pair(key, length) &&
           !organizations_is_path(key, length);
  return dimension->kind == DIMENSION_KEY && dimension->key_length == length &&
         strncasecmp(dimension->key, key, length) == 0;
}

size_t variables_list(const struct boxes *boxes, const char *key, size_t length) {
  for (size_t d = BOX_ORG; d < boxes->dimension_count; d++)
    if (is_dimension_of(&boxes->dimensions[d], key, length))
      return d;
  for (size_t i = 0; i < boxes->test_count; i++)
    if (has_key(&boxes->tests[i], key, length))
      return boxes->dimension_count + i;
  return 0;
}

bool variables_note_lists(struct variables *variables) {
  const struct query *query = variables->query;
  const struct boxes *boxes = query->boxes;
  size_t *lists = pool_new(query->pool, boxes->test_count + 1, sizeof *lists);
  bool *concerned = pool_new(query->pool, boxes->dimension_count + boxes->test_count, 1);
  if (!lists || !concerned)
    return false;
  for (size_t i = 0; i < boxes->test_count; i++) {
    const struct box_test *test = &boxes->tests[i];
    bool key = test->kind == TEST_KEY && texts_is(test);
    if ((!query->roles[i] && !query->masks[i]) || !(key || test->kind == TEST_RESOURCE))
      continue;
    lists[i] = key ? variables_list(boxes, test->key->key->string, test->key->key->length)
                   : test->dimension;
    concerned[lists[i]] = concerned[lists[i]] || test->has_variables ||
                          (key && variables_find(variables, test->key->key->string,
                                                 test->key->key->length) < variables->count);
  }
  for (size_t i = 0; i < boxes->test_count; i++)
    if (!concerned[lists[i]])
      lists[i] = 0;
  variables->lists = lists;
  return true;
}
