#ifndef LANYARD_WORDS_QUERY_H
#define LANYARD_WORDS_QUERY_H

#include "reason/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Queries for texts, which tests write as texts. */

static const struct match_wildcards wildcards = {'*', '?'};

enum { MOST = 128 };

struct query {
  struct atom inside[MOST], avoided[MOST];
  const struct atom *inside_list[MOST], *avoided_list[MOST];
  size_t inside_count, avoided_count;
};

static inline struct atom *new_atom(struct query *query, bool inside, bool negated) {
  size_t *count = inside ? &query->inside_count : &query->avoided_count;
  assert_true(*count < MOST);
  struct atom *atom = inside ? &query->inside[*count] : &query->avoided[*count];
  *atom = (struct atom){.negated = negated};
  (inside ? query->inside_list : query->avoided_list)[(*count)++] = atom;
  return atom;
}

static inline void add_glob(struct atom *atom, const char *glob) {
  atom_add_glob(atom, glob, strlen(glob), wildcards, byte_set_any(), false);
  atom_end(atom);
}

static inline void free_query(struct query *query) {
  for (size_t i = 0; i < query->inside_count; i++)
    atom_free(&query->inside[i]);
  for (size_t i = 0; i < query->avoided_count; i++)
    atom_free(&query->avoided[i]);
  query->inside_count = query->avoided_count = 0;
}

/* Adds the atoms of a text, which are separated by spaces: "+a*|b" is an inside atom with two
 * patterns, "-a*" an avoided one; "+!" and "-!" begin negated ones. */
static inline void add_atoms(struct query *query, const char *text) {
  char copy[4096];
  assert_true(strlen(text) < sizeof copy);
  strcpy(copy, text);
  char *next_atom, *next_pattern;
  for (char *word = strtok_r(copy, " ", &next_atom); word; word = strtok_r(NULL, " ", &next_atom)) {
    bool negated = word[1] == '!';
    struct atom *atom = new_atom(query, word[0] == '+', negated);
    for (char *pattern = strtok_r(word + 1 + negated, "|", &next_pattern); pattern;
         pattern = strtok_r(NULL, "|", &next_pattern))
      add_glob(atom, pattern);
  }
}

static inline enum words_outcome ask(const struct query *query, const struct words_limits *limits,
                                     struct words_list *list) {
  return words_propose(query->inside_list, query->inside_count, query->avoided_list,
                       query->avoided_count, limits, list);
}

/* Compares the proposals for atoms with texts that are separated by spaces; "''" is the empty
 * text. */
static inline void check(const char *atoms, const char *expected) {
  struct query *query = calloc(1, sizeof *query);
  assert_non_null(query);
  add_atoms(query, atoms);
  struct words_list list;
  assert_int_equal(ask(query, NULL, &list), WORDS_EXACT);
  char found[4096] = "";
  for (size_t i = 0; i < list.count; i++) {
    strcat(found, i > 0 ? " " : "");
    strcat(found, list.items[i].length > 0 ? list.items[i].bytes : "''");
    assert_int_equal(strlen(list.items[i].bytes), list.items[i].length);
  }
  assert_string_equal(found, expected);
  words_free(&list);
  free_query(query);
  free(query);
}

#endif
