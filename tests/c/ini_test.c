/* The config-file reader from C alone. */

#include "ini.h"

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

static void mistakes_are_told_with_their_line(void **state) {
  (void)state;
  struct ini_error error;
  assert_null(ini_parse("[a]\nx = 1\ny\n", 12, INI_CREDENTIALS, &error));
  assert_int_equal(error.line, 3);
  assert_null(ini_parse("[a]\nx = \0", 9, INI_CREDENTIALS, &error));
  assert_int_equal(error.line, 2);
}

static void every_cut_of_a_file_is_read_without_a_slip(void **state) {
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
      cmocka_unit_test(mistakes_are_told_with_their_line),
      cmocka_unit_test(every_cut_of_a_file_is_read_without_a_slip),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
