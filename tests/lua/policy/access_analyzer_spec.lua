-- Every check of AWS's policy validation, with the rule of the linter that reports the same, or the reason why it does
-- not apply: https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html

local helper = require "helper"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local lint_cases = require "lint_cases"
local policy = require "lanyard.policy"

local NONE = lint_cases.NONE
local ROLE = "arn:aws:iam::111122223333:role/x"
local REPOSITORY = "arn:aws:ecr:us-east-1:111122223333:repository/"

local function when(operator, key, value)
  return { Condition = { [operator] = { [key] = value } } }
end

local function both(first, second)
  for name, value in pairs(second) do
    first[name] = value
  end
  return first
end

local function resource(arn, action)
  return { Resource = arn, Action = action or "ecr:BatchGetImage" }
end

-- SCPs support the whole IAM language since September 2025: https://aws.amazon.com/blogs/security/
-- unlock-new-possibilities-aws-organizations-service-control-policy-now-supports-full-iam-language
local FULL_LANGUAGE = "organizations accept it since September 2025"
-- Only some keys and actions of services other than ECR are known.
local OTHER_SERVICES = "the keys of the actions of all services are not known; for ECR see key-action"
local NO_TAGS = "ECR supports aws:ResourceTag for all actions on repositories; see key-action for other tags"

-- Each row: the name of AWS's check, the id of a rule, the type of the policy, and its elements; or the name and a
-- reason. A string instead of elements is a whole policy.
local CHECKS = {
  -- Errors
  { "ARN account not allowed", "bad-arn", "identity", resource("arn:aws:s3::111122223333:bucket", "s3:ListBucket") },
  { "ARN Region not allowed", "bad-arn", "identity", resource("arn:aws:iam:us-east-1:111122223333:role/a", "iam:GetRole") },
  { "Data type mismatch", "wrong-type", "repository", { Sid = 1 } },
  { "Duplicate keys with different case", "repeated-key", "repository",
    { Condition = { StringEquals = { ["aws:username"] = "a", ["AWS:username"] = "b" } } } },
  { "Invalid action", "unknown-action", "identity", { Action = "ecr:BatchGetImages" } },
  { "Invalid ARN account", "bad-arn", "identity", resource "arn:aws:ecr:us-east-1:1111:repository/a" },
  { "Invalid ARN prefix", "bad-resource", "identity", resource "aws:ecr:us-east-1:111122223333:repository/a" },
  { "Invalid ARN Region", "unknown-region", "identity", resource "arn:aws:ecr:us-esat-1:111122223333:repository/a" },
  { "Invalid ARN resource", "bad-arn", "identity", resource "arn:aws:ecr:us-east-1:111122223333:repo/a" },
  { "Invalid ARN service case", "bad-arn", "identity", resource "arn:aws:ECR:us-east-1:111122223333:repository/a" },
  { "Invalid condition data type", "mixed-types", "repository", when("Bool", "aws:SecureTransport", { "true", true }) },
  { "Invalid condition key format", "unknown-key", "repository", when("StringEquals", "PrincipalOrgID", "o-a") },
  { "Invalid condition multiple Boolean", "both-booleans", "repository", when("Bool", "aws:SecureTransport", { "true", "false" }) },
  { "Invalid condition operator", "unknown-operator", "repository", when("StringEqual", "aws:username", "a") },
  { "Invalid effect", "bad-effect", "repository", { Effect = "allow" } },
  { "Invalid global condition key", "unknown-key", "scp", when("StringEquals", "aws:PrincipalOrg", "o-a") },
  { "Invalid partition", "bad-arn", "identity", resource "arn:amazon:ecr:us-east-1:111122223333:repository/a" },
  { "Invalid policy element", "unknown-element", "repository", { Actions = "ecr:BatchGetImage" } },
  { "Invalid principal format", "wrong-type", "repository", { Principal = "111122223333" } },
  { "Invalid principal key", "unknown-element", "repository", { Principal = { User = "111122223333" } } },
  { "Invalid Region", "unknown-region", "scp", when("StringNotEquals", "aws:RequestedRegion", "eu-wset-1") },
  { "Invalid service", "unknown-service", "identity", resource "arn:aws:ecrx:us-east-1:111122223333:repository/a" },
  { "Invalid service condition key", "unknown-key", "identity", when("StringEquals", "ecr:RepositoryName", "a") },
  { "Invalid service in action", "unknown-service", "identity", { Action = "lightsial:GetDisks", Resource = "*" } },
  { "Invalid variable for operator", "bad-operand", "identity", when("NumericEquals", "s3:max-keys", "${aws:username}") },
  { "Invalid version", "bad-version", "repository", '{"Version":"2012-10-18","Statement":{"Effect":"Deny","Principal":"*","Action":"*"}}' },
  { "JSON syntax error", "lanyard policy lint reports not-a-policy; see policy_lint_spec" },
  { "Missing action", "no-action", "identity", { Action = NONE } },
  { "Missing ARN field", "bad-resource", "identity", resource "arn:aws:ecr:us-east-1:111122223333" },
  { "Missing ARN Region", "bad-arn", "identity", resource "arn:aws:ecr::111122223333:repository/a" },
  { "Missing effect", "no-effect", "repository", '{"Version":"2012-10-17","Statement":{"Principal":"*","Action":"*"}}' },
  { "Missing principal", "no-principal", "repository", { Principal = NONE } },
  { "Missing qualifier", "missing-qualifier", "repository", when("StringLike", "aws:PrincipalOrgPaths", "o-a/*") },
  { "Missing resource", "no-resource", "identity", { Resource = NONE } },
  { "Missing statement", "no-statement", "repository", '{"Version":"2012-10-17","Statement":[]}' },
  { "Null with if exists", "unknown-operator", "repository", when("NullIfExists", "aws:username", "true") },
  { "SCP syntax error action wildcard", FULL_LANGUAGE },
  { "SCP syntax error allow condition", FULL_LANGUAGE },
  { "SCP syntax error allow NotAction", FULL_LANGUAGE },
  { "SCP syntax error allow resource", FULL_LANGUAGE },
  { "SCP syntax error NotResource", FULL_LANGUAGE },
  { "SCP syntax error principal", "unsupported-principal", "scp", { Principal = "*" } },
  { "RCP syntax error allow", "unsupported-element", "rcp", { Effect = "Allow" } },
  { "RCP syntax error NotAction", "unsupported-element", "rcp", { Action = NONE, NotAction = "ecr:*" } },
  { "RCP syntax error action", "unsupported-action", "rcp", { Action = "*" } },
  { "RCP syntax error principal", "unsupported-principal", "rcp", { Principal = { AWS = ROLE } } },
  { "Unique Sids required", "repeated-sid", "identity", '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny",'
    .. '"Action":"ecr:*","Resource":"*"},{"Sid":"a","Effect":"Deny","Action":"s3:*","Resource":"*"}]}' },
  { "Unsupported action in policy", "unsupported-action", "repository", { Action = "ecr:GetAuthorizationToken" } },
  { "Unsupported element combination", "both-elements", "repository", { NotAction = "ecr:PutImage" } },
  { "Unsupported global condition key", "deprecated-key", "repository", when("ArnLike", "aws:ARN", ROLE) },
  { "Unsupported principal", "unsupported-principal", "identity", { Principal = { AWS = ROLE } } },
  { "Unsupported resource ARN in policy", "unsupported-resource", "repository", { Resource = "arn:aws:s3:::bucket/a" } },
  { "Unsupported Sid", "bad-sid", "identity", { Sid = "a b" } },
  { "Unsupported wildcard in principal", "bad-principal", "repository", { Principal = { AWS = "arn:aws:iam::111122223333:role/*" } } },
  { "Missing brace in variable", "bad-variable", "identity", resource(REPOSITORY .. "${aws:username") },
  { "Missing quote in variable", "bad-variable", "identity", resource(REPOSITORY .. "${aws:username, none}") },
  { "Unsupported space in variable", "bad-variable", "identity", resource(REPOSITORY .. "${aws: username}") },
  { "Unsupported symbol in variable", "bad-variable", "identity", resource(REPOSITORY .. "${aws:user*}") },
  { "Empty variable", "bad-variable", "identity", resource(REPOSITORY .. "${}") },
  { "Variable unsupported in element", "bad-action", "identity", { Action = "ecr:${aws:username}" } },
  { "Variable unsupported in version", "dead-variable", "identity", '{"Version":"2008-10-17","Statement":{"Effect":"Allow",'
    .. '"Action":"s3:*","Resource":"arn:aws:s3:::a/${aws:username}"}}' },
  { "Private IP address", "private-address", "repository", when("IpAddress", "aws:SourceIp", "10.0.0.0/8") },
  { "Private NotIpAddress", "private-address", "scp", when("NotIpAddress", "aws:SourceIp", "192.168.0.0/16") },
  { "Policy size exceeds SCP quota", "too-large", "scp", { Sid = ("a"):rep(10241) } },
  { "Policy size exceeds RCP quota", "too-large", "rcp", { Sid = ("a"):rep(5121) } },
  { "Invalid service principal format", "bad-principal", "trust", { Principal = { Service = "ecs" } } },
  { "Missing tag key in condition", "missing-tag-key", "identity", when("StringEquals", "aws:ResourceTag", "a") },
  { "Invalid vpc format", "bad-key-value", "repository", when("StringEquals", "aws:SourceVpc", "vpce-123") },
  { "Invalid vpce format", "bad-key-value", "repository", when("StringEquals", "aws:SourceVpce", "vpc-12345678") },
  { "Federated principal not supported", "unsupported-principal", "repository",
    { Principal = { Federated = "arn:aws:iam::111122223333:saml-provider/a" } } },
  { "Unsupported action for condition key", "key-action", "identity", when("StringEquals", "aws:RequestTag/a", "b") },
  { "Unsupported condition key for service principal", "key-for-service", "repository",
    both(when("StringEquals", "aws:PrincipalOrgID", "o-a"), { Principal = { Service = "ecs.amazonaws.com" } }) },
  { "Role trust policy syntax error notprincipal", "unsupported-principal", "trust", { Principal = NONE, NotPrincipal = { AWS = ROLE } } },
  { "Role trust policy unsupported wildcard in principal", "unsupported-principal", "trust", { Principal = "*" } },
  { "Role trust policy syntax error resource", "unsupported-resource", "trust", { Resource = "*" } },
  { "Missing action for condition key", "key-action", "identity", when("StringEquals", "iam:PassedToService", "ecs.amazonaws.com") },
  { "Invalid federated principal syntax in role trust policy", "bad-principal", "trust",
    { Principal = { Federated = "arn:aws:iam::111122223333:role/x" }, Action = "sts:AssumeRoleWithSAML" } },
  { "Mismatched action for principal", "mismatched-action", "trust", { Principal = { Federated = "accounts.google.com" } } },
  { "Missing action for roles anywhere trust policy", "missing-action", "trust", { Principal = { Service = "rolesanywhere.amazonaws.com" } } },

  -- General warnings
  { "Create SLR with NotResource", "any-service-role", "identity",
    { Action = "iam:CreateServiceLinkedRole", Resource = NONE, NotResource = ROLE } },
  { "Create SLR with star in action and NotResource", "any-service-role", "identity", { Action = "iam:*", Resource = NONE, NotResource = ROLE } },
  { "Create SLR with NotAction and NotResource", "any-service-role", "identity",
    { Action = NONE, NotAction = "s3:*", Resource = NONE, NotResource = ROLE } },
  { "Create SLR with star in resource", "any-service-role", "identity", resource("*", "iam:CreateServiceLinkedRole") },
  { "Create SLR with star in action and resource", "any-service-role", "identity", resource("*", "iam:Create*") },
  { "Create SLR with star in resource and NotAction", "any-service-role", "identity", { Action = NONE, NotAction = "s3:*", Resource = "*" } },
  { "Deprecated global condition key", "deprecated-key", "identity", when("ArnLike", "aws:ARN", ROLE) },
  { "Invalid date value", "epoch-date", "repository", when("DateLessThan", "aws:CurrentTime", "4070908800") },
  { "Invalid role reference", "orphan", "repository", { Principal = { AWS = "AROAEXAMPLEEXAMPLE123" } } },
  { "Invalid user reference", "orphan", "repository", { Principal = { AWS = "AIDAEXAMPLEEXAMPLE123" } } },
  { "Missing version", "no-version", "repository", '{"Statement":{"Effect":"Deny","Principal":"*","Action":"*"}}' },
  { "Unique Sids recommended", "repeated-sid", "repository", '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Deny",'
    .. '"Principal":"*","Action":"ecr:PutImage"},{"Sid":"a","Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage"}]}' },
  { "Wildcard without like operator", "wildcard-equals", "identity", when("StringEquals", "aws:PrincipalTag/a", "b*") },
  { "Policy size exceeds identity policy quota", "too-large", "identity", { Sid = ("a"):rep(6145) } },
  { "Policy size exceeds resource policy quota", "too-large", "repository", { Sid = ("a"):rep(10241) } },
  { "Type mismatch", "operator-type", "repository", when("StringEquals", "aws:SecureTransport", "true") },
  { "Type mismatch Boolean", "bad-operand", "repository", when("Bool", "aws:SecureTransport", "yes") },
  { "Type mismatch date", "bad-operand", "repository", when("DateLessThan", "aws:CurrentTime", "tomorrow") },
  { "Type mismatch IP range", "bad-operand", "repository", when("IpAddress", "aws:SourceIp", "203.0.113") },
  { "Type mismatch number", "bad-operand", "repository", when("NumericLessThan", "aws:MultiFactorAuthAge", "ten") },
  { "Type mismatch string", "bad-operand", "repository", when("BinaryEquals", "saml:key", "Zm9v=") },
  { "Specific github repo and branch recommended", "broad-subject", "trust", {
    Principal = { Federated = "token.actions.githubusercontent.com" }, Action = "sts:AssumeRoleWithWebIdentity",
    Condition = { StringLike = { ["token.actions.githubusercontent.com:sub"] = "repo:octo/app:*" } } } },
  { "Policy size exceeds role trust policy quota", "too-large", "trust", { Sid = ("a"):rep(2049) } },

  -- Security warnings
  { "Allow with NotPrincipal", "allow-not-principal", "repository", { Principal = NONE, NotPrincipal = { AWS = ROLE } } },
  { "ForAllValues with single valued key", "all-values-single", "repository", when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-a") },
  { "Pass role with NotResource", "pass-role", "identity", { Action = "iam:PassRole", Resource = NONE, NotResource = ROLE } },
  { "Pass role with star in action and NotResource", "pass-role", "identity", { Action = "iam:*", Resource = NONE, NotResource = ROLE } },
  { "Pass role with NotAction and NotResource", "pass-role", "identity",
    { Action = NONE, NotAction = "s3:*", Resource = NONE, NotResource = ROLE } },
  { "Pass role with star in resource", "pass-role", "identity", resource("arn:aws:iam::111122223333:role/*", "iam:PassRole") },
  { "Pass role with star in action and resource", "pass-role", "identity", resource("*", "iam:Pass*") },
  { "Pass role with star in resource and NotAction", "pass-role", "identity", { Action = NONE, NotAction = "s3:*", Resource = "*" } },
  { "Missing paired condition keys", "unpaired-key", "repository", when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8") },
  { "Deny with unsupported tag condition key for service", NO_TAGS },
  { "Deny NotAction with unsupported tag condition key for service", OTHER_SERVICES },
  { "Restrict access to service principal", "source-arn", "repository", { Principal = { Service = "ecs.amazonaws.com" } } },
  { "Missing condition key for oidc principal", "open-provider", "trust",
    { Principal = { Federated = "accounts.google.com" }, Action = "sts:AssumeRoleWithWebIdentity" } },
  { "Missing github repo condition key", "open-provider", "trust",
    { Principal = { Federated = "token.actions.githubusercontent.com" }, Action = "sts:AssumeRoleWithWebIdentity" } },

  -- Suggestions
  { "Empty array action", "empty-list", "identity", { Action = json.array {} } },
  { "Empty array condition", "empty-list", "identity", when("StringEquals", "aws:username", json.array {}) },
  { "Empty array condition ForAllValues", "empty-list", "identity", when("ForAllValues:StringEquals", "aws:TagKeys", json.array {}) },
  { "Empty array condition ForAnyValue", "empty-list", "identity", when("ForAnyValue:StringEquals", "aws:TagKeys", json.array {}) },
  { "Empty array condition IfExists", "empty-list", "identity", when("StringEqualsIfExists", "aws:username", json.array {}) },
  { "Empty array principal", "empty-list", "repository", { Principal = { AWS = json.array {} } } },
  { "Empty array resource", "empty-list", "identity", { Resource = json.array {} } },
  { "Empty object condition", "empty-condition", "identity", { Condition = json.decode "{}" } },
  { "Empty object principal", "no-principal", "repository", { Principal = json.decode "{}" } },
  { "Empty Sid value", "bad-sid", "identity", { Sid = "" } },
  { "Improve IP range", "host-bits", "identity", when("IpAddress", "aws:SourceIp", "203.0.113.7/24") },
  { "Null with qualifier", "null-qualifier", "identity", when("ForAnyValue:Null", "aws:TagKeys", "true") },
  { "Private IP address subset", "private-address", "identity", when("IpAddress", "aws:SourceIp", { "10.0.0.0/8", "203.0.113.1" }) },
  { "Private NotIpAddress subset", "private-address", "scp", when("NotIpAddress", "aws:SourceIp", { "10.0.0.0/8", "203.0.113.1" }) },
  { "Redundant action", "redundant-action", "identity", { Action = { "ecr:Get*", "ecr:GetLifecyclePolicy" } } },
  { "Redundant condition value num", "repeated-value", "identity", when("NumericLessThan", "aws:MultiFactorAuthAge", { "2700", "3600" }) },
  { "Redundant resource", "redundant-resource", "identity", { Resource = { REPOSITORY .. "a*", REPOSITORY .. "ab" } } },
  { "Redundant statement", "repeated-statement", "repository", '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",'
    .. '"Action":"ecr:PutImage"},{"Effect":"Deny","Principal":"*","Action":"ecr:PutImage"}]}' },
  { "Redundant statement (identity)", "repeated-statement", "identity", '{"Version":"2012-10-17","Statement":[{"Effect":"Deny",'
    .. '"Action":"ecr:PutImage","Resource":"*"},{"Effect":"Deny","Action":"ecr:PutImage","Resource":"*"}]}' },
  { "Wildcard in service name", "service-wildcard", "identity", { Action = "*code*:List*", Resource = "*" } },
  { "Allow with unsupported tag condition key for service", NO_TAGS },
  { "Allow NotAction with unsupported tag condition key for service", OTHER_SERVICES },
  { "Recommended condition key for service principal", "source-arn", "repository",
    both(when("StringEquals", "aws:referer", "a"), { Principal = { Service = "ecs.amazonaws.com" } }) },
  { "Irrelevant condition key in policy", "irrelevant-key", "repository", when("StringEquals", "s3:ResourceAccount", "111122223333") },
  { "Redundant principal in role trust policy", "redundant-principal", "trust",
    { Principal = { AWS = { ROLE, "arn:aws:sts::111122223333:assumed-role/x/session" } } } },
  { "Confirm audience claim type", "all-values-absent", "trust", {
    Principal = { Federated = "accounts.google.com" }, Action = "sts:AssumeRoleWithWebIdentity",
    Condition = { ["ForAllValues:StringEquals"] = { ["accounts.google.com:aud"] = "a" } } } },
}

local function ids_of(text, kind)
  local ids = {}
  for i, finding in ipairs(assert(policy.parse(text)):lint { type = kind, account = "111122223333" }) do
    ids[i] = finding.id
  end
  return ids
end

describe("the linter reports what AWS's policy validation does:", function()
  for _, row in ipairs(CHECKS) do
    local name, id, kind, elements = table.unpack(row)
    if kind then
      it(name, function()
        local text = type(elements) == "string" and elements or lint_cases.policy(kind, elements)
        local ids = ids_of(text, kind)
        assert.is_true(lists.contains(ids, id), table.concat(ids, " ") .. " " .. text:sub(1, 400))
      end)
    end
  end
end)

it("the linter accepts a plain policy of each type", function()
  for kind in pairs(lint_cases.KINDS) do
    assert.same({}, ids_of(lint_cases.policy(kind, {}), kind))
  end
end)

describe("published policies", function()
  it("each have a finding for the check that names them", function()
    local file = io.open(helper.vectors .. "/lint/access-analyzer.json")
    if not file then
      pending "the vectors are missing"
      return
    end
    for _, vector in ipairs(json.decode(file:read "a")) do
      assert.is_truthy(ids_of(json.encode(vector.policy))[1], vector.check)
    end
    file:close()
  end)
end)
