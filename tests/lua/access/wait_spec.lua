local world = require "world"

local NAME = "my-container-service"
local BUSY = {
  'The specified service is in a transition state ("UPDATING") and cannot be updated.',
  'Sorry, deployment 8 is in progress for service "web". Please wait for it to complete before trying again.',
  "Please try again in a few minutes.",
}

describe("waiting for a service", function()
  it("ends with the change in progress, and immediately without one", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region:wait_for_service(NAME))
    assert.equal(0, w.passed)
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 3 })
    local service = assert(w.region:wait_for_service(NAME))
    assert.equal("READY", service.state)
    assert.is_true(w.passed >= 40 and w.passed < 50)
  end)

  it("waits for a deployment in progress, and not for a disabled service", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = NAME, containers = { app = { image = "nginx" } },
    })
    assert.equal("RUNNING", assert(w.region:wait_for_service(NAME)).state)
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, isDisabled = true })
    assert.equal("DISABLED", assert(w.region:wait_for_service(NAME)).state)
  end)

  it("fails after its timeout, and if the service is being deleted", function()
    local w <close> = world.new { activation_delay = 200 }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 3 })
    local service, err = w.region:wait_for_service(NAME, { timeout = 20 })
    assert.is_nil(service)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("longer than 20 s; the service is UPDATING", err.message)
    assert.matches("lanyard wait service", err.tip)
    w.passed = w.passed + 200
    assert(w.region.lightsail:DeleteContainerService { serviceName = NAME })
    service, err = w.region:wait_for_service(NAME)
    assert.is_nil(service)
    assert.equal("ServiceDeleting", err.code)
  end)

  it("retries while Lightsail answers that the service is busy, in each of its texts", function()
    for _, text in ipairs(BUSY) do
      local w <close> = world.new { faults = { { operation = "GetContainerServices", times = 2,
        error = { code = "InvalidInputException", message = text } } } }
      assert.equal(NAME, assert(w.region:wait_for_service(NAME)).name)
      assert.is_true(w:count "GetContainerServices" >= 3)
    end
  end)

  it("retries after a temporary error, and returns any other", function()
    local w <close> = world.new {
      activation_delay = 20, faults = { { operation = "GetContainerServices", every = 2, throttle = true } },
    }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 3 })
    assert(w.region:wait_for_service(NAME))
    local service, err = w.region:wait_for_service "nobody"
    assert.is_nil(service)
    assert.equal("NotFoundException", err.code)
  end)
end)

describe("waiting for a role", function()
  it("ends when it has an ARN", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region:enable(NAME, { wait = false }))
    local service = assert(w.region:wait_for_role(NAME))
    assert.matches("/private%-repo%-access/", service.role.arn)
    assert.is_true(w.passed >= 40)
  end)

  it("fails if no change enables the role", function()
    local w <close> = world.new()
    local service, err = w.region:wait_for_role(NAME)
    assert.is_nil(service)
    assert.equal("RoleOff", err.code)
    assert.matches("lanyard enable my%-container%-service", err.tip)
    assert.equal(0, w.passed)
  end)
end)
