#ifndef LANYARD_CRYPTO_ECDSA_H
#define LANYARD_CRYPTO_ECDSA_H

#include "base/buf.h"

#include <stdbool.h>
#include <stddef.h>

/* Signatures with a P-256 key and SHA-256 (FIPS 186-5), encoded in DER. */

#define ECDSA_NUMBER 32 /* bytes of a private key and of a coordinate */

struct ecdsa_key;

/* ecdsa_key_new returns the key of a private number from 1 to the order of the curve - 1. It returns NULL
 * for another number, or if there is not enough memory. The caller frees the key with ecdsa_key_free,
 * which wipes it and accepts NULL. */
struct ecdsa_key *ecdsa_key_new(const unsigned char number[ECDSA_NUMBER]);
void ecdsa_key_free(struct ecdsa_key *key);

/* ecdsa_sign appends the signature of a text. It returns false if OpenSSL fails. */
bool ecdsa_sign(const struct ecdsa_key *key, const char *text, size_t length, struct buf *out);

#endif
