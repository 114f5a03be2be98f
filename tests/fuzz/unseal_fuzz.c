/* Sealed texts: no input crashes the reader, and unsealing a result again finds nothing to hide.
 * Input that begins with < is XML. */

#include "aws/unseal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const names[] = {"key", "token"};

static enum unseal_outcome open_text(const char *text, size_t length, enum unseal_form form,
                                     struct unsealed *unsealed) {
  struct secret sealed = {0};
  if (!secret_set(&sealed, text, length))
    abort();
  enum unseal_outcome outcome = unseal(&sealed, form, names, 2, unsealed);
  secret_wipe(&sealed);
  return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  enum unseal_form form = data[0] == '<' ? UNSEAL_XML : UNSEAL_JSON;
  struct unsealed first = {0}, second = {0};
  if (open_text((const char *)data, size, form, &first) == UNSEALED) {
    if (open_text(first.text.data, first.text.length, form, &second) != UNSEALED ||
        second.text.length != first.text.length ||
        memcmp(second.text.data, first.text.data, first.text.length) != 0)
      abort();
    for (size_t i = 0; i < 2; i++)
      if (second.secrets[i].bytes && strcmp(second.secrets[i].bytes, "***") != 0)
        abort();
  } else if (first.error_offset > size) {
    abort();
  }
  unsealed_free(&first, 2);
  unsealed_free(&second, 2);
  return 0;
}
