#include "crypto/digest.h"

#include "crypto/crc.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

static bool is_crc(enum digest_kind kind) {
  return kind == DIGEST_CRC32 || kind == DIGEST_CRC32C || kind == DIGEST_CRC64NVME;
}

static enum crc_kind crc_kind(enum digest_kind kind) {
  return kind == DIGEST_CRC32 ? CRC_32 : kind == DIGEST_CRC32C ? CRC_32C : CRC_64_NVME;
}

static const EVP_MD *algorithm(enum digest_kind kind) {
  return kind == DIGEST_MD5      ? EVP_md5()
         : kind == DIGEST_SHA1   ? EVP_sha1()
         : kind == DIGEST_SHA256 ? EVP_sha256()
                                 : EVP_sha512();
}

bool digest_start(struct digest *digest, enum digest_kind kind) {
  *digest = (struct digest){.kind = kind};
  if (is_crc(kind))
    return true;
  if (!OSSL_LIB_CTX_get0_global_default())
    return false;
  digest->state = EVP_MD_CTX_new();
  if (digest->state && EVP_DigestInit_ex(digest->state, algorithm(kind), NULL))
    return true;
  digest_drop(digest);
  return false;
}

bool digest_update(struct digest *digest, const void *bytes, size_t length) {
  if (digest->state)
    return EVP_DigestUpdate(digest->state, bytes, length) != 0;
  digest->crc = crc_update(crc_kind(digest->kind), digest->crc, bytes, length);
  return true;
}

size_t digest_finish(struct digest *digest, unsigned char bytes[DIGEST_MOST]) {
  if (digest->state) {
    unsigned size = 0;
    bool done = EVP_DigestFinal_ex(digest->state, bytes, &size) != 0;
    digest_drop(digest);
    return done ? size : 0;
  }
  size_t size = crc_size(crc_kind(digest->kind));
  for (size_t i = 0; i < size; i++)
    bytes[i] = (unsigned char)(digest->crc >> (8 * (size - 1 - i)));
  return size;
}

void digest_drop(struct digest *digest) {
  if (digest->state)
    EVP_MD_CTX_free(digest->state);
  digest->state = NULL;
}
