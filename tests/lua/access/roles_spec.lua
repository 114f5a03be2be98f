local world = require "world"

local NAME = "my-container-service"
local BUSY = {
  'The specified service is in a transition state ("UPDATING") and cannot be updated.',
  'Sorry, deployment 8 is in progress for service "web". Please wait for it to complete before trying again.',
  "Please try again in a few minutes.",
}

describe("enable", function()
  it("requests once, and waits until the role has an ARN and the service is ready", function()
    local w <close> = world.new { activation_delay = 40 }
    local change = assert(w.region:enable(NAME))
    assert.equal("enabled", change.kind)
    assert.equal("READY", change.service.state)
    assert.matches("/private%-repo%-access/", change.service.role.arn)
    assert.equal(1, w:count "UpdateContainerService")
    assert.is_true(w.passed >= 40 and w.passed < 60)
    assert.equal("unchanged", assert(w.region:enable(NAME)).kind)
    assert.equal(1, w:count "UpdateContainerService")
  end)

  it("joins a change in progress without another request", function()
    local w <close> = world.new { activation_delay = 40 }
    assert.equal("requested", assert(w.region:enable(NAME, { wait = false })).kind)
    local change = assert(w.region:enable(NAME))
    assert.equal("unchanged", change.kind)
    assert.is_truthy(change.service.role.arn)
    assert.equal(1, w:count "UpdateContainerService")
  end)

  it("waits while another change of the service is in progress", function()
    local w <close> = world.new { activation_delay = 40 }
    assert(w.region.lightsail:UpdateContainerService { serviceName = NAME, scale = 3 })
    assert.equal("enabled", assert(w.region:enable(NAME)).kind)
    assert.is_true(w.passed >= 80)
  end)

  it("waits while Lightsail answers that the service is busy, in each of its texts", function()
    for _, text in ipairs(BUSY) do
      local w <close> = world.new { faults = { { operation = "UpdateContainerService", times = 2,
        error = { code = "InvalidInputException", message = text } } } }
      assert.equal("enabled", assert(w.region:enable(NAME), text).kind)
      assert.equal(3, w:count "UpdateContainerService")
    end
  end)

  it("fails after its timeout, reports what it waited for, and reverts nothing", function()
    local w <close> = world.new { activation_delay = 200 }
    local change, err = w.region:enable(NAME, { timeout = 20 })
    assert.is_nil(change)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("UPDATING", err.message)
    assert.matches("lanyard status", err.tip)
  end)

  it("continues after throttling", function()
    local w <close> = world.new { activation_delay = 5, faults = { { service = "lightsail", every = 3, throttle = true } } }
    assert.equal("enabled", assert(w.region:enable(NAME)).kind)
  end)

  it("reports a service that does not exist, and an invalid name before any call", function()
    local w <close> = world.new()
    local _, err = w.region:enable "nobody"
    assert.equal("NotFoundException", err.code)
    local before = #w.calls
    _, err = w.region:enable "No Service"
    assert.equal("InvalidName", err.code)
    assert.equal(before, #w.calls)
  end)
end)

describe("disable", function()
  it("removes the ARN of the role", function()
    local w <close> = world.new { activation_delay = 10 }
    assert(w.region:enable(NAME))
    local change = assert(w.region:disable(NAME))
    assert.equal("disabled", change.kind)
    assert.is_nil(change.service.role.arn)
    assert.equal("unchanged", assert(w.region:disable(NAME)).kind)
  end)

  it("leaves an orphan if a grant remains", function()
    local w <close> = world.new()
    local service = w:service()
    local repository = w:repository "my-private-repo"
    assert(w.region:grant(service, repository))
    assert(w.region:disable(NAME))
    local doc = assert(w.region:policy(repository))
    assert.matches("^AROA", doc:statements()[1].principals[1].value)
  end)

  it("replaces the grant of an earlier role", function()
    local w <close> = world.new()
    local repository = w:repository "my-private-repo"
    assert(w.region:grant(w:service(), repository))
    assert(w.region:disable(NAME))
    assert.equal("granted", assert(w.region:grant(w:service(), repository)).kind)
    local doc = assert(w.region:policy(repository))
    assert.equal(1, #doc:statements())
    assert.matches("/private%-repo%-access/", doc:statements()[1].principals[1].value)
  end)
end)
