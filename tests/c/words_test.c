/* Proposals of texts. The property test compares them with all short texts over a small alphabet.
 * LANYARD_SEED and LANYARD_RUNS change its run; a failure prints the seed, which generates the same
 * atoms first. */

#include "reason/words.h"

#include "base/utf8.h"
#include "reason/alphabet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define RUNS 2000
#else
#define RUNS 10000
#endif

static const struct match_wildcards wildcards = {'*', '?'};

/* --- Allocations that fail -------------------------------------------------------------------- */

#ifndef __SANITIZE_ADDRESS__ /* whose allocator cannot be replaced */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void __libc_free(void *block);

/* The allocation with the number `failing` fails, and those after it; 0: none. */
static size_t failing, allocations;
static bool recovers; /* the allocations that follow succeed */
static long blocks;   /* that are allocated */

static bool may_allocate(void) {
  if (failing == 0)
    return true;
  allocations++;
  return recovers ? allocations != failing : allocations < failing;
}

static void *counted(void *block) {
  blocks += block != NULL;
  return block;
}

void *malloc(size_t size) {
  return may_allocate() ? counted(__libc_malloc(size)) : NULL;
}

void *calloc(size_t count, size_t size) {
  return may_allocate() ? counted(__libc_calloc(count, size)) : NULL;
}

void *realloc(void *block, size_t size) {
  if (!may_allocate())
    return NULL;
  return block ? __libc_realloc(block, size) : counted(__libc_realloc(block, size));
}

void free(void *block) {
  blocks -= block != NULL;
  __libc_free(block);
}
#endif

/* --- Queries by text -------------------------------------------------------------------------- */

enum { MOST = 128 };

struct query {
  struct atom inside[MOST], avoided[MOST];
  const struct atom *inside_list[MOST], *avoided_list[MOST];
  size_t inside_count, avoided_count;
};

static struct atom *new_atom(struct query *query, bool inside, bool negated) {
  size_t *count = inside ? &query->inside_count : &query->avoided_count;
  assert_true(*count < MOST);
  struct atom *atom = inside ? &query->inside[*count] : &query->avoided[*count];
  *atom = (struct atom){.negated = negated};
  (inside ? query->inside_list : query->avoided_list)[(*count)++] = atom;
  return atom;
}

static void add_glob(struct atom *atom, const char *glob) {
  atom_add_glob(atom, glob, strlen(glob), wildcards, byte_set_any(), false);
  atom_end(atom);
}

static void free_query(struct query *query) {
  for (size_t i = 0; i < query->inside_count; i++)
    atom_free(&query->inside[i]);
  for (size_t i = 0; i < query->avoided_count; i++)
    atom_free(&query->avoided[i]);
  query->inside_count = query->avoided_count = 0;
}

/* Adds the atoms of a text, which are separated by spaces: "+a*|b" is an inside atom with two
 * patterns, "-a*" an avoided one; "+!" and "-!" begin negated ones. */
static void add_atoms(struct query *query, const char *text) {
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

static enum words_outcome ask(const struct query *query, const struct words_limits *limits,
                              struct words_list *list) {
  return words_propose(query->inside_list, query->inside_count, query->avoided_list,
                       query->avoided_count, limits, list);
}

/* Compares the proposals for atoms with texts that are separated by spaces; "''" is the empty
 * text. */
static void check(const char *atoms, const char *expected) {
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

/* --- Examples --------------------------------------------------------------------------------- */

static void a_proposal_avoids_what_can_be_avoided(void **state) {
  (void)state;
  check("+repository/* -repository/a*", "repository/");
  check("+repository/?* -repository/a*", "repository/b");
  check("+repository/?* -repository/a* -repository/* -*b", "repository/c");
  check("+a*|b -a -b", "aa");
  check("+a|b -a -b", "a b");
  check("+a|b -a -b -a|b", "a b");
}

static void the_empty_text_is_a_text(void **state) {
  (void)state;
  check("", "''");
  check("+* -?*", "''");
  check("+* -!?*", "a");
  check("+!?* -a*", "''");
  check("+* -* -?*", "''");
}

static void there_is_no_text_inside_contradicting_atoms(void **state) {
  (void)state;
  check("+a +b", "");
  check("+a*b +!a*|*b", "");
  check("+!*", "");
  check("+a* +*b +?? +!ab", "");
  check("+", "");
}

static void an_atom_without_patterns_is_satisfied_only_if_it_is_negated(void **state) {
  (void)state;
  check("+a - -!", "a");
  check("+!", "''");
}

static void all_inside_atoms_hold_at_once(void **state) {
  (void)state;
  check("+*x* +*y* -*xy* -*yx* -?*?*?*?", "xay");
  check("+a*|b* +*a|*b +!a|b|ab|ba +???", "aaa");
}

static void proposals_that_avoid_different_atoms_are_all_listed(void **state) {
  (void)state;
  check("+?? -a? -?a -!aa|bb", "bb");
  check("+?? -b? -?b -!aa|bb", "aa");
  check("+?? -a? -b? -!a?|b?", "aa ba ca");
}

static void case_does_not_matter_to_folded_literals(void **state) {
  (void)state;
  static struct query query;
  struct atom *inside = new_atom(&query, true, false), *avoided = new_atom(&query, false, false);
  atom_add_text(inside, "ecr:GetX", 8, true);
  atom_end(inside);
  atom_add_text(avoided, "ECR:getx", 8, true);
  atom_end(avoided);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, "ecr:GetX");
  assert_int_equal(list.items[0].satisfied[0], 1);
  words_free(&list);
  /* A pattern that heeds case leaves the other spellings. */
  add_atoms(&query, "-ecr:GetX");
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_not_equal(list.items[0].bytes, "ecr:GetX");
  assert_int_equal(list.items[0].satisfied[0], 1);
  words_free(&list);
  free_query(&query);
}

/* Asks for the texts that a folded letter matches, and another item of one of its cases does not. */
static void check_cases(char inner, char other, bool set) {
  static struct query query;
  struct atom *inside = new_atom(&query, true, false), *avoided = new_atom(&query, false, false);
  atom_add_text(inside, &inner, 1, true);
  atom_end(inside);
  if (set)
    atom_add_one(avoided, byte_set_of((char[]){other, '\0'}));
  else
    atom_add_text(avoided, &other, 1, false);
  atom_end(avoided);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_int_equal(list.items[0].bytes[0], other ^ 0x20);
  words_free(&list);
  free_query(&query);
}

static void each_letter_has_two_cases_where_an_item_distinguishes_them(void **state) {
  (void)state;
  for (char c = 'a'; c <= 'z'; c++) {
    for (int i = 0; i < 8; i++)
      check_cases((char)(c ^ (i & 1) * 0x20), (char)(c ^ (i >> 1 & 1) * 0x20), i >= 4);
  }
}

/* Compares alphabet_utf8 with utf8_valid, for all sequences of four bytes at the bounds of
 * ranges. */
static void check_sequences(char *text, size_t length, unsigned char where) {
  static const unsigned char bounds[] = {0,    0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF,
                                         0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED,
                                         0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF};
  for (size_t i = 0; i < sizeof bounds; i++) {
    unsigned char next = where == UTF8_BROKEN ? where : alphabet_utf8(where, bounds[i]);
    text[length] = (char)bounds[i];
    if ((next == UTF8_COMPLETE) != utf8_valid(text, length + 1))
      fail_msg("byte %zu, %#x", length, bounds[i]);
    if (length < 3)
      check_sequences(text, length + 1, next);
  }
}

static void texts_are_utf8(void **state) {
  (void)state;
  char text[8];
  check_sequences(text, 0, UTF8_COMPLETE);
}

static void wildcards_match_preferred_bytes_first(void **state) {
  (void)state;
  static struct query query;
  add_atoms(&query, "+?? -x*");
  const struct words_limits limits = {.prefer = "xyz"};
  struct words_list list;
  assert_int_equal(ask(&query, &limits, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, "yx");
  words_free(&list);
  free_query(&query);
  /* Neither case of a folded literal avoids it. */
  add_atoms(&query, "+?");
  struct atom *avoided = new_atom(&query, false, false);
  atom_add_text(avoided, "x", 1, true);
  atom_end(avoided);
  const struct words_limits upper = {.prefer = "Xxy"};
  assert_int_equal(ask(&query, &upper, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, "y");
  words_free(&list);
  free_query(&query);
}

static void a_text_has_characters_beyond_ascii_where_needed(void **state) {
  (void)state;
  check("+*\xC3\xA9* -\xC3\xA9*", "a\xC3\xA9");
  /* `?` is one character. */
  check("+?? -!\xC3\xA9?", "\xC3\xA9"
                           "a");
  check("+? -!\xC3\xA9|a", "a");
  check("+?? +\xC3*", "\xC3\xA0"
                      "a");
  check("+\xC3\xA9* +?", "\xC3\xA9");
  check("+\xE2\x82\xAC?\xC3\xA9 +*?* -???", "\xE2\x82\xAC"
                                            "a\xC3\xA9");
  static struct query query;
  struct atom *inside = new_atom(&query, true, false), *printable = new_atom(&query, true, true);
  add_glob(inside, "?*");
  for (char c = ' '; c <= '~'; c++) {
    atom_add_star(printable, byte_set_any());
    atom_add_text(printable, &c, 1, false);
    atom_add_star(printable, byte_set_any());
    atom_end(printable);
  }
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, "\xC3\xA0");
  words_free(&list);
  free_query(&query);
}

static void a_control_byte_is_proposed_only_where_a_literal_is_one(void **state) {
  (void)state;
  static struct query query;
  struct atom *inside = new_atom(&query, true, false);
  atom_add_star(inside, byte_set_except(""));
  atom_add_one(inside, byte_set_of("\t\x01"));
  atom_end(inside);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 0);
  words_free(&list);
  add_atoms(&query, "-x\x01y");
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, "\x01");
  words_free(&list);
  free_query(&query);
}

static void a_space_is_not_a_control_byte(void **state) {
  (void)state;
  static struct query query;
  add_atoms(&query, "+?");
  const struct words_limits limits = {.prefer = "\x1F\x7F a"};
  struct words_list list;
  assert_int_equal(ask(&query, &limits, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0].bytes, " ");
  words_free(&list);
  free_query(&query);
}

static void many_atoms_have_bits_of_their_own(void **state) {
  (void)state;
  static struct query query;
  add_atoms(&query, "+??*");
  for (size_t i = 0; i < 100; i++) {
    char glob[16];
    snprintf(glob, sizeof glob, i == 70 ? "??*" : "x%zu*", i);
    add_glob(new_atom(&query, false, i == 90), glob);
  }
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 2);
  assert_string_equal(list.items[0].bytes, "aa");
  assert_int_equal(list.items[0].satisfied[0], 0);
  assert_int_equal(list.items[0].satisfied[1], 1u << (70 - 64) | 1u << (90 - 64));
  assert_string_equal(list.items[1].bytes, "x90");
  assert_int_equal(list.items[1].satisfied[0], 1u << 9);
  assert_int_equal(list.items[1].satisfied[1], 1u << (70 - 64));
  words_free(&list);
  free_query(&query);
}

/* --- ARNs ------------------------------------------------------------------------------------- */

/* Asks for a text that a pattern of an ARN matches, among the texts that a glob matches. */
static void check_arn(const char *arn, bool operand, const char *glob, const char *expected) {
  static struct query query;
  struct atom *atom = new_atom(&query, true, false);
  assert_true(atom_add_arn(atom, arn, strlen(arn), wildcards, operand));
  atom_end(atom);
  add_glob(new_atom(&query, true, false), glob);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, expected ? 1 : 0);
  if (expected)
    assert_string_equal(list.items[0].bytes, expected);
  words_free(&list);
  free_query(&query);
}

static void wildcards_of_an_arn_match_colons_only_in_the_resource(void **state) {
  (void)state;
  check_arn("arn:aws:s3:*:*:b*", false, "*", "arn:aws:s3:::b");
  check_arn("arn:aws:s3:*:*:b*", false, "*b:c", "arn:aws:s3:::b:c");
  check_arn("arn:aws:s3:*:*:b", false, "*:x:*", "arn:aws:s3:x::b");
  check_arn("arn:aws:s3:*:*:b", false, "*:x:y:z:*", NULL);
  check_arn("arn:aws:s3::?:b", false, "arn:aws:s3:::*", NULL);
  check_arn("arn:aws:s3:::b", false, "arn:aws:s3:::B", NULL);
}

static void an_operand_of_ArnLike_matches_only_arns(void **state) {
  (void)state;
  check_arn("arn:*:*:*:*:*", false, "*", "arn:::::");
  check_arn("arn:*:*:*:*:*", true, "*", "arn:a:a:::a");
  check_arn("arn:aws:*:*:*:b", true, "arn:AWS:*", NULL);
  check_arn("arn:*:*:*:*:**", true, "*::", "arn:a:a::::");
  struct atom atom = {0};
  assert_false(atom_add_arn(&atom, "arn:aws:s3", 10, wildcards, false));
  assert_false(atom_add_arn(&atom, "a*:aws:s3:::b", 13, wildcards, true));
  assert_false(atom_add_arn(&atom, "arn:aws:s3:::", 13, wildcards, true));
  assert_int_equal(atom.count, 0);
  assert_true(atom_add_arn(&atom, "a*:aws:s3:::b", 13, wildcards, false));
  atom_free(&atom);
}

/* --- Limits and failures ---------------------------------------------------------------------- */

/* Adds avoided atoms `*a*b*` with different letters, all inside a text that contains these letters
 * in some order. */
static void add_hostile(struct query *query) {
  char glob[32];
  for (char c = 'a'; c < 'a' + 20; c++) {
    snprintf(glob, sizeof glob, "*%c*", c);
    add_glob(new_atom(query, true, false), glob);
    for (char d = 'a'; d < 'a' + 20; d = (char)(d + 5)) {
      snprintf(glob, sizeof glob, "*%c*%c*", c, d);
      add_glob(new_atom(query, false, false), glob);
    }
  }
}

static void a_search_ends_at_its_limits(void **state) {
  (void)state;
  static struct query query;
  add_hostile(&query);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 4194304 steps");
  assert_true(list.states > 1000 && list.states < 4096);
  words_free(&list);
  const struct words_limits limits = {.states = 100};
  assert_int_equal(ask(&query, &limits, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 100 states");
  assert_int_equal(list.states, 100);
  words_free(&list);
  const struct words_limits places = {.places = 1000};
  assert_int_equal(ask(&query, &places, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 1000 places");
  words_free(&list);
  free_query(&query);
}

static void the_proposals_of_a_search_that_ends_early_are_correct(void **state) {
  (void)state;
  static struct query query;
  add_atoms(&query, "+? -a -b -c -d -!a|b|c|d");
  const struct words_limits limits = {.texts = 2};
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 5);
  words_free(&list);
  assert_int_equal(ask(&query, &limits, &list), WORDS_LIMIT);
  assert_string_equal(list.limit, "more than 2 texts");
  assert_int_equal(list.count, 2);
  assert_string_equal(list.items[0].bytes, "a");
  assert_string_equal(list.items[1].bytes, "e");
  words_free(&list);
  free_query(&query);
}

#ifndef __SANITIZE_ADDRESS__
/* Returns the outcome of a query in which an allocation fails. */
static enum words_outcome ask_with_failure(size_t number) {
  static struct query query;
  struct words_list list;
  long before = blocks;
  allocations = 0;
  failing = number;
  add_atoms(&query, "+?*a*b*|c?d*e*f*g* +* -!aab|bab|cab|dab -aaaaaaaaaaaaaaaaaaaab*c -!b*|c*");
  enum words_outcome outcome = ask(&query, NULL, &list);
  failing = 0;
  if (outcome == WORDS_NO_MEMORY)
    assert_int_equal(list.count, 0);
  words_free(&list);
  free_query(&query);
  assert_int_equal(blocks, before);
  return outcome;
}

static void a_failed_allocation_is_reported_and_loses_no_memory(void **state) {
  (void)state;
  for (int mode = 0; mode < 2; mode++) {
    size_t number = 1;
    recovers = mode == 1;
    while (number < 200 && ask_with_failure(number) == WORDS_NO_MEMORY)
      number++;
    assert_true(number > 20 && number < 200);
  }
}
#endif

/* --- The property ----------------------------------------------------------------------------- */

static uint64_t chance;

/* splitmix64 */
static uint64_t draw(void) {
  uint64_t z = (chance += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static size_t below(size_t bound) {
  return (size_t)(draw() % bound);
}

/* Sets of bytes, as text: a star followed by a letter in a pattern of the model. */
static const char *const set_bytes[] = {"", ":", ":/", "/", "0123456789", "ab"};
enum { SETS = 6, ONLY = 4 }; /* from ONLY on, a set contains its bytes, else all others */

static struct byte_set model_set(size_t index) {
  return index < ONLY ? byte_set_except(set_bytes[index]) : byte_set_of(set_bytes[index]);
}

static bool model_has(size_t index, char byte) {
  bool listed = strchr(set_bytes[index], byte) && byte != '\0';
  return index < ONLY ? !listed : listed;
}

enum { ITEMS = 7, PATTERNS = 3, ATOMS = 9, CHARACTERS = 4 };

struct model_item {
  char kind; /* '*', '?', or '=' for a literal */
  char byte;
  size_t set;
  bool ignore_case;
};

struct model_pattern {
  struct model_item items[ITEMS];
  size_t count;
};

struct model_atom {
  struct model_pattern patterns[PATTERNS];
  size_t count;
  bool negated;
};

/* The first `inside` atoms are the inside ones. The texts consist of the characters. */
struct model {
  struct model_atom atoms[ATOMS];
  size_t count, inside;
  const char *characters[CHARACTERS];
  uint64_t seed;
};

static const char *const literals[] = {"a", "b", "A", ":", "/", "1", "\xC3\xA9", "c"};

static struct model random_model(uint64_t seed) {
  chance = seed;
  struct model model = {.seed = seed, .count = 1 + below(ATOMS)};
  model.inside = below(model.count < 4 ? model.count : 4);
  bool folded = below(3) == 0;
  size_t first = below(8), sets = below(3) == 0 ? SETS : 1 + below(SETS);
  for (size_t i = 0; i < CHARACTERS - 1; i++)
    model.characters[i] = literals[(first + i) % 8];
  model.characters[CHARACTERS - 1] = "z";
  for (size_t a = 0; a < model.count; a++) {
    struct model_atom *atom = &model.atoms[a];
    atom->negated = below(4) == 0;
    atom->count = below(12) == 0 ? 0 : 1 + below(PATTERNS);
    for (size_t p = 0; p < atom->count; p++) {
      struct model_pattern *pattern = &atom->patterns[p];
      size_t length = below(ITEMS - 1);
      while (pattern->count < length) {
        struct model_item *item = &pattern->items[pattern->count++];
        *item = (struct model_item){.kind = "*?==="[below(5)], .set = below(sets)};
        item->ignore_case = folded && below(4) > 0;
        if (item->kind == '=') {
          const char *bytes = model.characters[below(CHARACTERS - 1)];
          item->byte = bytes[0];
          if (bytes[1] != '\0')
            pattern->items[pattern->count++] = (struct model_item){.kind = '=', .byte = bytes[1]};
        }
      }
    }
  }
  return model;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Reports whether a byte continues a character of UTF-8. */
static bool continues(char byte) {
  return (byte & 0xC0) == 0x80;
}

static bool pattern_matches(const struct model_item *item, const struct model_item *end,
                            const char *text) {
  if (item == end)
    return *text == '\0';
  if (item->kind == '*') {
    if (pattern_matches(item + 1, end, text))
      return true;
    return *text != '\0' && model_has(item->set, *text) && pattern_matches(item, end, text + 1);
  }
  if (*text == '\0')
    return false;
  bool fits = item->kind == '?'   ? model_has(item->set, *text) && !continues(*text)
              : item->ignore_case ? lower(item->byte) == lower(*text)
                                  : item->byte == *text;
  text++;
  while (item->kind == '?' && continues(*text) && model_has(item->set, *text))
    text++;
  return fits && pattern_matches(item + 1, end, text);
}

/* Returns a bit for each atom that a text satisfies. */
static unsigned satisfied_by(const struct model *model, const char *text) {
  unsigned bits = 0;
  for (size_t a = 0; a < model->count; a++) {
    const struct model_atom *atom = &model->atoms[a];
    bool matches = false;
    for (size_t p = 0; p < atom->count && !matches; p++)
      matches = pattern_matches(atom->patterns[p].items,
                                atom->patterns[p].items + atom->patterns[p].count, text);
    if (matches != atom->negated)
      bits |= 1u << a;
  }
  return bits;
}

static void build_query(const struct model *model, struct query *query) {
  for (size_t a = 0; a < model->count; a++) {
    const struct model_atom *from = &model->atoms[a];
    struct atom *atom = new_atom(query, a < model->inside, from->negated);
    for (size_t p = 0; p < from->count; p++) {
      for (size_t i = 0; i < from->patterns[p].count; i++) {
        const struct model_item *item = &from->patterns[p].items[i];
        if (item->kind == '*')
          atom_add_star(atom, model_set(item->set));
        else if (item->kind == '?')
          atom_add_one(atom, model_set(item->set));
        else
          atom_add_text(atom, &item->byte, 1, item->ignore_case);
      }
      atom_end(atom);
    }
  }
}

/* Checks the proposals themselves. Returns their bits. */
static void check_proposals(const struct model *model, const struct words_list *list,
                            unsigned *bits) {
  unsigned inside = (1u << model->inside) - 1;
  for (size_t i = 0; i < list->count; i++) {
    const struct words_text *text = &list->items[i];
    assert_int_equal(strlen(text->bytes), text->length);
    assert_true(utf8_valid(text->bytes, text->length));
    bits[i] = satisfied_by(model, text->bytes);
    assert_int_equal(bits[i] & inside, inside);
    if (model->count > model->inside)
      assert_int_equal(bits[i] >> model->inside, text->satisfied[0]);
    for (size_t j = 0; j < i; j++)
      assert_true((bits[i] & ~bits[j]) != 0 && (bits[j] & ~bits[i]) != 0);
  }
}

/* Checks that each text of up to `left` more characters has a proposal that avoids as much. */
static void check_texts(const struct model *model, const unsigned *bits, size_t count, char *text,
                        size_t length, size_t left) {
  unsigned inside = (1u << model->inside) - 1, own = satisfied_by(model, text);
  bool covered = (own & inside) != inside;
  for (size_t i = 0; i < count && !covered; i++)
    covered = (bits[i] & ~own) == 0;
  if (!covered)
    fail_msg("seed %llu: no proposal avoids as much as the text '%s'",
             (unsigned long long)model->seed, text);
  for (size_t i = 0; left > 0 && i < CHARACTERS; i++) {
    strcpy(text + length, model->characters[i]);
    check_texts(model, bits, count, text, length + strlen(model->characters[i]), left - 1);
    text[length] = '\0';
  }
}

static size_t number_of(const char *variable, size_t otherwise) {
  const char *text = getenv(variable);
  return text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

static void proposals_avoid_as_much_as_any_text(void **state) {
  (void)state;
  static struct query query;
  static unsigned bits[1u << ATOMS];
  size_t runs = number_of("LANYARD_RUNS", RUNS);
  uint64_t seed = number_of("LANYARD_SEED", 1);
  for (size_t run = 0; run < runs; run++) {
    struct model model = random_model(seed + run);
    build_query(&model, &query);
    struct words_list list;
    enum words_outcome outcome = ask(&query, NULL, &list);
    if (outcome != WORDS_EXACT)
      fail_msg("seed %llu: outcome %d", (unsigned long long)(seed + run), (int)outcome);
    check_proposals(&model, &list, bits);
    char text[32] = "";
    check_texts(&model, bits, list.count, text, 0, run % 16 == 0 ? 6 : 4);
    words_free(&list);
    free_query(&query);
  }
}

/* Adds what searches for the texts of models take. The models are the same in each run. */
static void a_search_is_short(void **state) {
  (void)state;
  static struct query query;
  size_t states = 0, steps = 0, texts = 0, bytes = 0;
  for (size_t seed = 1; seed <= 1000; seed++) {
    struct model model = random_model(seed);
    build_query(&model, &query);
    struct words_list list;
    assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
    states += list.states;
    steps += list.steps;
    texts += list.count;
    for (size_t i = 0; i < list.count; i++)
      bytes += list.items[i].length;
    words_free(&list);
    free_query(&query);
  }
  assert_true(states <= 6500);  /* 6,469 */
  assert_true(steps <= 412000); /* 407,701 */
  assert_int_equal(texts, 992);
  assert_true(bytes <= 1820); /* 1,802 */
}

/* A folded letter needs one case only, unless another item distinguishes them. */
static void a_search_of_folded_patterns_is_short(void **state) {
  (void)state;
  static struct query query;
  struct atom *inside = new_atom(&query, true, false), *avoided = new_atom(&query, false, false);
  atom_add_text(inside, "service:getobjects", 18, true);
  atom_add_star(inside, byte_set_except(":"));
  atom_end(inside);
  atom_add_text(avoided, "service:getobjectsx", 19, true);
  atom_end(avoided);
  struct words_list list;
  assert_int_equal(ask(&query, NULL, &list), WORDS_EXACT);
  assert_int_equal(list.count, 1);
  assert_int_equal(list.states, 19); /* one for each letter, and the empty text */
  assert_true(list.steps <= 450); /* 448 */
  words_free(&list);
  free_query(&query);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_proposal_avoids_what_can_be_avoided),
      cmocka_unit_test(the_empty_text_is_a_text),
      cmocka_unit_test(there_is_no_text_inside_contradicting_atoms),
      cmocka_unit_test(an_atom_without_patterns_is_satisfied_only_if_it_is_negated),
      cmocka_unit_test(all_inside_atoms_hold_at_once),
      cmocka_unit_test(proposals_that_avoid_different_atoms_are_all_listed),
      cmocka_unit_test(case_does_not_matter_to_folded_literals),
      cmocka_unit_test(each_letter_has_two_cases_where_an_item_distinguishes_them),
      cmocka_unit_test(texts_are_utf8),
      cmocka_unit_test(wildcards_match_preferred_bytes_first),
      cmocka_unit_test(a_text_has_characters_beyond_ascii_where_needed),
      cmocka_unit_test(a_control_byte_is_proposed_only_where_a_literal_is_one),
      cmocka_unit_test(a_space_is_not_a_control_byte),
      cmocka_unit_test(many_atoms_have_bits_of_their_own),
      cmocka_unit_test(wildcards_of_an_arn_match_colons_only_in_the_resource),
      cmocka_unit_test(an_operand_of_ArnLike_matches_only_arns),
      cmocka_unit_test(a_search_ends_at_its_limits),
      cmocka_unit_test(the_proposals_of_a_search_that_ends_early_are_correct),
#ifndef __SANITIZE_ADDRESS__
      cmocka_unit_test(a_failed_allocation_is_reported_and_loses_no_memory),
#endif
      cmocka_unit_test(proposals_avoid_as_much_as_any_text),
      cmocka_unit_test(a_search_is_short),
      cmocka_unit_test(a_search_of_folded_patterns_is_short),
  };
  return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
