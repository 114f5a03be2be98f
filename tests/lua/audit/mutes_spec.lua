local json = require "lanyard.json"
local mutes = require "lanyard.audit.mutes"

local function mute(fields)
  fields.finding, fields.reason = fields.finding or "public-access", fields.reason or "known"
  fields.location = fields.location or "rules.lua:1"
  return fields
end

local function report(...)
  local findings = json.array {}
  for i, severity in ipairs { ... } do
    findings[i] = { id = "public-access", severity = severity, repository = "app-" .. i, key = "key " .. i }
  end
  return {
    time = "2026-11-25T01:00:00Z", findings = findings,
    scopes = { { error = {} }, { account = "111122223333", region = "us-east-1" } },
  }
end

local function ids(list)
  local found = {}
  for i, finding in ipairs(list or {}) do found[i] = finding.repository or finding.id end
  return found
end

describe("the mutes of a rules file", function()
  it("move the findings that they match, and leave the others", function()
    local one = report("high", "low")
    assert.same({}, mutes.apply({ mute { repository = "*-2" } }, one))
    assert.same({ { "app-1" }, { "app-2" } }, { ids(one.findings), ids(one.muted) })
  end)

  it("are returned when they match nothing, but not when they have expired", function()
    local unmatched, expired = mute { repository = "other" }, mute { ends = "2026-01-31" }
    local one = report "high"
    assert.same({ unmatched }, mutes.apply({ unmatched, expired }, one))
    assert.is_nil(one.muted)
  end)

  it("count as matched when an earlier mute covers the same finding, which names the earlier one", function()
    local one = report "high"
    assert.same({}, mutes.apply({ mute { reason = "first" }, mute { reason = "second" } }, one))
    assert.equal("first", one.muted[1].muted.reason)
  end)

  it("expire at the beginning of a day in UTC, or at a time", function()
    for ends, left in pairs { ["2026-11-25"] = 1, ["2026-11-26"] = 0, ["2026-11-25T01:00:00Z"] = 1,
      ["2026-11-25T01:00:01Z"] = 0 } do
      local one = report "high"
      mutes.apply({ mute { ends = ends } }, one)
      assert.equal(left, #one.findings, ends)
    end
  end)
end)

describe("an expired mute", function()
  it("is a finding of the first account and Region without an error, before findings of severity info", function()
    local one = report("high", "info")
    mutes.add_expired({ mute { ends = "2026-01-31" } }, one)
    assert.same({ "app-1", "expired-mute", "app-2" }, ids(one.findings))
    assert.same({ "111122223333", "us-east-1", "low" },
      { one.findings[2].account, one.findings[2].region, one.findings[2].severity })
  end)

  it("is not added twice", function()
    local one = report()
    local list = { mute { ends = "2026-01-31" }, mute { ends = "2026-01-31", location = "other.lua:9" } }
    mutes.add_expired(list, one)
    mutes.add_expired(list, one)
    assert.equal(1, #one.findings)
  end)

  it("is not added when no account could be audited", function()
    local one = report()
    one.scopes[2] = nil
    mutes.add_expired({ mute { ends = "2026-01-31" } }, one)
    assert.same({}, one.findings)
  end)
end)
