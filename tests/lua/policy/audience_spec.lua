-- Who statements reach: a table of principals, conditions, and the audience in words. The rules come from
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
-- .../reference_policies_condition-keys.html, .../reference_policies_condition-single-vs-multi-valued-context-keys.html
-- and https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("public").

local audience = require "lanyard.policy.audience"
local helper = require "helper"
local policy = require "lanyard.policy"

local OWN, TRUSTED, OTHER = "111122223333", "777788889999", "444455556666"
local KNOWN = {
  account = OWN, organization = "o-own0000000", trusted_accounts = { TRUSTED },
  trusted_organizations = { "o-trusted000" }, now = 1800000000, -- 2027-01-15
}

local PULL = '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local ANYONE, LAMBDA = '"*"', '{"Service":"lambda.amazonaws.com"}'

local function aws(...)
  return ('{"AWS":["%s"]}'):format(table.concat({ ... }, '","'))
end

local function statement(effect, principal, condition, action)
  return ('{"Effect":"%s","Principal":%s,%s%s}'):format(effect, principal, action or PULL,
    condition and ',"Condition":{' .. condition .. "}" or "")
end

local function parse(...)
  return assert(policy.parse(('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat({ ... }, ","))))
end

-- Returns the audience in words: "PUBLIC " if it is public, "perhaps " if it is uncertain.
local function words(doc, options)
  local found = audience.of(doc, options or KNOWN)
  return (found.public and "PUBLIC " or "") .. (found.certain and "" or "perhaps ") .. found.text
end

local function check(rows)
  for i, row in ipairs(rows) do
    local principal, condition, expected = row[1], row[2], row[3]
    it(("%d: %s %s"):format(i, principal, condition or "without a condition"), function()
      assert.equal(expected, words(parse(statement("Allow", principal, condition or nil))))
    end)
  end
end

describe("the audience of a principal", function()
  check {
    { ANYONE, nil, "PUBLIC everyone" },
    { '{"AWS":"*"}', nil, "PUBLIC everyone" },
    { '{"AWS":["*","444455556666"]}', nil, "PUBLIC everyone" },
    { aws(OWN), nil, "account 111122223333 (this account)" },
    { aws "arn:aws:iam::111122223333:root", nil, "account 111122223333 (this account)" },
    { aws "arn:aws-cn:iam::444455556666:root", nil, "account 444455556666 (another account)" },
    { aws(TRUSTED), nil, "account 777788889999 (trusted)" },
    { aws(OTHER), nil, "account 444455556666 (another account)" },
    { aws(OTHER, TRUSTED), nil, "account 444455556666 (another account); account 777788889999 (trusted)" },
    { aws "arn:aws:iam::111122223333:role/ci", nil, "arn:aws:iam::111122223333:role/ci" },
    { aws "arn:aws:iam::444455556666:role/x/ci", nil, "arn:aws:iam::444455556666:role/x/ci (another account)" },
    { aws "arn:aws:iam::777788889999:user/joe", nil, "arn:aws:iam::777788889999:user/joe (trusted account)" },
    { aws "arn:aws:sts::444455556666:assumed-role/r/s", nil,
      "arn:aws:sts::444455556666:assumed-role/r/s (another account)" },
    { aws "arn:aws:sts::444455556666:federated-user/f", nil,
      "arn:aws:sts::444455556666:federated-user/f (another account)" },
    { aws("arn:aws:iam::444455556666:role/ci", OTHER), nil, "account 444455556666 (another account)" },
    { aws "AROA1234567890EXAMPLE", nil, "AROA1234567890EXAMPLE" },
    { aws "arn:aws:iam::{account id}:root", nil, "nobody" },
    { aws "joe", nil, "nobody" },
    { aws "arn:aws:iam::1231231234:root", nil, "nobody" },
    { aws("arn:aws:iam::1111222233334:root", OTHER), nil, "account 444455556666 (another account)" },
    { aws "arn:aws:iam::12:role/ci", nil, "nobody" },
    { aws "1231231234", nil, "nobody" },
    { LAMBDA, nil, "service lambda.amazonaws.com for anyone" },
    { '{"Federated":["*","accounts.google.com"]}', nil, "any identity provider" },
    { '{"Federated":"accounts.google.com"}', nil, "identity provider accounts.google.com" },
    { '{"Federated":"arn:aws:iam::444455556666:saml-provider/x"}', nil,
      "identity provider arn:aws:iam::444455556666:saml-provider/x (another account)" },
    { ('{"CanonicalUser":"%s"}'):format(("0"):rep(64)), nil, ("0"):rep(64) },
  }
end)

describe("the audience of everyone under a condition that excludes nobody", function()
  for _, condition in ipairs {
    '"Bool":{"aws:SecureTransport":"true"}',
    '"Bool":{"aws:SecureTransport":true}',
    '"Bool":{"aws:PrincipalIsAWSService":["true","false"]}',
    '"BoolIfExists":{"aws:SecureTransport":"true"}',
    '"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}',
    '"IpAddress":{"aws:SourceIp":["0.0.0.0/0","::/0"]}',
    '"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}',
    '"IpAddress":{"aws:SourceIp":["128.0.0.0/2","192.0.0.0/2","0.0.0.0/1"]}',
    '"IpAddress":{"aws:SourceIp":["::/1","8000::/1"]}',
    '"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}',
    '"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}',
    '"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}',
    '"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-own0000000/r-ab12/*"}',
    '"ForAllValues:StringEquals":{"aws:SourceVpce":"vpce-1"}',
    '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-own0000000"}',
    '"StringEqualsIfExists":{"aws:SourceVpc":"vpc-1"}',
    '"StringLikeIfExists":{"aws:SourceVpce":"*"}',
    '"StringLikeIfExists":{"aws:PrincipalOrgID":"*"}',
    '"StringLike":{"aws:PrincipalAccount":"*"}',
    '"StringLike":{"aws:UserAgent":"*"}',
    '"StringLike":{"aws:SourceVpce":"*"}',
    '"StringLike":{"aws:SourceAccount":"*"}',
    '"StringLike":{"aws:userid":"*"}',
    '"Null":{"aws:PrincipalAccount":"false"}',
    '"Null":{"aws:SourceIp":"false"}',
    '"Null":{"aws:SourceArn":"false"}',
    '"Null":{"aws:PrincipalOrgID":["true","false"]}',
    '"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}',
    '"DateGreaterThanEquals":{"aws:EpochTime":"1577836800"}',
    '"NumericGreaterThan":{"aws:EpochTime":"1577836800"}',
    '"StringEquals":{"aws:ResourceAccount":"111122223333"}',
    '"StringEquals":{"aws:PrincipalAccount":"${aws:PrincipalAccount}"}',
    '"Bool":{"aws:SecureTransport":"true"},"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}',
  } do
    it(condition, function()
      assert.equal("PUBLIC everyone", words(parse(statement("Allow", ANYONE, condition))))
    end)
  end
end)

describe("the audience of everyone under a condition that protects little", function()
  check {
    { ANYONE, '"ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:*:instance/*"}',
      "PUBLIC everyone if ec2:SourceInstanceARN ArnLike arn:aws:ec2:*:*:instance/*" },
    { ANYONE, '"StringEquals":{"token.actions.githubusercontent.com:sub":"x"}',
      "PUBLIC everyone if token.actions.githubusercontent.com:sub is x" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}', "PUBLIC everyone" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":"12.0.0.0/7"}', "PUBLIC everyone" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":["12.0.0.0/8","13.0.0.0/8"]}', "PUBLIC everyone" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":"2001:db8::/31"}', "PUBLIC everyone" },
    { ANYONE, '"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"}', "PUBLIC everyone from 10.0.0.0/16" },
    { ANYONE, '"StringEquals":{"aws:PrincipalTag/team":"web"}', "PUBLIC everyone if aws:PrincipalTag/team is web" },
    { ANYONE, '"StringEquals":{"aws:username":"joe"}', "PUBLIC everyone if aws:username is joe" },
    { ANYONE, '"StringLike":{"aws:userid":"*:joe"}', "PUBLIC everyone if aws:userid StringLike *:joe" },
    { ANYONE, '"StringEquals":{"aws:PrincipalType":"AssumedRole"}', "PUBLIC everyone if aws:PrincipalType is AssumedRole" },
    { ANYONE, '"StringEquals":{"aws:UserAgent":"web"}', "PUBLIC everyone if aws:UserAgent is web" },
    { ANYONE, '"StringEquals":{"aws:Referer":"web"}', "PUBLIC everyone if aws:Referer is web" },
    { ANYONE, '"Bool":{"aws:MultiFactorAuthPresent":"true"}', "PUBLIC everyone if aws:MultiFactorAuthPresent is true" },
    { ANYONE, '"StringEquals":{"aws:RequestedRegion":"us-east-1"}', "PUBLIC everyone if aws:RequestedRegion is us-east-1" },
    { ANYONE, '"Bool":{"aws:PrincipalIsAWSService":"false"}',
      "PUBLIC everyone, except any AWS service" },
    { ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}', "PUBLIC everyone with an ARN like arn:aws:iam::*:role/x" },
    { ANYONE, '"StringLike":{"aws:PrincipalArn":"*:role/x"}', "PUBLIC everyone with an ARN like *:role/x" },
    { ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::11112222*:role/x"}',
      "PUBLIC everyone with an ARN like arn:aws:iam::11112222*:role/x" },
    { ANYONE, '"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:user/joe"}', "PUBLIC everyone with an ARN like arn:aws:iam::*:user/joe" },
    { ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-own0000000"}',
      "PUBLIC everyone, except organization o-own0000000" },
    { ANYONE, '"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}',
      "PUBLIC everyone, except account 444455556666" },
    { ANYONE, '"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x"}',
      "PUBLIC everyone, except arn:aws:iam::444455556666:role/x" },
    { ANYONE, '"Null":{"aws:PrincipalOrgID":"true"}',
      "PUBLIC everyone, except every account of any organization" },
    { ANYONE, '"StringNotEquals":{"aws:SourceVpce":"vpce-1"}', "PUBLIC everyone" },
    { ANYONE, '"StringNotLike":{"aws:PrincipalOrgID":"*"}', "PUBLIC everyone, except every account of any organization" },
    { ANYONE, '"StringLike":{"aws:PrincipalOrgID":"*"}', "PUBLIC everyone in any organization" },
    { ANYONE, '"StringLike":{"aws:PrincipalOrgID":"o-*"}', "PUBLIC everyone in any organization" },
    { ANYONE, '"Null":{"aws:PrincipalOrgID":"false"}', "PUBLIC everyone in any organization" },
    { ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"*"}', "PUBLIC everyone in any organization" },
    { ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/r-*"}', "PUBLIC everyone in any organization" },
    { ANYONE, '"ForAnyValue:StringNotEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "PUBLIC everyone in any organization, except organization o-own0000000" },
  }
end)

describe("the audience of everyone under a condition that identifies", function()
  check {
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "organization o-own0000000 (this organization)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}',
      "organization ${aws:ResourceOrgID} (this organization)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-trusted000"}', "organization o-trusted000 (trusted)" },
    { ANYONE, '"StringEqualsIgnoreCase":{"AWS:principalorgid":"o-foreign000"}', "organization o-foreign000 (another organization)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":["o-own0000000","o-foreign000"]}',
      "organization o-own0000000 (this organization); organization o-foreign000 (another organization)" },
    { ANYONE, '"ForAnyValue:StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "organization o-own0000000 (this organization)" },
    { ANYONE, '"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-own0000000"},"Null":{"aws:PrincipalOrgID":"false"}',
      "organization o-own0000000 (this organization)" },
    { ANYONE, '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-foreign000"},"Null":{"aws:PrincipalOrgID":"false"}',
      "organization o-foreign000 (another organization)" },
    { ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-own0000000/*"}', "organization o-own0000000 (this organization)" },
    { ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-foreign000/r-ab12/*"}',
      "organization path o-foreign000/r-ab12/* (another organization)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalAccount":"111122223333"}', "account 111122223333 (this account)" },
    { ANYONE, '"StringEqualsIfExists":{"aws:PrincipalAccount":"111122223333"}', "account 111122223333 (this account)" },
    { ANYONE, '"ForAllValues:StringEquals":{"aws:PrincipalAccount":"111122223333"}', "account 111122223333 (this account)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}', "account 111122223333 (this account)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalAccount":["444455556666","777788889999"]}',
      "account 444455556666 (another account); account 777788889999 (trusted)" },
    { ANYONE, '"StringLike":{"aws:PrincipalAccount":"444455556666"}', "account 444455556666 (another account)" },
    { ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x*"}',
      "arn:aws:iam::444455556666:role/x* (another account)" },
    { ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:*"}', "account 444455556666 (another account)" },
    { ANYONE, '"StringLike":{"aws:PrincipalArn":["arn:aws:iam::111122223333:role/a","arn:aws:iam::777788889999:user/*"]}',
      "arn:aws:iam::777788889999:user/* (trusted account); arn:aws:iam::111122223333:role/a" },
    { ANYONE, '"StringLike":{"aws:userid":"AROA1234567890EXAMPLE:*"}', "AROA1234567890EXAMPLE:*" },
    { ANYONE, '"StringEquals":{"aws:userid":"AIDA1234567890EXAMPLE"}', "AIDA1234567890EXAMPLE" },
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-own0000000","aws:PrincipalAccount":"111122223333"}',
      "account 111122223333 (this account) in organization o-own0000000" },
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-own0000000"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}',
      "organization o-own0000000 (this organization) with an ARN like arn:aws:iam::*:role/x" },
    { ANYONE, '"Bool":{"aws:PrincipalIsAWSService":"true"}', "any AWS service for anyone" },
    { ANYONE, '"Bool":{"aws:PrincipalIsAWSService":"true"},"StringEquals":{"aws:SourceOrgID":"o-own0000000"}',
      "any AWS service for o-own0000000 (this organization)" },
    { ANYONE, '"StringEquals":{"aws:PrincipalServiceName":"lambda.amazonaws.com"}', "service lambda.amazonaws.com for anyone" },
    { ANYONE, '"StringEquals":{"aws:SourceAccount":"111122223333"}', "any AWS service for 111122223333 (this account)" },
    { ANYONE, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:444455556666:function:*"}',
      "any AWS service for arn:aws:lambda:*:444455556666:function:* (another account)" },
  }
end)

describe("the audience of everyone from a network", function()
  check {
    { ANYONE, '"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}', "everyone from 192.0.2.0/24" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":["198.51.100.7","2001:db8::/32"]}', "everyone from 198.51.100.7, 2001:db8::/32" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":["192.0.2.0/24","10.0.0.0/8"]}', "everyone from 192.0.2.0/24, 10.0.0.0/8" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":"11.0.0.0/8"}', "everyone from 11.0.0.0/8" },
    { ANYONE, '"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"Null":{"aws:SourceIp":"false"}', "everyone from 192.0.2.0/24" },
    { ANYONE, '"StringEquals":{"aws:SourceVpce":"vpce-1"}', "everyone from vpce-1" },
    { ANYONE, '"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}', "everyone from vpc-1, vpc-2" },
    { ANYONE, '"StringLike":{"aws:SourceVpce":"vpce-*"}', "PUBLIC everyone from vpce-*" },
    { ANYONE, '"StringEquals":{"aws:VpceOrgID":"o-own0000000"}', "everyone from o-own0000000" },
    { ANYONE, '"StringEquals":{"aws:SourceVpce":"vpce-1","aws:PrincipalOrgID":"o-foreign000"}',
      "organization o-foreign000 (another organization) from vpce-1" },
    { ANYONE, '"StringEquals":{"aws:SourceVpce":"vpce-1"},"StringLike":{"aws:PrincipalOrgID":"*"}',
      "everyone in any organization from vpce-1" },
    { ANYONE, '"StringEquals":{"aws:SourceVpce":"vpce-1"},"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}', "everyone from vpce-1" },
  }
end)

describe("the audience of a service", function()
  check {
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":"111122223333"}', "service lambda.amazonaws.com for 111122223333 (this account)" },
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":"444455556666"}', "service lambda.amazonaws.com for 444455556666 (another account)" },
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":"777788889999"}', "service lambda.amazonaws.com for 777788889999 (trusted)" },
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}',
      "service lambda.amazonaws.com for 111122223333, 444455556666 (another account)" },
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":"${aws:ResourceAccount}"}',
      "service lambda.amazonaws.com for ${aws:ResourceAccount} (this account)" },
    { LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:111122223333:function:*"}',
      "service lambda.amazonaws.com for arn:aws:lambda:us-east-1:111122223333:function:* (this account)" },
    { LAMBDA, '"StringLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:444455556666:function:*"}',
      "service lambda.amazonaws.com for arn:aws:lambda:us-east-1:444455556666:function:* (another account)" },
    { LAMBDA, '"StringLike":{"aws:SourceArn":"*"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:x"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket"}', "service lambda.amazonaws.com for arn:aws:s3:::bucket" },
    { LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"aws:SourceAccount":"111122223333"}',
      "service lambda.amazonaws.com for 111122223333 (this account)" },
    { LAMBDA, '"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"StringNotEquals":{"aws:SourceAccount":"444455556666"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"Null":{"aws:SourceAccount":"false"}', "service lambda.amazonaws.com for anyone" },
    { LAMBDA, '"StringEquals":{"aws:SourceOrgID":"o-trusted000"}', "service lambda.amazonaws.com for o-trusted000 (trusted)" },
    { LAMBDA, '"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-own0000000/*"}', "service lambda.amazonaws.com for o-own0000000/* (this organization)" },
    { LAMBDA, '"StringEquals":{"aws:SourceOwner":"444455556666"}', "service lambda.amazonaws.com for 444455556666 (another account)" },
    { LAMBDA, '"StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "nobody" },
    { LAMBDA, '"StringEquals":{"aws:SourceAccount":"111122223333","aws:SourceVpce":"vpce-1"}',
      "service lambda.amazonaws.com for 111122223333 (this account) from vpce-1" },
  }
end)

describe("the audience of a named principal under a condition", function()
  local ROLE = aws "arn:aws:iam::444455556666:role/ci"
  check {
    { ROLE, '"StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}',
      "arn:aws:iam::444455556666:role/ci (another account) in organization o-own0000000" },
    { ROLE, '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-own0000000"}', "arn:aws:iam::444455556666:role/ci (another account)" },
    { ROLE, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}', "arn:aws:iam::444455556666:role/ci (another account)" },
    { ROLE, '"StringEquals":{"aws:PrincipalAccount":"111122223333"}', "nobody" },
    { ROLE, '"StringEquals":{"aws:PrincipalTag/team":"web"}', "arn:aws:iam::444455556666:role/ci (another account) if aws:PrincipalTag/team is web" },
    { ROLE, '"StringEquals":{"aws:username":"ci"}', "nobody" },
    { ROLE, '"Bool":{"aws:PrincipalIsAWSService":"true"}', "nobody" },
    { ROLE, '"Bool":{"aws:PrincipalIsAWSService":"false"}', "arn:aws:iam::444455556666:role/ci (another account)" },
    { ROLE, '"Null":{"aws:PrincipalArn":"true"}', "nobody" },
    { ROLE, '"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}', "arn:aws:iam::444455556666:role/ci (another account) from 192.0.2.0/24" },
    { aws(OTHER), '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}', "arn:aws:iam::444455556666:role/ci (another account)" },
    { aws(OTHER), '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}', "account 444455556666 (another account) with an ARN like arn:aws:iam::*:role/ci" },
    { aws(OTHER), '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ci"}', "nobody" },
    { aws(OTHER), '"ArnLikeIfExists":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}', "arn:aws:iam::444455556666:role/ci (another account)" },
    { aws(OTHER, OWN), '"StringEquals":{"aws:PrincipalAccount":"111122223333"}', "account 111122223333 (this account)" },
  }
end)

describe("the audience is nobody", function()
  check {
    { ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-*"}', "nobody" },
    -- aws:SourceIp is a public address: Access Analyzer's check "Private IP address"
    { ANYONE, '"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}', "nobody" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":["192.168.0.0/16","172.16.0.0/12","fd00::/8"]}', "nobody" },
    { ANYONE, '"IpAddress":{"aws:SourceIp":"10.1.2.3"}', "nobody" },
    { ANYONE, '"StringEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}', "nobody" },
    { ANYONE, '"StringEquals":{"aws:PrincipalAccount":"1234"}', "nobody" },
    { ANYONE, '"ForAnyValue:StringNotLike":{"aws:TagKeys":"*"}', "nobody" },
    { ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:sts::111122223333:assumed-role/ci/*"}', "nobody" },
    { ANYONE, '"StringEquals":{"aws:PrincipalArn":"arn:aws:sts::111122223333:assumed-role/ci/x"}', "nobody" },
    { ANYONE, '"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}', "nobody" },
    { ANYONE, '"DateLessThan":{"aws:EpochTime":"1577836800"}', "nobody" },
    { ANYONE, '"Bool":{"aws:SecureTransport":"false"}', "nobody" },
    { ANYONE, '"StringEquals":{"aws:ResourceAccount":"444455556666"}', "nobody" },
    { ANYONE, '"Null":{"aws:PrincipalOrgID":"true"},"StringEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "nobody" },
    { ANYONE, '"StringEquals":{"aws:PrincipalAccount":"111122223333"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/x"}', "nobody" },
  }
  it("for keys that do not exist, in an Allow or as what a Deny excepts", function()
    for _, key in ipairs { "aws:PrincialOrgID", "aws:PrincipalTag", "s3:prefix", "PrincipalOrgID" } do
      local condition = ('"StringEquals":{"%s":"o-own0000000"}'):format(key)
      assert.equal("nobody", words(parse(statement("Allow", ANYONE, condition))))
      assert.equal("nobody", words(parse(statement("Allow", ANYONE),
        statement("Deny", ANYONE, (condition:gsub("Equals", "NotEquals"))))))
      assert.equal("PUBLIC everyone", words(parse(statement("Allow", ANYONE, (condition:gsub("Equals", "NotEquals"))))))
      assert.equal("PUBLIC everyone", words(parse(statement("Allow", ANYONE, ('"Null":{"%s":"true"}'):format(key)))))
    end
  end)

  it("for statements that AWS rejects", function()
    for _, text in ipairs {
      '{"Effect":"Allow","Action":"ecr:*"}', '{"Effect":"Allow","Principal":{},"Action":"ecr:*"}',
      '{"Effect":"Allow","Principal":{"AWS":[]},"Action":"ecr:*"}', '{"Effect":"Allow","Principal":"*","Action":[]}',
      '{"Effect":"Allow","Principal":{"Service":"*"},"Action":"ecr:*"}', '{"Effect":"Allow","Principal":"*"}',
      '{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/*"},"Action":"ecr:*"}',
      '{"Effect":"Allow","NotPrincipal":"*","Action":"ecr:*"}', '{"Principal":"*","Action":"ecr:*"}',
      '{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":{"StringEquals":{"aws:PrincipalOrgID":[]}}}',
      '{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":[]}',
    } do
      assert.equal("nobody", words(parse(text)), text)
    end
  end)

  it("for a Deny alone", function()
    assert.equal("nobody", words(parse(statement("Deny", ANYONE))))
  end)
end)

describe("the audience of a statement with a date", function()
  check {
    { aws(OTHER), '"DateLessThan":{"aws:CurrentTime":"2028-01-01T00:00:00Z"}',
      "account 444455556666 (another account) until 2028-01-01T00:00:00Z" },
    { aws(OTHER), '"DateGreaterThan":{"aws:CurrentTime":"2028-01-01T00:00:00Z"}',
      "account 444455556666 (another account) after 2028-01-01T00:00:00Z" },
    { aws(OTHER), '"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"},"DateLessThan":{"aws:CurrentTime":"2021-01-01T00:00:00Z"}',
      "nobody" },
  }
end)

describe("the audience of a condition with a wildcard", function()
  it("is everyone, and certain where an operand of the type matches", function()
    for condition, is_certain in pairs {
      ['"IpAddress":{"aws:SourceIp":"*"}'] = false, ['"ArnLike":{"aws:SourceArn":"arn:*"}'] = false,
      ['"ArnLike":{"aws:SourceArn":"*"}'] = true,
      ['"IpAddress":{"aws:SourceIp":["192.0.2.1","*"]}'] = true,
    } do
      local found = audience.of(parse(statement("Allow", ANYONE, condition)), KNOWN)
      assert.same({ "everyone", true, is_certain }, { found.kind, found.public, found.certain }, condition)
    end
  end)
end)

describe("the audience with Denies", function()
  local ALLOW = statement("Allow", ANYONE)
  for _, row in ipairs {
    { '"StringNotEquals":{"aws:PrincipalOrgID":"o-own0000000"}', "organization o-own0000000 (this organization)" },
    { '"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own0000000"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}',
      "organization o-own0000000 (this organization); any AWS service for anyone" },
    { '"ForAllValues:StringNotLike":{"aws:PrincipalOrgPaths":"o-own0000000/*"}', "organization o-own0000000 (this organization)" },
    { '"StringNotEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}',
      "account 111122223333 (this account); account 444455556666 (another account)" },
    { '"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/ci"}', "arn:aws:iam::111122223333:role/ci" },
    { '"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}', "everyone from 192.0.2.0/24" },
    { '"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}', "PUBLIC everyone" },
    { '"StringNotEquals":{"aws:SourceVpce":"vpce-1"}', "everyone from vpce-1" },
    { '"StringNotEquals":{"aws:PrincipalTag/team":"web"}', "PUBLIC everyone if aws:PrincipalTag/team is web" },
    { '"Bool":{"aws:SecureTransport":"false"}', "PUBLIC everyone" },
    { '"Null":{"aws:PrincipalOrgID":"true"}', "PUBLIC everyone in any organization" },
    { '"DateLessThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}', "PUBLIC everyone" },
    { '"StringNotEquals":{"aws:PrincipalOrgID":"o-own0000000"},"Bool":{"aws:SecureTransport":"false"}', "PUBLIC everyone" },
    { '"StringNotEquals":{"aws:PrincipalOrgID":"o-own0000000","aws:SourceVpce":"vpce-1"}',
      "everyone from vpce-1; organization o-own0000000 (this organization)" },
  } do
    it("unless " .. row[1], function()
      assert.equal(row[2], words(parse(ALLOW, statement("Deny", ANYONE, row[1], '"Action":"ecr:*"'))))
    end)
  end

  it("of principals, of other actions, and of others than the named ones", function()
    local deny = statement("Deny", aws(OTHER), nil, '"Action":"*"')
    assert.equal("PUBLIC everyone, except account 444455556666", words(parse(ALLOW, deny)))
    assert.equal("nobody", words(parse(statement("Allow", aws(OTHER)), deny)))
    assert.equal("PUBLIC everyone", words(parse(ALLOW, statement("Deny", ANYONE, nil, '"Action":"ecr:PutImage"'))))
    for id, note in pairs { [OWN] = "", [OTHER] = " (another account)" } do
      local others = '{"Effect":"Deny","NotPrincipal":{"AWS":"' .. id .. '"},"Action":"*"}'
      assert.equal(("the root user of account %s%s"):format(id, note), words(parse(ALLOW, others)))
    end
    assert.equal("PUBLIC everyone, except account 111122223333",
      words(parse('{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"ecr:*"}')))
  end)
end)

-- Before Version 2012-10-17, a policy variable is plain text, which no account, organization or address is.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
describe("the audience of what looks like a policy variable under Version 2008-10-17", function()
  for condition, expected in pairs {
    ['"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}'] = "nobody",
    ['"StringEquals":{"aws:PrincipalAccount":["${aws:ResourceAccount}","444455556666"]}']
      = "account 444455556666 (another account)",
    ['"StringEquals":{"aws:PrincipalOrgID":"${aws:ResourceOrgID}"}'] = "nobody",
    ['"StringEquals":{"aws:SourceAccount":"${aws:ResourceAccount}"}'] = "nobody",
    ['"StringEquals":{"aws:SourceAccount":["${aws:ResourceAccount}","444455556666"]}']
      = "any AWS service for ${aws:ResourceAccount}, 444455556666 (another account)",
    ['"StringEquals":{"aws:username":"${aws:username}"}'] = "nobody",
    ['"StringEquals":{"aws:PrincipalTag/team":"${aws:PrincipalTag/team}"}']
      = "PUBLIC everyone if aws:PrincipalTag/team is ${aws:PrincipalTag/team}",
    ['"ArnLike":{"aws:SourceArn":"arn:aws:s3:::${aws:username}"}'] = "any AWS service for arn:aws:s3:::${aws:username}",
  } do
    it("is " .. expected .. " for " .. condition, function()
      local doc = assert(policy.parse((tostring(parse(statement("Allow", ANYONE, condition))):gsub("2012", "2008"))))
      assert.equal(expected, words(doc))
      assert.equal(expected, words(doc:statements()[1]))
    end)
  end
end)

describe("audience.of", function()
  it("returns classes as data", function()
    local class = audience.of(parse(statement("Allow", aws "arn:aws:iam::444455556666:role/ci",
      '"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}')), KNOWN)[1]
    assert.equal("principal", class.kind)
    assert.equal("role", class.type)
    assert.equal(OTHER, class.account)
    assert.equal("other", class.relation)
    assert.is_true(class.protected)
    assert.is_true(class.certain)
    assert.equal("network", class.restrictions[1].kind)
    local source = audience.of(parse(statement("Allow", LAMBDA, '"StringEquals":{"aws:SourceAccount":"444455556666"}')),
      KNOWN)[1].source
    assert.equal("other", source.relation)
    assert.same({ OTHER }, source.accounts)
    for value, type in pairs {
      ["arn:aws:iam::444455556666:user/joe"] = "user", ["arn:aws:sts::444455556666:assumed-role/r/s"] = "session",
      ["AROA1234567890EXAMPLE"] = "id",
    } do
      assert.equal(type, audience.of(parse(statement("Allow", aws(value))), KNOWN)[1].type)
    end
    local provider = audience.of(parse(statement("Allow",
      '{"Federated":"arn:aws:iam::444455556666:oidc-provider/example.com"}')), KNOWN)[1]
    assert.same({ "principal", "provider", OTHER, "other" },
      { provider.kind, provider.type, provider.account, provider.relation })
  end)

  it("takes a statement, one statement of a document, and an action", function()
    local doc = parse(statement("Allow", aws(OTHER)), statement("Allow", aws(OWN), nil, '"Action":"ecr:PutImage"'),
      statement("Deny", aws(OTHER), nil, '"Action":"*"'))
    assert.equal("account 444455556666 (another account)", words(doc:statements()[1]))
    local function of(options)
      return words(doc, { account = OWN, action = options.action, statement = options.statement })
    end
    assert.equal("nobody", of { statement = 1 })
    assert.equal("account 111122223333 (this account)", of { statement = 2 })
    assert.equal("account 111122223333 (this account)", of { action = "ecr:PutImage" })
    assert.equal("nobody", of { action = "ecr:BatchGetImage" })
  end)

  it("is uncertain where AWS leaves it open", function()
    assert.is_false(audience.of(parse(statement("Allow", ANYONE, '"StringFoo":{"aws:x":"1"}')), KNOWN).certain)
  end)

  it("abbreviates a long text", function()
    local accounts = {}
    for i = 1, 9 do accounts[i] = ("%012d"):format(i) end
    local found = audience.of(parse(statement("Allow", aws(table.unpack(accounts)))), KNOWN)
    assert.equal(9, #found)
    assert.truthy(found.text:find("; 4 more$"))
  end)
end)

describe("the audience of the recorded cases", function()
  local FOLDER = helper.vectors .. "/cases/"
  if not helper.exists(FOLDER .. "01-tls-only.json") then
    pending("is not tested (" .. FOLDER .. " is missing)")
    return
  end
  for name, expected in pairs {
    ["01-tls-only"] = "PUBLIC everyone", ["02-ip-all"] = "PUBLIC everyone",
    ["03-org-like-star"] = "PUBLIC everyone in any organization", ["04-forallvalues-orgid"] = "PUBLIC everyone",
    ["05-org-notequals-allow"] = "PUBLIC everyone, except organization o-abcdefghij",
    ["08-principalarn-any-account"] = "PUBLIC everyone with an ARN like arn:aws:iam::*:role/some",
    ["11-own-account"] = "account 111122223333 (this account)",
    ["13-other-account-by-condition"] = "account 444455556666 (another account)",
    ["20-service-for-other-account"] = "service lambda.amazonaws.com for 444455556666 (another account)",
    ["21-service-source-star"] = "service lambda.amazonaws.com for anyone",
    ["22-service-for-other-account-arn"] =
      "service lambda.amazonaws.com for arn:aws:lambda:us-east-1:444455556666:function:* (another account)",
    ["27-containerservices-lightsail"] = "service containerservices.lightsail.amazonaws.com for anyone",
    ["18-stringequals-wildcard"] = "nobody", ["15-typo-key-allow"] = "nobody", ["37-placeholder-account"] = "nobody",
  } do
    it(name, function()
      assert.equal(expected, words(assert(policy.parse(helper.read(FOLDER .. name .. ".json")))))
    end)
  end
end)

describe("a trusted organizational unit", function()
  local UNIT = "o-trusted111/r-ab12/ou-ab12-11111111/"
  local OPTIONS = { account = OWN, trusted_organizations = { UNIT, "o-trusted222" }, now = KNOWN.now }
  local function paths(...)
    return '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":["' .. table.concat({ ... }, '","') .. '"]}'
  end
  local function relations(principal, condition)
    local list = {}
    for i, class in ipairs(audience.of(parse(statement("Allow", principal, condition)), OPTIONS)) do
      list[i] = class.kind .. " " .. (class.relation or class.source and class.source.relation)
    end
    return table.concat(list, ", ")
  end
  local ORG = '"StringEquals":{"aws:PrincipalOrgID":"%s"}'
  for i, row in ipairs {
    { ANYONE, paths(UNIT .. "*"), "organization trusted" },
    { ANYONE, paths(UNIT), "organization trusted" },
    { ANYONE, paths(UNIT .. "ou-ab12-22222222/*"), "organization trusted" },
    { ANYONE, paths(UNIT .. "*/ou-ab12-22222222/*"), "organization trusted" },
    { ANYONE, paths "o-trusted222/r-cd34/ou-cd34-11111111/*", "organization trusted" },
    { ANYONE, ORG:format "o-trusted222", "organization trusted" },
    -- The rest of the organization is not trusted.
    { ANYONE, ORG:format "o-trusted111", "organization other" },
    { ANYONE, paths "o-trusted111/*", "organization other" },
    { ANYONE, paths "o-trusted111/r-ab12/*", "organization other" },
    { ANYONE, paths "o-trusted111/r-ab12/ou-ab12-3333333/*", "organization other" },
    { ANYONE, paths "o-trusted111/r-ab12/ou-ab12-11111111*", "organization other" },
    { ANYONE, paths "o-trusted111/*/ou-ab12-11111111/*", "organization other" },
    { ANYONE, paths "o-trusted111/r-ab12/ou-ab12-????????/*", "organization other" },
    { ANYONE, paths("o-other11111/r-ab12/ou-ab12-11111111/*"), "organization other" },
    { ANYONE, paths(UNIT .. "*", "o-other11111/*"), "organization other, organization trusted" },
    -- Several conditions hold together.
    { ANYONE, ORG:format "o-trusted111" .. "," .. paths(UNIT .. "*"), "organization trusted" },
    { aws(OTHER), paths(UNIT .. "*"), "account trusted" },
    { aws(OTHER), ORG:format "o-trusted111", "account other" },
    { aws(OTHER), ORG:format "o-trusted222", "account trusted" },
    { aws "arn:aws:iam::444455556666:role/ci", paths(UNIT .. "*"), "principal trusted" },
    { aws(OTHER), paths(UNIT .. "*", "o-other11111/*"), "account other" },
    { aws(OTHER), '"StringNotEquals":{"aws:PrincipalOrgID":"o-trusted222"}', "account other" },
    { aws(OTHER), '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-trusted222"}', "account other" },
    { aws(OTHER), '"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"' .. UNIT .. '*"}', "account other" },
    { LAMBDA, '"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"' .. UNIT .. '*"}', "service trusted" },
    { LAMBDA, '"ForAnyValue:StringLike":{"aws:SourceOrgPaths":"o-trusted111/*"}', "service other" },
    { LAMBDA, '"StringEquals":{"aws:SourceOrgID":"o-trusted111"}', "service other" },
  } do
    it(("%d: %s %s"):format(i, row[1], row[2]), function()
      assert.equal(row[3], relations(row[1], row[2]))
    end)
  end
end)
