/* Each dimension of a condition key has few candidates: the absent key, the empty text, and a value
 * of each class of texts, numbers or addresses that the operators of the policies distinguish. The
 * type of the operators decides how such values are found: texts by words_propose, numbers, dates and
 * addresses by points.c. */

#include "reason/values.h"

#include "policy/condition_value.h"
#include "reason/shapes.h"
#include "reason/texts.h"

#include <string.h>

/* The types of the operators that test a key. */
enum { TEXTS = 1, POINTS = 2, DATES = 4, ADDRESSES = 8, BOOLEANS = 16 };

static unsigned types_of(const struct query *query, const struct query_dimension *dimension) {
  unsigned types = 0;
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    if (test->condition.type == OPERAND_BOOLEAN && texts_is(test))
      types |= BOOLEANS;
    else if (texts_is(test))
      types |= TEXTS;
    else if (test->condition.type == OPERAND_NUMBER)
      types |= POINTS;
    else if (test->condition.type == OPERAND_DATE)
      types |= POINTS | DATES;
    else if (test->condition.type == OPERAND_ADDRESS)
      types |= ADDRESSES;
  }
  return types;
}

bool values_is_universal(const struct box_test *test) {
  return test->condition.set == CONDITION_ALL_VALUES ||
         (test->condition.set == CONDITION_NO_SET && test->condition.negated);
}

bool values_is_null(const struct box_test *test) {
  return strcmp(test->condition.name, "Null") == 0 && test->condition.set == CONDITION_NO_SET;
}

/* --- Texts ------------------------------------------------------------------------------------ */

static void build_atom(struct query *query, struct atom *atom, const struct box_test *test) {
  texts_add_operands(query, atom, test, NULL);
}

/* Returns the form of the values of a domain. A fact that excludes values says it alone. */
static enum shape shape_of(const struct query *query, const struct values_domain *domain) {
  if (domain->shape && domain->shape->except)
    return SHAPE_ANY;
  return shape_of_key(query->boxes, domain->key, domain->key_length);
}

/* The values of a key: texts of its form that are not empty. */
static void add_form(struct query *query, const struct values_domain *domain,
                     struct texts_atoms *inside) {
  enum shape shape = shape_of(query, domain);
  struct atom *form = texts_new(query);
  if (!form)
    return;
  if (shape == SHAPE_ANY) {
    atom_add_one(form, byte_set_any());
    atom_add_star(form, byte_set_any());
    atom_end(form);
  } else {
    shape_add(form, shape, NULL, NULL);
  }
  texts_add(query, inside, form);
}

static void add_shape(struct query *query, struct texts_atoms *inside,
                      const struct caller_fact *shape) {
  static const struct match_wildcards wildcards = {'*', '?'};
  struct atom *atom = shape && shape->count > 0 ? texts_new(query) : NULL;
  if (!atom)
    return;
  atom->negated = shape->except;
  for (size_t i = 0; i < shape->count; i++) {
    atom_add_glob(atom, shape->patterns[i].data, shape->patterns[i].length, wildcards,
                  byte_set_any(), false);
    atom_end(atom);
  }
  texts_add(query, inside, atom);
}

/* Adds texts, and before each one a more usual ARN that may do as well. */
static void add_list(struct query *query, const struct words_list *list, bool arns,
                     struct points *points) {
  for (size_t i = 0; i < list->count; i++) {
    struct buf real = {0};
    if (arns && shape_make_real(query, list->items[i].bytes, list->items[i].length, &real) &&
        !real.failed)
      points_add(query, points, real.data, real.length);
    query->pool->failed = query->pool->failed || real.failed;
    buf_free(&real);
    points_add(query, points, list->items[i].bytes, list->items[i].length);
  }
}

/* Adds the operands of a test that accepts no other text. */
static void add_literals(struct query *query, const struct box_test *test, struct points *points) {
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    struct buf operand = {0};
    static const struct context nothing = {0};
    if (text &&
        context_expand(&nothing, text, length, test->variables, &operand) == CONTEXT_EXPANDED &&
        !operand.failed) {
      texts_make_plain(&operand);
      points_add(query, points, operand.data ? operand.data : "", operand.length);
    }
    query->pool->failed = query->pool->failed || operand.failed;
    buf_free(&operand);
  }
}

/* Finds an inside test that accepts few texts. */
static const struct box_test *literal_test(const struct query *query,
                                           const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    if (texts_is(test) && texts_literals(test))
      return test;
  }
  return NULL;
}

/* Reports whether a test compares texts; policy variables have no values at first. */
static bool is_known(const struct query *query, const struct box_test *test) {
  return texts_is(test) && (query->bound || !test->has_variables);
}

/* Reports whether the result of a test is open for two or more values, whatever they are. */
static bool has_open(const struct query *query, const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count + dimension->avoided_count; i++) {
    size_t number = i < dimension->inside_count ? dimension->inside[i]
                                                : dimension->avoided[i - dimension->inside_count];
    const struct box_test *test = query_test(query, number);
    if (test->condition.set == CONDITION_NO_SET && !values_is_null(test))
      return true;
  }
  return false;
}

/* Adds texts beside the known ones: two values of a list can be of one class. */
static void add_second(struct query *query, const struct texts_atoms *inside,
                       struct texts_atoms *avoided, bool arns, struct points *points) {
  struct atom *known = texts_new(query);
  if (!known || points->count == 0)
    return;
  for (size_t i = 0; i < points->count; i++) {
    atom_add_text(known, points->items[i].bytes, points->items[i].length, false);
    atom_end(known);
  }
  texts_add(query, avoided, known);
  struct words_list list;
  texts_propose(query, inside, avoided, &list);
  add_list(query, &list, arns, points);
  words_free(&list);
}

/* Adds texts that pass the tests which all values must pass, and the test `one`, if there is one.
 * Without `many`, they pass all inside tests; with it, the tests that have a set operator. */
static void add_passing(struct query *query, const struct query_dimension *dimension,
                        const struct values_domain *domain, bool many, size_t one,
                        struct points *points) {
  struct texts_atoms inside = {0}, avoided = {0};
  add_form(query, domain, &inside);
  add_shape(query, &inside, domain->shape);
  for (size_t i = 0; i < dimension->inside_count; i++) {
    const struct box_test *test = query_test(query, dimension->inside[i]);
    bool open = many && test->condition.set == CONDITION_NO_SET;
    if (is_known(query, test) && !open && (!many || i == one || values_is_universal(test)))
      texts_add(query, &inside, texts_atom(query, dimension->inside[i], FORM_VALUE, build_atom));
  }
  for (size_t i = 0; i < dimension->avoided_count; i++)
    if (is_known(query, query_test(query, dimension->avoided[i])))
      texts_add(query, &avoided, texts_atom(query, dimension->avoided[i], FORM_VALUE, build_atom));
  struct words_list list;
  texts_propose(query, &inside, &avoided, &list);
  bool arns = shape_of(query, domain) == SHAPE_ARN;
  add_list(query, &list, arns, points);
  words_free(&list);
  if (many && one == SIZE_MAX && has_open(query, dimension))
    add_second(query, &inside, &avoided, arns, points);
}

void values_texts(struct query *query, const struct query_dimension *dimension,
                  const struct values_domain *domain, bool many, struct points *points) {
  const struct box_test *literal = many ? NULL : literal_test(query, dimension);
  if (literal) {
    add_literals(query, literal, points);
    return;
  }
  if (!many) {
    add_passing(query, dimension, domain, false, SIZE_MAX, points);
  } else {
    for (size_t i = 0; i < dimension->inside_count; i++) {
      const struct box_test *test = query_test(query, dimension->inside[i]);
      if (texts_is(test) && !values_is_universal(test))
        add_passing(query, dimension, domain, true, i, points);
    }
    add_passing(query, dimension, domain, true, SIZE_MAX, points);
  }
  /* For Null an empty value is absent, so a key that every request has is not empty. */
  if (domain->absent && shape_of(query, domain) == SHAPE_ANY)
    points_add(query, points, "", 0);
}

/* --- One value -------------------------------------------------------------------------------- */

static void offer_one(struct query *query, size_t number, const struct values_domain *domain,
                      const struct policy_string *text) {
  if (domain->shape && !caller_fact_allows(domain->shape, text->bytes, text->length))
    return;
  struct context_value value = {text->bytes, text->length};
  struct context_entry entry = {
      .key = domain->key, .key_length = domain->key_length, .values = &value, .count = 1};
  query_offer(query, number, &(struct query_value){.entries = &entry, .count = 1});
}

static void offer_all(struct query *query, size_t number, const struct values_domain *domain,
                      const struct points *points) {
  for (size_t i = 0; i < points->count; i++)
    offer_one(query, number, domain, &points->items[i]);
}

static unsigned types_of_values(enum condition_operand type) {
  return type == OPERAND_BOOLEAN   ? BOOLEANS
         : type == OPERAND_NUMBER  ? POINTS
         : type == OPERAND_DATE    ? POINTS | DATES
         : type == OPERAND_ADDRESS ? ADDRESSES
                                   : 0;
}

bool values_has_type(enum condition_operand type, const char *text) {
  long double number;
  switch (type) {
  case OPERAND_NUMBER:
    return condition_read_number(text, &number);
  case OPERAND_DATE:
    return condition_read_date(text, &number);
  case OPERAND_ADDRESS:
    return condition_in_network(text, text) > 0 && !strchr(text, '/');
  default:
    return true;
  }
}

/* Adds texts that are values of the key. A number, date or address that is compared as a text may have
 * other texts, which words_propose does not find. */
static void add_texts(struct query *query, const struct query_dimension *dimension,
                      const struct values_domain *domain, bool many, struct points *points) {
  size_t first = points->count, kept = first;
  enum shape shape = shape_of(query, domain);
  bool literal = literal_test(query, dimension) != NULL;
  values_texts(query, dimension, domain, many, points);
  for (size_t i = first; i < points->count; i++) {
    const struct policy_string *text = &points->items[i];
    bool typed = values_has_type(domain->type, text->bytes);
    bool empty = text->length == 0 && !domain->absent; /* see values_texts */
    if (typed && !empty && shape_allows(shape, text->bytes, text->length))
      points->items[kept++] = *text;
    else if (!typed && !literal)
      query_inexact(query, "a number, date or address is compared as a text");
  }
  points->count = kept;
}

/* Adds values of every type that the operators compare, and the texts of a key whose values follow from the
 * caller: it has no others, whatever the operators compare. */
static void add_values(struct query *query, const struct query_dimension *dimension,
                       const struct values_domain *domain, bool many, struct points *points) {
  unsigned types = types_of(query, dimension);
  /* A value that is not an address cannot be in a request: see caller_possible. */
  if (domain->type == OPERAND_ADDRESS)
    types &= TEXTS | ADDRESSES;
  if (types == 0)
    types = types_of_values(domain->type);
  if (types & BOOLEANS) {
    points_add(query, points, "true", 4);
    points_add(query, points, "false", 5);
  }
  bool given = domain->shape && domain->shape->count > 0;
  if (types == BOOLEANS && !given)
    return;
  bool mixed = types & (TEXTS | BOOLEANS) && types & (POINTS | ADDRESSES);
  if (mixed || (types & POINTS && types & ADDRESSES))
    query_inexact(query, "a key is compared as a text and as a number, date or address");
  if (types & POINTS)
    points_numbers(query, dimension, types & DATES, !many, points);
  if (types & ADDRESSES)
    points_addresses(query, dimension, points);
  if (given || types == 0 || types & (TEXTS | BOOLEANS))
    add_texts(query, dimension, domain, many, points);
}

/* Reports whether several values can be better than one: for set operators, and for other operators
 * than Null, whose results for several values are open. */
static bool needs_sets(const struct query *query, const struct query_dimension *dimension) {
  for (size_t i = 0; i < dimension->inside_count; i++)
    if (!values_is_null(query_test(query, dimension->inside[i])))
      return true;
  for (size_t i = 0; i < dimension->avoided_count; i++)
    if (!values_is_null(query_test(query, dimension->avoided[i])))
      return true;
  return false;
}

static bool may_be_text(const struct query *query, const struct query_dimension *dimension,
                        const struct values_domain *domain) {
  unsigned types = types_of(query, dimension);
  return types_of_values(domain->type) == 0 && (types == 0 || types == TEXTS);
}

static void add_fresh(struct query *query, const struct values_domain *domain,
                      struct points *points) {
  struct buf text = {0};
  shape_fresh(query, shape_of(query, domain), &text);
  query->pool->failed = query->pool->failed || text.failed;
  if (text.data && !text.failed)
    points_add(query, points, text.data, text.length);
  buf_free(&text);
}

/* The absent key and a fresh text are often the best. */
void values_propose(struct query *query, size_t number, const struct values_domain *domain) {
  const struct query_dimension *dimension = &query->dimensions[number];
  if (domain->absent)
    query_offer(query, number, &(struct query_value){0});
  struct points fresh = {0};
  if (domain->present && may_be_text(query, dimension, domain))
    add_fresh(query, domain, &fresh);
  offer_all(query, number, domain, &fresh);
  if (query_perfect(query, number))
    return;
  if (domain->present) {
    struct points points = {0};
    add_values(query, dimension, domain, false, &points);
    offer_all(query, number, domain, &points);
  }
  if (domain->present && domain->many && needs_sets(query, dimension)) {
    struct points pool = {0};
    add_values(query, dimension, domain, true, &pool);
    values_offer_sets(query, number, domain, &pool);
  }
}
