local world = require "world"

local NAME = "my-container-service"

describe("the plan of a service", function()
  it("is to create one that does not exist, with all that differs from nothing", function()
    local w <close> = world.new()
    local plan = assert(w.region:plan_service("web", { power = "nano", scale = 2, role = true }))
    assert.same({ "create", "web", nil, nil, 3, 14 },
      { plan.kind, plan.name, plan.service, plan.before, #plan.differences, plan.after.monthly_price })
  end)

  it("is to update one that differs, and to leave one that does not", function()
    local w <close> = world.new()
    local plan = assert(w.region:plan_service(NAME, { scale = 2 }))
    assert.same({ "update", 1, 7, 14 },
      { plan.kind, #plan.differences, plan.before.monthly_price, plan.after.monthly_price })
    local calls = #w.calls
    plan = assert(w.region:plan_service(NAME, { scale = 1, power = "nano" }))
    assert.equal("unchanged", plan.kind)
    assert.equal(calls + 1, #w.calls) -- no price is needed
  end)

  it("changes nothing", function()
    local w <close> = world.new()
    assert(w.region:plan_service("web", { power = "nano", scale = 2 }))
    assert(w.region:plan_service(NAME, { scale = 2, tags = { a = "b" } }))
    for _, operation in ipairs(w.calls) do
      assert.is_truthy(operation:find "^Get", operation)
    end
  end)

  it("is an error for what is not valid, before any call", function()
    local w <close> = world.new()
    for code, case in pairs { InvalidName = { "A_b", {} }, InvalidValue = { "web", { scale = 99 } } } do
      local plan, err = w.region:plan_service(case[1], case[2])
      assert.is_nil(plan)
      assert.equal(code, err.code)
    end
    assert.equal(0, #w.calls)
  end)

  it("is the error of the read if the service cannot be read", function()
    local w <close> = world.new { faults = { { operation = "GetContainerServices", every = 1,
      error = { code = "AccessDeniedException", message = "no" } } } }
    local plan, err = w.region:plan_service("web", { power = "nano", scale = 1 })
    assert.is_nil(plan)
    assert.equal("AccessDeniedException", err.code)
  end)
end)
