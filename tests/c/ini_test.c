/* The config file reader, without Lua. */

#include "aws/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *value_of(const struct ini *ini, enum ini_type type, const char *section,
                            const char *name) {
  for (const struct ini_section *s = ini->first; s; s = s->next) {
    if (s->type != type || strcmp(s->name, section) != 0)
      continue;
    for (const struct ini_property *p = s->first; p; p = p->next) {
      if (strcmp(p->name, name) == 0)
        return p->value;
    }
  }
  return NULL;
}

static void sections_and_properties_are_read(void **state) {
  (void)state;
  const char *text = "\xEF\xBB\xBF[default]\nRegion = us-east-1 # home\n[profile a]\nx=1\n y\n"
                     "[services s]\necr =\n  endpoint_url = http://localhost\n";
  struct ini_error error;
  struct ini *ini = ini_parse(text, strlen(text), INI_CONFIG, &error);
  assert_non_null(ini);
  assert_string_equal(value_of(ini, INI_PROFILE, "default", "region"), "us-east-1");
  assert_string_equal(value_of(ini, INI_PROFILE, "a", "x"), "1\ny");
  assert_string_equal(value_of(ini, INI_SERVICES, "s", "ecr"), "\nendpoint_url = http://localhost");
  assert_null(value_of(ini, INI_PROFILE, "profile a", "x"));
  ini_free(ini);
}

static void errors_have_a_line(void **state) {
  (void)state;
  struct ini_error error;
  assert_null(ini_parse("[a]\nx = 1\ny\n", 12, INI_CREDENTIALS, &error));
  assert_int_equal(error.line, 3);
  assert_null(ini_parse("[a]\nx = \0", 9, INI_CREDENTIALS, &error));
  assert_int_equal(error.line, 2);
}

static void names_with_spaces_are_quoted(void **state) {
  (void)state;
  const char *text =
      "[profile 'my profile']\nx = 1\n[profile \"a\"]\nx = 2\n[profile caf\xC3\xA9]\nx = 3\n"
      "[profile 'half]\nx = 4\n[profile '']\nx = 5\n[profile 'a;b']\nx = 6\n";
  struct ini_error error;
  struct ini *ini = ini_parse(text, strlen(text), INI_CONFIG, &error);
  assert_non_null(ini);
  assert_string_equal(value_of(ini, INI_PROFILE, "my profile", "x"), "1");
  assert_string_equal(value_of(ini, INI_PROFILE, "a", "x"), "2");
  assert_string_equal(value_of(ini, INI_PROFILE, "caf\xC3\xA9", "x"), "3");
  assert_null(ini->first->next->next->next);
  ini_free(ini);
}

static void lines_end_in_crlf_or_not_at_all(void **state) {
  (void)state;
  const char *text = "\r\n[services s]\r\n# c\r\necr =\r\n\tendpoint_url = "
                     "http://h\r\n\r\n[profile\ta]\r\nx =\t1\t; c";
  struct ini_error error;
  struct ini *ini = ini_parse(text, strlen(text), INI_CONFIG, &error);
  assert_non_null(ini);
  assert_string_equal(value_of(ini, INI_SERVICES, "s", "ecr"), "\nendpoint_url = http://h");
  assert_string_equal(value_of(ini, INI_PROFILE, "a", "x"), "1");
  ini_free(ini);
}

static void files_without_sections_are_empty(void **state) {
  (void)state;
  const char *const texts[] = {"", "\xEF\xBB\xBF", "\n\r\n \t\n", "# c\n; d",
                               "[preview]\nx = 1\n  y\n"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct ini_error error;
    struct ini *ini = ini_parse(texts[i], strlen(texts[i]), INI_CONFIG, &error);
    assert_non_null(ini);
    assert_null(ini->first);
    ini_free(ini);
  }
}

static void every_truncated_file_is_read_safely(void **state) {
  (void)state;
  const char *text = "[profile a]\r\nx = 1 ; c\n  more\n[sso-session s]\ny =\n  z = 2\n[";
  for (size_t length = 0; length <= strlen(text); length++) {
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    struct ini_error error;
    struct ini *ini = ini_parse(copy, length, INI_CONFIG, &error);
    assert_true(ini || error.line > 0);
    ini_free(ini);
    free(copy);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sections_and_properties_are_read),
      cmocka_unit_test(errors_have_a_line),
      cmocka_unit_test(names_with_spaces_are_quoted),
      cmocka_unit_test(lines_end_in_crlf_or_not_at_all),
      cmocka_unit_test(files_without_sections_are_empty),
      cmocka_unit_test(every_truncated_file_is_read_safely),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
