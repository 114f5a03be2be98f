#ifndef LANYARD_AWS_SIGV4_H
#define LANYARD_AWS_SIGV4_H

#include "aws/credentials.h"
#include "base/buf.h"
#include "crypto/hash.h"

#include <stdbool.h>
#include <stddef.h>

/* AWS Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */

#define SIGV4_DATE 17 /* 20150830T123600Z and NUL */

struct sigv4_header {
  const char *name;
  size_t name_length;
  const char *value;
  size_t value_length;
  bool repeated; /* set when the headers are sorted: the header before this one has the same name */
};

struct sigv4_request {
  const char *method;
  const char *path; /* as sent, without the query */
  size_t path_length;
  const char *query; /* as sent, without '?'; X-Amz-Signature in it is ignored */
  size_t query_length;
  struct sigv4_header *headers; /* the headers to sign, with Host; sorted in place */
  size_t header_count;
  const char *payload_hash; /* hexadecimal digits, or UNSIGNED-PAYLOAD */
  bool normalize;           /* remove empty, "." and ".." segments from the path */
  bool raw_path;            /* do not encode the path a second time */
  size_t names_start;       /* where the canonical request has the names of the signed headers, */
  size_t names_length; /* as sigv4_signed_headers writes them; set by sigv4_canonical_request */
};

struct sigv4_scope {
  char date[SIGV4_DATE];
  const char *region;
  const char *service;
  bool asymmetric; /* Version 4a: `region` is a set of Regions, and not in the scope */
};

#define SIGV4_SIGNATURE 161 /* hexadecimal digits of a signature of either version, and NUL */

/* sigv4_date formats seconds since 1970 as a SigV4 timestamp. It returns false if the year is not
 * 1970 to 9999. */
bool sigv4_date(double seconds, char date[SIGV4_DATE]);

/* A signer holds a hasher and a cache of signing keys, one per credentials, day, Region and
 * service. The keys are wiped when they are replaced or freed. Two threads must not share a signer.
 * sigv4_signer_new returns NULL if there is not enough memory; the caller frees the signer with
 * sigv4_signer_free, which accepts NULL. */
struct sigv4_signer;

struct sigv4_signer *sigv4_signer_new(void);
void sigv4_signer_free(struct sigv4_signer *signer);

/* sigv4_payload_hash writes the hash of a request body. It returns false if OpenSSL fails. */
bool sigv4_payload_hash(struct sigv4_signer *signer, const char *bytes, size_t length,
                        char hex[HASH_SHA256_HEX]);

/* sigv4_uri_encode appends text with every byte except A-Z a-z 0-9 - . _ ~ as %XX. */
void sigv4_uri_encode(const char *text, size_t length, struct buf *out);

/* sigv4_signed_headers appends the names of the headers: "host;x-amz-date". */
void sigv4_signed_headers(struct sigv4_request *request, struct buf *out);

/* sigv4_canonical_request appends the canonical request. */
void sigv4_canonical_request(struct sigv4_request *request, struct buf *out);

/* sigv4_algorithm returns "AWS4-HMAC-SHA256", or the name of Version 4a. */
const char *sigv4_algorithm(const struct sigv4_scope *scope);

/* sigv4_credential_scope appends "20150830/us-east-1/service/aws4_request". */
void sigv4_credential_scope(const struct sigv4_scope *scope, struct buf *out);

/* sigv4_string_to_sign appends the string to sign for a canonical request. */
void sigv4_string_to_sign(struct sigv4_signer *signer, const struct sigv4_scope *scope,
                          const char *canonical, size_t length, struct buf *out);

/* sigv4_signature writes the signature of a string to sign. It returns false if there is not enough
 * memory. The signing key is cached under the number of the credentials; credentials with number 0
 * are not cached. */
bool sigv4_signature(struct sigv4_signer *signer, const struct credentials *credentials,
                     const struct sigv4_scope *scope, const char *text, size_t length,
                     char hex[SIGV4_SIGNATURE]);

#endif
