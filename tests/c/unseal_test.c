/* Sealed texts, without Lua. */

#include "aws/unseal.h"
#include "xml/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"key", "token"};

static enum unseal_outcome open_text(const char *text, size_t length, enum unseal_form form,
                                     struct unsealed *unsealed) {
  struct secret sealed = {0};
  assert_true(secret_set(&sealed, text, length));
  enum unseal_outcome outcome = unseal(&sealed, form, names, 2, unsealed);
  secret_wipe(&sealed);
  return outcome;
}

static void check(enum unseal_form form, const char *text, const char *shown, const char *key,
                  const char *token) {
  struct unsealed unsealed = {0};
  assert_int_equal(open_text(text, strlen(text), form, &unsealed), UNSEALED);
  assert_string_equal(unsealed.text.data, shown);
  const char *expected[] = {key, token};
  for (size_t i = 0; i < 2; i++) {
    if (expected[i])
      assert_string_equal(unsealed.secrets[i].bytes, expected[i]);
    else
      assert_null(unsealed.secrets[i].bytes);
  }
  unsealed_free(&unsealed, 2);
}

static void members_of_json_are_hidden_at_any_depth(void **state) {
  (void)state;
  check(UNSEAL_JSON,
        "{\"a\": [1, {\"key\" : \"s\\u0041\\n\"}], \"b\":{\"token\":\"t\"}, \"c\": \"key\"}",
        "{\"a\": [1, {\"key\" : \"***\"}], \"b\":{\"token\":\"***\"}, \"c\": \"key\"}", "sA\n",
        "t");
}

static void values_of_every_type_are_hidden(void **state) {
  (void)state;
  check(UNSEAL_JSON, "{\"key\":{\"x\":[\"hidden\"]},\"token\":12.50}",
        "{\"key\":\"***\",\"token\":\"***\"}", "{\"x\":[\"hidden\"]}", "12.50");
  check(UNSEAL_JSON, "{\"key\":null,\"token\":\"\"}", "{\"key\":null,\"token\":\"***\"}", NULL,
        NULL);
}

static void names_are_compared_unescaped(void **state) {
  (void)state;
  check(UNSEAL_JSON, "{\"k\\u0065y\":\"s\",\"Key\":\"seen\"}",
        "{\"k\\u0065y\":\"***\",\"Key\":\"seen\"}", "s", NULL);
}

static void the_first_of_several_is_the_secret_and_all_are_hidden(void **state) {
  (void)state;
  check(UNSEAL_JSON, "[{\"key\":\"\"},{\"key\":\"1\"},{\"key\":\"2\"}]",
        "[{\"key\":\"***\"},{\"key\":\"***\"},{\"key\":\"***\"}]", "1", NULL);
  check(UNSEAL_XML, "<r><key>1</key><a><key>2</key></a></r>",
        "<r><key>***</key><a><key>***</key></a></r>", "1", NULL);
}

static void elements_are_hidden_whatever_their_prefix(void **state) {
  (void)state;
  check(UNSEAL_XML, "<r a='>'><key b=\"/>\">s</key></r>", "<r a='>'><key b=\"/>\">***</key></r>",
        "s", NULL);
  check(UNSEAL_XML,
        "<?xml version=\"1.0\"?>\n<!-- key --><r xmlns=\"u\"><n:key "
        "a=\"b\">s&amp;&#65;&#x20ac;</n:key>"
        "<token><![CDATA[<t>&]]><!-- x --></token><b/><key/></r>\n",
        "<?xml version=\"1.0\"?>\n<!-- key --><r xmlns=\"u\"><n:key a=\"b\">***</n:key>"
        "<token>***</token><b/><key/></r>\n",
        "s&A\xe2\x82\xac", "<t>&");
}

static void an_element_with_elements_inside_is_hidden_whole(void **state) {
  (void)state;
  check(UNSEAL_XML, "<r><key><token>t</token><x/></key></r>", "<r><key>***</key></r>",
        "<token>t</token><x/>", NULL);
}

static void malformed_texts_are_rejected(void **state) {
  (void)state;
  static const struct {
    enum unseal_form form;
    const char *text;
  } cases[] = {
      {UNSEAL_JSON, ""},
      {UNSEAL_JSON, "{\"key\":\"s\"} x"},
      {UNSEAL_JSON, "{\"key\":\"s\",\"key\":\"s\"}"},
      {UNSEAL_JSON, "<key>s</key>"},
      {UNSEAL_XML, ""},
      {UNSEAL_XML, "{}"},
      {UNSEAL_XML, "<r><key>s</r></key>"},
      {UNSEAL_XML, "<r><key>s</key>"},
      {UNSEAL_XML, "<r/><key>s</key>"},
      {UNSEAL_XML, "<r><key>&nbsp;</key></r>"},
      {UNSEAL_XML, "<r><key>&#0;</key></r>"},
      {UNSEAL_XML, "<r><key>&#xd800;</key></r>"},
      {UNSEAL_XML, "<!DOCTYPE r [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><r><key>&e;</key></r>"},
      {UNSEAL_XML, "<r><key>s<!-- </key></r>"},
      {UNSEAL_XML, "<r><key <token>s</key></r>"},
      {UNSEAL_XML, "<r>s</r>s"},
      {UNSEAL_XML, "<r a='<key>s</key>'/>"},
      {UNSEAL_XML, "<?xml version='1.0' encoding='UTF-16'?><r><key>s</key></r>"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct unsealed unsealed = {0};
    assert_int_equal(open_text(cases[i].text, strlen(cases[i].text), cases[i].form, &unsealed),
                     UNSEAL_MALFORMED);
    unsealed_free(&unsealed, 2);
  }
}

static void nesting_is_bounded(void **state) {
  (void)state;
  char text[2 * 100 * 7];
  for (size_t depth = XML_MAX_DEPTH; depth <= XML_MAX_DEPTH + 1; depth++) {
    char *at = text;
    for (size_t i = 0; i < depth; i++)
      at = stpcpy(at, "<a>");
    for (size_t i = 0; i < depth; i++)
      at = stpcpy(at, "</a>");
    struct unsealed unsealed = {0};
    assert_int_equal(open_text(text, strlen(text), UNSEAL_XML, &unsealed),
                     depth == XML_MAX_DEPTH ? UNSEALED : UNSEAL_MALFORMED);
    unsealed_free(&unsealed, 2);
  }
}

/* A truncated text reveals no byte of a secret. */
static void every_truncated_text_is_read_safely(void **state) {
  (void)state;
  static const struct {
    enum unseal_form form;
    const char *text;
  } cases[] = {
      {UNSEAL_JSON, "{\"key\":\"QQQ\",\"x\":[1,{\"token\":{\"y\":\"QQQ\\u0041\"}}]}"},
      {UNSEAL_XML,
       "<r><key>QQQ&#x41;&amp;<![CDATA[QQQ]]></key><!-- --><n:token a='b'>Q<b>Q</b></n:token></r>"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    for (size_t length = 0; length <= strlen(cases[i].text); length++) {
      struct unsealed unsealed = {0};
      if (open_text(cases[i].text, length, cases[i].form, &unsealed) == UNSEALED)
        assert_null(strchr(unsealed.text.data, 'Q'));
      else
        assert_true(length < strlen(cases[i].text));
      unsealed_free(&unsealed, 2);
    }
  }
}

static void bytes_that_were_sealed_are_never_shown(void **state) {
  (void)state;
  static const char text[] = "{\"a\":\"x\",\"key\":\"secret\",\"b\":\"y\"}";
  size_t start = (size_t)(strstr(text, "secret") - text);
  for (size_t from = 0; from < sizeof text; from++) {
    for (size_t to = from; to < sizeof text; to++) {
      struct sealed_range ranges[] = {{0, 0}, {from, to}};
      struct unsealed unsealed = {.ranges = ranges, .range_count = 2};
      bool hidden = from == to || (from >= start - 1 && to <= start + strlen("secret\""));
      assert_int_equal(open_text(text, sizeof text - 1, UNSEAL_JSON, &unsealed),
                       hidden || from == sizeof text - 1 ? UNSEALED : UNSEAL_SHOWS_SEALED);
      unsealed_free(&unsealed, 2);
    }
  }
}

static void a_buffer_of_secrets_leaves_none_behind_when_it_grows(void **state) {
  (void)state;
  struct buf buf = {.secret = true};
  buf_adds(&buf, "secret");
  assert_true(buf_reserve(&buf, 100000));
  assert_string_equal(buf.data, "secret");
  assert_int_equal(buf.length, 6);
  buf_free(&buf);
  assert_false(buf.secret);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(members_of_json_are_hidden_at_any_depth),
      cmocka_unit_test(values_of_every_type_are_hidden),
      cmocka_unit_test(names_are_compared_unescaped),
      cmocka_unit_test(the_first_of_several_is_the_secret_and_all_are_hidden),
      cmocka_unit_test(elements_are_hidden_whatever_their_prefix),
      cmocka_unit_test(an_element_with_elements_inside_is_hidden_whole),
      cmocka_unit_test(malformed_texts_are_rejected),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(every_truncated_text_is_read_safely),
      cmocka_unit_test(bytes_that_were_sealed_are_never_shown),
      cmocka_unit_test(a_buffer_of_secrets_leaves_none_behind_when_it_grows),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
