/* Measures the policy core: parse, parse and decide, decide on a parsed document, for documents
 * of several sizes. Prints operations per second, and nanoseconds per operation and per byte. */

#include "policy/evaluate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Adds a document with this many statements, each for another role, indented as people write
 * them. */
static void add_document(struct buf *text, size_t statements, bool compact) {
  const char *line = compact ? "" : "\n      ";
  buf_adds(text, "{\"Version\": \"2012-10-17\", \"Statement\": [");
  for (size_t i = 0; i < statements; i++)
    buf_addf(text,
             "%s{%s\"Sid\": \"Pull-%zu\",%s\"Effect\": \"Allow\",%s\"Principal\": {\"AWS\": "
             "\"arn:aws:iam::111122223333:role/team/service-%zu\"},%s\"Action\": "
             "[\"ecr:BatchGetImage\", \"ecr:GetDownloadUrlForLayer\"]%s}",
             i > 0 ? ", " : "", line, i, line, line, i, line, line);
  buf_adds(text, "]}");
}

struct job {
  const struct buf *text;
  const struct policy *doc; /* NULL: each run parses */
  bool decides;
};

static const struct policy_request request = {
    .principal = {"arn:aws:iam::111122223333:role/team/service-0", 45},
    .action = {"ecr:GetDownloadUrlForLayer", 26},
    .resource = {"arn:aws:ecr:us-east-1:111122223333:repository/a", 47},
};

static void run(const struct job *job) {
  struct json_error error;
  struct policy *parsed = NULL;
  if (!job->doc)
    parsed = policy_parse(job->text->data, job->text->length, &error);
  if (job->decides) {
    struct buf reason = {0};
    policy_evaluate(job->doc ? job->doc : parsed, &request, &reason);
    buf_free(&reason);
  }
  policy_free(parsed);
}

static void measure(const char *name, const struct job *job) {
  size_t runs = 0;
  double start = now(), taken;
  do {
    for (int i = 0; i < 200; i++)
      run(job);
    runs += 200;
    taken = now() - start;
  } while (taken < 0.3);
  double each = taken / (double)runs * 1e9;
  printf("  %-16s %10.0f /s %9.0f ns each %7.2f ns/byte\n", name, 1e9 / each, each,
         each / (double)job->text->length);
}

int main(void) {
  static const struct {
    size_t statements;
    bool compact;
  } sizes[] = {{1, false}, {2, false}, {5, false}, {10, false}, {40, true}, {48, false}};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct buf text = {0};
    add_document(&text, sizes[i].statements, sizes[i].compact);
    struct json_error error;
    struct policy *doc = policy_parse(text.data, text.length, &error);
    if (!doc)
      return EXIT_FAILURE;
    printf("policy of %zu bytes, %zu statements\n", text.length, sizes[i].statements);
    measure("parse", &(struct job){.text = &text});
    measure("parse, decide", &(struct job){.text = &text, .decides = true});
    measure("decide", &(struct job){.text = &text, .doc = doc, .decides = true});
    policy_free(doc);
    buf_free(&text);
  }
  return EXIT_SUCCESS;
}
