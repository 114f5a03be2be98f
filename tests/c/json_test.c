/* The strict JSON reader: what it accepts, and what it rejects at which position. */

#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct json_doc *parse(const char *text) {
  struct json_error error;
  struct json_doc *doc = json_parse(text, strlen(text), &error);
  if (!doc)
    print_message("refused: %s\n", error.message);
  assert_non_null(doc);
  return doc;
}

static void refuse(const char *text, size_t length, size_t line, size_t column) {
  struct json_error error;
  struct json_doc *doc = json_parse(text, length, &error);
  if (doc || error.line != line || error.column != column)
    print_message("%s: line %zu, column %zu\n", text, error.line, error.column);
  assert_null(doc);
  assert_int_equal(error.line, line);
  assert_int_equal(error.column, column);
  assert_true(error.message[0] != '\0');
}

static void values_keep_their_bytes_and_positions(void **state) {
  (void)state;
  const char *text = "{ \"a\" : [1.50, \"x\\u00e9\\n\", true, null], \"b\":{} }";
  struct json_doc *doc = parse(text);
  const struct json_value *list = json_member(json_root(doc), "a");
  assert_int_equal(list->type, JSON_ARRAY);
  assert_int_equal(list->count, 4);
  const struct json_value *number = list->first;
  assert_string_equal(number->string, "1.50");
  assert_memory_equal(text + number->start, "1.50", number->end - number->start);
  assert_string_equal(number->next->string, "x\xC3\xA9\n");
  assert_int_equal(number->next->next->type, JSON_TRUE);
  assert_int_equal(number->next->next->next->type, JSON_NULL);
  assert_int_equal(json_member(json_root(doc), "b")->count, 0);
  assert_null(json_member(json_root(doc), "c"));
  json_free(doc);
}

static void surrogate_pairs_become_one_character(void **state) {
  (void)state;
  struct json_doc *doc = parse("\"\\ud83d\\ude00\"");
  assert_string_equal(json_root(doc)->string, "\xF0\x9F\x98\x80");
  json_free(doc);
}

static void a_byte_order_mark_is_skipped(void **state) {
  (void)state;
  struct json_doc *doc = parse("\xEF\xBB\xBF[1]");
  assert_int_equal(json_root(doc)->start, 3);
  json_free(doc);
}

static void invalid_json_is_rejected_with_its_position(void **state) {
  (void)state;
  static const struct {
    const char *text;
    size_t line, column;
  } cases[] = {
      {"", 1, 1},      {"[1,]", 1, 4},        {"{\"a\":1,}", 1, 8},
      {"[01]", 1, 2},  {"[+1]", 1, 2},        {"[1.]", 1, 4},
      {"[.5]", 1, 2},  {"[0x10]", 1, 3},      {"[NaN]", 1, 2},
      {"[1] x", 1, 5}, {"\n\n  ]", 3, 3},     {"{\"a\" 1}", 1, 6},
      {"{a:1}", 1, 2}, {"[\"\\x\"]", 1, 4},   {"[\"a\nb\"]", 1, 4},
      {"['a']", 1, 2}, {"[\"\\u12\"]", 1, 7}, {"[1 2]", 1, 4},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    refuse(cases[i].text, strlen(cases[i].text), cases[i].line, cases[i].column);
}

static void duplicate_keys_are_rejected_after_unescaping(void **state) {
  (void)state;
  refuse("{\"a\":1,\n \"\\u0061\":2}", 20, 2, 2);
}

static void invalid_bytes_are_rejected(void **state) {
  (void)state;
  struct json_error error;
  static const char *const texts[] = {
      "[\"\xFF\"]",    "[\"\xC0\xAF\"]", "[\"\xED\xA0\x80\"]",    "[\"\\ud800\"]",
      "[\"\\udc00\"]", "[\"\\u0000\"]",  "[\"\xF4\x90\x80\x80\"]"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_null(json_parse(texts[i], strlen(texts[i]), &error));
  assert_null(json_parse("[\"a\0b\"]", 7, &error));
}

static void nesting_is_bounded_and_needs_no_stack(void **state) {
  (void)state;
  char text[2 * JSON_MAX_DEPTH + 3];
  memset(text, '[', JSON_MAX_DEPTH);
  memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
  struct json_error error;
  struct json_doc *doc = json_parse(text, 2 * JSON_MAX_DEPTH, &error);
  assert_non_null(doc);
  json_free(doc);

  size_t length = 1000000;
  char *deep = malloc(length);
  assert_non_null(deep);
  memset(deep, '[', length);
  assert_null(json_parse(deep, length, &error));
  free(deep);
}

static void every_truncated_text_is_rejected(void **state) {
  (void)state;
  const char *text =
      "{\"a\":[1,-2.5e3,\"\\u00e9\\ud83d\\ude00\",true,false,null],\"b\":{\"c\":\"d\"}}";
  struct json_error error;
  for (size_t length = 0; length < strlen(text); length++) {
    /* A copy, so that sanitizers detect a read past the end. */
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    struct json_doc *doc = json_parse(copy, length, &error);
    assert_null(doc);
    free(copy);
  }
  json_free(parse(text));
}

static void assert_error(const char *text, size_t line, size_t column, const char *message) {
  struct json_error error = {0};
  assert_null(json_parse(text, strlen(text), &error));
  assert_string_equal(error.message, message);
  assert_int_equal(error.line, line);
  assert_int_equal(error.column, column);
  assert_false(error.no_memory);
}

static void each_line_end_counts_once_in_a_position(void **state) {
  (void)state;
  assert_error("[\n\r\n\r x", 4, 2, "expected a value, found 'x'");
  assert_error("[\r", 2, 1, "expected a value, but the text ends");
  assert_error("\xEF\xBB\xBF[\"\xC3\xA9\"x", 1, 5, "expected ',' or ']', found 'x'");
  struct json_error error;
  struct json_doc *doc = json_parse("[\r1]", 4, &error);
  assert_non_null(doc);
  size_t line, column;
  json_position(doc, 99, &line, &column);
  assert_int_equal(line, 2);
  assert_int_equal(column, 3);
  json_position(doc, 1, &line, &column);
  assert_int_equal(line, 1);
  assert_int_equal(column, 2);
  json_free(doc);
}

static void a_duplicate_name_is_shown_without_control_characters(void **state) {
  (void)state;
  assert_error("{\"a\":1,\"\\u0061\":2}", 1, 8, "duplicate name \"a\" in an object");
  assert_error("{\"\\n\":1,\"\\n\":2}", 1, 9, "duplicate name \"\\n\" in an object");
  assert_error("{\"\x7f\":1,\"\x7f\":2}", 1, 8, "duplicate name \"\x7f\" in an object");
  assert_error("{\"c\":1,\"b\":1,\"b\":2,\"c\":2}", 1, 14, "duplicate name \"b\" in an object");
  assert_error("{\"c\":1,\"b\":1,\"c\":2,\"b\":2}", 1, 14, "duplicate name \"c\" in an object");
  char text[300] = "{\"", name[101], expected[160];
  memset(name, 'n', 100);
  name[100] = '\0';
  snprintf(text, sizeof text, "{\"%s\":1,\"%s\":2}", name, name);
  snprintf(expected, sizeof expected, "duplicate name \"%.80s...\" in an object", name);
  assert_error(text, 1, 107, expected);
}

static void strings_of_every_length_are_read(void **state) {
  (void)state;
  static const struct {
    const char *source, *meaning; /* NULL: an error */
    const char *message;
  } cases[] = {
      {"\\n", "\n", NULL},
      {"\\u00e9", "\xC3\xA9", NULL},
      {"\xC3\xA9", "\xC3\xA9", NULL},
      {"\x7f", "\x7f", NULL},
      {"!#[]", "!#[]", NULL}, /* the neighbours of a quote and a backslash */
      {" ", " ", NULL},
      {"\x1f", NULL, "control character 0x1f in a string"},
      {"\xFF", NULL, "byte 0xff is not UTF-8"},
      {"\x80", NULL, "byte 0x80 is not UTF-8"},
  };
  char before[40], text[120], expected[120];
  memset(before, 'b', sizeof before);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int length = 0; length < 40; length++)
      for (int after = 0; after < 10; after++) {
        snprintf(text, sizeof text, "[\"%.*s%s%.*s\",2]", length, before, cases[i].source, after,
                 before);
        if (!cases[i].meaning) {
          assert_error(text, 1, (size_t)length + 3, cases[i].message);
          continue;
        }
        snprintf(expected, sizeof expected, "%.*s%s%.*s", length, before, cases[i].meaning, after,
                 before);
        struct json_doc *doc = parse(text);
        const struct json_value *string = json_root(doc)->first;
        assert_string_equal(string->string, expected);
        assert_int_equal(string->length, strlen(expected));
        assert_int_equal(string->end, strlen(text) - 3);
        assert_string_equal(string->next->string, "2");
        assert_string_equal(json_text(doc, NULL), text);
        json_free(doc);
      }
}

static void a_duplicate_name_is_found_in_an_object_of_any_width(void **state) {
  (void)state;
  for (size_t width = 2; width < 60; width++)
    for (size_t twin = 0; twin < width - 1; twin++) {
      char text[1024] = "{", message[80];
      for (size_t i = 0; i < width - 1; i++)
        snprintf(text + strlen(text), 40, "\"n%02zu\":0,", i);
      size_t column = strlen(text) + 1;
      snprintf(text + strlen(text), 40, "\"n%02zu\":0}", twin);
      snprintf(message, sizeof message, "duplicate name \"n%02zu\" in an object", twin);
      assert_error(text, 1, column, message);
      text[column + 1] = 'm';
      struct json_doc *doc = parse(text);
      assert_int_equal(json_root(doc)->count, width);
      json_free(doc);
    }
}

static void texts_of_every_size_are_read_one_after_another(void **state) {
  (void)state;
  struct json_doc *kept = NULL;
  for (size_t count = 1; count < 300000; count = count * 5 / 2 + 1) {
    char *text = malloc(2 * count + 2);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
      memcpy(text + 2 * i, i == 0 ? "[7" : ",7", 2);
    strcpy(text + 2 * count, "]");
    for (int repeat = 0; repeat < 3; repeat++) {
      struct json_doc *doc = parse(text);
      size_t found = 0;
      for (const struct json_value *item = json_root(doc)->first; item; item = item->next, found++)
        assert_string_equal(item->string, "7");
      assert_int_equal(found, count);
      assert_int_equal(json_root(doc)->count, count);
      assert_true(json_memory(doc) < 200 * count + 2000);
      json_free(kept);
      kept = doc;
    }
    assert_string_equal(json_text(kept, NULL), text);
    free(text);
  }
  json_free(kept);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_keep_their_bytes_and_positions),
      cmocka_unit_test(surrogate_pairs_become_one_character),
      cmocka_unit_test(a_byte_order_mark_is_skipped),
      cmocka_unit_test(invalid_json_is_rejected_with_its_position),
      cmocka_unit_test(duplicate_keys_are_rejected_after_unescaping),
      cmocka_unit_test(invalid_bytes_are_rejected),
      cmocka_unit_test(nesting_is_bounded_and_needs_no_stack),
      cmocka_unit_test(every_truncated_text_is_rejected),
      cmocka_unit_test(each_line_end_counts_once_in_a_position),
      cmocka_unit_test(a_duplicate_name_is_shown_without_control_characters),
      cmocka_unit_test(strings_of_every_length_are_read),
      cmocka_unit_test(a_duplicate_name_is_found_in_an_object_of_any_width),
      cmocka_unit_test(texts_of_every_size_are_read_one_after_another),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
