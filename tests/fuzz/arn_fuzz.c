/* ARNs: the parts are inside the text, in order, and only the last contains colons. An ARN matches
 * itself, and matches a pattern by parts only if it matches as a whole. */

#include "policy/arn.h"

#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Uses the text up to the first newline as a pattern, and the rest as an ARN. */
static void check_fit(const char *text, size_t size) {
  const struct match_wildcards wildcards = {'*', '?'}, none = {'\xFF', '\xFE'};
  const char *newline = memchr(text, '\n', size);
  if (!arn_matches(text, size, text, size, none) && !memchr(text, '\xFF', size))
    abort();
  if (!newline)
    return;
  size_t length = (size_t)(newline - text), rest = size - length - 1;
  bool fits = arn_matches(text, length, newline + 1, rest, wildcards);
  if (fits && !match_glob(text, length, newline + 1, rest, false))
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
  if (!utf8_valid(text, size))
    return 0;
  check_fit(text, size);
  struct arn arn;
  if (!arn_parse(text, size, &arn))
    return 0;
  const struct arn_part parts[] = {arn.partition, arn.service, arn.region, arn.account};
  const char *position = text + strlen("arn:");
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (parts[i].text != position || memchr(parts[i].text, ':', parts[i].length))
      abort();
    position += parts[i].length + 1;
  }
  if (arn.resource.text != position || position + arn.resource.length != text + size)
    abort();
  return 0;
}
