#include "crypto/crc.h"

#include <pthread.h>

#define SLICES 8

static const struct {
  uint64_t polynomial; /* reflected */
  uint64_t mask;       /* of the initial value and the result */
} kinds[CRC_KINDS] = {
    [CRC_32] = {0xedb88320, 0xffffffff},
    [CRC_32C] = {0x82f63b78, 0xffffffff},
    [CRC_64_NVME] = {0x9a6c9329ac4bc9b5, 0xffffffffffffffff},
};

/* tables[kind][n][byte] is the check of a byte that n zero bytes follow, so that eight bytes are
 * one step. */
static uint64_t tables[CRC_KINDS][SLICES][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (int kind = 0; kind < CRC_KINDS; kind++) {
    uint64_t(*table)[256] = tables[kind];
    for (uint64_t byte = 0; byte < 256; byte++) {
      uint64_t value = byte;
      for (int bit = 0; bit < 8; bit++)
        value = value & 1 ? value >> 1 ^ kinds[kind].polynomial : value >> 1;
      table[0][byte] = value;
    }
    for (int slice = 1; slice < SLICES; slice++) {
      for (int byte = 0; byte < 256; byte++) {
        uint64_t before = table[slice - 1][byte];
        table[slice][byte] = table[0][before & 0xff] ^ before >> 8;
      }
    }
  }
}

/* Written out, which compilers turn into one load. */
static uint64_t eight_bytes(const unsigned char *bytes) {
  return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
         (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
         (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* Each look-up waits for the one before only through the value of the last step, so the terms are
 * written out: a loop would add them one after the other. */
static uint64_t step(uint64_t (*table)[256], uint64_t value) {
  uint64_t low = table[7][value & 0xff] ^ table[6][value >> 8 & 0xff] ^
                 table[5][value >> 16 & 0xff] ^ table[4][value >> 24 & 0xff];
  uint64_t high = table[3][value >> 32 & 0xff] ^ table[2][value >> 40 & 0xff] ^
                  table[1][value >> 48 & 0xff] ^ table[0][value >> 56];
  return low ^ high;
}

uint64_t crc_update(enum crc_kind kind, uint64_t value, const void *bytes, size_t length) {
  pthread_once(&made, make_tables);
  uint64_t(*table)[256] = tables[kind];
  const unsigned char *next = bytes;
  value ^= kinds[kind].mask;
  for (; length >= SLICES; next += SLICES, length -= SLICES)
    value = step(table, value ^ eight_bytes(next));
  for (; length > 0; next++, length--)
    value = table[0][(value ^ *next) & 0xff] ^ value >> 8;
  return value ^ kinds[kind].mask;
}

size_t crc_size(enum crc_kind kind) {
  return kind == CRC_64_NVME ? 8 : 4;
}
