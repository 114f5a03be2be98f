require "lanyard.access.lightsail"
local advice = require "lanyard.aws.advice"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local LIGHTSAIL = '{"AWS":"arn:aws:iam::947856326339:role/amazon/lightsail/us-east-1/containers/web/%s"}'
local PULLER = LIGHTSAIL:format "private-repo-access/abc"
local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

local function findings_of(principal, action)
  local text = ('{"Version":"2012-10-17","Statement":{"Sid":"AllowLightsailPull-web","Effect":"Allow",'
    .. '"Principal":%s,"Action":%s}}'):format(principal, action)
  return assert(policy.parse(text)):lint { account = "111122223333" }
end

-- The only finding of a statement, which must have this id.
local function only(id, principal, action)
  local findings = findings_of(principal, action)
  assert.equal(1, #findings)
  assert.equal(id, findings[1].id)
  return findings[1]
end

describe("the linter", function()
  it("accepts a grant", function()
    assert.same({}, findings_of(PULLER, PULL))
  end)

  it("reports the general role of a container service", function()
    local finding = only("general-role", LIGHTSAIL:format "abc", PULL)
    assert.equal("high", finding.severity)
    assert.match("private%-repo%-access", finding.fix)
  end)

  it("reports Lightsail as a service principal", function()
    local finding = only("lightsail-service", '{"Service":"lightsail.amazonaws.com"}', PULL)
    assert.equal("high", finding.severity)
    assert.match("Canceled", finding.message)
  end)

  it("reports a Lightsail role that can push", function()
    local finding = only("wider-than-pull", PULLER, '"ecr:PutImage"')
    assert.match("^a Lightsail role is allowed ecr:PutImage, which a pull does not need", finding.message)
  end)
end)

describe("the advice", function()
  it("on a Region without the service names ECR and Lightsail", function()
    local text = advice.advice(errors.new { code = "InvalidSignatureException", service = "lightsail", status = 400,
      operation = "GetContainerServices", message = "Credential should be scoped to a valid region. " })
    assert.match("check the Region: ECR and Lightsail", text)
  end)

  it("on another signature error is the general advice", function()
    local text = advice.advice(errors.new { code = "InvalidSignatureException", message = "does not match" })
    assert.match("run lanyard doctor", text)
  end)

  it("on an unknown repository is replaced by the error's own tip", function()
    local err = { code = "RepositoryNotFoundException", message = "no such repository" }
    assert.match("check the Region and the account", advice.advice(errors.new(err)))
    assert.equal("  look elsewhere", advice.advice(errors.new { code = err.code, message = "x", tip = "look elsewhere" }))
  end)
end)
