/* Measures decisions on a parsed document in C. Prints the nanoseconds of a decision:
 *   decide_bench role|action|wildcard|condition STATEMENTS [TIMES]
 * With TIMES, decides that often without printing, for a tool that counts instructions. */

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

static void add_role(struct buf *text, size_t i) {
  buf_addf(text,
           "{\"Sid\": \"Pull-%zu\", \"Effect\": \"Allow\", \"Principal\": {\"AWS\": "
           "\"arn:aws:iam::111122223333:role/team/service-%zu\"}, \"Action\": "
           "[\"ecr:BatchGetImage\", \"ecr:GetDownloadUrlForLayer\"]}",
           i, i);
}

static void add_action(struct buf *text, size_t i) {
  buf_addf(text,
           "{\"Sid\": \"Use-%zu\", \"Effect\": \"Allow\", \"Action\": [\"ecr:Action%zuA\", "
           "\"ecr:Action%zuB\"], \"Resource\": \"*\"}",
           i, i, i);
}

static void add_wildcard(struct buf *text, size_t i) {
  buf_addf(text,
           "{\"Sid\": \"Use-%zu\", \"Effect\": \"Allow\", \"Action\": \"ecr:Get%zu*\", "
           "\"Resource\": \"arn:aws:ecr:*:111122223333:repository/team-%zu/*\"}",
           i, i, i);
}

static void add_condition(struct buf *text, size_t i) {
  buf_addf(text,
           "{\"Sid\": \"Org-%zu\", \"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": "
           "\"ecr:BatchGetImage\", \"Condition\": {\"StringEquals\": {\"aws:PrincipalOrgID\": "
           "\"o-a1b2c3d4e%zu\"}}}",
           i, i);
}

static const struct context_value organization = {"o-a1b2c3d4e0", 12};
static const struct context_entry keys[] = {
    {.key = "aws:PrincipalOrgID", .key_length = 18, .values = &organization, .count = 1},
};
static const struct context context = {.entries = keys, .count = 1};

/* The request is for the last statement; only the last statement allows it. */
static const struct form {
  const char *name;
  void (*add)(struct buf *text, size_t i);
  struct policy_request request;
} forms[] = {
    {"role",
     add_role,
     {.principal = {"arn:aws:iam::111122223333:role/team/service-0", 45},
      .action = {"ecr:GetDownloadUrlForLayer", 26},
      .resource = {"arn:aws:ecr:us-east-1:111122223333:repository/a", 47}}},
    {"action",
     add_action,
     {.principal = {"arn:aws:iam::111122223333:role/team/service-0", 45},
      .action = {"ecr:Action0B", 12},
      .resource = {"arn:aws:ecr:us-east-1:111122223333:repository/a", 47},
      .identity = true}},
    {"wildcard",
     add_wildcard,
     {.principal = {"arn:aws:iam::111122223333:role/team/service-0", 45},
      .action = {"ecr:Get0AuthorizationToken", 26},
      .resource = {"arn:aws:ecr:us-east-1:111122223333:repository/team-0/a", 54},
      .identity = true}},
    {"condition",
     add_condition,
     {.principal = {"arn:aws:iam::111122223333:role/team/service-0", 45},
      .action = {"ecr:BatchGetImage", 17},
      .resource = {"arn:aws:ecr:us-east-1:111122223333:repository/a", 47},
      .context = &context}},
};

static struct policy *document(const struct form *form, size_t statements) {
  struct buf text = {0};
  struct json_error error;
  buf_adds(&text, "{\"Version\": \"2012-10-17\", \"Statement\": [");
  for (size_t i = statements; i-- > 0;) {
    form->add(&text, i);
    buf_adds(&text, i > 0 ? ", " : "]}");
  }
  struct policy *doc = policy_parse(text.data, text.length, &error);
  buf_free(&text);
  if (!doc)
    exit(EXIT_FAILURE);
  return doc;
}

static void decide(const struct form *form, const struct policy *doc, size_t times) {
  for (size_t i = 0; i < times; i++) {
    struct buf reason = {0};
    if (policy_evaluate(doc, &form->request, &reason).answer != POLICY_ANSWER_ALLOW)
      exit(EXIT_FAILURE);
    buf_free(&reason);
  }
}

/* Returns the nanoseconds of a decision. */
static double measure(const struct form *form, const struct policy *doc) {
  size_t runs = 0;
  double start = now(), taken;
  do {
    decide(form, doc, 200);
    runs += 200;
    taken = now() - start;
  } while (taken < 0.1);
  return taken / (double)runs * 1e9;
}

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 2 && i < sizeof forms / sizeof *forms; i++)
    if (strcmp(forms[i].name, argv[1]) == 0) {
      struct policy *doc = document(&forms[i], strtoul(argv[2], NULL, 10));
      if (argc > 3)
        decide(&forms[i], doc, strtoul(argv[3], NULL, 10));
      else
        printf("%.1f\n", measure(&forms[i], doc));
      policy_free(doc);
      return EXIT_SUCCESS;
    }
  fputs("usage: decide_bench role|action|wildcard|condition STATEMENTS [TIMES]\n", stderr);
  return 2;
}
