#include "reason/texts.h"

#include "policy/arn.h"

#include <stdlib.h>
#include <string.h>

/* The states of one search, and how many steps (access.h) one of them takes at least. */
#define STATES 4096
#define STATE_STEPS 100

bool texts_is(const struct box_test *test) {
  switch (test->condition.type) {
  case OPERAND_STRING:
  case OPERAND_ARN:
  case OPERAND_BINARY:
    return true;
  case OPERAND_BOOLEAN:
    return strcmp(test->condition.name, "Null") != 0;
  case OPERAND_NONE:
  case OPERAND_NUMBER:
  case OPERAND_DATE:
  case OPERAND_ADDRESS:
    break;
  }
  return false;
}

static bool ignores_case(const struct box_test *test) {
  return test->condition.type == OPERAND_BOOLEAN || strstr(test->condition.name, "IgnoreCase");
}

void texts_make_plain(struct buf *operand) {
  for (size_t i = 0; i < operand->length; i++) {
    if (operand->data[i] == context_wildcards.any)
      operand->data[i] = '*';
    else if (operand->data[i] == context_wildcards.one)
      operand->data[i] = '?';
  }
}

static bool takes_variables(const struct box_test *test) {
  return test->variables &&
         (test->condition.type == OPERAND_STRING || test->condition.type == OPERAND_ARN);
}

/* Appends an operand as a pattern. Whether ArnLike matches an ARN is open if the operand is not one. */
static void add_operand(struct atom *atom, const struct box_test *test, struct buf *operand,
                        const struct texts_frame *frame) {
  size_t start = atom->count;
  if (frame && frame->before)
    frame->before(atom);
  if (test->condition.type == OPERAND_ARN) {
    static const char any[] = "arn:*:*:*:*:*";
    const struct match_wildcards stars = {'*', '?'};
    bool star = operand->length == 1 && operand->data[0] == context_wildcards.any;
    if (!atom_add_arn(atom, operand->data, operand->length, context_wildcards, true) &&
        ((test->condition.negated && !star) ||
         !atom_add_arn(atom, any, sizeof any - 1, stars, true))) {
      atom->count = start;
      return;
    }
  } else if (test->condition.wildcards) {
    atom_add_glob(atom, operand->data, operand->length, context_wildcards,
                  frame ? frame->wildcards : byte_set_any(), false);
  } else {
    texts_make_plain(operand);
    atom_add_text(atom, operand->data, operand->length, ignores_case(test));
  }
  if (frame && frame->after)
    frame->after(atom);
  atom_end(atom);
}

/* Adds the texts that are not ARNs (arn_parse): they fail ArnNotEquals and ArnNotLike. */
static void add_other_than_arns(struct atom *atom) {
  static const char prefix[] = "arn:";
  const struct byte_set any = byte_set_any(), within = byte_set_except(":");
  for (size_t length = 0; length < sizeof prefix - 1; length++) {
    atom_add_text(atom, prefix, length, false);
    atom_end(atom);
    atom_add_text(atom, prefix, length, false);
    atom_add_one(atom, byte_set_except((char[]){prefix[length], '\0'}));
    atom_add_star(atom, any);
    atom_end(atom);
  }
  /* A part is missing, or the partition, the service or the resource is empty. */
  for (size_t colons = 1; colons < 5; colons++) {
    atom_add_text(atom, "arn", 3, false);
    for (size_t i = 0; i < colons; i++) {
      atom_add_text(atom, ":", 1, false);
      atom_add_star(atom, within);
    }
    atom_end(atom);
  }
  atom_add_text(atom, "arn::", 5, false);
  atom_add_star(atom, any);
  atom_end(atom);
  atom_add_text(atom, "arn:", 4, false);
  atom_add_star(atom, within);
  atom_add_text(atom, "::", 2, false);
  atom_add_star(atom, any);
  atom_end(atom);
  atom_add_text(atom, "arn", 3, false);
  for (size_t i = 0; i < 4; i++) {
    atom_add_text(atom, ":", 1, false);
    atom_add_star(atom, within);
  }
  atom_add_text(atom, ":", 1, false);
  atom_end(atom);
}

void texts_add_operands(struct query *query, struct atom *atom, const struct box_test *test,
                        const struct texts_frame *frame) {
  static const struct context nothing = {0};
  atom->negated = test->condition.negated;
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    struct buf operand = {0};
    if (text && context_expand(query->bound ? query->bound : &nothing, text, length,
                               takes_variables(test), &operand) == CONTEXT_EXPANDED) {
      buf_adds(&operand, "");
      if (!operand.failed)
        add_operand(atom, test, &operand, frame);
    }
    atom->failed = atom->failed || operand.failed;
    buf_free(&operand);
  }
  if (!frame && test->condition.negated && test->condition.type == OPERAND_ARN)
    add_other_than_arns(atom);
}

/* --- The cache of atoms ----------------------------------------------------------------------- */

struct atom *texts_new(struct query *query) {
  struct query_atoms *atoms = query->atoms;
  if (atoms->owned_count == atoms->owned_capacity) {
    size_t capacity = atoms->owned_capacity ? atoms->owned_capacity * 2 : 16;
    struct atom **grown = realloc(atoms->owned, capacity * sizeof *grown);
    if (!grown) {
      query->pool->failed = true;
      return NULL;
    }
    atoms->owned = grown;
    atoms->owned_capacity = capacity;
  }
  struct atom *atom = calloc(1, sizeof *atom);
  if (!atom) {
    query->pool->failed = true;
    return NULL;
  }
  return atoms->owned[atoms->owned_count++] = atom;
}

struct atom *texts_atom(struct query *query, size_t number, enum query_form form,
                        void (*build)(struct query *query, struct atom *atom,
                                      const struct box_test *test)) {
  const struct box_test *test = query_test(query, number);
  struct atom **slot = &query->atoms->items[form * query->atoms->tests + number];
  if (*slot && !test->has_variables)
    return *slot;
  struct atom *atom = texts_new(query);
  if (atom)
    build(query, atom, test);
  return *slot = atom;
}

struct atom *texts_negation(struct query *query, const struct atom *atom) {
  struct atom *other = texts_new(query);
  if (!other || !atom)
    return NULL;
  /* The copy shares nothing with the original. */
  other->items = malloc((atom->count + 1) * sizeof *other->items);
  other->sets = malloc((atom->sets_count + 1) * sizeof *other->sets);
  other->negated = !atom->negated;
  if (!other->items || !other->sets) {
    query->pool->failed = true;
    return NULL;
  }
  if (atom->count > 0)
    memcpy(other->items, atom->items, atom->count * sizeof *other->items);
  if (atom->sets_count > 0)
    memcpy(other->sets, atom->sets, atom->sets_count * sizeof *other->sets);
  other->count = other->capacity = atom->count;
  other->sets_count = other->sets_capacity = atom->sets_count;
  return other;
}

void texts_free(struct query_atoms *atoms) {
  for (size_t i = 0; i < atoms->owned_count; i++) {
    atom_free(atoms->owned[i]);
    free(atoms->owned[i]);
  }
  free(atoms->owned);
  *atoms = (struct query_atoms){0};
}

/* --- Proposals -------------------------------------------------------------------------------- */

bool texts_literals(const struct box_test *test) {
  if (test->condition.negated || ignores_case(test) || test->condition.set != CONDITION_NO_SET ||
      test->has_variables)
    return false;
  for (const struct json_value *one = box_next_operand(test, NULL); one;
       one = box_next_operand(test, one)) {
    size_t length;
    const char *text = box_operand_text(one, &length);
    if (test->condition.wildcards && text &&
        (memchr(text, '*', length) || memchr(text, '?', length)))
      return false;
    struct arn arn; /* else the result is open for every ARN */
    if (test->condition.type == OPERAND_ARN && text && !arn_parse(text, length, &arn))
      return false;
  }
  return true;
}

void texts_add(struct query *query, struct texts_atoms *atoms, const struct atom *atom) {
  if (!atom)
    return;
  if (atoms->count == atoms->capacity) {
    void *grown = pool_grow(query->pool, atoms->items, &atoms->capacity, sizeof *atoms->items);
    if (!grown)
      return;
    atoms->items = grown;
  }
  atoms->items[atoms->count++] = atom;
}

/* Returns how many steps it takes to begin a search. */
static size_t preparation(const struct texts_atoms *inside, const struct texts_atoms *avoided) {
  size_t items = 0;
  for (size_t i = 0; i < inside->count; i++)
    items += inside->items[i]->count;
  for (size_t i = 0; i < avoided->count; i++)
    items += avoided->items[i]->count;
  return 3000 + 4 * items;
}

void texts_propose(struct query *query, const struct texts_atoms *inside,
                   const struct texts_atoms *avoided, struct words_list *list) {
  struct words_limits limits = {.states = STATES, .steps = *query->steps};
  *list = (struct words_list){0};
  if (query->pool->failed || query->pool->full)
    return;
  if (limits.steps == 0) {
    query_inexact(query, "the search reached its limit");
    return;
  }
  switch (
      words_propose(inside->items, inside->count, avoided->items, avoided->count, &limits, list)) {
  case WORDS_EXACT:
    break;
  case WORDS_LIMIT:
    query_inexact(query, "the patterns have too many combinations");
    break;
  case WORDS_NO_MEMORY:
    query->pool->failed = true;
    break;
  }
  size_t steps = preparation(inside, avoided) + list->steps + list->states * STATE_STEPS;
  *query->steps -= steps < *query->steps ? steps : *query->steps;
}
