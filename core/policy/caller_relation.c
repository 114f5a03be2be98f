/* Which condition keys of a request go together. "Availability" of each key in
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html */

#include "policy/caller.h"

#include "base/bytes.h"

#include <string.h>
#include <strings.h>

/* aws:SourceIp is there "except when the requester uses a VPC endpoint", the other keys of the network "only
 * if the requester uses a VPC endpoint". The keys of an EC2 instance's role are there "whenever the
 * requester is signing requests with an Amazon EC2 role credential". The keys of MFA need temporary
 * credentials, and are "not present for federated identities". aws:SourceVpc, which AWS describes as the keys
 * of an endpoint, is left out: policies combine it with aws:SourceIp, and their audience is named. */
static const struct caller_relation relations[] = {
    {"aws:CalledVia", "aws:ViaAWSService", CALLER_IMPLIES},
    {"aws:CalledViaFirst", "aws:ViaAWSService", CALLER_IMPLIES},
    {"aws:CalledViaLast", "aws:ViaAWSService", CALLER_IMPLIES},
    {"aws:CalledVia", "aws:CalledViaFirst", CALLER_REQUIRES},
    {"aws:CalledVia", "aws:CalledViaLast", CALLER_REQUIRES},
    {"aws:CalledViaFirst", "aws:CalledVia", CALLER_REQUIRES},
    {"aws:CalledViaFirst", "aws:CalledViaLast", CALLER_REQUIRES},
    {"aws:CalledViaLast", "aws:CalledVia", CALLER_REQUIRES},
    {"aws:CalledViaLast", "aws:CalledViaFirst", CALLER_REQUIRES},
    {"aws:CalledViaAWSMCP", "aws:ViaAWSMCPService", CALLER_IMPLIES},
    {"aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", CALLER_IMPLIES},
    {"aws:MultiFactorAuthAge", "aws:TokenIssueTime", CALLER_REQUIRES},
    {"aws:MultiFactorAuthPresent", "aws:TokenIssueTime", CALLER_REQUIRES},
    {"aws:AssumedRoot", "aws:TokenIssueTime", CALLER_REQUIRES},
    {"aws:FederatedProvider", "aws:MultiFactorAuthPresent", CALLER_EXCLUDES},
    {"aws:FederatedProvider", "aws:MultiFactorAuthAge", CALLER_EXCLUDES},
    {"aws:Ec2InstanceSourceVpc", "aws:Ec2InstanceSourcePrivateIPv4", CALLER_REQUIRES},
    {"aws:Ec2InstanceSourcePrivateIPv4", "aws:Ec2InstanceSourceVpc", CALLER_REQUIRES},
    {"aws:SourceVpcArn", "aws:SourceIp", CALLER_EXCLUDES},
    {"aws:SourceVpce", "aws:SourceIp", CALLER_EXCLUDES},
    {"aws:VpceAccount", "aws:SourceIp", CALLER_EXCLUDES},
    {"aws:VpceOrgID", "aws:SourceIp", CALLER_EXCLUDES},
    {"aws:VpceOrgPaths", "aws:SourceIp", CALLER_EXCLUDES},
    {"aws:VpcSourceIp", "aws:SourceIp", CALLER_EXCLUDES},
};

const struct caller_relation *caller_relations(size_t *count) {
  *count = sizeof relations / sizeof *relations;
  return relations;
}
