-- Whom the linter reports: statements with the rules about access and their severities. The rules come from
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html,
-- .../reference_policies_condition-keys.html, .../confused-deputy.html and
-- https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("public").

local helper = require "helper"
local lint = require "lanyard.policy.lint"
local policy = require "lanyard.policy"
require "lanyard.access.lightsail"

local OWN, OTHER = "111122223333", "444455556666"
local NOW = 1800000000 -- 2027-01-15

local PULL = '"Action":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local ANYONE, LAMBDA = '"*"', '{"Service":"lambda.amazonaws.com"}'

-- The rules that say who is allowed.
local ACCESS = {
  ["public"] = true, ["public-conditional"] = true, ["allow-not-principal"] = true, ["other-account"] = true,
  ["source-arn"] = true, ["bad-principal"] = true, ["orphan"] = true, ["lightsail-service"] = true,
  ["general-role"] = true, ["unsupported-principal"] = true,
}

local function aws(...)
  return ('{"AWS":["%s"]}'):format(table.concat({ ... }, '","'))
end

local function statement(effect, principal, condition, action)
  return ('{"Effect":"%s","Principal":%s,%s%s}'):format(effect, principal, action or PULL,
    condition and ',"Condition":{' .. condition .. "}" or "")
end

local function document(...)
  return ('{"Version":"2012-10-17","Statement":[%s]}'):format(table.concat({ ... }, ","))
end

local function findings_of(text, options)
  options = options or { account = OWN }
  options.now = NOW
  local found = {}
  for _, finding in ipairs(lint.check(assert(policy.parse(text)), options)) do
    found[#found + 1] = ACCESS[finding.id] and finding or nil
  end
  return found
end

-- Returns the rules and severities in the order of the text.
local function rules_of(text, options)
  local rules = {}
  for _, finding in ipairs(findings_of(text, options)) do
    rules[#rules + 1] = finding.id .. " " .. finding.severity
  end
  return table.concat(rules, ", ")
end

local EVERYONE, ALMOST, UNLESS = "public critical", "public-conditional high", "public-conditional medium"
local FOREIGN, UNRESTRICTED = "other-account medium", "source-arn medium"
local CHANGES = "other-account high"

-- Each row: what is expected of an Allow with a principal and a condition.
local ROWS = {
  -- Conditions that keep nobody out
  { EVERYONE, ANYONE },
  { EVERYONE, '{"AWS":"*"}' },
  { EVERYONE, '{"AWS":["444455556666","*"]}' },
  { EVERYONE, ANYONE, '"Bool":{"aws:SecureTransport":"true"}' },
  { EVERYONE, ANYONE, '"BoolIfExists":{"aws:SecureTransport":"true"}' },
  { EVERYONE, ANYONE, '"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}' },
  { EVERYONE, ANYONE, '"IpAddress":{"aws:SourceIp":["::/0"]}' },
  { EVERYONE, ANYONE, '"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}' },
  { EVERYONE, ANYONE, '"IpAddress":{"aws:SourceIp":["192.0.2.0/24","0.0.0.0/0"]}' },
  { EVERYONE, ANYONE, '"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}' },
  { EVERYONE, ANYONE, '"IpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"}' },
  { EVERYONE, ANYONE, '"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}' },
  { EVERYONE, ANYONE, '"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
  { EVERYONE, ANYONE, '"ForAllValues:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}' },
  { EVERYONE, ANYONE, '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
  { EVERYONE, ANYONE, '"StringEqualsIfExists":{"aws:SourceVpce":"vpce-1"}' },
  { EVERYONE, ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
  { EVERYONE, ANYONE, '"StringNotEquals":{"aws:PrincipalAccount":"444455556666"}' },
  { EVERYONE, ANYONE, '"StringLike":{"aws:PrincipalAccount":"*"}' },
  { EVERYONE, ANYONE, '"StringLike":{"aws:userid":"*"}' },
  { EVERYONE, ANYONE, '"StringEquals":{"aws:ResourceAccount":"111122223333"}' },
  { EVERYONE, ANYONE, '"DateGreaterThan":{"aws:CurrentTime":"2020-01-01T00:00:00Z"}' },
  { EVERYONE, ANYONE, '"Bool":{}' },
  -- Conditions that keep almost nobody out
  { ALMOST, ANYONE, '"StringLike":{"aws:PrincipalOrgID":"*"}' },
  { ALMOST, ANYONE, '"StringLike":{"aws:PrincipalOrgID":"o-*"}' },
  { ALMOST, ANYONE, '"Null":{"aws:PrincipalOrgID":"false"}' },
  { ALMOST, ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-*/*"}' },
  { ALMOST, ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}' },
  { ALMOST, ANYONE, '"StringLike":{"aws:PrincipalArn":"*:role/ci"}' },
  { ALMOST, ANYONE, '"StringEquals":{"aws:PrincipalTag/team":"web"}' },
  { ALMOST, ANYONE, '"StringEquals":{"aws:username":"joe"}' },
  { ALMOST, ANYONE, '"StringEquals":{"aws:PrincipalType":"AssumedRole"}' },
  { ALMOST, ANYONE, '"StringEquals":{"aws:UserAgent":"web"}' },
  -- aws:SourceIp is never private, which the rule private-address reports as high.
  { "", ANYONE, '"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}' },
  { "", ANYONE, '"IpAddress":{"aws:SourceIp":["192.168.0.0/16","172.16.0.0/12"]}' },
  { EVERYONE, ANYONE, '"IpAddressIfExists":{"aws:SourceIp":"10.0.0.0/8"}' },
  { ALMOST, ANYONE, '"StringLike":{"aws:SourceVpce":"vpce-*"}' },
  { ALMOST, ANYONE, '"ArnLike":{"ec2:SourceInstanceARN":"arn:aws:ec2:*:*:instance/*"}' },
  -- Conditions that alone protect
  { UNLESS, ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
  { UNLESS, ANYONE, '"StringEqualsIgnoreCase":{"aws:PrincipalOrgID":"O-A1B2C3D4E5"}' },
  { UNLESS, ANYONE, '"StringEquals":{"aws:PrincipalOrgID":["o-a1b2c3d4e5","o-f6g7h8i9j0"]}' },
  { UNLESS, ANYONE, '"ForAnyValue:StringLike":{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/*"}' },
  { UNLESS, ANYONE, '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Null":{"aws:PrincipalOrgID":"false"}' },
  { UNLESS, ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"},"Bool":{"aws:SecureTransport":"true"}' },
  { UNLESS, ANYONE, '"StringEquals":{"aws:SourceVpce":"vpce-1"}' },
  { UNLESS, ANYONE, '"StringEquals":{"aws:SourceVpc":["vpc-1","vpc-2"]}' },
  { UNLESS, ANYONE, '"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}' },
  { UNLESS, ANYONE, '"IpAddress":{"aws:SourceIp":["198.51.100.7","2001:db8::/32"]}' },
  -- Accounts of conditions
  { "", ANYONE, '"StringEquals":{"aws:PrincipalAccount":"111122223333"}' },
  { "", ANYONE, '"StringEquals":{"aws:PrincipalAccount":"${aws:ResourceAccount}"}' },
  { "", ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::111122223333:role/*"}' },
  { FOREIGN, ANYONE, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}' },
  { FOREIGN, ANYONE, '"StringEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}' },
  { FOREIGN, ANYONE, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}' },
  { FOREIGN, ANYONE, '"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::444455556666:root"}' },
  -- Named principals
  { "", aws(OWN) },
  { FOREIGN, aws(OTHER) },
  { FOREIGN, aws(OWN, OTHER) },
  { FOREIGN .. ", " .. FOREIGN, aws(OTHER, "777788889999") },
  { FOREIGN, aws(OTHER), '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/ci"}' },
  { "", aws(OTHER), '"StringEquals":{"aws:PrincipalAccount":"111122223333"}' },
  { "", aws(OTHER), '"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}' },
  { "", aws "arn:aws:iam::444455556666:role/amazon/lightsail/us-east-1/containers/web/private-repo-access/abc" },
  { "bad-principal high", aws "arn:aws:iam::{account id}:root" },
  { "bad-principal high", aws "arn:aws:iam::444455556666:role/*" },
  { "orphan medium", aws "AROAEXAMPLEEXAMPLE123" },
  { "unsupported-principal high", '{"Federated":"arn:aws:iam::444455556666:saml-provider/x"}' },
  -- Services
  { UNRESTRICTED, LAMBDA },
  { UNRESTRICTED, LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:*"}' },
  { UNRESTRICTED, LAMBDA, '"StringLike":{"aws:SourceArn":"*"}' },
  { UNRESTRICTED, LAMBDA, '"StringEqualsIfExists":{"aws:SourceAccount":"111122223333"}' },
  { UNRESTRICTED, LAMBDA, '"StringNotEquals":{"aws:SourceAccount":"111122223333"}' },
  { UNRESTRICTED, LAMBDA, '"Null":{"aws:SourceAccount":"false"}' },
  { UNRESTRICTED, LAMBDA, '"StringLike":{"aws:SourceAccount":"1111*"}' },
  { UNRESTRICTED, ANYONE, '"Bool":{"aws:PrincipalIsAWSService":"true"}' },
  { "", LAMBDA, '"StringEquals":{"aws:SourceAccount":"111122223333"}' },
  { "", LAMBDA, '"StringEquals":{"aws:SourceOrgID":"o-a1b2c3d4e5"}' },
  { "", LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:111122223333:function:*"}' },
  { "", LAMBDA, '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
  { FOREIGN, LAMBDA, '"StringEquals":{"aws:SourceAccount":"444455556666"}' },
  { FOREIGN, LAMBDA, '"StringEquals":{"aws:SourceAccount":["111122223333","444455556666"]}' },
  { FOREIGN, LAMBDA, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:444455556666:function:f"}' },
  { FOREIGN, ANYONE, '"StringEquals":{"aws:SourceAccount":"444455556666"}' },
  { "lightsail-service high", '{"Service":"containerservices.lightsail.amazonaws.com"}' },
  -- Conditions that hold for nobody
  { "", ANYONE, '"StringEquals":{"aws:PrincialOrgID":"o-a1b2c3d4e5"}' },
  { "", ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-*"}' },
  { "", ANYONE, '"Bool":{"aws:SecureTransport":"false"}' },
}

describe("the linter reports", function()
  for i, row in ipairs(ROWS) do
    local expected, principal, condition = row[1], row[2], row[3]
    it(("%d: '%s' for %s %s"):format(i, expected, principal, condition or ""), function()
      local text = document(statement("Allow", principal, condition))
      assert.equal(expected, rules_of(text))
      for _, finding in ipairs(findings_of(text)) do
        assert.equal(1, finding.statement)
        assert.is_truthy(finding.first >= 1 and finding.last <= #text)
      end
    end)
  end
end)

describe("the linter considers Denies:", function()
  local ALLOW = statement("Allow", ANYONE)
  for _, row in ipairs {
    { UNLESS, ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}' },
    { UNLESS, ANYONE, '"StringNotEquals":{"aws:SourceVpce":"vpce-1"}' },
    { ALMOST, ANYONE, '"Null":{"aws:PrincipalOrgID":"true"}' },
    { FOREIGN, ANYONE, '"StringNotEquals":{"aws:PrincipalAccount":["111122223333","444455556666"]}' },
    { "", ANYONE, '"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}' },
    { EVERYONE, ANYONE, '"Bool":{"aws:SecureTransport":"false"}' },
    { EVERYONE, ANYONE, '"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}' },
    { EVERYONE, aws(OTHER) },
    { "", ANYONE },
  } do
    it(("'%s' with a Deny for %s %s"):format(row[1], row[2], row[3] or ""), function()
      assert.equal(row[1], rules_of(document(ALLOW, statement("Deny", row[2], row[3], '"Action":"ecr:*"'))))
    end)
  end

  it("the Denies of other actions change nothing", function()
    assert.equal(EVERYONE, rules_of(document(ALLOW, statement("Deny", ANYONE, nil, '"Action":"ecr:PutImage"'))))
  end)
end)

describe("the linter says what a condition does:", function()
  local function message_of(...)
    return findings_of(document(...))[1].message
  end
  it("it keeps nobody, almost nobody or everyone else out", function()
    assert.equal("everyone in the world is allowed: the condition on aws:SecureTransport keeps nobody out",
      message_of(statement("Allow", ANYONE, '"Bool":{"aws:SecureTransport":"true"}')))
    assert.equal("everyone in any organization is allowed: the condition on aws:PrincipalOrgID keeps almost nobody out",
      message_of(statement("Allow", ANYONE, '"StringLike":{"aws:PrincipalOrgID":"*"}')))
    assert.equal("every account of organization o-a is allowed: the condition on aws:PrincipalOrgID keeps everyone else "
      .. "out", message_of(statement("Allow", ANYONE, '"StringEquals":{"aws:PrincipalOrgID":"o-a"}')))
    assert.equal("everyone, except organization o-a, is allowed: the condition on aws:PrincipalOrgID keeps nobody else "
      .. "out", message_of(statement("Allow", ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}')))
  end)
  it("Denies do, too", function()
    local deny = statement("Deny", ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}', '"Action":"*"')
    assert.equal("every account of organization o-a is allowed: the Denies keep everyone else out",
      message_of(statement("Allow", ANYONE), deny))
    assert.equal("every account of organization o-a is allowed: the condition on aws:SecureTransport and the Denies keep "
      .. "everyone else out", message_of(statement("Allow", ANYONE, '"Bool":{"aws:SecureTransport":"true"}'), deny))
  end)
  it("it names another account, and for whom a service acts", function()
    assert.equal("account 444455556666 is allowed, another account than the repository's (111122223333)",
      message_of(statement("Allow", ANYONE, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}')))
    assert.equal("lambda.amazonaws.com is allowed on behalf of account 444455556666, another account than the "
      .. "repository's (111122223333)",
      message_of(statement("Allow", LAMBDA, '"StringEquals":{"aws:SourceAccount":"444455556666"}')))
  end)
end)

describe("somebody else who can change a repository", function()
  local ORGANIZATION = '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}'
  local function on(...) return '"Action":["' .. table.concat({ ... }, '","') .. '"]' end
  for _, row in ipairs {
    { CHANGES, aws(OTHER), on "ecr:PutImage" },
    { CHANGES, aws(OTHER), on("ecr:BatchGetImage", "ecr:UploadLayerPart") },
    { CHANGES, aws "arn:aws:iam::444455556666:role/ci", on "ecr:BatchDeleteImage" },
    { CHANGES, aws "arn:aws:iam::444455556666:role/ci", on "ecr:*RepositoryPolicy" },
    { CHANGES, aws(OTHER), on "ECR:put*" },
    { CHANGES, aws(OTHER), on "ecr:UpdateImageStorageClass" },
    { CHANGES, aws(OTHER), '"NotAction":"ecr:SetRepositoryPolicy"' },
    { CHANGES, ANYONE, on "ecr:PutImage", '"StringEquals":{"aws:PrincipalAccount":"444455556666"}' },
    { CHANGES, LAMBDA, on "ecr:DeleteRepository", '"StringEquals":{"aws:SourceAccount":"444455556666"}' },
    { "source-arn high", LAMBDA, on "ecr:PutImage" },
    { ALMOST, ANYONE, on "ecr:SetRepositoryPolicy", ORGANIZATION },
    { FOREIGN, aws(OTHER), on("ecr:BatchGetImage", "ecr:DescribeImages", "ecr:BatchCheckLayerAvailability") },
    { UNRESTRICTED, LAMBDA, on "ecr:Describe*" },
    { UNLESS, ANYONE, on "ecr:List*", ORGANIZATION },
    { "", aws(OWN), on "ecr:*" },
  } do
    it(table.concat(row, " ", 2) .. " is " .. row[1], function()
      assert.equal(row[1], rules_of(document(statement("Allow", row[2], row[4], row[3])), { account = OWN }))
    end)
  end
  it("counts only for the changes that no Deny prevents", function()
    local allow, org = statement("Allow", aws(OTHER), nil, '"Action":"ecr:*"'), '"StringNotEquals":{"aws:PrincipalOrgID":"o-a"}'
    local writes = '"NotAction":["ecr:Get*","ecr:BatchGetImage","ecr:Describe*","ecr:List*"]'
    assert.equal(FOREIGN, rules_of(document(allow, statement("Deny", ANYONE, nil, writes))))
    assert.equal(CHANGES, rules_of(document(allow, statement("Deny", ANYONE, org, writes))))
    local push = document(allow, statement("Deny", ANYONE, nil, on("ecr:Put*", "ecr:*Upload", "ecr:*Part", "ecr:Tag*",
      "ecr:Untag*", "ecr:*LifecyclePolicy", "ecr:Update*")))
    assert.equal("'444455556666' belongs to another account than the repository (111122223333), and can delete images, "
      .. "delete the repository and change the policy", findings_of(push)[1].message)
  end)
end)

describe("the linter locates", function()
  it("the principal of the text to which a finding belongs", function()
    local text = document(statement("Allow",
      '{"AWS":["111122223333","arn:aws:iam::444455556666:root"],"Service":["ecs.amazonaws.com"]}'))
    local parts = {}
    for i, finding in ipairs(findings_of(text)) do
      parts[i] = text:sub(finding.first, finding.last)
    end
    assert.same({ '"arn:aws:iam::444455556666:root"', '"ecs.amazonaws.com"' }, parts)
  end)
end)

describe("the linter without the owner's account", function()
  it("reports no other account", function()
    for _, condition in ipairs { '"StringEquals":{"aws:PrincipalAccount":"444455556666"}',
      '"StringEquals":{"aws:SourceAccount":"444455556666"}' } do
      assert.equal("", rules_of(document(statement("Allow", ANYONE, condition)), {}))
    end
  end)
end)

describe("Allow with NotPrincipal", function()
  local function all_but(condition)
    return document(('{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},%s%s}'):format(PULL, condition or ""))
  end
  it("is critical, or high under a condition that restricts", function()
    assert.equal("allow-not-principal critical", rules_of(all_but()))
    assert.equal("allow-not-principal critical", rules_of(all_but ',"Condition":{"Bool":{"aws:SecureTransport":"true"}}'))
    assert.equal("allow-not-principal high",
      rules_of(all_but ',"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}}'))
  end)
end)

describe("a trust policy", function()
  local function trust(principal, condition, action)
    return rules_of(document(statement("Allow", principal, condition, action or '"Action":"sts:AssumeRole"')),
      { account = OWN, type = "trust" })
  end
  it("is checked for whom it allows", function()
    assert.equal(EVERYONE, trust '{"AWS":"*"}')
    assert.equal(ALMOST, trust('{"AWS":"*"}', '"StringEquals":{"sts:ExternalId":"x"}'))
    assert.equal(UNLESS, trust('{"AWS":"*"}', '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}'))
    assert.equal(FOREIGN, trust(aws(OTHER), '"StringEquals":{"sts:ExternalId":"x"}'))
    assert.equal("", trust(LAMBDA))
    assert.equal("", trust('{"Federated":"token.actions.githubusercontent.com"}',
      '"StringEquals":{"token.actions.githubusercontent.com:sub":"x"}', '"Action":"sts:AssumeRoleWithWebIdentity"'))
  end)
end)

describe("a policy that is longer than AWS accepts", function()
  it("is checked one statement at a time", function()
    local list = {}
    for i = 1, 400 do
      list[i] = statement("Allow", ANYONE, ('"StringEquals":{"aws:PrincipalOrgID":"o-%010d"}'):format(i))
    end
    list[401] = statement("Deny", ANYONE, '"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}', '"Action":"*"')
    local count = 0
    for _, finding in ipairs(findings_of(document(table.unpack(list)))) do
      count = count + (finding.id == "public-conditional" and 1 or 0)
    end
    assert.equal(400, count)
  end)
end)

describe("a policy with many Denies", function()
  it("is checked with the simplest of them", function()
    local list = { statement("Allow", ANYONE) }
    for i = 1, 30 do
      list[#list + 1] = statement("Deny", ANYONE, ('"StringEquals":{"aws:PrincipalOrgID":"o-%d","aws:PrincipalTag/a%d":"x"}')
        :format(i, i))
    end
    list[#list + 1] = statement("Deny", ANYONE, '"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}', '"Action":"*"')
    assert.equal(UNLESS, rules_of(document(table.unpack(list))))
  end)
end)

describe("the linter and the recorded cases", function()
  local FOLDER = helper.vectors .. "/cases/"
  if not helper.exists(FOLDER .. "01-tls-only.json") then
    pending("are not compared (" .. FOLDER .. " is missing)")
    return
  end
  for name, expected in pairs {
    ["01-tls-only"] = EVERYONE, ["02-ip-all"] = EVERYONE, ["03-org-like-star"] = ALMOST,
    ["04-forallvalues-orgid"] = EVERYONE, ["05-org-notequals-allow"] = EVERYONE,
    ["08-principalarn-any-account"] = ALMOST, ["11-own-account"] = "", ["13-other-account-by-condition"] = FOREIGN,
    ["15-typo-key-allow"] = "", ["18-stringequals-wildcard"] = "", ["20-service-for-other-account"] = FOREIGN,
    ["21-service-source-star"] = UNRESTRICTED, ["22-service-for-other-account-arn"] = FOREIGN,
    ["27-containerservices-lightsail"] = "lightsail-service high", ["28-other-account-may-push"] = CHANGES,
    ["29-other-account-may-set-policy"] = CHANGES, ["31-other-account-ecr-star"] = CHANGES,
    ["37-placeholder-account"] = "bad-principal high", ["38-public-manifest-only"] = EVERYONE,
  } do
    it(name, function()
      assert.equal(expected, rules_of(helper.read(FOLDER .. name .. ".json")))
    end)
  end
end)
