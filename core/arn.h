#ifndef LANYARD_ARN_H
#define LANYARD_ARN_H

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

#endif
