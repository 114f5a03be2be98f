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
end)
