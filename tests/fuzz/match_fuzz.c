/* Compares the matcher with a table of all prefixes, which is slow but simple. The input is a
 * pattern, a NUL and a text, in UTF-8. */

#include "base/match.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Returns the length of the character that ends at `end`, or 0 if none ends there. */
static size_t character_before(const char *text, size_t length, size_t end) {
  size_t start = end - 1;
  if (end < length && ((unsigned char)text[end] & 0xC0) == 0x80)
    return 0;
  while (start > 0 && ((unsigned char)text[start] & 0xC0) == 0x80)
    start--;
  return end - start;
}

static bool slow_match(const char *pattern, size_t rows, const char *text, size_t columns) {
  bool *fits = calloc((rows + 1) * (columns + 1), sizeof *fits);
  if (!fits)
    abort();
  size_t width = columns + 1;
  fits[0] = true;
  for (size_t i = 1; i <= rows; i++) {
    fits[i * width] = fits[(i - 1) * width] && pattern[i - 1] == '*';
    for (size_t j = 1; j <= columns; j++) {
      char c = pattern[i - 1];
      size_t one = c == '?' ? character_before(text, columns, j) : c == text[j - 1] ? 1 : 0;
      fits[i * width + j] = c == '*' ? fits[(i - 1) * width + j] || fits[i * width + j - 1]
                                     : one > 0 && fits[(i - 1) * width + j - one];
    }
  }
  bool result = fits[rows * width + columns];
  free(fits);
  return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *pattern = (const char *)data;
  const char *nul = memchr(data, '\0', size);
  if (!nul || size > 400 || !utf8_valid(pattern, size))
    return 0;
  size_t length = (size_t)(nul - pattern);
  const char *text = nul + 1;
  size_t text_length = size - length - 1;
  if (match_glob(pattern, length, text, text_length, false) !=
      slow_match(pattern, length, text, text_length))
    abort();
  return 0;
}
