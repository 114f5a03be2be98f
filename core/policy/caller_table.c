#include "policy/caller.h"
#include "policy/caller_rule.h"

#include <string.h>
#include <strings.h>

/* "Availability", "Data type" and "Value type" of each key in
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
 * `always` is set for "always included in the request context" and "included in the request context for
 * all requests, including anonymous requests". The reference calls aws:SourceArn and its siblings keys
 * of service principals; they are free here, because services document exceptions. */
#define ONE(name, type, rule)                                                                      \
  { name, OPERAND_##type, false, false, RULE_##rule }
#define MANY(name, rule)                                                                           \
  { name, OPERAND_STRING, true, false, RULE_##rule }
#define ALWAYS(name, type, rule)                                                                   \
  { name, OPERAND_##type, false, true, RULE_##rule }
static const struct caller_key keys[] = {
    ONE("aws:PrincipalArn", ARN, ARN),
    ALWAYS("aws:PrincipalAccount", STRING, ACCOUNT),
    ALWAYS("aws:PrincipalType", STRING, TYPE),
    ALWAYS("aws:userid", STRING, USERID),
    ONE("aws:username", STRING, USERNAME),
    ONE("aws:PrincipalIsAWSService", BOOLEAN, IS_SERVICE),
    ONE("aws:PrincipalServiceName", STRING, SERVICE_NAME),
    MANY("aws:PrincipalServiceNamesList", SERVICE_NAMES),
    ONE("aws:PrincipalOrgID", STRING, MEMBER),
    MANY("aws:PrincipalOrgPaths", MEMBER),
    ONE("aws:PrincipalTag/", STRING, MEMBER),
    ONE("aws:ResourceAccount", STRING, RESOURCE_ACCOUNT),
    ONE("aws:ResourceOrgID", STRING, FREE),
    MANY("aws:ResourceOrgPaths", FREE),
    ONE("aws:ResourceTag/", STRING, FREE),
    ONE("aws:AssumedRoot", BOOLEAN, ROOT),
    ONE("aws:ChatbotSourceArn", ARN, ROLE),
    ONE("aws:Ec2InstanceSourcePrivateIPv4", ADDRESS, ROLE),
    ONE("aws:Ec2InstanceSourceVpc", STRING, ROLE),
    ONE("aws:FederatedProvider", STRING, WEB),
    ONE("aws:MultiFactorAuthAge", NUMBER, MFA),
    ONE("aws:MultiFactorAuthPresent", BOOLEAN, MFA),
    ONE("aws:SignInSessionArn", ARN, CREDENTIALS),
    ONE("aws:SourceIdentity", STRING, ROLE),
    ONE("aws:TokenIssueTime", DATE, ISSUED),
    ONE("codebuild:BuildArn", ARN, ROLE),
    ONE("codebuild:ProjectArn", ARN, ROLE),
    ONE("ec2:RoleDelivery", NUMBER, ROLE),
    ONE("ec2:SourceInstanceArn", ARN, ROLE),
    ONE("glue:CredentialIssuingService", STRING, ROLE),
    ONE("glue:RoleAssumedBy", STRING, ROLE),
    ONE("lambda:SourceFunctionArn", ARN, ROLE),
    ONE("ssm:SourceInstanceArn", ARN, ROLE),
    ONE("aws:SourceIp", ADDRESS, FREE),
    ONE("aws:SourceVpc", STRING, FREE),
    ONE("aws:SourceVpcArn", ARN, FREE),
    ONE("aws:SourceVpce", STRING, FREE),
    ONE("aws:VpceAccount", STRING, FREE),
    ONE("aws:VpceOrgID", STRING, FREE),
    MANY("aws:VpceOrgPaths", FREE),
    ONE("aws:VpcSourceIp", ADDRESS, FREE),
    MANY("aws:CalledVia", FORWARDED),
    ONE("aws:CalledViaAWSMCP", STRING, FORWARDED),
    ONE("aws:CalledViaFirst", STRING, FORWARDED),
    ONE("aws:CalledViaLast", STRING, FORWARDED),
    ALWAYS("aws:CurrentTime", DATE, FREE),
    ALWAYS("aws:EpochTime", DATE, FREE),
    ONE("aws:referer", STRING, FREE),
    ALWAYS("aws:RequestedRegion", STRING, FREE),
    ONE("aws:RequestTag/", STRING, FREE),
    ALWAYS("aws:SecureTransport", BOOLEAN, FREE),
    ONE("aws:SourceAccount", STRING, FREE),
    ONE("aws:SourceArn", ARN, FREE),
    ONE("aws:SourceOrgID", STRING, FREE),
    MANY("aws:SourceOrgPaths", FREE),
    MANY("aws:TagKeys", FREE),
    ALWAYS("aws:UserAgent", STRING, FREE),
    ONE("aws:ViaAWSMCPService", BOOLEAN, FORWARDED),
    ALWAYS("aws:ViaAWSService", BOOLEAN, VIA),
};

enum { KEYS = sizeof keys / sizeof *keys };

const struct caller_key *caller_keys(size_t *count) {
  *count = KEYS;
  return keys;
}

const struct caller_key *caller_find_key(const char *name, size_t length) {
  for (size_t i = 0; i < KEYS; i++) {
    size_t size = strlen(keys[i].name);
    bool prefix = keys[i].name[size - 1] == '/';
    if ((prefix ? length > size : length == size) && strncasecmp(name, keys[i].name, size) == 0)
      return &keys[i];
  }
  return NULL;
}
