#ifndef LANYARD_CRYPTO_JWS_H
#define LANYARD_CRYPTO_JWS_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* JSON Web Signatures (RFC 7515) by a key on the curve P-256 (ES256, RFC 7518 3.4), as a proof that
 * its holder sends a request needs them (DPoP, RFC 9449). */

struct jws_key;

/* Reads a private key in PEM, as SEC 1 ("EC PRIVATE KEY") or PKCS #8. NULL for anything else: another
 * curve, a key under a passphrase, a public key. The caller frees it, which wipes it. */
struct jws_key *jws_key_read(const char *pem, size_t length);
void jws_key_free(struct jws_key *key);

/* Adds the compact serialization: a header of type `type` with the public key in it (RFC 7517), the
 * payload, the signature. False without memory or when OpenSSL fails. */
bool jws_sign(const struct jws_key *key, const char *type, const char *payload, size_t length,
              struct buf *out);

#endif
