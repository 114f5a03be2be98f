#ifndef LANYARD_CRYPTO_HASH_H
#define LANYARD_CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>

/* SHA-256 and SHA-1 (FIPS 180-4), and HMAC with SHA-256 (RFC 2104). */

#define HASH_SHA256_SIZE 32
#define HASH_SHA256_HEX 65 /* hexadecimal digits and NUL */
#define HASH_SHA1_HEX 41

/* A hasher holds OpenSSL's implementation of SHA-256, which costs more to look up than a short text
 * costs to hash, and the state of one computation. Two threads must not share a hasher. */
struct hasher;

/* hasher_new returns NULL if there is not enough memory. The caller frees the result with
 * hasher_free, which accepts NULL. */
struct hasher *hasher_new(void);
void hasher_free(struct hasher *hasher);

/* hash_sha256 writes the SHA-256 digest of the bytes. It returns false if OpenSSL fails. */
bool hash_sha256(struct hasher *hasher, const char *bytes, size_t length,
                 unsigned char digest[HASH_SHA256_SIZE]);

/* hash_sha256_hex is like hash_sha256, but writes lowercase hexadecimal digits and a NUL. */
bool hash_sha256_hex(struct hasher *hasher, const char *bytes, size_t length,
                     char hex[HASH_SHA256_HEX]);

/* hash_sha1_hex writes the SHA-1 digest of the bytes as lowercase hexadecimal digits and a NUL.
 * It returns false if memory is short. SHA-1 is only fit for names that other programs derive with it. */
bool hash_sha1_hex(const char *bytes, size_t length, char hex[HASH_SHA1_HEX]);

/* hash_equal reports whether two byte strings of one length are equal. The time it takes does not
 * depend on where they differ. */
bool hash_equal(const char *a, const char *b, size_t length);

/* An HMAC key keeps the state of SHA-256 after the padded key, so that each use hashes the text
 * only. Freeing the key wipes it. */
struct hmac_key;

/* hmac_key_new returns a key that hmac_key_set must set before its first use, or NULL if there is not
 * enough memory. The caller frees it with hmac_key_free, which accepts NULL. */
struct hmac_key *hmac_key_new(void);
void hmac_key_free(struct hmac_key *key);

/* hmac_key_set replaces the key. It returns false if OpenSSL fails. */
bool hmac_key_set(struct hasher *hasher, struct hmac_key *key, const char *bytes, size_t length);

/* hmac_sha256 writes the HMAC of a text. It returns false if OpenSSL fails. */
bool hmac_sha256(struct hasher *hasher, const struct hmac_key *key, const char *text, size_t length,
                 unsigned char digest[HASH_SHA256_SIZE]);

/* hmac_sha256_hex is like hmac_sha256, but writes lowercase hexadecimal digits and a NUL. */
bool hmac_sha256_hex(struct hasher *hasher, const struct hmac_key *key, const char *text,
                     size_t length, char hex[HASH_SHA256_HEX]);

#endif
