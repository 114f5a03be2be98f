local world = require "world"

describe("powers", function()
  it("have vCPUs, memory and price as Lightsail returns them, the cheapest first", function()
    local w <close> = world.new()
    local list = assert(w.region:powers())
    assert.same({ name = "nano", id = "nano-1", price = 7, cpus = 0.25, memory = 0.5, active = true }, list[1])
    assert.equal("xlarge", list[#list].name)
    assert(w.region:powers())
    assert.equal(1, w:count "GetContainerServicePowers")
  end)

  it("decide the monthly price before and after a change", function()
    local w <close> = world.new()
    local plan = assert(w.region:plan_service("my-container-service", { power = "small", scale = 3 }))
    assert.same({ 7, 45 }, { plan.before.monthly_price, plan.after.monthly_price })
    plan = assert(w.region:plan_service("fresh", { power = "micro", scale = 4 }))
    assert.same({ "create", nil, 40 }, { plan.kind, plan.before, plan.after.monthly_price })
  end)

  it("that do not exist, or not any more, are refused before the call", function()
    local w <close> = world.new()
    local _, err = w.region:create_service("fresh", { power = "smal", scale = 1 })
    assert.equal("InvalidPower", err.code)
    assert.matches("there is no power 'smal'; did you mean 'small'%?", err.message)
    assert.matches("use nano, micro, small, medium, large, xlarge;", err.tip)
    w.change = function(operation, reply)
      if operation == "GetContainerServicePowers" then
        reply.body = reply.body:gsub('"isActive":true', '"isActive":false', 1)
      end
    end
    local other = w:connect()
    local closed
    for _, one in ipairs(assert(other:powers())) do
      closed = not one.active and one.name or closed
    end
    _, err = other:create_service("fresh", { power = closed, scale = 1 })
    assert.matches("is not available any more", err.message)
    assert.not_matches(closed, err.tip)
    assert.equal(0, w:count "CreateContainerService")
  end)

  it("that cannot be read are left to Lightsail, and the price is unknown", function()
    local w <close> = world.new { faults = { { operation = "GetContainerServicePowers", every = 1,
      error = { code = "AccessDeniedException", message = "no" } } } }
    local result = assert(w.region:create_service("fresh", { power = "small", scale = 2 }))
    assert.equal("created", result.kind)
    assert.is_nil(result.plan.after.monthly_price)
    assert.matches("AccessDeniedException", result.plan.unknown)
  end)
end)
