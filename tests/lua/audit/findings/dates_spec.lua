local dates = require "lanyard.audit.findings.dates"

local NOW = 1769860800 -- 2026-01-31T12:00:00Z

local function ended(operator, values, key)
  return dates.ended({ conditions = { { operator = operator, key = key or "aws:CurrentTime", values = values } } }, NOW)
end

describe("the date of a grant", function()
  it("has passed when the last moment that its condition allows has", function()
    assert.equal(NOW - 1, ended("DateLessThan", { "2026-01-31T11:59:59Z" }))
    assert.equal(NOW - 43200, ended("DateLessThanEquals", { "2026-01-31" }))
    assert.equal(NOW - 60, ended("DateLessThanIfExists", { tostring(NOW - 60) }, "aws:EpochTime"))
    assert.equal(NOW - 1, ended("datelessthan", { "2026-01-31T11:59:59Z" }, "AWS:currenttime"))
    assert.is_nil(ended("DateLessThan", { "2026-01-31T12:00:01Z" }))
  end)

  it("is the latest of several, one of which is enough", function()
    assert.equal(NOW - 1, ended("DateLessThan", { "2020-01-01", "2026-01-31T11:59:59Z" }))
    assert.is_nil(ended("DateLessThan", { "2020-01-01", "2027-01-01" }))
  end)

  it("is the earliest of several conditions, all of which must hold", function()
    assert.equal(NOW - 43200, dates.ended({ conditions = {
      { operator = "DateLessThan", key = "aws:CurrentTime", values = { "2999-01-01" } },
      { operator = "DateLessThan", key = "aws:CurrentTime", values = { "2026-01-31" } },
    } }, NOW))
  end)

  it("is none where another thing is compared, or in another way", function()
    assert.is_nil(ended("DateGreaterThan", { "2020-01-01" }))
    assert.is_nil(ended("DateLessThan", { "2020-01-01" }, "aws:TokenIssueTime"))
    assert.is_nil(ended("DateLessThan", { "soon" }))
    assert.is_nil(ended("DateLessThan", {}))
  end)
end)
