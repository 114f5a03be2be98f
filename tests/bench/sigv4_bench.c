/* Measures signatures per second of processor time, for a POST with bodies of several sizes, from the request to the
 * hexadecimal signature: with a kept signing key, and with a key that must be derived. The floor is SHA-256 of the bytes
 * that a signature hashes, by OpenSSL alone. Prints lines "FORM BYTES RATE". */

#include "aws/sigv4.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 64000

struct work {
  struct sigv4_signer *signer;
  struct credentials credentials;
  struct buf canonical, text;
  size_t body_length;
  char body[MOST];
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
  bool hashed = sigv4_payload_hash(work->signer, work->body, work->body_length, hash);
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

/* The canonical request, the string to sign, and the padded keys of one HMAC, after the body. */
static void hash_only(struct work *work, EVP_MD_CTX *context, const EVP_MD *sha256) {
  enum { BLOCKS_OF_KEYS = 128 };
  unsigned char digest[EVP_MAX_MD_SIZE];
  if (EVP_DigestInit_ex(context, sha256, NULL) != 1 ||
      EVP_DigestUpdate(context, work->body, work->body_length) != 1 ||
      EVP_DigestUpdate(context, work->canonical.data, work->canonical.length) != 1 ||
      EVP_DigestUpdate(context, work->text.data, work->text.length) != 1 ||
      EVP_DigestUpdate(context, work->body, BLOCKS_OF_KEYS) != 1 ||
      EVP_DigestFinal_ex(context, digest, NULL) != 1)
    abort();
}

enum form { KEPT, FRESH, SHA256 };

static void measure(struct work *work, const char *name, enum form form) {
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  int count = work->body_length > 2000 ? 2000 : 50000;
  char signature[SIGV4_SIGNATURE];
  double start = processor_seconds();
  for (int i = 0; i < count; i++) {
    if (form == FRESH)
      work->credentials.number = credentials_number();
    if (form == SHA256)
      hash_only(work, context, sha256);
    else
      sign(work, signature);
  }
  printf("%s %zu %.0f\n", name, work->body_length, count / (processor_seconds() - start));
  EVP_MD_free(sha256);
  EVP_MD_CTX_free(context);
}

int main(void) {
  static const size_t lengths[] = {200, 2000, MOST};
  static struct work work;
  work.signer = sigv4_signer_new();
  work.credentials.number = credentials_number();
  memset(work.body, 'x', sizeof work.body);
  if (!work.signer || !secret_set(&work.credentials.secret_access_key,
                                  "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", 40))
    return 1;
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    work.body_length = lengths[i];
    measure(&work, "kept", KEPT);
    measure(&work, "fresh", FRESH);
    measure(&work, "sha256", SHA256);
  }
  credentials_wipe(&work.credentials);
  sigv4_signer_free(work.signer);
  buf_free(&work.canonical);
  buf_free(&work.text);
  return 0;
}
