/* Proposals of texts. The input is a line for each atom, an empty line, and a text. A line begins
 * with `+` for an inside atom or `-` for an avoided one, and `!` for a negated one; patterns are
 * separated by `|`. Every proposal must match, and one must avoid as much as the text. */

#include "reason/words.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 12 };

static const struct match_wildcards wildcards = {'*', '?'};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An atom and the part of its line that lists the patterns. */
struct line {
  struct atom atom;
  const char *patterns, *end;
};

struct lines {
  struct line items[MOST];
  const struct atom *atoms[MOST];
  size_t count;
};

/* Returns the end of the pattern. */
static const char *pattern_end(const char *pattern, const char *end) {
  const char *bar = memchr(pattern, '|', (size_t)(end - pattern));
  return bar ? bar : end;
}

static bool satisfies(const struct line *line, const char *text, size_t length) {
  bool matches = false;
  for (const char *pattern = line->patterns; pattern && pattern <= line->end;) {
    const char *end = pattern_end(pattern, line->end);
    matches = matches || match_glob(pattern, (size_t)(end - pattern), text, length, false);
    pattern = end + 1;
  }
  return matches != line->atom.negated;
}

/* Reads a line without its newline. */
static void read_line(struct lines *lines, const char *text, const char *end) {
  if (lines->count == MOST)
    return;
  struct line *line = &lines->items[lines->count];
  bool negated = text < end && *text == '!';
  *line = (struct line){.atom.negated = negated, .patterns = text + negated, .end = end};
  for (const char *pattern = line->patterns; pattern <= end;) {
    const char *stop = pattern_end(pattern, end);
    atom_add_glob(&line->atom, pattern, (size_t)(stop - pattern), wildcards, byte_set_any(), false);
    atom_end(&line->atom);
    pattern = stop + 1;
  }
  lines->atoms[lines->count++] = &line->atom;
}

static bool inside_all(const struct lines *inside, const char *text, size_t length) {
  for (size_t i = 0; i < inside->count; i++)
    if (!satisfies(&inside->items[i], text, length))
      return false;
  return true;
}

/* Reports whether a proposal satisfies only avoided atoms that the text satisfies too. */
static bool avoids_as_much(const struct words_text *proposal, const struct lines *avoided,
                           const char *text, size_t length) {
  for (size_t i = 0; i < avoided->count; i++)
    if (proposal->satisfied[0] >> i & 1 && !satisfies(&avoided->items[i], text, length))
      return false;
  return true;
}

/* Reports whether a text is one that the proposals are about. */
static bool is_readable(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++)
    if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
      return false;
  return utf8_valid(text, length);
}

static void check(const struct lines *inside, const struct lines *avoided, const char *text,
                  size_t length) {
  const struct words_limits limits = {.states = 60, .steps = 5000, .texts = 16};
  struct words_list list;
  enum words_outcome outcome =
      words_propose(inside->atoms, inside->count, avoided->atoms, avoided->count, &limits, &list);
  bool found = !is_readable(text, length) || !inside_all(inside, text, length);
  for (size_t i = 0; i < list.count; i++) {
    const struct words_text *proposal = &list.items[i];
    if (!utf8_valid(proposal->bytes, proposal->length) ||
        !inside_all(inside, proposal->bytes, proposal->length))
      abort();
    for (size_t j = 0; j < avoided->count; j++)
      if (satisfies(&avoided->items[j], proposal->bytes, proposal->length) !=
          (proposal->satisfied[0] >> j & 1))
        abort();
    found = found || avoids_as_much(proposal, avoided, text, length);
  }
  if (outcome == WORDS_NO_MEMORY || (outcome == WORDS_EXACT && !found))
    abort();
  words_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!utf8_valid((const char *)data, size))
    return 0;
  struct lines inside = {.count = 0}, avoided = {.count = 0};
  if (size > 150)
    return 0;
  const char *text = (const char *)data, *end = text + size;
  while (text < end && *text != '\n') {
    const char *newline = memchr(text, '\n', (size_t)(end - text));
    const char *stop = newline ? newline : end;
    read_line(*text == '+' ? &inside : &avoided, text + 1, stop);
    text = newline ? newline + 1 : end;
  }
  if (text < end)
    text++;
  check(&inside, &avoided, text, (size_t)(end - text));
  for (size_t i = 0; i < inside.count; i++)
    atom_free(&inside.items[i].atom);
  for (size_t i = 0; i < avoided.count; i++)
    atom_free(&avoided.items[i].atom);
  return 0;
}
