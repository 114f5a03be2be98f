-- Policies that the linter reports: one row per case, with the finding and a part of its message or fix. The policies
-- have one statement, built from the given elements.

local json = require "lanyard.json"

local ROLE = "arn:aws:iam::111122223333:role/x"

-- The elements of a statement that each type of policy accepts without a finding.
local DEFAULTS = {
  repository = { Principal = { AWS = ROLE }, Action = "ecr:BatchGetImage" },
  registry = { Principal = { AWS = ROLE }, Action = "ecr:ReplicateImage", Resource = "arn:aws:ecr:us-east-1:111122223333:repository/*" },
  identity = { Action = "ecr:BatchGetImage", Resource = "arn:aws:ecr:us-east-1:111122223333:repository/a" },
  trust = { Principal = { AWS = ROLE }, Action = "sts:AssumeRole" },
  scp = { Effect = "Deny", Action = "ecr:BatchGetImage", Resource = "*" },
  rcp = { Effect = "Deny", Principal = "*", Action = "ecr:BatchGetImage", Resource = "*" },
  ["vpc-endpoint"] = { Principal = "*", Action = "ecr:BatchGetImage", Resource = "*" },
}

-- A value that removes an element.
local NONE = {}

-- Returns a policy of a type, whose statement has further or other elements.
local function policy(kind, elements)
  local statement = { Effect = "Allow" }
  for _, source in ipairs { DEFAULTS[kind], elements } do
    for name, value in pairs(source) do
      statement[name] = value ~= NONE and value or nil
    end
  end
  return json.encode { Version = elements.Version or "2012-10-17", Statement = json.array { statement } }
end

local cases = { policy = policy, NONE = NONE, KINDS = DEFAULTS }

-- Adds cases of one check: rows of { name, elements, part of message or fix, severity?, kind? }.
local function add(id, rows)
  for _, row in ipairs(rows) do
    local kind = row.kind or "repository"
    row[2].Version = nil
    cases[#cases + 1] = {
      id = id, name = row[1], kind = kind, text = policy(kind, row[2]), part = row[3], severity = row[4],
    }
  end
end

local function when(operator, key, ...)
  local values = { ... }
  return { Condition = { [operator] = { [key] = #values == 1 and values[1] or json.array(values) } } }
end

local function denied(elements)
  elements.Effect = "Deny"
  return elements
end

local function conditions(condition, more)
  local elements = more or {}
  elements.Condition = condition
  return elements
end

add("unknown-key", {
  { "a mistyped key of an Allow", when("StringEquals", "aws:PrincialOrgID", "o-a"), "write aws:PrincipalOrgID" },
  { "what it does to an Allow", when("StringEquals", "aws:PrincialOrgID", "o-a"), "the statement allows nobody" },
  { "the prefix of a service", denied(when("StringNotEquals", "iam:PrincipalOrgID", "o-a")), "write aws:PrincipalOrgID" },
  { "the prefix of a service in an SCP", denied(when("StringNotEquals", "sts:principaltag/team", "a")), "write aws:", kind = "scp" },
  { "the prefix of ECR", when("StringEquals", "ecr:SourceVpce", "vpce-12345678"), "write aws:SourceVpce" },
  { "what a negated operator does to an Allow", when("StringNotEquals", "aws:PrincialOrgID", "o-a"), "restricts nothing" },
  { "what it does to a Deny", denied(when("StringEquals", "aws:PrincialOrgID", "o-a")), "denies nobody" },
  { "what a negated operator does to a Deny", denied(when("StringNotEquals", "aws:PrincialOrgID", "o-a")), "denies everyone" },
  { "IfExists in a Deny", denied(when("StringEqualsIfExists", "aws:SourceVPCE1", "vpce-12345678")), "denies everyone" },
  { "ForAllValues in a Deny", denied(when("ForAllValues:StringEquals", "aws:PrincipalOrgPath", "o-a/*")), "denies everyone" },
  { "Null with true in a Deny", denied(when("Null", "aws:PrincipalOrg", "true")), "denies everyone" },
  { "Null with false in a Deny", denied(when("Null", "aws:PrincipalOrg", "false")), "denies nobody" },
  { "the beginning of a key", when("StringEquals", "aws:PrincipalOrg", "o-a"), "write aws:PrincipalOrgID" },
  { "a key without its prefix", when("StringEquals", "PrincipalOrgID", "o-a"), "write aws:PrincipalOrgID" },
  { "a key with a plural", when("StringEquals", "aws:PrincipalTags/team", "a"), "write aws:PrincipalTag/team" },
  { "a key that ECR does not have", when("StringEquals", "ecr:RepositoryName", "a"), "not a condition key" },
  { "a key in capital letters", when("StringEquals", "AWS:PRINCIALORGID", "o-a"), "write aws:PrincipalOrgID" },
  { "a key in an identity policy", when("StringEquals", "aws:SourceVpcId", "vpc-12345678"), "write aws:SourceVpc", kind = "identity" },
})
add("unknown-variable", {
  { "a mistyped key", when("StringEquals", "aws:username", "${aws:usernme}"), "write aws:username" },
  { "a key in a resource", { Resource = "arn:aws:ecr:*:*:repository/${aws:user}/*" }, "not a condition key", kind = "identity" },
})
add("missing-tag-key", {
  { "a key without a tag", when("StringEquals", "aws:ResourceTag", "a"), "write aws:ResourceTag/TAG-KEY" },
  { "a key that ends with a slash", when("StringEquals", "aws:PrincipalTag/", "a"), "allows nobody" },
})
add("deprecated-key", {
  { "aws:ARN", when("ArnLike", "aws:ARN", ROLE), "write aws:PrincipalArn" },
  { "aws:SourceOwner", when("StringEquals", "aws:SourceOwner", "111122223333"), "write aws:SourceAccount" },
})
add("operator-type", {
  { "text for a boolean", when("StringEquals", "aws:SecureTransport", "true"), "write Bool" },
  { "text for an address", when("StringEquals", "aws:SourceIp", "203.0.113.1"), "write IpAddress" },
  { "text for a date", when("StringEquals", "aws:CurrentTime", "2026-01-01"), "write a Date operator" },
  { "a boolean for text", when("Bool", "aws:PrincipalOrgID", "true"), "write StringEquals" },
  { "an ARN operator for an account", when("ArnLike", "aws:PrincipalAccount", ROLE), "write StringEquals" },
  { "text for a number", when("StringEquals", "aws:MultiFactorAuthAge", "3600"), "write a Numeric operator" },
})
add("missing-qualifier", {
  { "an organization path", when("StringLike", "aws:PrincipalOrgPaths", "o-a/*"), "write ForAnyValue:StringLike" },
  { "tag keys", when("StringEquals", "aws:TagKeys", "team"), "several values", kind = "identity" },
})
add("all-values-single", {
  { "an organization", when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-a"), "also holds for a request without it" },
  { "an organization in a Deny", denied(when("ForAllValues:StringNotEquals", "aws:PrincipalOrgID", "o-a")), "write StringNotEquals", "medium" },
})
add("all-values-absent", {
  { "organization paths", when("ForAllValues:StringLike", "aws:PrincipalOrgPaths", "o-a/*"), '"Null": { "aws:PrincipalOrgPaths": "false" }' },
  { "tag keys", { Action = "ecr:TagResource", Condition = { ["ForAllValues:StringEquals"] = { ["aws:TagKeys"] = "a" } } },
    "without aws:TagKeys", "low", kind = "identity" },
})
add("null-qualifier", {
  { "any value", when("ForAnyValue:Null", "aws:username", "true"), "write Null" },
  { "all values", when("ForAllValues:Null", "aws:TagKeys", "true"), "write Null" },
})
add("repeated-key", {
  { "under one operator", conditions { StringEquals = { ["aws:username"] = "a", ["AWS:UserName"] = "b" } }, "the same key as" },
  { "under two operators", conditions { StringEquals = { ["aws:username"] = "a" }, StringLike = { ["AWS:username"] = "a*" } },
    "elsewhere", "low" },
})
add("empty-condition", {
  { "a condition without operators", { Condition = json.decode "{}" }, "restricts nothing" },
})
add("wildcard-equals", {
  { "an organization", when("StringEquals", "aws:PrincipalOrgID", "o-*"), "write StringLike" },
  { "a negated operator in a Deny", denied(when("StringNotEquals", "aws:PrincipalOrgID", "o-*")), "denies everyone" },
  { "an ARN", when("StringEquals", "aws:PrincipalArn", "arn:aws:iam::111122223333:role/*"), "write ArnLike" },
  { "IfExists", when("StringEqualsIfExists", "aws:PrincipalOrgID", "o-*"), "only for requests without the key" },
  { "one of two values", when("StringEquals", "aws:PrincipalOrgID", "o-*", "o-a"), "as plain text |" },
  { "a negated operator beside another condition", denied(conditions { StringNotEquals = { ["aws:PrincipalOrgID"] = "o-*" },
    Bool = { ["aws:PrincipalIsAWSService"] = "false" } }), "it restricts nothing" },
  { "a question mark", when("StringEqualsIgnoreCase", "aws:username", "k?m"), "takes ? in" },
  { "a key of another service", when("StringEquals", "saml:sub", "a*"), "if it is a wildcard", "low" },
})
add("both-booleans", {
  { "true and false", when("Bool", "aws:SecureTransport", "true", "false"), "restricts nothing" },
  { "Null of both", when("Null", "aws:username", "true", "false"), "restricts nothing" },
})
add("private-address", {
  { "a private network", when("IpAddress", "aws:SourceIp", "10.0.0.0/8"), "allows nobody" },
  { "a Deny outside a private network", denied(when("NotIpAddress", "aws:SourceIp", "192.168.0.0/16", "172.16.0.0/12")), "denies everyone" },
  { "a private address beside a public one", when("IpAddress", "aws:SourceIp", "10.1.2.3", "203.0.113.1"), "is private", "low" },
  { "a private address of IPv6", when("IpAddress", "aws:SourceIp", "fd00::/8"), "is private" },
})
add("host-bits", {
  { "IPv4", when("IpAddress", "aws:SourceIp", "203.0.113.7/24"), "write 203.0.113.0/24" },
  { "IPv6", when("IpAddress", "aws:SourceIp", "2001:db8::1/32"), "write 2001:db8::/32" },
  { "a private network of another key", when("IpAddress", "aws:VpcSourceIp", "10.0.0.1/8"), "write 10.0.0.0/8" },
})
add("bad-key-value", {
  { "an endpoint for a VPC", when("StringEquals", "aws:SourceVpc", "vpce-12345678"), "is not the id of a VPC" },
  { "a VPC for an endpoint", when("StringEquals", "aws:SourceVpce", "vpc-12345678"), "is not the id of a VPC endpoint" },
  { "an account with 11 digits", when("StringEquals", "aws:PrincipalAccount", "11112222333"), "12 digits" },
  { "an ARN for an account", when("StringEquals", "aws:SourceAccount", "arn:aws:iam::111122223333:root"), "12 digits" },
  { "a path for an organization", when("StringEquals", "aws:PrincipalOrgID", "o-a/r-b/"), "is not the id of an organization" },
  { "an organization for a path", when("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a"), "is not the path" },
  { "a path without its last slash", when("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111"),
    "is not the path" },
  { "a type of principal", when("StringEquals", "aws:PrincipalType", "Role"), "AssumedRole" },
  { "no organization in any case", when("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "X-A1B2C3D4E5"), "allows nobody" },
  { "a session of a role", when("ArnLike", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/web/*"),
    "write arn:aws:iam::111122223333:role/web" },
  { "a session in a Deny", denied(when("StringNotEquals", "aws:PrincipalArn", "arn:aws:sts::111122223333:assumed-role/web/i-1")),
    "denies everyone" },
})
add("mixed-types", {
  { "a string and a boolean", when("Bool", "aws:SecureTransport", "true", true), "several JSON types" },
})
add("repeated-value", {
  { "the lesser of two numbers", when("NumericLessThan", "aws:MultiFactorAuthAge", "300", "3600"), "'300' is redundant beside '3600'" },
  { "the greater of two numbers", when("NumericGreaterThanEquals", "aws:MultiFactorAuthAge", "300", "3600"), "'3600' is redundant" },
  { "a network within another one", when("IpAddress", "aws:SourceIp", "203.0.113.0/24", "203.0.113.7"), "'203.0.113.7' is redundant" },
  { "a value twice", when("StringEquals", "aws:username", "a", "a"), "twice" },
})
add("unknown-region", {
  { "a mistyped Region", when("StringEquals", "aws:RequestedRegion", "us-esat-1"), "write us-east-1" },
  { "a mistyped Region in an ARN", { Resource = "arn:aws:ecr:us-esat-1:111122223333:repository/a" }, "write us-east-1", kind = "identity" },
})
add("unreachable-date", {
  { "an end before the start", conditions { DateGreaterThan = { ["aws:CurrentTime"] = "2030-01-01T00:00:00Z" },
    DateLessThan = { ["aws:CurrentTime"] = "2029-01-01" } }, "never applies" },
  { "milliseconds", when("DateLessThan", "aws:EpochTime", "1767225600000"), "not milliseconds" },
  { "a number without end", when("DateLessThan", "aws:CurrentTime", "1e99"), "after the year 9999" },
  { "one second", when("DateEquals", "aws:CurrentTime", "2030-01-01T00:00:00Z"), "one second" },
  { "an end in the past", when("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"), "since 2020-01-01T00:00:00Z", "low" },
})
add("epoch-date", {
  { "seconds", when("DateLessThan", "aws:CurrentTime", "4070908800"), "write 2099-01-01T00:00:00Z" },
})
add("bad-variable", {
  { "a missing brace", when("StringEquals", "aws:username", "${aws:username"), "no closing brace" },
  { "a blank", when("StringEquals", "aws:username", "${aws: username}"), "a blank" },
  { "a blank before the name", when("StringEquals", "aws:username", "${ aws:username}"), "a blank" },
  { "no name", when("StringEquals", "aws:username", "a${}"), "has no name" },
  { "a multivalued key", when("StringEquals", "aws:PrincipalTag/org", "${aws:principalOrgPaths}"), "has a key with several values",
    "medium" },
  { "a default value without quotes", when("StringEquals", "aws:username", "${aws:username, none}"), "write ${aws:username, 'default'}" },
  { "a default value with one quote", when("StringEquals", "aws:username", "${aws:username, 'none}"), "without quotes" },
  { "a resource", { Resource = "arn:aws:ecr:*:*:repository/${aws:username" }, "no closing brace", kind = "identity" },
})
add("unsupported-element", {
  { "Allow", { Effect = "Allow" }, "cannot allow", kind = "rcp" },
  { "NotAction", { Action = NONE, NotAction = "ecr:*" }, "write Action", kind = "rcp" },
})
add("bad-arn", {
  { "an account with 4 digits", { Resource = "arn:aws:ecr:us-east-1:1111:repository/a" }, "12 digits", kind = "identity" },
  { "an account that is missing", { Resource = "arn:aws:ecr:us-east-1::repository/a" }, "has no account", kind = "identity" },
  { "repo for repository", { Resource = "arn:aws:ecr:us-east-1:111122223333:repo/a" }, "write repository/NAME", kind = "identity" },
  { "repository with a colon", { Resource = "arn:aws:ecr:us-east-1:111122223333:repository:a" }, "write repository/NAME", kind = "identity" },
  { "capital letters", { Resource = "arn:aws:ECR:us-east-1:111122223333:repository/a" }, "write ecr", kind = "identity" },
  { "no Region", { Resource = "arn:aws:ecr::111122223333:repository/a" }, "no Region", kind = "identity" },
  { "a Region of IAM", { Action = "iam:GetRole", Resource = "arn:aws:iam:us-east-1:111122223333:role/a" }, "leave the Region empty", kind = "identity" },
  { "an account of a bucket", { Action = "s3:GetObject", Resource = "arn:aws:s3::111122223333:bucket/a" }, "leave the account empty", kind = "identity" },
  { "a partition", { Resource = "arn:amazon:ecr:us-east-1:111122223333:repository/a" }, "has the partition", kind = "identity" },
  { "a type of IAM", { Action = "iam:GetRole", Resource = "arn:aws:iam::111122223333:roles/a" }, "has the resource 'roles/a'", kind = "identity" },
  { "a value of a condition", when("ArnLike", "aws:SourceArn", "arn:aws:ecs:us-east-1:1111:cluster/a"), "12 digits", "medium" },
})
add("unknown-service", {
  { "an ARN", { Resource = "arn:aws:ecrx:us-east-1:111122223333:repository/a" }, "write ecr", kind = "identity" },
  { "an action", { Action = "lightsial:GetContainerServices", Resource = "*" }, "write lightsail:GetContainerServices", kind = "identity" },
})
add("unsupported-resource", {
  { "a repository policy", { Resource = "*" }, "ECR rejects Resource" },
  { "a trust policy", { Resource = "*" }, "IAM rejects Resource", kind = "trust" },
})
add("no-resource", {
  { "an identity policy", { Resource = NONE }, "requires", kind = "identity" },
  { "a service control policy", { Resource = NONE }, "requires", kind = "scp" },
  { "a resource control policy", { Resource = NONE }, "requires", kind = "rcp" },
  { "a VPC endpoint policy", { Resource = NONE }, "requires", kind = "vpc-endpoint" },
})
add("redundant-resource", {
  { "a repository beside all", { Resource = { "*", "arn:aws:ecr:us-east-1:111122223333:repository/a" } }, "beside '*'", kind = "identity" },
  { "a repository beside a prefix", { Resource = { "arn:aws:ecr:*:*:repository/a*", "arn:aws:ecr:us-east-1:111122223333:repository/ab" } },
    "redundant", kind = "identity" },
})
add("redundant-action", {
  { "an action beside a wildcard", { Action = { "ecr:Get*", "ecr:GetDownloadUrlForLayer" } }, "beside 'ecr:Get*'" },
  { "an action in another case", { Action = { "ecr:BatchGetImage", "ECR:batchgetimage" } }, "redundant" },
  { "a wildcard beside a wider one", { Action = { "ecr:B*", "ecr:Batch*" } }, "'ecr:Batch*' is redundant" },
})
add("service-wildcard", {
  { "a repository policy", { Action = "ec*:BatchGetImage" }, "for its service" },
  { "an identity policy", { Action = "*:List*", Resource = "*" }, "for its service", kind = "identity" },
})
add("unsupported-action", {
  { "the action of a login", { Action = { "ecr:BatchGetImage", "ecr:GetAuthorizationToken" } }, "ECR rejects" },
  { "an action on the registry", { Action = "ecr:PutReplicationConfiguration" }, "no effect", "medium" },
  { "a pattern of the login alone", { Action = { "ecr:BatchGetImage", "ecr:GetAuth*" } }, "matches only actions", "medium" },
  { "a pattern of the registry", { Action = "ecr:*RegistryPolic?" }, "matches only actions", "medium" },
  { "an action that does not assume a role", { Action = "sts:GetCallerIdentity" }, "IAM rejects", kind = "trust" },
  { "all actions", { Action = "*" }, "name the services", kind = "rcp" },
})
add("foreign-action", {
  { "public repositories", { Action = "ecr-public:DescribeImages" }, "ECR rejects" },
  { "an action of ECR", { Action = "ecr:BatchGetImage" }, "not an action of STS", kind = "trust" },
})
add("unsupported-principal", {
  { "an identity provider", { Principal = { Federated = "cognito-identity.amazonaws.com" } }, "Federated" },
  { "a canonical user", { Principal = { CanonicalUser = ("a"):rep(64) } }, "canonical" },
  { "an identity policy", { Principal = "*" }, "does not support Principal", kind = "identity" },
  { "a service control policy", { NotPrincipal = { AWS = ROLE } }, "does not support NotPrincipal", kind = "scp" },
  { "everyone in a trust policy", { Principal = "*" }, "IAM rejects", kind = "trust" },
  { "NotPrincipal in a trust policy", { Principal = NONE, NotPrincipal = { AWS = ROLE } }, "write Principal", kind = "trust" },
  { "a role in a resource control policy", { Principal = { AWS = ROLE } }, "applies to *", kind = "rcp" },
})
add("redundant-principal", {
  { "an account and its root", { Principal = { AWS = { "111122223333", "arn:aws:iam::111122223333:root" } } },
    "twice, also as '111122223333' |" },
  { "a session and its role", { Principal = { AWS = { ROLE, "arn:aws:sts::111122223333:assumed-role/x/s" } } },
    "session of a role", kind = "trust" },
})
add("key-for-service", {
  { "an organization", conditions({ StringEquals = { ["aws:PrincipalOrgID"] = "o-a" } }, { Principal = { Service = "ecs.amazonaws.com" } }),
    "allows nobody" },
})
add("bad-principal", {
  { "a service in capital letters", { Principal = { Service = "ECS.amazonaws.com" } }, "capital letters" },
  { "a mistyped domain of a service", { Principal = { Service = "ecs.amazonws.com" } }, ".amazonaws.com" },
  { "a placeholder", { Principal = { AWS = "arn:aws:iam::{account id}:root" } }, "12 digits" },
  { "a text for a provider", { Principal = { Federated = "me" }, Action = "sts:AssumeRoleWithSAML" }, "neither a domain", kind = "trust" },
})
add("key-action", {
  { "tags of a pull", when("StringEquals", "aws:RequestTag/team", "a"), "do not have aws:RequestTag/team" },
  { "a passed service without the action", when("StringEquals", "iam:PassedToService", "ecs.amazonaws.com"), "add iam:PassRole", kind = "identity" },
})
add("irrelevant-key", {
  { "a prefix of S3", when("StringEquals", "s3:prefix", "a"), "do not have s3:prefix" },
})
add("unpaired-key", {
  { "an address without its VPC", when("IpAddress", "aws:VpcSourceIp", "10.0.0.0/8"), "add a condition on aws:SourceVpc" },
})
add("pass-role", {
  { "any role", { Action = "iam:PassRole", Resource = "*" }, "any role", kind = "identity" },
  { "all actions", { Action = "*", Resource = "*" }, "iam:PassRole", kind = "identity" },
  { "all other resources", { Action = "iam:*", Resource = NONE, NotResource = ROLE }, "iam:PassRole", kind = "identity" },
  { "all other actions", { Action = NONE, NotAction = "s3:*", Resource = "*" }, "iam:PassRole", kind = "identity" },
})
add("resource-mismatch", {
  { "a login for one repository", { Action = { "ecr:BatchGetImage", "ecr:GetAuthorizationToken" } }, "does not allow it", kind = "identity" },
  { "an action on the registry in a Deny", { Action = "ecr:PutRegistryPolicy",
    Resource = "arn:aws:ecr:*:*:repository/*" }, "does not deny it", kind = "scp" },
})
add("any-service-role", {
  { "any service", { Action = "iam:Create*", Resource = "arn:aws:iam::*:role/*" }, "any service", kind = "identity" },
})
add("mismatched-action", {
  { "a SAML provider with a web identity", { Principal = { Federated = "arn:aws:iam::111122223333:saml-provider/a" },
    Action = "sts:AssumeRoleWithWebIdentity" }, "write sts:AssumeRoleWithSAML", kind = "trust" },
  { "a role with SAML", { Action = { "sts:AssumeRole", "sts:AssumeRoleWithSAML" } }, "no principal", kind = "trust" },
})
add("missing-action", {
  { "IAM Roles Anywhere", { Principal = { Service = "rolesanywhere.amazonaws.com" } }, "sts:SetSourceIdentity", kind = "trust" },
})

local GITHUB = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
local SUBJECT = "token.actions.githubusercontent.com:sub"
local function github(condition)
  return { Principal = { Federated = GITHUB }, Action = "sts:AssumeRoleWithWebIdentity", Condition = condition }
end

add("open-provider", {
  { "GitHub without a subject", github { StringEquals = { ["token.actions.githubusercontent.com:aud"] = "sts.amazonaws.com" } },
    "every GitHub repository", kind = "trust" },
  { "GitHub with any owner", github { StringLike = { [SUBJECT] = "repo:*/app:*" } }, "every organization", kind = "trust" },
  { "a provider without a condition", { Principal = { Federated = "accounts.google.com" }, Action = "sts:AssumeRoleWithWebIdentity" },
    "every user of accounts.google.com", kind = "trust" },
})
add("broad-subject", {
  { "GitHub with any branch", github { StringLike = { [SUBJECT] = "repo:octo/app:*" } }, "several repositories", "low", kind = "trust" },
})

return cases
