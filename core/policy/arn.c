#include "policy/arn.h"

#include "base/bytes.h"

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
  return bytes_are(prefix.text, prefix.length, "arn") && arn->partition.length > 0 &&
         arn->service.length > 0 && arn->resource.length > 0;
}

enum { RESOURCE = 5, PARTS };

static bool split(const char *text, size_t length, struct arn_part parts[PARTS]) {
  const char *end = text + length;
  for (size_t i = 0; i < RESOURCE; i++) {
    const char *colon = memchr(text, ':', (size_t)(end - text));
    if (!colon)
      return false;
    parts[i] = (struct arn_part){text, (size_t)(colon - text)};
    text = colon + 1;
  }
  parts[RESOURCE] = (struct arn_part){text, (size_t)(end - text)};
  return true;
}

/* Walks through the parts of the pattern. `starts` has a bit for each part of the ARN that the next
 * part of the pattern may match; after a `*` that spans parts there are several. */
bool arn_matches(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                 struct match_wildcards wildcards) {
  const char *end = pattern + pattern_length;
  struct arn_part parts[PARTS];
  if (!split(text, text_length, parts))
    return match_pattern(pattern, pattern_length, text, text_length, wildcards, false);
  const struct arn_part resource = parts[RESOURCE];
  unsigned starts = 1;
  for (;;) {
    if (starts & 1u << RESOURCE && match_pattern(pattern, (size_t)(end - pattern), resource.text,
                                                 resource.length, wildcards, false))
      return true;
    const char *colon = memchr(pattern, ':', (size_t)(end - pattern));
    size_t length = (size_t)((colon ? colon : end) - pattern);
    bool reaches = length > 0 && pattern[length - 1] == wildcards.any;
    unsigned next = 0;
    for (size_t i = 0; i < RESOURCE; i++)
      if (starts & 1u << i &&
          match_pattern(pattern, length, parts[i].text, parts[i].length, wildcards, false))
        next |= reaches ? ~0u << (i + 1) : 1u << (i + 1);
    if (next == 0)
      return false;
    if (!colon)
      return reaches;
    const char *star = colon - 1;
    if (reaches &&
        match_pattern(star, (size_t)(end - star), resource.text, resource.length, wildcards, false))
      return true;
    pattern = colon + 1;
    starts = next & ((1u << PARTS) - 1);
  }
}

enum arn_match arn_match(const char *pattern, size_t pattern_length, const char *text,
                         size_t text_length, struct match_wildcards wildcards) {
  struct arn_part patterns[PARTS], parts[PARTS];
  if (!memchr(pattern, wildcards.any, pattern_length) &&
      !memchr(pattern, wildcards.one, pattern_length))
    return bytes_equal(pattern, pattern_length, text, text_length) ? ARN_MATCHES : ARN_MATCHES_NOT;
  bool some = arn_matches(pattern, pattern_length, text, text_length, wildcards);
  if (!some || !split(pattern, pattern_length, patterns) || !split(text, text_length, parts))
    return some ? ARN_MATCHES : ARN_MATCHES_NOT;
  for (size_t i = 0; i < PARTS; i++)
    if (!match_pattern(patterns[i].text, patterns[i].length, parts[i].text, parts[i].length,
                       wildcards, false))
      return ARN_MATCHES_CROSSING;
  return ARN_MATCHES;
}
