#ifndef LANYARD_AWS_SIGV4_H
#define LANYARD_AWS_SIGV4_H

#include "aws/credentials.h"
#include "base/buf.h"
#include "crypto/hash.h"

#include <stdbool.h>
#include <stddef.h>

/* AWS Signature Version 4.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */

#define SIGV4_DATE 17 /* 20150830T123600Z, and NUL */

struct sigv4_header {
  const char *name;
  size_t name_length;
  const char *value;
  size_t value_length;
};

struct sigv4_request {
  const char *method;
  const char *path; /* as on the wire, without the query */
  size_t path_length;
  const char *query; /* as on the wire, without '?'; X-Amz-Signature in it is passed over */
  size_t query_length;
  struct sigv4_header *headers; /* those to sign, Host included; put into order in place */
  size_t header_count;
  const char *payload_hash; /* hexadecimal digits, or UNSIGNED-PAYLOAD */
  bool normalize;           /* the path loses empty, "." and ".." segments */
};

struct sigv4_scope {
  char date[SIGV4_DATE];
  const char *region;
  const char *service;
};

/* Seconds since 1970 as SigV4 spells a time. False for a time that no calendar has. */
bool sigv4_date(double seconds, char date[SIGV4_DATE]);

/* What signs: SHA-256 made ready, and signing keys, one a set of credentials, day, region and
 * service, which are derived once, kept and wiped. NULL without memory. Not for two threads at once. */
struct sigv4_signer;

struct sigv4_signer *sigv4_signer_new(void);
void sigv4_signer_free(struct sigv4_signer *signer);

/* The hash of a request's body; false when OpenSSL fails. */
bool sigv4_payload_hash(struct sigv4_signer *signer, const char *bytes, size_t length,
                        char hex[HASH_SHA256_HEX]);

/* Adds text with every byte but A-Z a-z 0-9 - . _ ~ as %XX. */
void sigv4_uri_encode(const char *text, size_t length, struct buf *out);

/* Adds "host;x-amz-date": the names of the headers. */
void sigv4_signed_headers(struct sigv4_request *request, struct buf *out);

/* Adds the canonical request. */
void sigv4_canonical_request(struct sigv4_request *request, struct buf *out);

/* Adds "20150830/us-east-1/service/aws4_request". */
void sigv4_credential_scope(const struct sigv4_scope *scope, struct buf *out);

/* Adds the string to sign of a canonical request. */
void sigv4_string_to_sign(struct sigv4_signer *signer, const struct sigv4_scope *scope,
                          const char *canonical, size_t length, struct buf *out);

/* The signature of a string to sign; false without memory. The key is kept by the number of the
 * credentials, and not at all where they have none. */
bool sigv4_signature(struct sigv4_signer *signer, const struct credentials *credentials,
                     const struct sigv4_scope *scope, const char *text, size_t length,
                     char hex[HASH_SHA256_HEX]);

#endif
