local interrupted = require "lanyard.access.interrupted"
local world = require "world"

-- Grants in two repositories and is killed after, before or instead of the writes.
local function killed(phase)
  local w = world.new()
  local service = w:service()
  w[phase] = function(operation)
    if operation == "SetRepositoryPolicy" then error("killed", 0) end
  end
  for _, name in ipairs { "shared-repo", "my-private-repo" } do
    assert.is_false(pcall(w.region.grant, w.region, service, w:repository(name)))
  end
  w[phase] = nil
  return w
end

local function states(settled)
  local found = {}
  for _, item in ipairs(settled) do
    assert.is_nil(item.err)
    found[item.repository] = item.recovered[1].state
  end
  return found
end

describe("settling interrupted changes of a Region", function()
  it("decides for each repository how its change ended, once", function()
    for phase, state in pairs { before = "dropped", after = "done" } do
      local w <close> = killed(phase)
      assert.is_true(assert(interrupted.is_unsettled(w.region, w:repository "shared-repo")))
      assert.same({ ["shared-repo"] = state, ["my-private-repo"] = state }, states(assert(w.region:settle_interrupted())))
      assert.is_false(interrupted.is_unsettled(w.region, w:repository "shared-repo"))
      local reads = w:count "GetRepositoryPolicy"
      assert.same({}, assert(w.region:settle_interrupted()))
      assert.equal(reads, w:count "GetRepositoryPolicy")
      assert.equal(state == "done" and 2 or 0, #assert(w.region:history()))
    end
  end)

  it("is nothing if no change was made from this machine", function()
    local w <close> = world.new()
    assert.same({}, assert(w.region:settle_interrupted()))
  end)

  it("takes a deleted repository for one without a policy", function()
    local w <close> = killed "after"
    w.world.region("us-east-1").repositories["my-private-repo"] = nil
    assert.same({ ["shared-repo"] = "done", ["my-private-repo"] = "dropped" }, states(assert(w.region:settle_interrupted())))
  end)

  it("reports a policy that cannot be read, and settles the others", function()
    local w <close> = killed "after"
    w.world.faults = require("lanyard.emulator.fault_plan").new({ { operation = "GetRepositoryPolicy", times = 1, error = {
      code = "AccessDeniedException", message = "denied" } } }, math.random)
    local settled = assert(w.region:settle_interrupted())
    assert.equal(2, #settled)
    assert.equal("AccessDeniedException", settled[1].err.code)
    assert.equal("done", settled[2].recovered[1].state)
    assert.equal(1, #assert(w.region:settle_interrupted()))
  end)

  it("finds the repository of a name that is too long for a directory", function()
    local name = ("a"):rep(250)
    local w <close> = world.new { seed = { regions = { ["us-east-1"] = {
      services = { { name = "web", role = true } }, repositories = { { name = name } },
    } } } }
    w.after = function(operation)
      if operation == "SetRepositoryPolicy" then error("killed", 0) end
    end
    local service = assert(w.region:service "web")
    assert.is_false(pcall(w.region.grant, w.region, service, w:repository(name)))
    w.after = nil
    assert.same({ [name] = "done" }, states(assert(w.region:settle_interrupted())))
  end)
end)

describe("what was last written", function()
  it("is the entry of the last change that took effect, also if it was interrupted", function()
    local w <close> = killed "after"
    local repository = w:repository "shared-repo"
    local document = assert(w.region:policy(repository))
    assert.equal("grant", assert(w.region:last_written(repository, document)).action)
    assert.same({ n = 1 }, table.pack(w.region:last_written(repository, nil)))
    assert(w.region:settle_interrupted())
    assert.equal("grant", assert(w.region:last_written(repository, nil)).action)
  end)
end)
