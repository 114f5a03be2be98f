-- The audience beside the answers of other tools to their own tests: Cloud Custodian (cross-account), prowler
-- (iam/lib/policy) and policyuniverse (is_internet_accessible), of August 2026. Each distinct case of the tools is one
-- row in the terms of this project: actions and accounts are replaced. A row with a reason is a difference on purpose.

local audience = require "lanyard.policy.audience"
local policy = require "lanyard.policy"

local OWN, TRUSTED, OTHER = "111122223333", "777788889999", "444455556666"
local ORG, OTHER_ORG = "o-trusted000", "o-other00000"
local KNOWN = {
  account = OWN, trusted_accounts = { TRUSTED }, trusted_organizations = { ORG }, now = 1800000000, -- 2027-01-15
}
local ANYONE = '"*"'

local function aws(...)
  return ('{"AWS":["%s"]}'):format(table.concat({ ... }, '","'))
end

local function audience_of(principal, condition)
  local element = principal:find "^NotPrincipal" and '"NotPrincipal":' .. principal:sub(13) or '"Principal":' .. principal
  return audience.of(assert(policy.parse(('{"Version":"2012-10-17","Statement":[{"Effect":"Allow",%s,'
    .. '"Action":"ecr:BatchGetImage"%s}]}'):format(element, condition and ',"Condition":{' .. condition .. "}" or ""))),
    KNOWN)
end

-- Reports whether somebody is allowed who is neither of the account nor trusted, and whom no condition identifies.
local function reaches_others(found)
  for _, class in ipairs(found) do
    if class.public or class.relation == "other" or class.kind == "service" and class.source.relation ~= "own"
      and class.source.relation ~= "trusted" then
      return true
    end
  end
  return false
end

-- Rows: principal, condition, the answer of the tool, and why this project's is the other one.
local function check(tool, answer, rows)
  for _, row in ipairs(rows) do
    it(("%s: %s %s%s"):format(tool, row[1], row[2] or "", row[4] and ": " .. row[4] or ""), function()
      local found = audience_of(row[1], row[2])
      local expected = row[3]
      if row[4] then
        expected = not expected
      end
      assert.equal(expected, answer(found), found.text)
    end)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Cloud Custodian: whether a statement is a violation. tests/test_iam.py, class CrossAccountChecker

local PATHS = '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":%s}'
local ROLES = '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}'

local function equals(...)
  local texts, list = {}, { ... }
  for i = 1, #list, 2 do
    texts[#texts + 1] = ('"%s":"%s"'):format(list[i], list[i + 1])
  end
  return '"StringEquals":{' .. table.concat(texts, ",") .. "}"
end

local function source(operator, account)
  return ('"%s":{"aws:SourceArn":"arn:aws:sns:us-east-1:%s:topic"}'):format(operator, account)
end

describe("the audience and Cloud Custodian:", function()
  check("custodian", reaches_others, {
    -- Principals
    { aws(OWN), nil, false },
    { aws "arn:aws:iam::777788889999:root", nil, false },
    { aws "arn:aws:iam::444455556666:root", nil, true },
    { aws("arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"), nil, true },
    { aws "arn:aws:iam::444455556666:role/ci", nil, true },
    { ANYONE, nil, true },
    { 'NotPrincipal{"AWS":"111122223333"}', nil, true },
    { 'NotPrincipal"90120"', nil, true, "AWS rejects a principal that is a number of five digits" },
    { aws "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1EXAMPLE", nil, false },
    { '{"Service":"lambda.amazonaws.com"}', nil, false,
      "a service acts for anyone; custodian checks roles, which a service assumes for its own account" },
    { '{"Service":"lambda.amazonaws.com","AWS":["444455556666"]}', nil, true },
    { '{"Federated":"arn:aws:iam::444455556666:saml-provider/x"}', nil, true },
    { '{"Federated":"cognito-identity.amazonaws.com"}', nil, false, "no list of trusted identity providers exists" },
    { '{"Service":"*"}', equals("aws:SourceAccount", OWN), false },
    { aws("arn:aws:iam::111122223333:role/ci", "AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE"), nil, true,
      "an id is a deleted role or user, which the audit reports as orphan" },
    { aws("arn:aws:iam::444455556666:role/ci", "AIDACKCEVSQ6C2EXAMPLE"), nil, true },
    { aws("arn:aws:iam::1231231234:root", "arn:aws:iam::1122334455:root"), equals("aws:PrincipalAccount", OTHER), true,
      "AWS rejects an account id of ten digits" },
    { aws("arn:aws:iam::1231231234:root", "arn:aws:iam::1122334455:root"), equals("aws:PrincipalAccount", OWN), false },
    -- Accounts in conditions
    { ANYONE, equals("aws:SourceOwner", OWN), false },
    { ANYONE, equals("aws:SourceOwner", OTHER), true },
    { aws "*", equals("AWS:SourceAccount", OWN), false },
    { aws "*", equals("AWS:SourceAccount", OTHER), true },
    { ANYONE, source("ArnEquals", OWN), false },
    { ANYONE, source("ArnEquals", OTHER), true },
    { ANYONE, source("ArnLike", TRUSTED), false },
    { ANYONE, source("ArnLike", OTHER), true },
    { ANYONE, '"StringLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ci"}', false },
    { ANYONE, '"StringLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}', true },
    { ANYONE, ROLES, true },
    { ANYONE, equals("s3:DataAccessPointAccount", OWN), false },
    { ANYONE, equals("s3:DataAccessPointAccount", OTHER), true, "no request to ECR has the key" },
    { ANYONE, equals("aws:UnknownConditionKey", "x"), true, "no request has the key" },
    { ANYONE, equals("aws:PrincipalOrgID", ORG, "aws:UnknownConditionKey", "x") .. "," .. ROLES, true,
      "no request has the key" },
    { aws(OWN), '"ForAllValues:StringEquals":{"s3:PutObject":["a","b"]}', false },
    { ANYONE, '"ForAllValues:StringEquals":{"s3:PutObject":["a","b"]}', true },
    { aws(OWN), '"ForAnyValues:StringEquals":{"s3:PutObject":["a","b"]}', false },
    { ANYONE, '"ForAnyValues:StringEquals":{"s3:PutObject":["a","b"]}', true },
    -- Organizations
    { ANYONE, equals("aws:PrincipalOrgID", ORG), false },
    { ANYONE, equals("aws:PrincipalOrgID", OTHER_ORG), true },
    { ANYONE, equals("aws:PrincipalOrgID", ORG) .. "," .. ROLES, false },
    { ANYONE, equals("aws:PrincipalOrgID", OTHER_ORG) .. "," .. ROLES, true },
    { ANYONE, equals("aws:PrincipalOrgID", ORG)
      .. ',"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/*","aws:SourceArn":"arn:aws:s3:::*"}', false },
    { ANYONE, equals("aws:PrincipalOrgID", ORG) .. ',"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::777788889999:role/ci",'
      .. '"arn:aws:iam::*:role/*"]}', false },
    { ANYONE, equals("aws:PrincipalOrgID", ORG, "aws:PrincipalAccount", TRUSTED), false },
    { ANYONE, equals("aws:PrincipalOrgID", ORG, "aws:PrincipalAccount", OTHER), true,
      "both conditions hold: the account is allowed only while it is in the trusted organization" },
    { ANYONE, PATHS:format '["o-trusted000/r-ab12/ou-ab12-aaaabbbb/*"]' .. "," .. ROLES, false },
    { ANYONE, PATHS:format '["o-other00000/r-ab12/ou-ab12-aaaabbbb/*"]' .. "," .. ROLES, true },
    { ANYONE, PATHS:format '["o-trusted000/*/ou-ab12-prod/*"]', false },
    { ANYONE, PATHS:format '["o-other00000/*"]', true },
    { ANYONE, PATHS:format '["o-trusted000/r-aa11/*","o-other00000/r-bb22/ou-bb22-prod/*"]', true },
    { ANYONE, PATHS:format '["*/r-ab12/ou-ab12-prod/*"]', true },
    { ANYONE, PATHS:format '["o-other00000/r-bb22/ou-bb22-prod/*"]', false,
      "custodian is given the unit; whole organizations are trusted here" },
    { ANYONE, equals("aws:ResourceOrgID", ORG), false, "the key says whose the repository is, and not who asks" },
    { ANYONE, equals("aws:ResourceOrgID", ORG) .. "," .. ROLES, false, "the key says whose the repository is" },
    { ANYONE, equals("aws:ResourceOrgID", OTHER_ORG), true },
    { ANYONE, equals("aws:ResourceOrgID", ORG, "aws:PrincipalAccount", OWN), false },
    { ANYONE, equals("aws:ResourceOrgID", OTHER_ORG, "aws:PrincipalAccount", OTHER), true },
    -- Networks
    { ANYONE, '"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}', false },
    { ANYONE, equals("aws:sourceVpc", "vpc-12345678"), false },
    { ANYONE, equals("aws:sourceVpce", "vpce-12345678"), false },
    { ANYONE, equals("aws:sourceVpc", "vpc-01234567"), true, "custodian is given other VPCs; no list of them exists here" },
    { ANYONE, equals("aws:PrincipalOrgID", ORG, "aws:SourceVpc", "vpc-01234567"), true,
      "custodian is given other VPCs; the organization is trusted" },
    { ANYONE, source("ArnLike", OWN) .. "," .. equals("aws:sourceVpc", "vpc-12345678"), false },
    { ANYONE, source("ArnLike", OWN) .. "," .. equals("aws:sourceVpc", "vpc-55252554"), true,
      "custodian is given other VPCs; the source is the account's own" },
  })
end)

-- ---------------------------------------------------------------------------------------------
-- prowler: whether a condition of a statement for everyone is not restrictive.
-- tests/providers/aws/services/iam/lib/policy_test.py

local function is_public(found)
  return found.public
end

local function test(operator, key, ...)
  return ('"%s":{"%s":["%s"]}'):format(operator, key, table.concat({ ... }, '","'))
end

local NO_KEY = "no request to ECR has the key"
local WHOSE = "the key says whose the repository is, and not who asks"
local CALLER = "only a role, user or session calls; prowler compares the account in any ARN"

-- Rows of a key with an account, alone and beside another one. differs: reasons for the account itself, for another
-- account, and for both
local function rows_of_key(operator, key, own, other, differs)
  differs = differs or {}
  return {
    { ANYONE, test(operator, key, own), false, differs[1] },
    { ANYONE, test(operator, key, other), true, differs[2] },
    { ANYONE, test(operator, key, own, other), true, differs[3] },
  }
end

describe("the audience and prowler:", function()
  for _, prefix in ipairs { "aws:", "AWS:" } do
    for _, operator in ipairs { "StringEquals", "StringLike" } do
      for _, key in ipairs { "SourceAccount", "SourceOwner", "PrincipalAccount" } do
        check("prowler", reaches_others, rows_of_key(operator, prefix .. key, OWN, OTHER))
      end
      check("prowler", reaches_others, rows_of_key(operator, prefix .. "ResourceAccount", OWN, OTHER, { WHOSE, WHOSE }))
    end
    for _, operator in ipairs { "ArnLike", "ArnEquals", "StringLike", "StringEquals" } do
      local trail = "arn:aws:cloudtrail:eu-west-1:%s:trail/test"
      check("prowler", reaches_others,
        rows_of_key(operator, prefix .. "SourceArn", trail:format(OWN), trail:format(OTHER)))
      check("prowler", reaches_others, rows_of_key(operator, prefix .. "PrincipalArn", trail:format(OWN),
        trail:format(OTHER), { nil, CALLER, CALLER }))
    end
  end
  check("prowler", reaches_others, rows_of_key("StringEquals", "s3:ResourceAccount", OWN, OTHER, { nil, NO_KEY, NO_KEY }))
  for _, operator in ipairs { "StringEquals", "StringLike" } do
    check("prowler", reaches_others, rows_of_key(operator, "kms:CallerAccount", OWN, OTHER, { nil, NO_KEY, NO_KEY }))
    check("prowler", is_public, { { ANYONE, test(operator, "kms:ViaService", "glue.eu-central-1.amazonaws.com"), false } })
  end

  local TRAILS = test("ArnLike", "AWS:SourceArn", "arn:aws:cloudtrail:*:111122223333:trail/*",
    "arn:aws:cloudtrail:*:444455556666:trail/*")
  check("prowler", reaches_others, {
    { ANYONE, TRAILS, true },
    { ANYONE, TRAILS .. "," .. test("StringLike", "AWS:SourceAccount", OWN), false },
    { ANYONE, TRAILS .. "," .. test("StringLike", "AWS:ResourceAccount", OWN), false, WHOSE },
    { aws("arn:aws:iam::111122223333:root", "arn:aws:iam::777788889999:root"), nil, false },
    { aws("arn:aws:iam::111122223333:root", "arn:aws:iam::444455556666:root"), nil, true },
    { aws("arn:aws:iam::111122223333:root", "*"), nil, true },
    { '{"Service":"ec2.amazonaws.com"}', nil, true },
    { '{"Service":"alexa-connectedhome.amazon.com"}', test("StringEquals", "lambda:EventSourceToken", "x"), false,
      "the key belongs to Lambda, and names no source" },
  })
  check("prowler", is_public, {
    { ANYONE, nil, true },
    { aws "*", nil, true },
    { '{"CanonicalUser":"*"}', nil, true, "a canonical user has no wildcard" },
    { aws "arn:aws:iam::*:root", nil, true, "AWS rejects a wildcard in a principal" },
    { '{"Service":"eks.amazonaws.com"}', nil, false },
    { ANYONE, test("StringLike", "s3:prefix", "home/"), true, NO_KEY },
    { ANYONE, test("StringEquals", "aws:SourceVpc", "vpc-123456"), false },
    { ANYONE, test("StringEquals", "aws:SourceVpc", "vpc-123456", "vpc-654321"), false },
    { ANYONE, test("StringEquals", "aws:PrincipalOrgID", "o-1234567890"), false },
    { ANYONE, test("StringEquals", "aws:PrincipalOrgID", "o-1234567890", "o-0987654321"), false },
    { ANYONE, test("StringEquals", "aws:PrincipalOrgID", "*"), true, "StringEquals has no wildcards" },
    { ANYONE, test("StringEquals", "aws:PrincipalOrgID", "o-1234567890", "*"), true, "StringEquals has no wildcards" },
    { '{"Service":"personalize.amazonaws.com"}', test("StringLike", "aws:SourceOrgID", "o-123456"), false },
    { ANYONE, test("StringEquals", "aws:CalledVia", "cloudformation.amazonaws.com"), false,
      "every account can call through the service" },
    { ANYONE, test("StringEquals", "aws:CalledViaFirst", "cloudformation.amazonaws.com"), false,
      "every account can call through the service" },
    { ANYONE, test("StringLike", "aws:CalledViaLast", "*.amazonaws.com"), false,
      "every account can call through a service" },
    { ANYONE, test("StringEquals", "aws:SourceOwner", OWN) .. "," .. test("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"),
      false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "0.0.0.0/0"), true },
    { ANYONE, test("IpAddress", "aws:SourceIp", "*"), true },
    { ANYONE, test("IpAddress", "aws:SourceIp", "192.0.2.0/24"), false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "1.2.3.4", "9.9.9.9"), true, "prowler is given a list of trusted addresses" },
    { ANYONE, test("IpAddress", "aws:SourceIp", "1.2.3.4"), true, "prowler asks for private addresses" },
    { ANYONE, test("IpAddress", "aws:SourceIp", "256.256.256.256"), true, "no request comes from such an address" },
    { ANYONE, test("IpAddress", "aws:SourceIp", "10.0.0.22"), false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "10.0.0.0/24"), false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "fd00::/8"), false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "fd00::1", "fe80::1"), false },
    { ANYONE, test("IpAddress", "aws:SourceIp", "2001:0db8::1"), false },
  })
end)

-- ---------------------------------------------------------------------------------------------
-- policyuniverse: whether a statement is accessible from the internet. policyuniverse/tests

local CASE = "operators are case-sensitive, and AWS rejects this one"

describe("the audience and policyuniverse:", function()
  local ROLE = "arn:aws:iam::012345678910:role/Admin"
  check("policyuniverse", is_public, {
    { ANYONE, nil, true },
    { aws "*", nil, true },
    { aws("*", ROLE), nil, true },
    { aws(ROLE), nil, false },
    { aws "012345678910", nil, false },
    { aws "arn:aws:iam::*:role/Hello", nil, true, "AWS rejects a wildcard in a principal" },
    { 'NotPrincipal{"AWS":"012345678910"}', nil, true },
    { '{"Service":"lambda.amazonaws.com"}', nil, false },
    { ANYONE, test("IpAddress", "AWS:SourceIP", "0.0.0.0/0"), true },
    { ANYONE, test("IpAddress", "AWS:SourceIP", "123.45.67.89", "10.0.7.0/24"), false },
    { ANYONE, test("ArnEquals", "AWS:SourceArn", ROLE), false },
    { ANYONE, test("StringEquals", "AWS:SourceArn", ROLE), false },
    { ANYONE, test("StringEquals", "AWS:SourceArn", "arn:aws:iam:::user/MyUser"), true,
      "only services have a source, and the ARN is one" },
    { ANYONE, test("ForAllValues:ArnEqualsIfExists", "AWS:SourceArn", ROLE), false, "it holds without the key" },
    { ANYONE, test("ForAllValues:ARNEqualsIfExists", "AWS:SourceArn", ROLE), false, CASE },
    { ANYONE, test("ForAnyValue:ARNEquals", "AWS:SourceArn", ROLE, "arn:aws:iam::012345678910:role/Other"), false, CASE },
    { ANYONE, test("ARNLike", "AWS:SourceArn", ROLE) .. "," .. test("StringNotLike", "AWS:userid", "AROAI1111111111111111:*"),
      false, CASE },
    { ANYONE, test("ForAnyValue:StringEquals", "AWS:SourceOwner", "012345678910", "123456789123"), false },
    { ANYONE, test("StringLike", "AWS:SourceAccount", "012345678910"), false },
    { ANYONE, test("StringEquals", "AWS:PrincipalAccount", "222222222222"), false },
    { ANYONE, test("StringEquals", "AWS:PrincipalArn", ROLE), false },
    { ANYONE, test("StringLike", "AWS:userid", "AROAI1111111111111111:*"), false },
    { ANYONE, test("StringLike", "AWS:userid", "AROAI1111111111111111:"), true, "a session has a name" },
    { ANYONE, test("StringEquals", "AWS:sourceVpce", "vpce-111111"), false },
    { ANYONE, test("StringEquals", "AWS:sourceVpc", "vpc-111111"), false },
    { ANYONE, test("StringLike", "AWS:PrincipalOrgID", "o-xxxxxxxxxx"), false },
    { ANYONE, test("StringLike", "AWS:PrincipalOrgID", "o-*"), true },
    { ANYONE, test("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111"), false },
    { ANYONE, test("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"), false },
    { ANYONE, test("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", "o-*/r-ab12/ou-ab12-11111111/*"), true },
    { ANYONE, test("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", "o-*/r-ab12/ou-ab12-11111111/ou-*"), true,
      "StringEquals has no wildcards" },
    { ANYONE, test("StringNotLike", "aws:UserAgent", "|_(..)_|") .. "," .. test("NotIpAddress", "aws:SourceIp", "8.8.8.8"),
      true },
    { ANYONE, test("IpAddressIfExists", "aws:SourceIp", "192.0.2.0/24"), false,
      "requests through a VPC endpoint lack the key" },
  })
end)
