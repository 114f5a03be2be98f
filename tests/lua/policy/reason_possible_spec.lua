-- New access by requests that can exist: which condition keys callers have, and which go together.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html

local answers = require "reason.answers"

local allow, deny, check = answers.allow, answers.deny, answers.check
local AGE, PRESENT, TOKEN, ARN = "aws:MultiFactorAuthAge", "aws:MultiFactorAuthPresent", "aws:TokenIssueTime", "aws:PrincipalArn"
local VIA, CHAIN, FIRST, LAST = "aws:ViaAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"
local PROVIDER, IP, ENDPOINT = "aws:FederatedProvider", "aws:SourceIp", "aws:SourceVpce"
local USERS, ROLES = "arn:aws:iam::*:user/*", "arn:aws:iam::*:role/*"

local function on(condition) return allow { Condition = condition } end
local function not_on(condition) return deny { Condition = condition } end

describe("new access ties the keys of", function()
  it("sessions to the kinds of callers", function()
    check({ "principal", "context" }, {
      { "none", {}, { on { Null = { [TOKEN] = "true" }, ArnLike = { [ARN] = ROLES } } } },
      { 'certain arn:aws:iam::123456789012:user/example {"aws:PrincipalArn":"arn:aws:iam::123456789012:user/example"}',
        {}, { on { Null = { [TOKEN] = "true" }, ArnLike = { [ARN] = USERS } } } },
      { "none", { on { Null = { [TOKEN] = "false" } } }, { allow { Principal = { AWS = "arn:aws:iam::111122223333:role/x" } } } },
      { "certain arn:aws:iam::111122223333:user/x {}", { on { Null = { [TOKEN] = "false" } } },
        { allow { Principal = { AWS = "arn:aws:iam::111122223333:user/x" } } } },
      { "none", {}, { on { StringEquals = { [PROVIDER] = "accounts.google.com" }, ArnLike = { [ARN] = USERS } } } },
      { "none", {}, { on { StringEquals = { ["aws:SourceIdentity"] = "x" }, ArnLike = { [ARN] = USERS } } } },
      { 'certain arn:aws:iam::123456789012:root {"aws:AssumedRoot":"true"}', {}, { on { Bool = { ["aws:AssumedRoot"] = "true" } } } },
      { "none", {}, { on { Bool = { [VIA] = "true" } }, not_on { StringLike = { [ARN] = "*" } } } },
    })
  end)

  it("callers to names that they can have", function()
    local A = "arn:aws:iam::111122223333:"
    check({ "principal" }, {
      { "certain arn:aws:iam::111122223333:role/example", {}, { on { ArnEquals = { [ARN] = A .. "role/*" } } } },
      { "none", {}, { on { StringEquals = { [ARN] = A .. "role/*" } } } },
      { "none", {}, { on { StringEquals = { ["aws:username"] = "a*" } } } },
      { "none", {}, { on { StringLike = { [ARN] = "*/a?${*}" } } } },
      { "none", {}, { on { StringLike = { ["aws:userid"] = "AROA*: *" } } } },
    })
  end)

  it("MFA to each other and to credentials", function()
    check({ "context" }, {
      { "none", {}, { on { Null = { [AGE] = "false", [PRESENT] = "true" } } } },
      { "none", {}, { on { NumericLessThan = { [AGE] = "9" } }, not_on { Bool = { [PRESENT] = "true" } } } },
      { 'certain {"aws:MultiFactorAuthAge":"8","aws:MultiFactorAuthPresent":"true"}',
        {}, { on { NumericLessThan = { [AGE] = "9" } }, not_on { Bool = { [PRESENT] = "false" } } } },
      { "none", {}, { on { Bool = { [PRESENT] = "true" }, StringLike = { [PROVIDER] = "*" } } } },
      { "none", {}, { on { Null = { [PRESENT] = "false", [TOKEN] = "true" } } } },
    })
  end)

  it("services that act for a caller", function()
    local A, B = "a.amazonaws.com", "b.amazonaws.com"
    check({ "context" }, {
      { "none", {}, { on { ["ForAnyValue:StringEquals"] = { [CHAIN] = A }, Bool = { [VIA] = "false" } } } },
      { "none", {}, { on { StringEquals = { [FIRST] = A }, Bool = { [VIA] = "false" } } } },
      { "none", {}, { on { StringEquals = { [FIRST] = A }, ["ForAllValues:StringEquals"] = { [CHAIN] = B } } } },
      { "none", {}, { on { StringEquals = { [FIRST] = A }, Null = { [LAST] = "true" } } } },
      { "none", { on { ["ForAnyValue:StringEquals"] = { [CHAIN] = A } } }, { on { StringEquals = { [FIRST] = A } } } },
      { "none", { on { ["ForAnyValue:StringLike"] = { [CHAIN] = "a*" } } }, { on { StringEquals = { [LAST] = A } } } },
      { 'certain {"aws:CalledVia":["b.amazonaws.com","a.amazonaws.com"],"aws:CalledViaFirst":"b.amazonaws.com"}',
        {}, { on { ["ForAnyValue:StringEquals"] = { [CHAIN] = A }, StringEquals = { [FIRST] = B } } } },
      { 'certain {"aws:CalledVia":["b.amazonaws.com","a.amazonaws.com"],"aws:CalledViaFirst":"b.amazonaws.com",'
          .. '"aws:CalledViaLast":"a.amazonaws.com"}',
        {}, { on { ["ForAllValues:StringEquals"] = { [CHAIN] = { A, B } }, StringEquals = { [FIRST] = B }, StringNotEquals = { [LAST] = B } } } },
    })
  end)

  it("organizations to the form of their ids and paths", function()
    local ORG, PATHS, ANY = "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "ForAnyValue:StringLike"
    check({ "context" }, {
      { "none", {}, { on { StringLike = { [ORG] = "o-A*" } } } },
      { "none", { on { StringEquals = { [ORG] = "o-1" } } }, { on { StringLike = { [ORG] = "*A*" } } } },
      { 'certain {"aws:PrincipalOrgID":"o-abcdefghij"}', {}, { on { StringEqualsIgnoreCase = { [ORG] = "O-ABCDEFGHIJ" } } } },
      { 'certain {"aws:PrincipalOrgID":"o-1"}', {}, { on { StringEquals = { [ORG] = "o-1" } } } }, -- as examples have
      { "none", {}, { on { [ANY] = { [PATHS] = "o-*/R-*" } } } },
      { "none", {}, { on { [ANY] = { [PATHS] = "o-*/r-*/x*" } } } },
      { "none", { on { [ANY] = { [PATHS] = "o-*/" } } }, { on { [ANY] = { [PATHS] = "o-*" } } } },
      { 'certain {"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-a/"}',
        { on { ["ForAnyValue:StringEquals"] = { [PATHS] = "o-a1b2c3d4e5/r-ab12/" } } },
        { on { [ANY] = { [PATHS] = "o-a1b2c3d4e5/r-ab12/*" } } } },
      { 'certain {"aws:PrincipalOrgID":"o-baaaaaaaaa","aws:PrincipalOrgPaths":"o-baaaaaaaaa/r-ab/"}',
        { on { StringEquals = { [ORG] = "o-a1b2c3d4e5" } } }, { on { [ANY] = { [PATHS] = "o-*/r-ab*" } } } },
    })
  end)

  it("the network", function()
    check({ "context" }, {
      { "none", {}, { on { StringEquals = { [ENDPOINT] = "vpce-1" }, IpAddress = { [IP] = "192.0.2.0/24" } } } },
      { 'certain {"aws:SourceVpce":"vpce-1"}', {}, { on { StringEquals = { [ENDPOINT] = "vpce-1" }, NotIpAddress = { [IP] = "192.0.2.0/24" } } } },
      { "none", {}, { on { StringLike = { ["aws:VpceOrgID"] = "o-*" }, Null = { [IP] = "false" } } } },
      { "none", { on { Null = { [IP] = "true" } } }, { on { Null = { ["aws:VpcSourceIp"] = "false" } } } },
      { "none", {}, { on { Null = { [ENDPOINT] = "false" }, StringNotLike = { [ENDPOINT] = "vpce-*" } } } },
      { 'certain {"aws:SourceVpce":"vpce-0123456789abcdef0"}', {}, { on { Null = { [ENDPOINT] = "false" } } } },
      { "none", {}, { on { Null = { ["aws:Ec2InstanceSourceVpc"] = "false", ["aws:Ec2InstanceSourcePrivateIPv4"] = "true" } } } },
    })
  end)

  it("the resource to the service of the action, where it can", function()
    local function identity(action, resource) return { Effect = "Allow", Action = action, Resource = resource } end
    for _, row in ipairs {
      { "arn:aws:s3:::example", {}, { identity("s3:GetObject", "*") } },
      { "arn:aws:sqs:us-east-1:123456789012:example", {}, { identity("sqs:SendMessage", "*") } },
      { "arn:aws:lambda:us-east-1:111122223333:example", {}, { identity("lambda:InvokeFunction", "arn:aws:*:*:111122223333:*") } },
      { "arn:aws:kms:us-east-1:123456789012:repository/example",
        { identity("kms:*", "arn:aws:kms:*:*:example") }, { identity("kms:Decrypt", "*") } },
      { "arn:aws:sqs:us-east-1:123456789012:example", {}, { identity("ecr:PutImage", "arn:aws:sqs:*:*:*") } }, -- it cannot
    } do
      check({ "resource" }, { { "certain " .. row[1], row[2], row[3], { kind = "identity" } } })
    end
  end)
end)
