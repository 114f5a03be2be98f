#ifndef LANYARD_CRYPTO_DIGEST_H
#define LANYARD_CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digests of bytes that arrive in parts: the checksums of Amazon S3. MD5 and SHA-1 are for
 * checksums of a protocol only. */

enum digest_kind {
  DIGEST_CRC32,
  DIGEST_CRC32C,
  DIGEST_CRC64NVME,
  DIGEST_MD5,
  DIGEST_SHA1,
  DIGEST_SHA256,
  DIGEST_SHA512,
  DIGEST_KINDS
};

#define DIGEST_MOST 64 /* bytes of a digest */

struct digest {
  enum digest_kind kind;
  uint64_t crc;
  void *state; /* of OpenSSL */
};

/* digest_start begins a digest. It returns false if OpenSSL fails. The caller ends the digest with
 * digest_finish or digest_drop. */
bool digest_start(struct digest *digest, enum digest_kind kind);

/* digest_update returns false if OpenSSL fails. */
bool digest_update(struct digest *digest, const void *bytes, size_t length);

/* digest_finish writes the digest, most significant byte first, ends it, and returns its size, or 0
 * if OpenSSL fails. */
size_t digest_finish(struct digest *digest, unsigned char bytes[DIGEST_MOST]);

/* digest_drop ends a digest without a result. It accepts one that has ended. */
void digest_drop(struct digest *digest);

#endif
