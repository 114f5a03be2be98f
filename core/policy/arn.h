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

/* arn_matches reports whether an ARN matches a pattern of a Resource element in some reading. A
 * wildcard matches within one part, except a `*` at the end of a part, which also matches colons.
 * Within the resource, colons are ordinary characters. A text without six parts is matched as a whole.
 */
bool arn_matches(const char *pattern, size_t pattern_length, const char *text, size_t text_length,
                 struct match_wildcards wildcards);

enum arn_match {
  ARN_MATCHES_NOT,
  ARN_MATCHES,
  ARN_MATCHES_CROSSING, /* only if a `*` at the end of a part matches colons */
};

/* arn_match is arn_matches, and says whether the match is certain. The IAM User Guide says that a `*`
 * at the end of a part "can expand to match beyond the colon boundaries"; the answers that AWS
 * publishes with its reference policies compare part by part. So a pattern of six parts matches for
 * certain only part by part. A pattern of fewer parts has no such reading, and its `*` matches colons:
 * arn:aws:ecr:*.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
 * https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples */
enum arn_match arn_match(const char *pattern, size_t pattern_length, const char *text,
                         size_t text_length, struct match_wildcards wildcards);

#endif
