#ifndef LANYARD_POLICY_ARN_H
#define LANYARD_POLICY_ARN_H

#include "base/match.h"

#include <stdbool.h>
#include <stddef.h>

/* A part of an ARN, inside the parsed text. It is not NUL-terminated. */
struct arn_part {
  const char *text;
  size_t length;
};

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. The resource may contain colons.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
struct arn {
  struct arn_part partition, service, region, account, resource;
};

/* arn_parse returns false if the text is not an ARN: an ARN begins with `arn:` and has six parts,
 * of which partition, service and resource are not empty. */
bool arn_parse(const char *text, size_t length, struct arn *arn);

/* arn_matches reports whether an ARN matches a pattern of a Resource element. A wildcard matches
 * within one part, except a `*` at the end of a part, which also matches colons. Within the
 * resource, colons are ordinary characters. A text without six parts is matched as a whole.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html */
bool arn_matches(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                 struct match_wildcards wildcards);

#endif
