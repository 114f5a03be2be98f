#ifndef LANYARD_REASON_WORDS_H
#define LANYARD_REASON_WORDS_H

#include "reason/atom.h"

/* Texts that satisfy some atoms and as few others as possible. They decide questions about all
 * texts: there is a text inside some atoms and outside others if, and only if, one of these few is. */

/* The bounds of a search; 0 is the default. */
struct words_limits {
  size_t states;      /* states that are kept, default 4096 */
  size_t places;      /* places in patterns that all states contain together, default 1048576 */
  size_t steps;       /* of time, default 4194304, which take about 10 milliseconds */
  size_t texts;       /* proposals, default 256 */
  const char *prefer; /* bytes that wildcards match first; NULL: the letters from a to z */
};

struct words_text {
  const char *bytes; /* NUL-terminated */
  size_t length;
  const uint64_t *satisfied; /* a bit for each avoided atom: bit i % 64 of element i / 64 */
};

/* `states` is how many states the search kept, and `steps` how long it took. `limit` is the bound that ended it, as
 * the end of a sentence ("more than 4096 states"), or empty. */
struct words_list {
  struct words_text *items;
  size_t count, capacity;
  size_t states, steps;
  char limit[48];
};

enum words_outcome {
  WORDS_EXACT,
  WORDS_LIMIT,     /* each proposal is correct, but others may be missing */
  WORDS_NO_MEMORY, /* the list is empty */
};

/* words_propose lists texts that satisfy all `inside` atoms. For every text that satisfies them, the
 * list has a text that satisfies the same avoided atoms or fewer of them. So an empty list with
 * WORDS_EXACT means that no text satisfies all inside atoms. No proposal is dispensable: none
 * satisfies all avoided atoms that another one satisfies. The shortest proposal is first.
 *
 * Proposals are short where that is cheap: a `*` often matches nothing ("ecr:" for "ecr:*"). To
 * exclude such texts, the caller adds an inside atom with the shape of a realistic text.
 *
 * Texts are valid UTF-8, and contain control bytes only where a literal byte of an atom is one.
 * The claim is about such texts. The caller frees the list with words_free, whatever the outcome. */
enum words_outcome words_propose(const struct atom *const *inside, size_t inside_count,
                                 const struct atom *const *avoided, size_t avoided_count,
                                 const struct words_limits *limits, struct words_list *list);

void words_free(struct words_list *list);

#endif
