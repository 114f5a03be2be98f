#ifndef LANYARD_POLICY_ARN_H
#define LANYARD_POLICY_ARN_H

#include "base/match.h"

#include <stdbool.h>
#include <stddef.h>

/* A part of an ARN, within the text that was parsed; not NUL-terminated. */
struct arn_part {
  const char *text;
  size_t length;
};

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; the resource may hold colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
struct arn {
  struct arn_part partition, service, region, account, resource;
};

/* False when the text is no ARN: it must begin with `arn:` and have six parts, of which partition,
 * service and resource are not empty. */
bool arn_parse(const char *text, size_t length, struct arn *arn);

/* Whether an ARN fits a pattern of a policy's Resource element. Wildcards stand for characters of one
 * part, but for a `*` that ends its part, which reaches over the colons behind it; within the
 * resource, colons are plain. A text that has not six parts is compared as a whole.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
bool arn_matches(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                 struct match_wildcards wildcards);

#endif
