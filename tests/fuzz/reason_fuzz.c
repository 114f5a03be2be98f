/* Questions about every possible request, for two documents separated by a line "---", or one and
 * itself:
 *   - a document never allows a request that it does not allow;
 *   - a witness is decided as it claims;
 *   - the memory of an answer is bounded, and so are its steps (a slow input is a timeout). */

#include "policy/evaluate.h"
#include "reason/access.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR "\n---\n"
#define STEPS 100000
#define MOST_MEMORY ((size_t)128 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
  if (!holds)
    abort();
}

static enum policy_answer decide(const struct policy *doc, const struct search_request *found,
                                 bool identity) {
  const struct context context = {.entries = found->entries, .count = found->count};
  const struct policy_request request = {.principal = found->principal,
                                         .action = found->action,
                                         .resource = found->resource,
                                         .context = &context,
                                         .identity = identity,
                                         .issuer = found->issuer};
  struct buf reason = {0};
  struct policy_decision decision = policy_evaluate(doc, &request, &reason);
  check(!reason.failed);
  buf_free(&reason);
  return decision.answer;
}

static void check_witness(const struct policy *before, const struct policy *after, bool identity,
                          const struct access_result *result) {
  enum policy_answer first = decide(before, &result->request, identity);
  enum policy_answer second = decide(after, &result->request, identity);
  check(result->statement < policy_count(after));
  check(policy_statement(after, result->statement)->effect == POLICY_ALLOW);
  check(result->because.length > 0);
  if (result->certain) {
    check(second == POLICY_ANSWER_ALLOW);
    check(first == POLICY_ANSWER_DENY || first == POLICY_ANSWER_IMPLICIT_DENY);
  } else {
    check(second == POLICY_ANSWER_ALLOW || second == POLICY_ANSWER_DEPENDS);
    check(first != POLICY_ANSWER_ALLOW);
  }
}

static void ask(const struct policy *before, const struct policy *after, bool identity) {
  static const struct access_account accounts[] = {{"111122223333", "o-a1b2c3d4e5"},
                                                   {"444455556666", ""}};
  static const char *const always[] = {"aws:SourceIp"};
  const struct access_options options = {.identity = identity,
                                         .accounts = accounts,
                                         .account_count = identity ? 2 : 0,
                                         .always = always,
                                         .always_count = identity ? 1 : 0,
                                         .limit = STEPS};
  struct access_result result = {0};
  enum access_answer answer = access_find(before, after, &options, &result);
  check(answer != ACCESS_NO_MEMORY);
  check(result.pool.used <= MOST_MEMORY);
  check(before != after || answer != ACCESS_FOUND);
  check(answer != ACCESS_UNDECIDED || result.reason);
  if (answer == ACCESS_FOUND)
    check_witness(before, after, identity, &result);
  buf_free(&result.because);
  buf_free(&result.before);
  pool_free(&result.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  const char *end = memmem(text, size, SEPARATOR, strlen(SEPARATOR));
  size_t first = end ? (size_t)(end - text) : size;
  struct json_error error;
  struct policy *before = policy_parse(text, first, &error);
  struct policy *after = NULL;
  if (before && end) {
    const char *second = end + strlen(SEPARATOR);
    after = policy_parse(second, size - (size_t)(second - text), &error);
  }
  for (int identity = 0; before && identity < 2; identity++) {
    ask(before, before, identity);
    if (after) {
      ask(before, after, identity);
      ask(after, before, identity);
      ask(after, after, identity);
    }
  }
  policy_free(before);
  policy_free(after);
  return 0;
}
