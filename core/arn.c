#include "arn.h"

#include <string.h>

bool arn_parse(const char *text, size_t length, struct arn *arn) {
  struct arn_part prefix;
  struct arn_part *parts[] = {&prefix, &arn->partition, &arn->service, &arn->region, &arn->account};
  const char *end = text + length;
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    const char *colon = memchr(text, ':', (size_t)(end - text));
    if (!colon)
      return false;
    *parts[i] = (struct arn_part){text, (size_t)(colon - text)};
    text = colon + 1;
  }
  arn->resource = (struct arn_part){text, (size_t)(end - text)};
  return prefix.length == 3 && memcmp(prefix.text, "arn", 3) == 0 && arn->partition.length > 0 &&
         arn->service.length > 0 && arn->resource.length > 0;
}
