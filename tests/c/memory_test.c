/* Each allocation of an operation fails once: the operation then reports that there is not enough memory and changes
 * nothing, or it succeeds with the right result; and it succeeds when memory is back. */

#include "aws/ini.h"
#include "aws/sigv4.h"
#include "aws/unseal.h"
#include "policy/canonical.h"
#include "policy/condition.h"
#include "policy/edit.h"
#include "policy/evaluate.h"
#include "policy/format.h"
#include "policy/subsume.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The functions below replace the allocator of all libraries. A sanitizer's allocator has another name. */

#ifdef __SANITIZE_ADDRESS__
#define ALLOCATOR(name) __interceptor_##name
#else
#define ALLOCATOR(name) __libc_##name
#endif

void *ALLOCATOR(malloc)(size_t size);
void *ALLOCATOR(calloc)(size_t count, size_t size);
void *ALLOCATOR(realloc)(void *block, size_t size);

/* The number of the allocation that fails, counted from the next one. 0: none. */
static long failing, allocations;

static bool fails(void) {
  if (failing == 0 || ++allocations != failing)
    return false;
  errno = ENOMEM;
  return true;
}

__attribute__((visibility("default"))) void *malloc(size_t size) {
  return fails() ? NULL : ALLOCATOR(malloc)(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size) {
  return fails() ? NULL : ALLOCATOR(calloc)(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *block, size_t size) {
  return fails() ? NULL : ALLOCATOR(realloc)(block, size);
}

#define TEXT(string) ((struct policy_string){string, strlen(string)})

/* An operation returns whether it succeeded; it asserts that a failure is one of memory. */
typedef bool operation(struct policy *doc);

static const char text[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":["
    "{\"Sid\":\"b\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":[\"arn:aws:iam::111122223333:role/"
    "b\","
    "\"arn:aws:iam::111122223333:role/a\"],\"Service\":\"ecs.amazonaws.com\"},"
    "\"Action\":[\"ecr:Get*\",\"ecr:BatchGetImage\"],"
    "\"Condition\":{\"StringLike\":{\"aws:PrincipalTag/team\":\"${aws:PrincipalTag/unit}-*\"}}},"
    "{\"Sid\":\"a\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"444455556666\"},"
    "\"Action\":[\"ecr:BatchGetImage\",\"ecr:Get*\"],"
    "\"Condition\":{\"StringLike\":{\"aws:PrincipalTag/team\":\"${aws:PrincipalTag/unit}-*\"}}},"
    "{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"ecr:Put*\",\"Resource\":\"*\"}]}";

static struct policy *parse(const char *source) {
  struct json_error error;
  struct policy *doc = policy_parse(source, strlen(source), &error);
  assert_non_null(doc);
  return doc;
}

static void assert_text(const struct policy *doc, const char *expected) {
  assert_string_equal(policy_text(doc, NULL), expected);
}

/* Runs an operation with each allocation failing, on a fresh document. A failed one must not change the document, and
 * `expected` is the text after a successful one. */
static void fail_each(operation *run, const char *expected) {
  long number = 0, failed = 0;
  bool all_made;
  do {
    struct policy *doc = parse(text);
    allocations = 0;
    failing = ++number;
    bool done = run(doc);
    all_made = allocations < number;
    failing = 0;
    failed += !done;
    assert_true(done || !all_made);
    assert_text(doc, done ? expected : text);
    policy_free(doc);
  } while (!all_made);
  assert_true(failed > 0);
}

static bool failed_for_memory(const struct json_error *error) {
  assert_true(error->no_memory);
  assert_string_equal(error->message, "not enough memory");
  return false;
}

static bool run_parse(struct policy *doc) {
  (void)doc;
  struct json_error error = {0};
  struct policy *parsed = policy_parse(text, strlen(text), &error);
  if (!parsed)
    return failed_for_memory(&error);
  policy_free(parsed);
  return true;
}

static bool run_parse_secret(struct policy *doc) {
  (void)doc;
  struct json_error error = {0};
  struct json_doc *parsed = json_parse_secret(text, strlen(text), &error);
  if (!parsed)
    return failed_for_memory(&error);
  json_free(parsed);
  return true;
}

static bool run_new(struct policy *doc) {
  (void)doc;
  struct policy *created = policy_new();
  policy_free(created);
  return created;
}

static bool run_copy(struct policy *doc) {
  struct policy *copy = policy_copy(doc);
  policy_free(copy);
  return copy;
}

static bool edited(enum policy_edit edit, const struct json_error *error) {
  if (edit == POLICY_FAILED)
    return failed_for_memory(error);
  assert_int_equal(edit, POLICY_CHANGED);
  return true;
}

static bool run_allow(struct policy *doc) {
  const struct policy_string actions[] = {TEXT("ecr:ListImages"), TEXT("ecr:DescribeImages")};
  const struct policy_grant grant = {.sid = TEXT("b"),
                                     .principal = TEXT("arn:aws:iam::111122223333:role/c"),
                                     .actions = actions,
                                     .action_count = 2,
                                     .condition =
                                         TEXT("{\"Bool\":{\"aws:SecureTransport\":true}}")};
  size_t statement;
  struct json_error error = {0};
  return edited(policy_allow(doc, &grant, &statement, &error), &error);
}

static bool run_append(struct policy *doc) {
  struct json_error error = {0};
  long before = failing;
  failing = 0;
  struct policy *from = parse(text);
  failing = before;
  bool done = edited(policy_append_statement(doc, from, 2, &error), &error);
  policy_free(from);
  return done;
}

static bool run_append_all(struct policy *doc) {
  struct json_error error = {0};
  long before = failing;
  failing = 0;
  struct policy *from = parse(text);
  failing = before;
  bool done = edited(policy_append(doc, from, &error), &error);
  policy_free(from);
  return done;
}

static bool run_revoke(struct policy *doc) {
  const struct policy_revocation what = {.principal = TEXT("arn:aws:iam::111122223333:role/a")};
  size_t touched;
  enum policy_edit edit = policy_revoke(doc, &what, &touched);
  assert_int_not_equal(edit, POLICY_UNCHANGED);
  return edit == POLICY_CHANGED;
}

static bool run_remove(struct policy *doc) {
  const bool marks[] = {true, false, true};
  enum policy_edit edit = policy_remove_statements(doc, marks);
  assert_int_not_equal(edit, POLICY_UNCHANGED);
  return edit == POLICY_CHANGED;
}

static bool run_set(struct policy *doc) {
  const struct policy_setting setting = {
      .statement = 1, .element = "Action", .json = TEXT("[\"ecr:ListImages\"]")};
  struct json_error error = {0};
  return edited(policy_set(doc, &setting, &error), &error);
}

static bool run_set_all(struct policy *doc) {
  const struct policy_setting settings[] = {
      {.statement = 1, .element = "Action", .json = TEXT("[\"ecr:ListImages\"]")},
      {.statement = 0, .element = "Sid"},
      {.statement = 2, .element = "Effect", .json = TEXT("\"Deny\"")}};
  struct json_error error = {0};
  return edited(policy_set_all(doc, settings, 3, &error), &error);
}

static bool run_merge(struct policy *doc) {
  const bool marks[] = {true, true, true};
  size_t gone;
  struct json_error error = {0};
  bool done = edited(policy_merge(doc, marks, &TEXT("pull"), &gone, &error), &error);
  assert_true(!done || gone == 1);
  return done;
}

static bool run_sort(struct policy *doc) {
  enum policy_edit edit = policy_sort(doc);
  assert_int_not_equal(edit, POLICY_UNCHANGED);
  return edit == POLICY_CHANGED;
}

static bool run_format(struct policy *doc) {
  struct buf out = {0};
  policy_format(doc, &out);
  bool done = !out.failed;
  if (done)
    assert_non_null(strstr(out.data, "\n      \"Sid\": \"b\",\n"));
  buf_free(&out);
  return done;
}

static bool run_compact(struct policy *doc) {
  struct buf out = {0};
  policy_compact(doc, &out);
  bool done = !out.failed;
  if (done)
    assert_non_null(strstr(out.data, "\"Sid\":\"b\","));
  buf_free(&out);
  return done;
}

static bool run_equivalent(struct policy *doc) {
  bool failed;
  bool equivalent = policy_equivalent(doc, doc, &failed);
  assert_true(equivalent != failed);
  return !failed;
}

static bool run_subsume(struct policy *doc) {
  bool failed;
  bool subsumes = policy_subsumes(doc, 0, 0, &failed);
  assert_true(subsumes != failed);
  return !failed;
}

/* The team of the request is "x-1" and its unit "x". */
static const struct context_value team = {"x-1", 3}, unit = {"x", 1};
static const struct context_entry entries[] = {{"aws:PrincipalTag/team", 21, &team, 1, false},
                                               {"aws:PrincipalTag/unit", 21, &unit, 1, false}};
static const struct context context = {.entries = entries, .count = 2};

static bool run_evaluate(struct policy *doc) {
  const struct policy_request request = {.principal = TEXT("arn:aws:iam::111122223333:role/a"),
                                         .action = TEXT("ecr:BatchGetImage"),
                                         .context = &context};
  struct buf reason = {0};
  struct policy_decision decision = policy_evaluate(doc, &request, &reason);
  bool done = !reason.failed;
  if (done) {
    assert_int_equal(decision.answer, POLICY_ANSWER_ALLOW);
    assert_ptr_equal(decision.statement, policy_statement(doc, 0));
  }
  buf_free(&reason);
  return done;
}

static bool run_unknown_keys(struct policy *doc) {
  static const struct context partial = {.entries = entries, .count = 1, .partial = true};
  struct condition_keys keys = {0};
  struct buf out = {0};
  condition_unknown_keys(policy_statement(doc, 0)->conditions.json, &partial, true, &keys);
  condition_keys_write(&keys, &out);
  bool done = !out.failed;
  if (done)
    assert_string_equal(out.data, "aws:PrincipalTag/unit");
  buf_free(&out);
  return done;
}

static void reading_a_policy_reports_a_lack_of_memory(void **state) {
  (void)state;
  fail_each(run_parse, text);
  fail_each(run_parse_secret, text);
  fail_each(run_new, text);
  fail_each(run_copy, text);
  fail_each(run_format, text);
  fail_each(run_compact, text);
}

static void comparing_and_deciding_report_a_lack_of_memory(void **state) {
  (void)state;
  fail_each(run_equivalent, text);
  fail_each(run_subsume, text);
  fail_each(run_evaluate, text);
  fail_each(run_unknown_keys, text);
}

/* Returns the text after an operation that has enough memory. */
static char *text_after(operation *run) {
  struct policy *doc = parse(text);
  assert_true(run(doc));
  char *after = strdup(policy_text(doc, NULL));
  policy_free(doc);
  return after;
}

static void an_edit_without_memory_changes_nothing(void **state) {
  (void)state;
  static operation *const edits[] = {run_allow,   run_append, run_append_all,
                                     run_set_all, run_revoke, run_remove,
                                     run_set,     run_merge,  run_sort};
  for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
    char *after = text_after(edits[i]);
    assert_string_not_equal(after, text);
    fail_each(edits[i], after);
    free(after);
  }
}

static bool run_ini(struct policy *doc) {
  (void)doc;
  static const char source[] =
      "[profile a]\nRegion = eu-west-1 # x\nx = 1\n  y\n[services s]\necr =\n  a = b\n";
  struct ini_error error = {.line = 1};
  struct ini *ini = ini_parse(source, sizeof source - 1, INI_CONFIG, &error);
  assert_true(ini || error.line == 0);
  ini_free(ini);
  return ini;
}

static bool run_unseal(const char *source, enum unseal_form form) {
  static const char *const names[] = {"token", "absent"};
  struct secret sealed = {(char *)(uintptr_t)source, strlen(source)};
  struct unsealed unsealed = {0};
  enum unseal_outcome outcome = unseal(&sealed, form, names, 2, &unsealed);
  assert_true(outcome == UNSEALED || outcome == UNSEAL_NO_MEMORY);
  if (outcome == UNSEALED) {
    assert_string_equal(unsealed.secrets[0].bytes, "A&b");
    assert_null(strstr(unsealed.text.data, "A&b"));
  }
  unsealed_free(&unsealed, 2);
  return outcome == UNSEALED;
}

static bool run_unseal_json(struct policy *doc) {
  (void)doc;
  return run_unseal("{\"a\":[{\"token\":\"A\\u0026b\"}],\"token\":\"other\"}", UNSEAL_JSON);
}

static bool run_unseal_xml(struct policy *doc) {
  (void)doc;
  return run_unseal("<r><x><token>A&amp;b</token></x><token>other</token></r>", UNSEAL_XML);
}

static bool run_sigv4(struct policy *doc) {
  (void)doc;
  static const struct sigv4_scope scope = {
      .date = "20150830T123600Z", .region = "us-east-1", .service = "service"};
  struct credentials credentials = {.access_key_id = (char *)(uintptr_t) "AKIDEXAMPLE",
                                    .secret_access_key = {(char *)(uintptr_t) "wJalrXUtnFEMI", 13},
                                    .number = 1};
  struct sigv4_signer *signer = sigv4_signer_new();
  char hex[SIGV4_SIGNATURE];
  bool done = signer && sigv4_signature(signer, &credentials, &scope, "text", 4, hex);
  done = done && sigv4_signature(signer, &credentials, &scope, "text", 4, hex); /* from the cache */
  sigv4_signer_free(signer);
  return done;
}

static bool run_canonical(struct policy *doc) {
  (void)doc;
  struct sigv4_header headers[] = {{"X-B", 3, "  two   words ", 14, false},
                                   {"x-a", 3, "1", 1, false}};
  struct sigv4_request request = {.method = "GET",
                                  .path = "/a/../b c",
                                  .path_length = 9,
                                  .query = "b=2&a=1",
                                  .query_length = 7,
                                  .headers = headers,
                                  .header_count = 2,
                                  .payload_hash = "UNSIGNED-PAYLOAD",
                                  .normalize = true};
  struct buf out = {0};
  sigv4_canonical_request(&request, &out);
  bool done = !out.failed;
  if (done)
    assert_string_equal(out.data,
                        "GET\n/b%20c\na=1&b=2\nx-a:1\nx-b:two words\n\nx-a;x-b\nUNSIGNED-PAYLOAD");
  buf_free(&out);
  return done;
}

static void a_configuration_or_a_sealed_text_reports_a_lack_of_memory(void **state) {
  (void)state;
  fail_each(run_ini, text);
  fail_each(run_unseal_json, text);
  fail_each(run_unseal_xml, text);
}

static void signing_reports_a_lack_of_memory(void **state) {
  (void)state;
  assert_true(run_sigv4(NULL)); /* OpenSSL is initialized once */
  fail_each(run_sigv4, text);
  fail_each(run_canonical, text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reading_a_policy_reports_a_lack_of_memory),
      cmocka_unit_test(comparing_and_deciding_report_a_lack_of_memory),
      cmocka_unit_test(an_edit_without_memory_changes_nothing),
      cmocka_unit_test(a_configuration_or_a_sealed_text_reports_a_lack_of_memory),
      cmocka_unit_test(signing_reports_a_lack_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
