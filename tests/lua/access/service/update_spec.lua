local world = require "world"

local NAME = "my-container-service"

-- Returns the service as the emulator has it.
local function stored(w)
  return w.world.region("us-east-1").services[NAME]
end

local function lose(w, operation, times)
  w.change = function(name, reply)
    if name == operation and times > 0 then
      times = times - 1
      reply.reset = true
    end
  end
end

describe("changing a service", function()
  it("requests only what differs, and waits until the change is complete", function()
    local w <close> = world.new { activation_delay = 40 }
    local sent
    w.before = function(operation) sent = operation == "UpdateContainerService" and operation or sent end
    local result = assert(w.region:update_service(NAME, { power = "small", scale = 3 }))
    assert.equal("updated", result.kind)
    assert.same({ "READY", "small", 3 }, { result.service.state, result.service.power, result.service.scale })
    assert.is_true(w.passed >= 40 and w.passed < 60)
    assert.equal("unchanged", assert(w.region:update_service(NAME, { power = "small", scale = 3 })).kind)
    assert.equal(1, w:count "UpdateContainerService")
    assert.equal(0, w:count "TagResource")
    assert.equal("UpdateContainerService", sent)
  end)

  it("disables and enables it", function()
    local w <close> = world.new { activation_delay = 10 }
    local result = assert(w.region:update_service(NAME, { disabled = true }))
    assert.same({ "updated", "DISABLED", true }, { result.kind, result.service.state, result.service.disabled })
    assert.equal("unchanged", assert(w.region:update_service(NAME, { disabled = true })).kind)
    result = assert(w.region:update_service(NAME, { disabled = false }))
    assert.same({ "updated", "READY", false }, { result.kind, result.service.state, result.service.disabled })
  end)

  it("sets tags before the change, and keeps others", function()
    local w <close> = world.new()
    stored(w).tags = { old = "1", env = "test" }
    local order = {}
    w.before = function(operation)
      order[#order + 1] = not operation:find "^Get" and operation or nil
    end
    assert(w.region:update_service(NAME, { scale = 4, tags = { env = "prod", team = "" } }))
    assert.same({ "TagResource", "UpdateContainerService" }, order)
    assert.same({ old = "1", env = "prod", team = "" }, stored(w).tags)
  end)

  it("completes after lost replies", function()
    for _, operation in ipairs { "UpdateContainerService", "TagResource" } do
      for times = 1, 5 do
        local w <close> = world.new { activation_delay = 20 }
        lose(w, operation, times)
        local result = assert(w.region:update_service(NAME, { scale = 4, tags = { env = "prod" } }))
        assert.same({ "updated", "READY", 4, "prod" },
          { result.kind, result.service.state, result.service.scale, result.service.tags.env })
      end
    end
  end)

  it("is completed by a repetition, whatever call it was interrupted at", function()
    local wants = { scale = 4, power = "small", tags = { env = "prod" } }
    local calls = 0
    repeat
      calls = calls + 1
      local w <close> = world.new { activation_delay = 5 }
      local made = 0
      w.before = function()
        made = made + 1
        if made == calls then error { stopped = true } end
      end
      local ok, raised = pcall(w.region.update_service, w.region, NAME, wants)
      assert.is_true(ok or type(raised) == "table" and raised.stopped, tostring(raised))
      w.before = nil
      assert.matches("^u%a+ed$", assert(w.region:update_service(NAME, wants)).kind)
      assert.same({ 4, "small", "prod" }, { stored(w).scale, stored(w).power, stored(w).tags.env })
    until ok
    assert.is_true(calls > 4)
  end)

  it("waits while another change is in progress", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 2 })
    assert.equal("updated", assert(w.region:update_service(NAME, { scale = 3 })).kind)
    assert.is_true(w.passed >= 80)
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 5 })
    assert.equal("unchanged", assert(w.region:update_service(NAME, { scale = 5 })).kind)
    assert.is_true(w.passed >= 120)
  end)

  it("fails after its timeout, and says what it waited for", function()
    local w <close> = world.new { activation_delay = 100 }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 2 })
    local result, err = w.region:update_service(NAME, { scale = 3 }, { timeout = 10 })
    assert.is_nil(result)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("another change of the service took longer than 10 s; the service is UPDATING", err.message)
  end)

  it("attaches domains by certificate, detaches with an empty list, and moves a name", function()
    local w <close> = world.new()
    stored(w).domains = { old = { "a.example.com" }, other = { "b.example.com", "c.example.com" } }
    local plan = assert(w.region:plan_service(NAME, { no_domains = true }))
    local differences = require "lanyard.access.service.differences"
    local request = differences.request(plan.differences, plan.after)
    assert.same({ publicDomainNames = { old = {}, other = {} } }, request)
    local state = require "lanyard.access.service.state"
    local after = state.with(plan.before, { domains = { new = { "b.example.com" } } })
    request = differences.request(differences.between(plan.before, after), after)
    assert.same({ publicDomainNames = { old = { "a.example.com" }, other = { "c.example.com" }, new = { "b.example.com" } } }, request)
  end)

  it("changes nothing in a dry run, if a rule denies it, or where it does not exist", function()
    local w <close> = world.new()
    local asked
    local result = assert(w.region:update_service(NAME, { scale = 9 }, { dry_run = true }))
    assert.same({ "would update", 1 }, { result.kind, #result.plan.differences })
    local region = w.region:with { permit = function(_, change)
      asked = change
      return nil, { code = "RefusedByRule" }
    end }
    assert.equal("RefusedByRule", select(2, region:update_service(NAME, { scale = 9, tags = { a = "b" } })).code)
    assert.same({ "service", "update", NAME, 1, 9, "b" }, { asked.on, asked.action, asked.service.name,
      asked.before.scale, asked.after.scale, asked.after.tags.a })
    assert.equal("NotFoundException", select(2, w.region:update_service("nobody", { scale = 9 })).code)
    assert.equal(0, w:count "UpdateContainerService" + w:count "TagResource")
  end)

  it("reports too many domain names and tags together with what exists", function()
    local w <close> = world.new()
    stored(w).domains = { old = { "a.example.com", "b.example.com", "c.example.com" } }
    local _, err = w.region:update_service(NAME, { domains = { new = { "d.example.com", "e.example.com" } } })
    assert.matches("can have 4 domain names, and would have 5", err.message)
    for i = 1, 50 do stored(w).tags["k" .. i] = "v" end
    _, err = w.region:update_service(NAME, { tags = { more = "x" } })
    assert.matches("can have 50 tags, and would have 51", err.message)
  end)
end)
