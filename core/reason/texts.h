#ifndef LANYARD_REASON_TEXTS_H
#define LANYARD_REASON_TEXTS_H

#include "reason/query.h"
#include "reason/words.h"

/* Tests of a condition key as sets of texts, for words_propose. */

/* What precedes and follows an operand in the texts of a query; a member may be NULL. A frame that is
 * NULL means that the texts are the values of the key. */
struct texts_frame {
  void (*before)(struct atom *atom);
  void (*after)(struct atom *atom);
  struct byte_set wildcards; /* what a wildcard of an operand matches */
};

/* texts_is reports whether a test compares texts: strings, ARNs, base64, true and false. */
bool texts_is(const struct box_test *test);

/* texts_make_plain replaces the wildcards of context_expand by the characters of the policy. */
void texts_make_plain(struct buf *operand);

/* texts_add_operands appends the operands of such a test as patterns, and for ArnNotEquals and
 * ArnNotLike the texts that are not ARNs. In a frame a key has only ARNs as values, or none. */
void texts_add_operands(struct query *query, struct atom *atom, const struct box_test *test,
                        const struct texts_frame *frame);

/* texts_atom returns the atom of a test, from the cache of a form if it contains it: the values that
 * pass. It returns NULL, and records the reason in the pool, if there is not enough memory. */
struct atom *texts_atom(struct query *query, size_t test, enum query_form form,
                        void (*build)(struct query *query, struct atom *atom,
                                      const struct box_test *test));

/* texts_literals reports whether the texts that pass a test are its operands, and no others. */
bool texts_literals(const struct box_test *test);

/* A list of atoms for words_propose. */
struct texts_atoms {
  const struct atom **items;
  size_t count, capacity;
};

void texts_add(struct query *query, struct texts_atoms *atoms, const struct atom *atom);

/* texts_new returns an empty atom that is freed with the cache. */
struct atom *texts_new(struct query *query);

/* texts_negation returns an atom of all other texts. */
struct atom *texts_negation(struct query *query, const struct atom *atom);

/* texts_propose calls words_propose within the steps that are left, and records what is inexact.
 * The caller frees the list with words_free. */
void texts_propose(struct query *query, const struct texts_atoms *inside,
                   const struct texts_atoms *avoided, struct words_list *list);

/* texts_free frees the cache. */
void texts_free(struct query_atoms *atoms);

#endif
