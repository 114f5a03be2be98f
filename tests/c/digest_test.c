/* Checksums that arrive in parts of every size. */

#include "base/library.h"
#include "crypto/crc.h"
#include "crypto/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The check by its definition: one bit after the other. */
static uint64_t bitwise(uint64_t polynomial, uint64_t mask, const unsigned char *bytes,
                        size_t length) {
  uint64_t value = mask;
  for (size_t i = 0; i < length; i++) {
    value ^= bytes[i];
    for (int bit = 0; bit < 8; bit++)
      value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
  }
  return value ^ mask;
}

static void a_check_is_that_of_its_definition(void **state) {
  (void)state;
  unsigned char bytes[100];
  for (size_t i = 0; i < sizeof bytes; i++)
    bytes[i] = (unsigned char)(i * 151 + 7);
  for (size_t length = 0; length <= sizeof bytes; length++) {
    assert_int_equal(crc_update(CRC_32, 0, bytes, length),
                     bitwise(0xedb88320, 0xffffffff, bytes, length));
    assert_int_equal(crc_update(CRC_32C, 0, bytes, length),
                     bitwise(0x82f63b78, 0xffffffff, bytes, length));
    assert_int_equal(crc_update(CRC_64_NVME, 0, bytes, length),
                     bitwise(0x9a6c9329ac4bc9b5, UINT64_MAX, bytes, length));
  }
}

static void checks_have_their_published_values(void **state) {
  (void)state;
  assert_int_equal(crc_update(CRC_32, 0, "123456789", 9), 0xcbf43926);
  assert_int_equal(crc_update(CRC_32C, 0, "123456789", 9), 0xe3069283);
  assert_int_equal(crc_update(CRC_64_NVME, 0, "123456789", 9), 0xae8b14860a799888);
  assert_int_equal(crc_size(CRC_32), 4);
  assert_int_equal(crc_size(CRC_64_NVME), 8);
}

static void parts_have_the_digest_of_the_whole(void **state) {
  (void)state;
  const char *text = "the quick brown fox jumps over the lazy dog";
  size_t length = strlen(text);
  for (int kind = 0; kind < DIGEST_KINDS; kind++) {
    unsigned char whole[DIGEST_MOST], parts[DIGEST_MOST];
    struct digest digest;
    assert_true(digest_start(&digest, (enum digest_kind)kind));
    assert_true(digest_update(&digest, text, length));
    size_t size = digest_finish(&digest, whole);
    assert_true(size >= 4);
    for (size_t first = 0; first <= length; first++) {
      assert_true(digest_start(&digest, (enum digest_kind)kind));
      assert_true(digest_update(&digest, text, first));
      assert_true(digest_update(&digest, text + first, length - first));
      assert_int_equal(digest_finish(&digest, parts), size);
      assert_memory_equal(parts, whole, size);
    }
    digest_drop(&digest);
  }
}

static void a_program_that_is_linked_with_the_libraries_needs_no_loading(void **state) {
  (void)state;
  assert_null(library_load(LIBRARY_CRYPTO));
  assert_null(library_load(LIBRARY_CURL));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_check_is_that_of_its_definition),
      cmocka_unit_test(checks_have_their_published_values),
      cmocka_unit_test(parts_have_the_digest_of_the_whole),
      cmocka_unit_test(a_program_that_is_linked_with_the_libraries_needs_no_loading),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
