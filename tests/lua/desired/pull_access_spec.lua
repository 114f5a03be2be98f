local policy = require "lanyard.policy"
local pull_access = require "lanyard.desired.pull_access"

local ROLE = "arn:aws:iam::947856326339:role/amazon/lightsail/%s/containers/%s/private-repo-access/%s"
local WEB = ROLE:format("us-east-1", "web", "current")
local DATE = ',"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-31T00:00:00Z"}}'

local function allow(action, more, principal)
  return ('{"Effect":"Allow","Principal":{"AWS":"%s"},"Action":%s%s}'):format(principal or WEB, action, more or "")
end

local function document(...)
  return assert(policy.parse('{"Version":"2012-10-17","Statement":[' .. table.concat({ ... }, ",") .. "]}"))
end

local PULL = '["ecr:BatchGetImage","ecr:GetDownloadUrlForLayer"]'

describe("the limit of a pull", function()
  local function limit(...)
    local found = pull_access.limits(document(...))[WEB]
    return found and pull_access.limit_text(found)
  end

  it("is the widest limit of all statements", function()
    assert.equal("until 2027-01-31", limit(allow(PULL, DATE)))
    assert.equal("without expiry", limit(allow(PULL, DATE), allow(PULL)))
    assert.equal("under a condition", limit(allow(PULL, ',"Condition":{"Bool":{"aws:SecureTransport":"true"}}')))
  end)

  it("differs when only one of the two actions is allowed, or is allowed longer", function()
    assert.equal("partially", limit(allow '"ecr:BatchGetImage"'))
    assert.equal("partially, until 2027-01-31", limit(allow('"ecr:BatchGetImage"', DATE)))
    assert.equal("until 2027-01-31 (one action without expiry)",
      limit(allow('"ecr:BatchGetImage"', DATE), allow '"ecr:GetDownloadUrlForLayer"'))
  end)

  it("is absent for a Deny, for NotAction, and for other principals", function()
    assert.is_nil(limit((allow(PULL):gsub("Allow", "Deny"))))
    assert.is_nil(limit((allow(PULL):gsub('"Action"', '"NotAction"'))))
    assert.same({}, pull_access.limits(document(allow(PULL, "", "444455556666"))))
    assert.same({}, pull_access.limits(nil))
  end)
end)

describe("the changes between two policies", function()
  it("are the roles whose access differs, sorted by label", function()
    local other, old = ROLE:format("us-west-2", "web", "x"), ROLE:format("us-east-1", "web", "old")
    local before = document(allow(PULL), allow(PULL, "", old))
    local after = document(allow(PULL, DATE), allow(PULL, "", other))
    local lines = {}
    for i, change in ipairs(pull_access.changes(before, after, { web = WEB }, "us-east-1")) do
      lines[i] = ("%s %s %s"):format(change.label, change.before and pull_access.limit_text(change.before),
        change.after and pull_access.limit_text(change.after))
    end
    assert.same({ "an earlier role of web without expiry nil", "web without expiry until 2027-01-31",
      "web of us-west-2 nil without expiry" }, lines)
  end)

  it("are none between policies with the same access", function()
    assert.same({}, pull_access.changes(document(allow(PULL)), document(allow '"ecr:*"'), { web = WEB }, "us-east-1"))
  end)
end)

describe("a date", function()
  it("is written without a time at midnight UTC only", function()
    assert.equal("2027-01-31", pull_access.date(1801353600))
    assert.equal("2027-01-31T00:00:01Z", pull_access.date(1801353601))
  end)
end)
