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

static uint64_t eight_bytes(const unsigned char *bytes) {
  uint64_t value = 0;
  for (int i = 0; i < SLICES; i++)
    value |= (uint64_t)bytes[i] << (8 * i);
  return value;
}

uint64_t crc_update(enum crc_kind kind, uint64_t value, const void *bytes, size_t length) {
  pthread_once(&made, make_tables);
  uint64_t(*table)[256] = tables[kind];
  const unsigned char *next = bytes;
  value ^= kinds[kind].mask;
  for (; length >= SLICES; next += SLICES, length -= SLICES) {
    value ^= eight_bytes(next);
    uint64_t sum = 0;
    for (int i = 0; i < SLICES; i++)
      sum ^= table[SLICES - 1 - i][value >> (8 * i) & 0xff];
    value = sum;
  }
  for (; length > 0; next++, length--)
    value = table[0][(value ^ *next) & 0xff] ^ value >> 8;
  return value ^ kinds[kind].mask;
}

size_t crc_size(enum crc_kind kind) {
  return kind == CRC_64_NVME ? 8 : 4;
}
