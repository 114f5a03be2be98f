/* What is reported when the process has no file descriptor left. */

#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

static int lowest_free(void) {
  int fd = open("/", O_PATH | O_CLOEXEC);
  assert_true(fd >= 0);
  close(fd);
  return fd;
}

/* Probes while `count` descriptors are free; those below `lowest` are in use. */
static int probe_with_free(int count, int lowest, int wanted) {
  struct rlimit before;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
  const struct rlimit limit = {(rlim_t)(lowest + count), before.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
  int failed = descriptors_probe(wanted);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
  return failed;
}

static void a_probe_reports_whether_all_wanted_descriptors_are_free(void **state) {
  (void)state;
  int lowest = lowest_free();
  assert_int_equal(probe_with_free(4, lowest, 4), 0);
  assert_int_equal(probe_with_free(3, lowest, 4), EMFILE);
  assert_int_equal(probe_with_free(0, lowest, 1), EMFILE);
  assert_int_equal(probe_with_free(0, lowest, 0), 0);
}

static void a_probe_closes_what_it_opened(void **state) {
  (void)state;
  int lowest = lowest_free();
  assert_int_equal(descriptors_probe(8), 0);
  assert_int_equal(lowest_free(), lowest);
  assert_int_equal(probe_with_free(2, lowest, 8), EMFILE);
  assert_int_equal(lowest_free(), lowest);
}

static void only_two_errors_mean_a_shortage(void **state) {
  (void)state;
  assert_int_equal(descriptors_shortage(EMFILE), EMFILE);
  assert_int_equal(descriptors_shortage(ENFILE), ENFILE);
  assert_int_equal(descriptors_shortage(ENOENT), 0);
  assert_int_equal(descriptors_shortage(0), 0);
}

static void the_text_of_a_shortage_names_the_limit(void **state) {
  (void)state;
  assert_string_equal(error_text(EMFILE), "too many open files; raise the limit of `ulimit -n`");
  assert_string_equal(error_text(ENFILE),
                      "too many open files in the system; raise the limit of `sysctl fs.file-max`");
  assert_string_equal(error_text(ENOENT), "No such file or directory");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_probe_reports_whether_all_wanted_descriptors_are_free),
      cmocka_unit_test(a_probe_closes_what_it_opened),
      cmocka_unit_test(only_two_errors_mean_a_shortage),
      cmocka_unit_test(the_text_of_a_shortage_names_the_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
