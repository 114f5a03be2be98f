local errors = require "lanyard.errors"
local policy = require "lanyard.policy"
local world = require "world"

local NAME = "shared-repo"

local function share(doc)
  return doc:allow { sid = "Shared", principal = "444455556666", actions = policy.PULL_ACTIONS }
end

describe("an edit of a repository's policy by a script", function()
  it("goes through the safe write: once, with its effect, and undone by undo", function()
    local w <close> = world.new()
    w:put(NAME, nil)
    local change = assert(w.region:edit(w:repository(NAME), share))
    assert.same({ "edited", "added statement 1", "pull to account 444455556666" },
      { change.kind, change.why, change.effect.gives })
    assert.equal("unchanged", assert(w.region:edit(w:repository(NAME), share)).kind)
    assert.equal(1, w:count "SetRepositoryPolicy")
    local entries = assert(w.region:history(NAME))
    assert.equal("edit", entries[#entries].action)
    assert.equal("undone", assert(w.region:undo(w:repository(NAME))).kind)
    assert.is_nil(w:text(NAME))
  end)

  it("replaces the document that it returns, and deletes a policy without statements", function()
    local w <close> = world.new()
    local other = policy.new()
    share(other)
    assert.equal("edited", assert(w.region:edit(w:repository(NAME), function() return other:copy() end)).kind)
    assert.same({ "Shared" }, w:sids(NAME))
    local change = assert(w.region:edit(w:repository(NAME), function(doc)
      return (doc:revoke { principal = "444455556666" })
    end))
    assert.is_true(change.deleted_policy)
    assert.is_nil(w:text(NAME))
  end)

  it("changes nothing in a dry run, and if the function returns an error", function()
    local w <close> = world.new()
    local before = w:text(NAME)
    assert.equal("would edit", assert(w.region:edit(w:repository(NAME), share, { dry_run = true })).kind)
    local change, err = w.region:edit(w:repository(NAME), function()
      return nil, errors.new { code = "Mine", message = "not today" }
    end)
    assert.same({ nil, "Mine" }, { change, err.code })
    assert.equal(before, w:text(NAME))
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)

  it("asks rules as a grant and as a revocation", function()
    local asked = {}
    local w <close> = world.new()
    local region = w.region:with { permit = function(_, change)
      asked[#asked + 1] = change.on
      return change.on == "grant" or nil, errors.new { code = "RefusedByRule", message = "no" }
    end }
    local change, err = region:edit(w:repository(NAME), share)
    assert.same({ nil, "RefusedByRule" }, { change, err.code })
    assert.same({ "grant", "revoke" }, asked)
    assert.equal(0, w:count "SetRepositoryPolicy")
  end)
end)
