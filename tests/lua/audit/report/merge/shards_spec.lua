local json = require "lanyard.json"
local shards = require "lanyard.audit.report.merge.shards"

local A, B = "111122223333", "444455556666"

local function scope(account, region)
  return { account = account, region = region, error = not (account and region) and { code = "c", message = "m" } or nil }
end

-- A report of a shard (nil: of everything) of accounts and Regions.
local function report(shard, scopes, settings, selection)
  local partial = shard and { shard = shard } or selection and {} or nil
  for name, value in pairs(selection or {}) do partial[name] = value end
  return { partial = partial, scopes = scopes, settings = settings }
end

local function check(...)
  local paths = {}
  for i = 1, select("#", ...) do paths[i] = i .. ".json" end
  local err = shards.check({ ... }, paths)
  return err and err.code == "Usage" and err.message or err
end

local EAST, WEST = { scope(A, "us-east-1") }, { scope(A, "us-west-2") }

describe("shards", function()
  it("are merged once", function()
    assert.is_nil(check(report("1/2", EAST), report("2/2", EAST)))
    assert.equal("1.json and 3.json are the same part, shard 1/2 of 111122223333/us-east-1: merge only one of them",
      check(report("1/2", EAST), report("2/2", EAST), report("1/2", EAST)))
    assert.match("^1%.json and 2%.json are the same part", check(report("1/1", EAST), report("1/1", EAST)))
  end)

  it("are the same part only where they are about the same account and Region", function()
    local all = { scope(A, "us-east-1"), scope(A, "us-west-2") }
    assert.is_nil(check(report("1/2", EAST), report("1/2", WEST), report("2/2", all)))
    assert.is_nil(check(report("1/1", EAST), report("1/1", { scope(B, "us-east-1") })))
    assert.match("of 111122223333/us%-west%-2:", check(report("1/2", WEST), report("1/2", all)))
  end)

  it("that failed before their account or Region was known can be of any", function()
    for _, open in ipairs { scope(nil, "us-east-1"), scope(A, nil), scope(nil, nil) } do
      assert.match("are the same part", check(report("1/2", EAST), report("1/2", { open })))
      assert.match("are the same part", check(report("1/2", { open }), report("1/2", EAST)))
      assert.same({}, shards.missing { report("1/2", EAST), report("2/2", { open }) })
    end
    assert.is_nil(check(report("1/2", EAST), report("1/2", { scope(nil, "us-west-2") })))
    assert.is_nil(check(report("1/2", { scope(B, nil) }), report("1/2", EAST)))
    assert.match("same part, shard 1/2: merge", check(report("1/2", { scope(nil, nil) }), report("1/2", { scope(nil, nil) })))
  end)

  it("have the same options", function()
    local function differ(one, other)
      return check(report("1/2", EAST, one), report("2/2", EAST, other))
    end
    local same = { unused_days = 90, trusted_accounts = json.array { B } }
    assert.is_nil(differ(same, { unused_days = 90, trusted_accounts = json.array { B } }))
    assert.equal("1.json and 2.json are not shards of one audit: they differ in --trusted-accounts and --unused-days; "
      .. "audit again with the same options", differ(same, { unused_days = 30 }))
    assert.match("differ in %-%-rules;", differ({ rules = "a" }, { rules = "b" }))
    assert.match("differ in %-%-rules;", differ({}, { rules = "b" }))
    assert.match("differ in %-%-desired;", differ({ desired = "a" }, {}))
    assert.match("differ in %-%-trusted%-organizations;", differ({ trusted_organizations = json.array { "o-a" } }, {}))
    -- A report of an earlier lanyard does not have them.
    assert.is_nil(differ(same, nil))
    -- Audits of other accounts have options of their own.
    assert.is_nil(check(report("1/2", EAST, same), report("2/2", WEST, {})))
  end)

  it("have the same selection", function()
    local globs = { repositories = json.array { "a*" } }
    assert.is_nil(check(report("1/2", EAST, nil, globs), report("2/2", EAST, nil, globs)))
    assert.match("differ in names of repositories;", check(report("1/2", EAST, nil, globs), report("2/2", EAST)))
    assert.match("differ in %-%-service;", check(report("1/2", EAST), report("2/2", EAST, nil, { service = "web" })))
  end)

  it("are looked for in each account and Region", function()
    local both = { scope(A, "us-east-1"), scope(A, "us-west-2") }
    assert.same({}, shards.missing { report("1/2", both), report("2/2", both) })
    assert.same({ "2/2" }, shards.missing { report("1/2", both) })
    assert.same({ "2/2 of 111122223333/us-west-2" }, shards.missing { report("1/2", both), report("2/2", EAST) })
    assert.same({ "1/2 of 111122223333/us-east-1", "2/2 of 111122223333/us-west-2" },
      shards.missing { report("1/2", WEST), report("2/2", EAST) })
    local all = { scope(A, "us-east-1"), scope(A, "us-west-2"), scope(B, "us-east-1") }
    assert.same({ "2/2 of 111122223333/us-west-2 and 1 more" },
      shards.missing { report("1/2", all), report("2/2", EAST) })
    -- A report of everything has no shard, and covers its account and Region.
    assert.same({}, shards.missing { report(nil, EAST) })
    assert.same({}, shards.missing { report(nil, EAST), report("1/2", EAST) })
    assert.same({ "2/2" }, shards.missing { report(nil, EAST), report("1/2", WEST) })
  end)
end)
