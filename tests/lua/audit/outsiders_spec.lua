-- Findings about everyone, other accounts, organizations and services, by whom conditions exclude.
local audit = require "lanyard.audit"
local world = require "world"

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'
local OTHER, ROLE = '{"AWS":"444455556666"}', '{"AWS":"arn:aws:iam::444455556666:role/ci"}'
local LAMBDA = '{"Service":"lambda.amazonaws.com"}'

local function allow(principal, actions, condition)
  return ('{"Effect":"Allow","Principal":%s,"Action":%s%s}'):format(principal, actions or PULL,
    condition and ',"Condition":{' .. condition .. "}" or "")
end

-- Returns the findings of an audit of one repository as lines: "id severity: message".
local function lines_of(options, ...)
  local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = { { name = "web" } } } } } }
  w:put("web", '{"Version":"2012-10-17","Statement":[' .. table.concat({ ... }, ",") .. "]}")
  local lines = {}
  for _, finding in ipairs(assert(audit.run(w.region, options)).findings) do
    lines[#lines + 1] = finding.id ~= "policy-lint" and ("%s %s: %s"):format(finding.id, finding.severity, finding.message)
      or nil
  end
  return lines
end

local function check(rows)
  for _, row in ipairs(rows) do
    it(row[1] .. " " .. (row[3] or row[2] or ""), function()
      assert.same({ row[4] }, lines_of(row.options or {}, allow(row[1], row[2], row[3])))
    end)
  end
end

describe("everyone is reported as public", function()
  for _, condition in ipairs {
    '"Bool":{"aws:SecureTransport":"true"}', '"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}',
    '"IpAddress":{"aws:SourceIp":["0.0.0.0/1","128.0.0.0/1"]}',
    '"ForAllValues:StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}',
    '"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}',
    '"StringNotEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}',
  } do
    it("under " .. condition, function()
      local lines = lines_of({}, allow('"*"', nil, condition))
      assert.equal(1, #lines)
      assert.matches("^public%-access critical: everyone[^\n]* can pull from web %(statement #1%)$", lines[1])
    end)
  end

  check {
    { '"*"', nil, '"StringLike":{"aws:PrincipalOrgID":"*"}', "public-access-conditional high: everyone in any organization "
      .. "can pull from web, under a condition on aws:PrincipalOrgID (statement #1)" },
    { '"*"', nil, '"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}', "public-access-conditional high: everyone with "
      .. "an ARN like arn:aws:iam::*:role/x can pull from web, under a condition on aws:PrincipalArn (statement #1)" },
    { '"*"', nil, '"StringEquals":{"aws:SourceVpce":"vpce-0123456789abcdef0"}', "public-access-conditional medium: everyone from vpce-0123456789abcdef0 can "
      .. "pull from web, under a condition on aws:SourceVpce (statement #1)" },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}', "public-access-conditional medium: every account "
      .. "of organization o-a1b2c3d4e5 can pull from web, under a condition on aws:PrincipalOrgID (statement #1)" },
    { '"*"', '"ecr:BatchGetImage"', nil,
      "public-access high: everyone can read the image manifests of web, but not pull (statement #1)" },
    { '"*"', '"ecr:*"', nil, "public-access critical: everyone can pull from web, push images, upload layers, delete images, "
      .. "archive images, delete the repository, change the policy and change the settings (statement #1)" },
  }
end)

describe("others are reported by what they can do", function()
  local TRUSTED = { trusted_accounts = { "777788889999" }, trusted_organizations = { "o-a1b2c3d4e5" } }
  check {
    { OTHER, nil, nil, "other-account medium: account 444455556666 can pull from web as 444455556666 (statement #1)" },
    { ROLE, nil, nil,
      "other-account medium: account 444455556666 can pull from web as arn:aws:iam::444455556666:role/ci (statement #1)" },
    { OTHER, '["ecr:PutImage","ecr:InitiateLayerUpload"]', nil,
      "other-account high: account 444455556666 can push images to web and upload layers as 444455556666 (statement #1)" },
    { OTHER, '"ecr:SetRepositoryPolicy"', nil,
      "other-account high: account 444455556666 can change the policy of web as 444455556666 (statement #1)" },
    { OTHER, '"ecr:BatchDeleteImage"', nil,
      "other-account high: account 444455556666 can delete images of web as 444455556666 (statement #1)" },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalAccount":"111122223333"}', nil },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}',
      "other-account medium: account 444455556666 can pull from web (statement #1)" },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}',
      "untrusted-account high: account 444455556666 can pull from web (statement #1)", options = TRUSTED },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalAccount":"777788889999"}', nil, options = TRUSTED },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}', nil, options = TRUSTED },
    { '"*"', nil, '"StringEquals":{"aws:PrincipalOrgID":"o-zzzzzzzzzz"}',
      "untrusted-account high: every account of organization o-zzzzzzzzzz can pull from web (statement #1)",
      options = TRUSTED },
    { '{"Federated":"arn:aws:iam::444455556666:saml-provider/x"}', nil, nil, "other-account medium: account 444455556666 can "
      .. "pull from web as arn:aws:iam::444455556666:saml-provider/x (statement #1)" },
    { LAMBDA, nil, nil, "unrestricted-service medium: service lambda.amazonaws.com for anyone can pull from web (statement #1)" },
    { LAMBDA, nil, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:*:*:function:*"}',
      "unrestricted-service medium: service lambda.amazonaws.com for anyone can pull from web (statement #1)" },
    { LAMBDA, nil, '"StringEquals":{"aws:SourceAccount":"111122223333"}', nil },
    { LAMBDA, nil, '"StringEquals":{"aws:SourceAccount":"444455556666"}', "other-account medium: service "
      .. "lambda.amazonaws.com for 444455556666 (another account) can pull from web (statement #1)" },
    { LAMBDA, nil, '"ArnLike":{"aws:SourceArn":"arn:aws:lambda:us-east-1:444455556666:function:f"}', "other-account medium: "
      .. "service lambda.amazonaws.com for arn:aws:lambda:us-east-1:444455556666:function:f (another account) can pull from "
      .. "web (statement #1)" },
  }

  it("with one finding for all statements of an account", function()
    assert.same({ "other-account high: account 444455556666 can pull from web and push images as 444455556666 (statement #1)" },
      lines_of({}, allow(OTHER), allow(OTHER, '"ecr:PutImage"')))
  end)

  it("as Lightsail, which does not pull as a service", function()
    for _, name in ipairs { "lightsail.amazonaws.com", "containerservices.lightsail.amazonaws.com" } do
      assert.same({ ("lightsail-service-granted high: web grants the service "
        .. "principal %s, with which Lightsail does not pull images (statement #1)"):format(name) },
        lines_of({}, allow(('{"Service":"%s"}'):format(name))))
    end
  end)

  it("without what a Deny takes away", function()
    assert.same({ "other-account medium: account 444455556666 can pull from web as 444455556666 (statement #1)" },
      lines_of({}, allow(OTHER, '"ecr:*"'),
        '{"Effect":"Deny","Principal":{"AWS":"444455556666"},"NotAction":["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]}'))
  end)
end)

describe("one fact is one finding:", function()
  local function ids_of(text, options)
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = { { name = "web" } } } } } }
    w:put("web", '{"Version":"2012-10-17","Statement":[' .. text .. "]}")
    local ids = {}
    for _, finding in ipairs(assert(audit.run(w.region, options or {})).findings) do
      ids[#ids + 1] = finding.id .. " " .. finding.severity
    end
    return ids
  end
  local ANY_ORGANIZATION = '"StringLike":{"aws:PrincipalOrgID":"*"}'
  local ONE_ORGANIZATION = '"StringEquals":{"aws:PrincipalOrgID":"o-a1b2c3d4e5"}'

  for _, row in ipairs {
    { "public-access critical", "everyone", allow('"*"') },
    { "public-access critical", "everyone over TLS", allow('"*"', nil, '"Bool":{"aws:SecureTransport":"true"}') },
    { "public-access-conditional high", "any organization", allow('"*"', nil, ANY_ORGANIZATION) },
    { "public-access-conditional medium", "an organization", allow('"*"', nil, ONE_ORGANIZATION) },
    { "public-access-conditional high", "an organization that pushes", allow('"*"', '"ecr:PutImage"', ONE_ORGANIZATION) },
    { "policy-lint critical", "everyone who pushes", allow('"*"', '"ecr:PutImage"') },
    { "policy-lint high", "any organization that lists", allow('"*"', '"ecr:ListImages"', ANY_ORGANIZATION) },
    { "public-access critical", "all but an account", (allow(OTHER):gsub('"Principal"', '"NotPrincipal"')) },
    { "public-access-conditional medium", "all but an account, of an organization",
      (allow(OTHER, nil, ONE_ORGANIZATION):gsub('"Principal"', '"NotPrincipal"')) },
    { "policy-lint critical", "all but an account, who list",
      (allow(OTHER, '"ecr:ListImages"'):gsub('"Principal"', '"NotPrincipal"')) },
    { "other-account high", "an account that deletes", allow(OTHER, '"ecr:BatchDeleteImage"') },
    { "unrestricted-service high", "a service that pushes", allow(LAMBDA, '"ecr:PutImage"') },
    { "other-account high", "a service that pushes for another account",
      allow(LAMBDA, '"ecr:PutImage"', '"StringEquals":{"aws:SourceAccount":"444455556666"}') },
    { "untrusted-account high", "an organization that pushes and is not trusted", allow('"*"', '"ecr:PutImage"',
      ONE_ORGANIZATION), options = { trusted_organizations = { "o-zzzzzzzzzz" } } },
    { nil, "an organization that pushes and is trusted", allow('"*"', '"ecr:PutImage"', ONE_ORGANIZATION),
      options = { trusted_organizations = { "o-a1b2c3d4e5" } } },
    { "untrusted-account high", "an organization of which a unit is trusted", allow('"*"', nil, ONE_ORGANIZATION),
      options = { trusted_organizations = { "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/" } } },
    { nil, "a unit that is trusted", allow('"*"', '"ecr:PutImage"', ('"ForAnyValue:StringLike":'
      .. '{"aws:PrincipalOrgPaths":"o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}')),
      options = { trusted_organizations = { "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/" } } },
    { nil, "an account that pushes and is trusted", allow(OTHER, '"ecr:PutImage"'),
      options = { trusted_accounts = { "444455556666" } } },
    { "policy-lint high", "a private address", allow('"*"', nil, '"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}') },
  } do
    it(row[2], function()
      assert.same({ row[1] }, ids_of(row[3], row.options))
    end)
  end
end)

describe("the list of grants names", function()
  local function row_of(text)
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = { repositories = { { name = "web" } } } } } }
    w:put("web", '{"Version":"2012-10-17","Statement":[' .. text .. "]}")
    local access = assert(audit.run(w.region, {})).scopes[1].repositories[1].access[1]
    return ("%s (%s)"):format(access.audience or access.principal, access.kind)
  end
  for expected, statement in pairs {
    ["* (public)"] = allow '"*"',
    ["* (public) "] = allow('"*"', '"ecr:GetDownloadUrlForLayer"'),
    ["account 444455556666 (another account) (account)"] = allow('"*"', nil, '"StringEquals":{"aws:PrincipalAccount":"444455556666"}'),
    ["everyone in any organization (public)"] = allow('"*"', nil, '"Null":{"aws:PrincipalOrgID":"false"}'),
    ["nobody (unknown)"] = allow('"*"', nil, '"StringEquals":{"aws:PrincialOrgID":"o-a1b2c3d4e5"}'),
    ["nobody (unknown) "] = allow('"*"', '"ecr:GetDownloadUrlForLayer"', '"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}'),
  } do
    it(expected:gsub(" +$", "") .. " for " .. statement, function()
      assert.equal((expected:gsub(" +$", "")), row_of(statement))
    end)
  end
end)
