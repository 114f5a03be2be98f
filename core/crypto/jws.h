#ifndef LANYARD_CRYPTO_JWS_H
#define LANYARD_CRYPTO_JWS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* JSON Web Signatures (RFC 7515) with a P-256 key (ES256, RFC 7518 section 3.4), as proofs of
 * possession need them (DPoP, RFC 9449). */

struct jws_key;

enum jws_failure {
  JWS_OK,
  JWS_INVALID_KEY, /* another curve, an encrypted key, a public key, two halves that do not match */
  JWS_NO_MEMORY,
};

/* jws_key_read reads a private key in PEM, as SEC 1 ("EC PRIVATE KEY") or PKCS #8. It returns NULL
 * and sets `failure` for anything else. The caller frees the key with jws_key_free, which wipes it
 * and accepts NULL. */
struct jws_key *jws_key_read(const char *pem, size_t length, enum jws_failure *failure);
void jws_key_free(struct jws_key *key);

/* jws_sign appends the compact serialization: a header of type `type` with the public key (RFC
 * 7517), the payload, and the signature. It returns false if there is not enough memory or OpenSSL
 * fails. */
bool jws_sign(const struct jws_key *key, const char *type, const char *payload, size_t length,
              struct buf *out);

#endif
