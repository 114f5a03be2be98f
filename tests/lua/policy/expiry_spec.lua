local expiry = require "lanyard.policy.expiry"
local policy = require "lanyard.policy"

local NOW = 1769860800 -- 2026-01-31T12:00:00Z

local function ended(operator, values, key)
  return expiry.ended({ conditions = { { operator = operator, key = key or "aws:CurrentTime", values = values } } }, NOW)
end

describe("the date of a statement", function()
  it("has passed after the last second that its condition allows", function()
    assert.equal(NOW - 1, ended("DateLessThan", { "2026-01-31T11:59:59Z" }))
    assert.equal(NOW - 43200 + 1, ended("DateLessThanEquals", { "2026-01-31" }))
    assert.equal(NOW, ended("DateLessThan", { "2026-01-31T12:00:00Z" }))
    assert.is_nil(ended("DateLessThanEquals", { "2026-01-31T12:00:00Z" }))
    assert.equal(NOW - 60, ended("DateLessThanIfExists", { tostring(NOW - 60) }, "aws:EpochTime"))
    assert.equal(NOW - 1, ended("datelessthan", { "2026-01-31T11:59:59Z" }, "AWS:currenttime"))
    assert.is_nil(ended("DateLessThan", { "2026-01-31T12:00:01Z" }))
  end)

  it("is read as the evaluator reads it, in each form of the W3C profile", function()
    for text, at in pairs {
      ["2026"] = 1767225600, ["2026-01"] = 1767225600, ["2026-01-31T12:00Z"] = NOW, ["2026-01-31T13:00+01:00"] = NOW,
      ["2026-01-31T11:59:59.5Z"] = NOW, ["1.5e3"] = 1500, ["-60"] = -60, ["1e30"] = 253402300799,
    } do
      assert.equal(at, expiry.ends { conditions = { { operator = "DateLessThan", key = "aws:CurrentTime",
        values = { text } } } }, text)
    end
    assert.equal(NOW, ended("DateLessThanEquals", { "2026-01-31T11:59:59.5Z" }))
    for _, text in ipairs { "2026-01-31t12:00:00Z", "2026-01-31T12:00:00UTC", "2026-02-30", "soon", "", "\0", "2026\0" } do
      assert.is_nil(ended("DateLessThan", { text }), text)
    end
  end)

  it("is the latest of several values, because one is sufficient", function()
    assert.equal(NOW - 1, ended("DateLessThan", { "2020-01-01", "2026-01-31T11:59:59Z" }))
    assert.is_nil(ended("DateLessThan", { "2020-01-01", "2027-01-01" }))
  end)

  it("is the earliest of several conditions, because all of them must hold", function()
    assert.equal(NOW - 43200, expiry.ended({ conditions = {
      { operator = "DateLessThan", key = "aws:CurrentTime", values = { "2999-01-01" } },
      { operator = "DateLessThan", key = "aws:CurrentTime", values = { "2026-01-31" } },
    } }, NOW))
  end)

  it("is nil for other keys and operators", function()
    assert.is_nil(ended("DateGreaterThan", { "2020-01-01" }))
    assert.is_nil(ended("DateLessThan", { "2020-01-01" }, "aws:TokenIssueTime"))
    assert.is_nil(ended("DateLessThan", { "soon" }))
    assert.is_nil(ended("DateLessThan", {}))
  end)
end)

describe("a statement until a date", function()
  local function only(condition)
    local doc = assert(policy.parse(('{"Statement":{"Effect":"Allow","Principal":"*","Action":"ecr:*","Condition":%s}}')
      :format(condition)))
    return expiry.only(doc:statements()[1])
  end

  it("has the date as its only condition, in any form", function()
    assert.equal("aws:CurrentTime", only('{"DateLessThan":{"aws:CurrentTime":"2027-01-31T00:00:00Z"}}').key)
    assert.equal("aws:currenttime", only('{"DateLessThan":{"aws:currenttime":["2027-01-31"]}}').key)
  end)

  it("has no other condition, no second date and no other comparison", function()
    for _, condition in ipairs {
      '{}', '{"DateLessThan":{"aws:CurrentTime":["2027-01-31","2028-01-31"]}}', '{"DateLessThan":{"aws:CurrentTime":"x"}}',
      '{"DateLessThan":{"aws:EpochTime":"1801353600"}}', '{"DateLessThanEquals":{"aws:CurrentTime":"2027-01-31"}}',
      '{"DateLessThan":{"aws:CurrentTime":"2027-01-31"},"Bool":{"aws:SecureTransport":"true"}}',
    } do
      assert.is_nil(only(condition), condition)
    end
  end)

  it("is written as an AWS timestamp", function()
    local doc = assert(policy.parse '{"Statement":[]}')
    doc:allow { principal = "111122223333", actions = { "ecr:BatchGetImage" }, condition = expiry.condition(1801353600) }
    assert.is_truthy(tostring(doc):find('"Condition":{"DateLessThan":{"aws:CurrentTime":"2027-01-31T00:00:00Z"}}', 1, true))
    assert.equal(1801353600, expiry.ends(doc:statements()[1]))
  end)

  it("applies to requests before the date only", function()
    local doc = assert(policy.parse '{"Statement":[]}')
    doc:allow { principal = "111122223333", actions = { "ecr:BatchGetImage" }, condition = expiry.condition(1801353600) }
    local function can(now)
      return (doc:can { principal = "111122223333", action = "ecr:BatchGetImage", context = expiry.at(now) })
    end
    assert.equal("allow", can(1801353599.9))
    assert.equal("implicit-deny", can(1801353600))
  end)
end)
