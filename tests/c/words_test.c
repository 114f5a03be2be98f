/* Proposals of texts: examples of each rule. */

#include "words_query.h"

#include "base/utf8.h"
#include "reason/alphabet.h"

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
  assert_true(list.steps <= 450);    /* 448 */
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
      cmocka_unit_test(a_search_of_folded_patterns_is_short),
  };
  return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
