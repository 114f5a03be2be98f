#include "aws/sigv4a.h"

#include "base/buf.h"
#include "base/platform.h"

#include <stdlib.h>
#include <string.h>

/* The order of P-256 minus 2. A candidate above it is not a private number minus 1. */
static const unsigned char greatest[ECDSA_NUMBER] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f};

/* The candidates of a key: each is above the greatest number with a probability of 2^-32. */
#define MOST_CANDIDATES 254

/* Sets the key of the derivation function: "AWS4A" and the secret access key. */
static bool set_key(struct hasher *hasher, struct hmac_key *key, const struct secret *secret) {
  struct secret first = {malloc(5 + secret->length + 1), 5 + secret->length};
  if (!first.bytes)
    return false;
  memcpy(first.bytes, "AWS4A", 5);
  memcpy(first.bytes + 5, secret->bytes, secret->length + 1);
  bool done = hmac_key_set(hasher, key, first.bytes, first.length);
  secret_wipe(&first);
  return done;
}

/* The input of the function in counter mode (NIST SP 800-108): one block of 256 bits. */
static void add_input(const char *access_key_id, unsigned char counter, struct buf *out) {
  static const char label[] = "\0\0\0\1AWS4-ECDSA-P256-SHA256"; /* and NUL, which separates */
  static const char size[] = {0, 0, 1, 0};
  buf_add(out, label, sizeof label);
  buf_adds(out, access_key_id);
  buf_addc(out, (char)counter);
  buf_add(out, size, sizeof size);
}

static void add_one(unsigned char number[ECDSA_NUMBER]) {
  for (size_t i = ECDSA_NUMBER; i-- > 0;) {
    if (++number[i] != 0)
      return;
  }
}

bool sigv4a_private(struct hasher *hasher, const struct credentials *credentials,
                    unsigned char number[ECDSA_NUMBER]) {
  struct hmac_key *key = hmac_key_new();
  bool done = key && set_key(hasher, key, &credentials->secret_access_key), found = false;
  for (unsigned counter = 1; done && !found && counter <= MOST_CANDIDATES; counter++) {
    struct buf input = {0};
    add_input(credentials->access_key_id, (unsigned char)counter, &input);
    done = !input.failed && hmac_sha256(hasher, key, input.data, input.length, number);
    found = done && memcmp(number, greatest, ECDSA_NUMBER) <= 0;
    buf_free(&input);
  }
  hmac_key_free(key);
  if (found)
    add_one(number);
  return found;
}
