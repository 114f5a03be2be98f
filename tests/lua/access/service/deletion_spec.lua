local world = require "world"

local NAME = "my-container-service"

local function lose(w, operation, times)
  w.change = function(name, reply)
    if name == operation and times > 0 then
      times = times - 1
      reply.reset = true
    end
  end
end

local function exists(w)
  return w.region:service(NAME) ~= nil
end

-- Returns a world whose service has grants, of two repositories unless given.
local function granted(options, repositories)
  local w = world.new(options)
  local service = w:service()
  for _, name in ipairs(repositories or { "my-private-repo", "shared-repo" }) do
    assert(w.region:grant(service, w:repository(name)))
  end
  return w
end

describe("deleting a service", function()
  it("lists what goes with it, revokes its grants, and waits until it is gone", function()
    local w <close> = granted { activation_delay = 40 }
    assert(w.region.lightsail:CreateContainerServiceDeployment { serviceName = NAME, containers = { app = { image = "nginx" } } })
    local plan = assert(w.region:plan_deletions { NAME })[1]
    assert.same({ NAME, 2, 0, 1 }, { plan.name, #plan.grants, #plan.unread, #plan.deployments })
    local began = w.passed
    local result = assert(w.region:delete_service(plan))
    assert.equal("deleted", result.kind)
    assert.same({ "revoked", "revoked" }, { result.grants[1].change.kind, result.grants[2].change.kind })
    assert.is_nil(w:text "my-private-repo")
    assert.not_matches("AROA", w:text "shared-repo")
    assert.is_false(exists(w))
    assert.is_true(w.passed - began >= 40)
  end)

  it("is `unchanged` for one that does not exist", function()
    local w <close> = world.new()
    assert.equal("deleted", assert(w.region:delete_service(NAME)).kind)
    assert.equal("unchanged", assert(w.region:delete_service(NAME)).kind)
    assert.equal(1, w:count "DeleteContainerService")
  end)

  it("joins a deletion in progress", function()
    local w <close> = world.new { activation_delay = 40 }
    assert.equal("requested", assert(w.region:delete_service(NAME, { wait = false })).kind)
    assert.equal("unchanged", assert(w.region:delete_service(NAME)).kind)
    assert.is_false(exists(w))
    assert.equal(1, w:count "DeleteContainerService")
  end)

  it("waits while another change is in progress", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 2 })
    assert.equal("deleted", assert(w.region:delete_service(NAME)).kind)
    assert.is_false(exists(w))
  end)

  it("completes after lost replies", function()
    for times = 1, 5 do
      for _, delay in ipairs { 0, 20 } do
        local w <close> = world.new { activation_delay = delay }
        lose(w, "DeleteContainerService", times)
        assert.equal("deleted", assert(w.region:delete_service(NAME)).kind)
        assert.is_false(exists(w))
      end
    end
  end)

  it("is completed by a repetition, whatever call it was interrupted at", function()
    local calls = 0
    repeat
      calls = calls + 1
      local w <close> = granted({ activation_delay = 5 }, { "shared-repo" })
      local made = 0
      w.before = function()
        made = made + 1
        if made == calls then error { stopped = true } end
      end
      local ok, raised = pcall(w.region.delete_service, w.region, NAME)
      assert.is_true(ok or type(raised) == "table" and raised.stopped, tostring(raised))
      w.before = nil
      assert(w.region:delete_service(NAME))
      assert.is_false(exists(w))
      assert.not_matches("AROA", w:text "shared-repo")
    until ok
    assert.is_true(calls > 8)
  end)

  it("is not made if a grant cannot be revoked or read, except with force", function()
    for operation, message in pairs {
      SetRepositoryPolicy = "is not deleted: ", GetRepositoryPolicy = "the policy of '[%w-]+' cannot be read",
    } do
      local w <close> = granted()
      w.change = function(name, reply)
        if name == operation then
          reply.status, reply.body = 400, '{"__type":"AccessDeniedException","message":"no"}'
        end
      end
      local result, err = w.region:delete_service(NAME)
      assert.equal("GrantsNotRevoked", err.code)
      assert.matches(message, err.message)
      assert.equal("unchanged", result.kind)
      assert.is_true(exists(w))
      assert.equal("deleted", assert(w.region:delete_service(NAME, { force = true })).kind)
    end
  end)

  it("asks the rules first, about the service and about each grant", function()
    local w <close> = granted()
    local asked = {}
    local region = w.region:with { permit = function(_, change)
      asked[#asked + 1] = change.on .. " " .. tostring(change.action)
      return change.on == "service" and true or nil, { code = "RefusedByRule", message = "no" }
    end }
    local _, err = region:delete_service(NAME)
    assert.equal("RefusedByRule", err.code)
    assert.equal("service delete", asked[1])
    assert.equal("revoke nil", asked[2])
    region = w.region:with { permit = function() return nil, { code = "RefusedByRule" } end }
    assert.equal("RefusedByRule", select(2, region:delete_service(NAME)).code)
    assert.equal(0, w:count "DeleteContainerService" + w:count "DeleteRepositoryPolicy")
  end)

  it("changes nothing in a dry run", function()
    local w <close> = granted()
    local result = assert(w.region:delete_service(NAME, { dry_run = true }))
    assert.equal("would delete", result.kind)
    assert.equal("would revoke", result.grants[1].change.kind)
    assert.equal(0, w:count "DeleteContainerService" + w:count "DeleteRepositoryPolicy")
  end)

  it("does not wait for another service that has its name by then", function()
    local w <close> = world.new()
    w.after = function(operation)
      if operation == "DeleteContainerService" then
        w.after = nil
        assert(w:connect().lightsail:CreateContainerService { serviceName = NAME, power = "nano", scale = 1 })
      end
    end
    assert.equal("deleted", assert(w.region:delete_service(NAME)).kind)
    assert.is_true(exists(w))
  end)
end)
