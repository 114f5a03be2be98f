local helper = require "helper"
local json = require "lanyard.json"
local world = require "world"

local NAME = "shared-repo"
local TWICE = [[{"Version":"2012-10-17","Statement":[
  {"Sid":"a","Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["ecr:PutImage","ecr:Put*"]},
  {"Sid":"b","Effect":"Allow","Principal":{"AWS":["444455556666"]},"Action":"ecr:PutImage"}]}]]

describe("minimizing the policy of a repository", function()
  it("removes what is redundant in one write, which can be undone", function()
    local w <close> = world.new()
    w:put(NAME, TWICE)
    local change = assert(w.region:minimize(w:repository(NAME)))
    assert.same({ "minimized", "without statement b, ecr:PutImage from Action of a", 2 },
      { change.kind, change.why, change.touched })
    assert.same({ gives = "nothing", takes = "nothing" }, change.effect)
    assert.same({ "a" }, w:sids(NAME))
    assert.same({ "unchanged", "no part is redundant" },
      { assert(w.region:minimize(w:repository(NAME))).kind, assert(w.region:minimize(w:repository(NAME))).why })
    assert.equal(1, w:count "SetRepositoryPolicy")
    assert.equal("undone", assert(w.region:undo(w:repository(NAME))).kind)
    assert.equal(TWICE, w:text(NAME))
  end)

  it("changes nothing without a policy, or in a dry run", function()
    local w <close> = world.new()
    w:put(NAME, nil)
    assert.equal("unchanged", assert(w.region:minimize(w:repository(NAME))).kind)
    w:put(NAME, TWICE)
    assert.equal("would minimize", assert(w.region:minimize(w:repository(NAME), { dry_run = true })).kind)
    assert.equal(TWICE, w:text(NAME))
  end)
end)

describe("lanyard policy minimize --repository", function()
  it("prints a line for each repository, and rejects other arguments", function()
    local emulator <close> = helper.emulator()
    local result = emulator:run { "policy", "minimize", "--repository", "*", "--output", "json" }
    assert.equal(0, result.status, result.err)
    local items = {}
    for i, item in ipairs(json.decode(result.out)) do
      items[i] = { item.repository, item.result, item.why }
    end
    assert.same({ { "my-private-repo", "unchanged", "the repository has no policy" },
      { NAME, "unchanged", "no part is redundant" } }, items)
    for words, status in pairs {
      [{ "absent", "--dry-run" }] = 1, [{ "UPPER" }] = 2, [{ "a", "file.json" }] = 2, [{ "a", "--type", "identity" }] = 2,
    } do
      assert.equal(status, emulator:run({ "policy", "minimize", "--repository", table.unpack(words) }).status)
    end
    assert.equal(2, emulator:run({ "policy", "minimize" }).status)
    assert.equal(2, emulator:run({ "policy", "minimize", "file.json", "--dry-run" }).status)
  end)

  it("is denied by a rule", function()
    local w <close> = world.new()
    w:put(NAME, TWICE)
    w.region.permit = function(_, change) return nil, { code = "RefusedByRule", message = change.on } end
    local _, err = w.region:minimize(w:repository(NAME))
    assert.same({ "RefusedByRule", "revoke" }, { err.code, err.message })
    assert.equal(TWICE, w:text(NAME))
  end)
end)
