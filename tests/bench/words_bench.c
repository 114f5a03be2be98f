/* Measures proposals of texts: how many states the search keeps, and how long it takes, for patterns
 * of the kinds that policies contain, and for patterns that are made to be slow. */

#include "reason/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct match_wildcards wildcards = {'*', '?'};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

enum { MOST = 128 };

struct query {
  struct atom inside[MOST], avoided[MOST];
  const struct atom *inside_list[MOST], *avoided_list[MOST];
  size_t inside_count, avoided_count;
};

static struct atom *add_atom(struct query *query, bool inside, bool negated) {
  size_t index = inside ? query->inside_count++ : query->avoided_count++;
  struct atom *atom = inside ? &query->inside[index] : &query->avoided[index];
  (inside ? query->inside_list : query->avoided_list)[index] = atom;
  atom->negated = negated;
  return atom;
}

/* Adds an atom with the pattern of an ARN, or any other pattern. */
static void add_glob(struct query *query, bool inside, bool negated, const char *glob) {
  struct atom *atom = add_atom(query, inside, negated);
  if (!atom_add_arn(atom, glob, strlen(glob), wildcards, false))
    atom_add_glob(atom, glob, strlen(glob), wildcards, byte_set_any(), false);
  atom_end(atom);
}

static void measure(const char *name, struct query *query) {
  struct words_list list;
  double best = 1e9, start = now();
  do {
    double begun = now();
    words_propose(query->inside_list, query->inside_count, query->avoided_list,
                  query->avoided_count, NULL, &list);
    double taken = now() - begun;
    best = taken < best ? taken : best;
    if (now() - start < 0.2)
      words_free(&list);
    else
      break;
  } while (true);
  printf("%-44s %5zu states %4zu texts %9.1f us  %s\n", name, list.states, list.count, best * 1e6,
         list.limit);
  words_free(&list);
  for (size_t i = 0; i < query->inside_count; i++)
    atom_free(&query->inside[i]);
  for (size_t i = 0; i < query->avoided_count; i++)
    atom_free(&query->avoided[i]);
  memset(query, 0, sizeof *query);
}

/* Adds the ARNs of roles as avoided atoms; a text continues with `tail`. */
static void avoid_roles(struct query *query, bool negated, const char *tail) {
  for (int i = 0; i < 60; i++) {
    char glob[128];
    snprintf(glob, sizeof glob, "arn:aws:iam::11112222333%d:role/team/service-%d%s", i % 3, i,
             tail);
    add_glob(query, false, negated, glob);
  }
}

/* The texts of a session: the ARN of a role, a byte 1, a unique id, a colon and a name. */
static void add_sessions(struct query *query) {
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  static const char names[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-";
  static const char paths[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-/";
  struct atom *atom = add_atom(query, true, false);
  atom_add_text(atom, "arn:aws:iam::", 13, false);
  for (size_t i = 0; i < 12; i++)
    atom_add_one(atom, byte_set_of("0123456789"));
  atom_add_text(atom, ":role/", 6, false);
  atom_add_star(atom, byte_set_of(paths));
  atom_add_one(atom, byte_set_of(names));
  atom_add_text(atom, "\1AROA", 5, false);
  atom_add_one(atom, byte_set_of(letters));
  atom_add_star(atom, byte_set_of(letters));
  atom_add_text(atom, ":", 1, false);
  atom_add_one(atom, byte_set_of(names));
  atom_add_star(atom, byte_set_of(names));
  atom_end(atom);
}

/* Adds avoided atoms `*c*d*` for pairs of letters. */
static void avoid_pairs(struct query *query, size_t count, bool negated) {
  for (size_t i = 0; i < count; i++) {
    char glob[16];
    snprintf(glob, sizeof glob, "*%c*%c*", (char)('a' + i % 16), (char)('a' + (i * 5 + 3) % 16));
    add_glob(query, false, negated, glob);
  }
}

static void measure_roles(struct query *query) {
  add_glob(query, true, false, "arn:aws:iam::111122223332:role/team/service-5");
  avoid_roles(query, false, "");
  measure("a role, outside of 60 roles", query);
  add_glob(query, true, false, "arn:*:iam::*:role/*");
  avoid_roles(query, false, "");
  measure("any role, outside of 60 roles", query);
  add_glob(query, true, false, "*");
  avoid_roles(query, true, "");
  measure("any text, outside of all but a role, 60 times", query);
  add_sessions(query);
  avoid_roles(query, false, "\1*");
  measure("any session, outside of 60 roles", query);
  add_sessions(query);
  avoid_roles(query, false, "\1*");
  avoid_roles(query, true, "\1*");
  measure("any session, in and outside of 60 roles", query);
}

static void measure_repositories(struct query *query) {
  for (int negated = 0; negated < 2; negated++) {
    add_glob(query, true, false, "arn:aws:ecr:*:*:repository/?*");
    for (int i = 0; i < 60; i++) {
      char glob[128];
      snprintf(glob, sizeof glob, "arn:aws:ecr:%s:111122223333:repository/team-%d/*",
               i % 2 ? "us-east-1" : "*", i);
      add_glob(query, false, negated, glob);
    }
    measure(negated ? "repositories, outside of all but 60 patterns"
                    : "repositories, outside of 60 patterns",
            query);
  }
}

static void measure_hostile(struct query *query) {
  add_glob(query, true, false, "*a*d*");
  avoid_pairs(query, 14, false);
  measure("*a*d*, outside of 14 like it", query);
  add_glob(query, true, false, "*");
  avoid_pairs(query, 14, true);
  measure("any text, inside as many of 14 as possible", query);
  for (char c = 'a'; c < 'q'; c++)
    add_glob(query, true, false, (char[]){'*', c, '*', '\0'});
  avoid_pairs(query, 60, false);
  measure("16 letters in the best order for 60 pairs", query);
  add_glob(query, true, false, "*a????????????");
  for (size_t i = 0; i < 12; i++) {
    char glob[16] = "*b";
    memset(glob + 2, '?', i);
    add_glob(query, false, true, glob);
  }
  measure("12 places before the end, each its state", query);
}

int main(void) {
  static struct query query;
  measure_roles(&query);
  measure_repositories(&query);
  measure_hostile(&query);
  return 0;
}
