local run = require "lanyard.audit.report.merge.run"

-- Checks reports of { shard, time, run id }; the time is hours and minutes of a day.
local function check(parts, options)
  local reports, paths = {}, {}
  for i, part in ipairs(parts) do
    reports[i] = {
      partial = part[1] and { shard = part[1] }, run = part[3],
      time = part[2]:find "T" and part[2] or ("2026-11-27T%s:00Z"):format(part[2]),
    }
    paths[i] = i .. ".json"
  end
  local err = run.check(reports, paths, options or {})
  return err and err.code == "Usage" and err.message or err
end

describe("reports of one run", function()
  it("have no or the same id, and times within an hour", function()
    for _, parts in ipairs {
      { { "1/1", "04:00" } },
      { { nil, "04:00" }, { nil, "05:00" } },
      { { "1/2", "04:00" }, { "2/2", "04:59" } },
      { { "1/2", "04:00", "a" }, { "2/2", "23:00", "a" } },
    } do
      assert.is_nil(check(parts))
    end
  end)

  it("do not have different ids", function()
    assert.equal("2.json (shard 2/3, run a, 2026-11-27T04:00:00Z): not a part of run b; shard 2/3 is missing: audit it again",
      check { { "1/3", "05:00", "b" }, { "2/3", "04:00", "a" }, { "3/3", "05:01", "b" } })
    assert.equal("1.json (no run id, 2026-11-27T04:00:00Z): not a part of run b",
      check { { nil, "04:00" }, { nil, "05:00", "b" } })
    assert.equal("1.json (shard 1/1, run a, 2026-11-27T04:00:00Z): not a part of run b",
      check({ { "1/1", "04:00", "a" } }, { run = "b" }))
    assert.is_nil(check({ { "1/1", "04:00", "a" } }, { run = "a" }))
    assert.match("no run id", check({ { "1/1", "04:00" } }, { run = "a" }))
  end)

  it("are not made further apart than the limit", function()
    local stale = { { "1/2", "2026-11-26T04:00:00Z" }, { "2/2", "04:00" } }
    assert.equal("1.json (shard 1/2, no run id, 2026-11-26T04:00:00Z): not a part of the run of 2026-11-27T04:00:00Z: made "
      .. "more than 1h before it (--max-age); shard 1/2 is missing: audit it again", check(stale))
    assert.is_nil(check(stale, { max_age = 86400 }))
    assert.match("more than 86399s before", check(stale, { max_age = 86399 }))
    assert.match("more than 0s before", check({ { nil, "04:00" }, { nil, "04:01" } }, { max_age = 0 }))
    assert.match("more than 2d before", check({ { nil, "04:00" }, { nil, "2026-12-27T04:01:00Z" } }, { max_age = 172800 }))
    assert.match("more than 30m before",
      check({ { "1/2", "04:00", "a" }, { "2/2", "05:00", "a" } }, { max_age = 1800 }))
  end)

  it("are not shards of different numbers", function()
    assert.equal("2.json (shard 2/3, no run id, 2026-11-27T04:00:00Z): not a part of an audit in 2 shards; shard 2/2 is "
      .. "missing: audit it again", check { { "1/2", "04:00" }, { "2/3", "04:00" } })
  end)
end)
