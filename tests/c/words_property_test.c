/* Proposals of texts, compared with all short texts over a small alphabet. LANYARD_SEED and LANYARD_RUNS change
 * the run; a failure prints the seed, which generates the same atoms first. */

#include "words_query.h"

#include "base/utf8.h"

#ifdef __SANITIZE_ADDRESS__
#define RUNS 2000
#else
#define RUNS 10000
#endif

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

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(proposals_avoid_as_much_as_any_text),
      cmocka_unit_test(a_search_is_short),
  };
  return cmocka_run_group_tests_name("words_property", tests, NULL, NULL);
}
