/* Libraries that are loaded when their functions are first called: found, missing, and too old. */

#include "import.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

static struct import_table found, missing, old;
static const char *const names[] = {"cos", "sin"}, *const newer[] = {"cos", "cosine_of_the_future"};

const struct import import_crypto = {"libm.so.6", "libc6", names, 2, &found};
const struct import import_curl = {"libabsent.so.1", "libabsent1", names, 2, &missing};
static const struct import import_old = {"libm.so.6", "libc6", newer, 2, &old};

static void a_function_is_found_when_it_is_first_used(void **state) {
  (void)state;
  assert_null(atomic_load(&found.functions[1]));
  double (*function)(double) = (double (*)(double))import_function(&import_crypto, &found, 1);
  assert_true(function(0) == 0);
  function = (double (*)(double))import_function(&import_crypto, &found, 0);
  assert_true(function(0) == 1);
  assert_null(library_load(LIBRARY_CRYPTO));
}

/* Runs in a child, and returns how it ended. */
static int run(void (*function)(void), char *output, size_t size) {
  int ends[2], status = 0;
  assert_int_equal(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    function();
    _exit(0);
  }
  close(ends[1]);
  ssize_t length = read(ends[0], output, size - 1);
  output[length > 0 ? length : 0] = '\0';
  close(ends[0]);
  waitpid(child, &status, 0);
  return status;
}

static void write_address(void) {
  signal(SIGSEGV, SIG_DFL);
  atomic_store(&found.functions[0], NULL);
}

static void the_addresses_cannot_be_changed_afterwards(void **state) {
  (void)state;
  char output[100];
  assert_null(library_load(LIBRARY_CRYPTO));
  if (sysconf(_SC_PAGESIZE) != IMPORT_PAGE)
    skip();
  int status = run(write_address, output, sizeof output);
  assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_missing_library_is_an_error_that_names_the_package(void **state) {
  (void)state;
  for (int i = 0; i < 2; i++) {
    assert_string_equal(library_load(LIBRARY_CURL),
                        "cannot load libabsent.so.1: cannot open shared object file: No such file "
                        "or directory (Debian package: libabsent1)");
  }
}

static void call_old(void) {
  import_function(&import_old, &old, 0);
}

static void a_library_without_a_function_ends_the_process_at_the_first_call(void **state) {
  (void)state;
  char output[500];
  int status = run(call_old, output, sizeof output);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), EXIT_FAILURE);
  assert_true(strncmp(output, "lanyard: cannot load libm.so.6: ", 32) == 0);
  assert_non_null(
      strstr(output, "undefined symbol: cosine_of_the_future (Debian package: libc6)\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_function_is_found_when_it_is_first_used),
      cmocka_unit_test(the_addresses_cannot_be_changed_afterwards),
      cmocka_unit_test(a_missing_library_is_an_error_that_names_the_package),
      cmocka_unit_test(a_library_without_a_function_ends_the_process_at_the_first_call),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
