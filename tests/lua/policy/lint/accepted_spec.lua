-- Policies that are right, and that a check could take for wrong.

local json = require "lanyard.json"
local lint_cases = require "lint_cases"
local policy = require "lanyard.policy"

local function when(operator, key, value, more)
  local elements = more or {}
  elements.Condition = { [operator] = { [key] = value } }
  return elements
end

local GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"

-- Rows: the type of the policy, what is right, and the elements of the statement.
local ROWS = {
  { "repository", "wildcards under ArnEquals", when("ArnEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*") },
  { "repository", "text operators on an ARN", when("StringLike", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/a*") },
  { "repository", "a key in another case", when("StringEquals", "AWS:principalorgid", "o-a1b2c3d4e5") },
  { "repository", "an organization in any case", when("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "O-A1B2C3D4E5") },
  { "repository", "a type of principal in any case", when("StringEqualsIgnoreCase", "aws:PrincipalType", "assumedrole") },
  { "repository", "the key of a tag with a blank", when("StringEquals", "aws:PrincipalTag/cost center", "a") },
  { "repository", "a number for a tag", when("NumericLessThan", "aws:PrincipalTag/level", "5") },
  { "repository", "a question mark in a user agent", when("StringEquals", "aws:UserAgent", "what?") },
  { "repository", "an escaped star", when("StringEquals", "aws:PrincipalTag/a", "${*}") },
  { "repository", "a default value with commas", when("StringLike", "aws:username", "${aws:PrincipalTag/a, 'b, c'}*") },
  { "repository", "several values of a multivalued key", when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*") },
  { "repository", "ForAllValues in a Deny", when("ForAllValues:StringNotLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/*", { Effect = "Deny" }) },
  { "repository", "ForAllValues with a Null check", { Condition = {
    ["ForAllValues:StringLike"] = { ["aws:PrincipalOrgPaths"] = "o-a1b2c3d4e5/*" }, Null = { ["aws:PrincipalOrgPaths"] = "false" } } } },
  { "repository", "the key of an identity provider", when("StringEquals", "accounts.google.com:aud", "a") },
  { "repository", "a key that EC2 adds to all requests", when("ArnLike", "ec2:SourceInstanceARN", "arn:aws:ec2:us-east-1:111122223333:instance/*") },
  { "repository", "a key that Lambda adds to all requests", when("ArnLike", "lambda:SourceFunctionArn",
    "arn:aws:lambda:us-east-1:111122223333:function:a") },
  { "repository", "a wildcard of ECR", { Action = "ecr:Get*" } },
  { "repository", "all public addresses", when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24", { Effect = "Deny" }) },
  { "repository", "private addresses within a VPC", { Condition = {
    IpAddress = { ["aws:VpcSourceIp"] = "10.0.0.0/8" }, StringEquals = { ["aws:SourceVpc"] = "vpc-12345678" } } } },
  { "repository", "a date and a year", when("DateLessThan", "aws:CurrentTime", "2999") },
  { "repository", "a number for the time", when("NumericLessThan", "aws:EpochTime", "4070908800") },
  { "registry", "a pull through cache", { Action = { "ecr:CreateRepository", "ecr:BatchImportUpstreamImage" } } },
  { "identity", "a role by prefix", { Action = "iam:PassRole", Resource = "arn:aws:iam::111122223333:role/app-*" } },
  { "identity", "any role for one service", when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com",
    { Action = "iam:PassRole", Resource = "*" }) },
  { "identity", "an access point of S3", { Action = "s3:GetObject", Resource = "arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/*" } },
  { "identity", "a policy of AWS", { Action = "iam:GetPolicy", Resource = "arn:aws:iam::aws:policy/ReadOnlyAccess" } },
  { "identity", "a variable for the account", { Resource = "arn:aws:ecr:*:${aws:PrincipalAccount}:repository/${aws:username}/*" } },
  { "identity", "patterns that share a part", { Resource = { "arn:aws:ecr:*:111122223333:repository/a*", "arn:aws:ecr:us-east-1:*:repository/a*" } } },
  { "identity", "actions that share a part", { Action = { "ecr:Get*", "ecr:*Policy" } } },
  { "identity", "a key of S3", when("StringLike", "s3:prefix", "home/*", { Action = "s3:ListBucket", Resource = "arn:aws:s3:::a" }) },
  { "identity", "the key of an action", when("StringEquals", "aws:RequestTag/a", "b", { Action = "ecr:CreateRepository" }) },
  { "identity", "a login", { Action = "ecr:GetAuthorizationToken", Resource = "*" } },
  { "identity", "GovCloud", { Resource = "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/a" } },
  { "trust", "a web identity with its audience", when("StringEquals", "accounts.google.com:aud", "a",
    { Principal = { Federated = "accounts.google.com" }, Action = "sts:AssumeRoleWithWebIdentity" }) },
  { "trust", "one branch of GitHub", when("StringEquals", "token.actions.githubusercontent.com:sub", "repo:octo/app:ref:refs/heads/main",
    { Principal = { Federated = GITHUB }, Action = "sts:AssumeRoleWithWebIdentity" }) },
  { "trust", "a service", { Principal = { Service = "ecs-tasks.amazonaws.com" } } },
  { "trust", "IAM Roles Anywhere", { Principal = { Service = "rolesanywhere.amazonaws.com" },
    Action = { "sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession" } } },
  { "trust", "a SAML provider", { Principal = { Federated = "arn:aws:iam::111122223333:saml-provider/a" }, Action = "sts:AssumeRoleWithSAML" } },
  { "scp", "all that an SCP could not have before 2025", when("StringEquals", "aws:RequestedRegion", "us-east-1",
    { Effect = "Allow", Action = "ecr:*Image", Resource = "arn:aws:ecr:*:*:repository/*" }) },
  { "rcp", "a perimeter", { Action = "ecr:*", Condition = {
    StringNotEqualsIfExists = { ["aws:PrincipalOrgID"] = "o-a1b2c3d4e5" }, BoolIfExists = { ["aws:PrincipalIsAWSService"] = "false" } } } },
  { "vpc-endpoint", "a role for everything", { Principal = { AWS = "arn:aws:iam::444455556666:role/x" }, Action = "*" } },
}

describe("the linter accepts", function()
  for _, row in ipairs(ROWS) do
    it(("%s (%s)"):format(row[2], row[1]), function()
      local text = lint_cases.policy(row[1], row[3])
      local found = json.array {}
      for i, finding in ipairs(assert(policy.parse(text)):lint { type = row[1], account = "111122223333" }) do
        found[i] = finding.id .. ": " .. finding.message
      end
      assert.same({}, found)
    end)
  end
end)
