/* Measures signatures per second on one core, for a POST with a body of 200 bytes, from the request
 * to the hexadecimal signature: with a cached signing key, and with a key that must be derived. */

#include "aws/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS 7

struct work {
  struct sigv4_signer *signer;
  struct credentials credentials;
  struct buf canonical, text;
  char body[200];
};

static struct sigv4_header header(const char *name, const char *value) {
  return (struct sigv4_header){name, strlen(name), value, strlen(value), false};
}

static void sign(struct work *work, char signature[SIGV4_SIGNATURE]) {
  const struct sigv4_scope scope = {
      .date = "20150830T123600Z", .region = "us-east-1", .service = "ecr"};
  char hash[HASH_SHA256_HEX];
  struct sigv4_header headers[] = {
      header("Content-Type", "application/x-amz-json-1.1"),
      header("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy"),
      header("Host", "api.ecr.us-east-1.amazonaws.com"),
      header("X-Amz-Date", scope.date),
  };
  struct sigv4_request request = {
      .method = "POST",
      .path = "/",
      .path_length = 1,
      .query = "",
      .headers = headers,
      .header_count = sizeof headers / sizeof *headers,
      .payload_hash = hash,
      .normalize = true,
  };
  buf_reset(&work->canonical);
  buf_reset(&work->text);
  bool hashed = sigv4_payload_hash(work->signer, work->body, sizeof work->body, hash);
  sigv4_canonical_request(&request, &work->canonical);
  sigv4_string_to_sign(work->signer, &scope, work->canonical.data, work->canonical.length,
                       &work->text);
  if (!hashed || work->text.failed ||
      !sigv4_signature(work->signer, &work->credentials, &scope, work->text.data, work->text.length,
                       signature))
    abort();
}

static double processor_seconds(void) {
  return (double)clock() / CLOCKS_PER_SEC;
}

static int compare(const void *a, const void *b) {
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void measure(struct work *work, const char *name, bool derive) {
  enum { COUNT = 100000 };
  double rates[RUNS];
  char signature[SIGV4_SIGNATURE];
  for (size_t run = 0; run < RUNS; run++) {
    double start = processor_seconds();
    for (int i = 0; i < COUNT; i++) {
      if (derive)
        work->credentials.number = credentials_number();
      sign(work, signature);
    }
    rates[run] = COUNT / (processor_seconds() - start);
  }
  qsort(rates, RUNS, sizeof *rates, compare);
  printf("  %-22s %10.0f /s   (%.0f to %.0f)\n", name, rates[RUNS / 2], rates[0], rates[RUNS - 1]);
}

int main(void) {
  struct work work = {.signer = sigv4_signer_new(),
                      .credentials = {.number = credentials_number()}};
  memset(work.body, 'x', sizeof work.body);
  if (!work.signer || !secret_set(&work.credentials.secret_access_key,
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40))
    return 1;
  printf("signatures, body of %zu bytes, from C\n", sizeof work.body);
  measure(&work, "cached key", false);
  measure(&work, "derived key", true);
  credentials_wipe(&work.credentials);
  sigv4_signer_free(work.signer);
  buf_free(&work.canonical);
  buf_free(&work.text);
  return 0;
}
