/* ARNs: the parts lie within the text, in order, and none but the last holds a colon. */

#include "arn.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const char *text = (const char *)data;
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
