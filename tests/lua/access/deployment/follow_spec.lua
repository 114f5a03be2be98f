local world = require "world"

local NAME = "my-container-service"

-- Deploys an image. Returns the version.
local function deploy(w, image)
  local reply = assert(w.region.lightsail:CreateContainerServiceDeployment {
    serviceName = NAME, containers = { app = { image = image } },
  })
  return reply.containerService.nextDeployment and reply.containerService.nextDeployment.version // 1 | 0
    or reply.containerService.currentDeployment.version // 1 | 0
end

-- Removes a version from the emulator, as AWS does with a deployment that it cancels.
local function forget(w, version)
  local list = w.world.region("us-east-1").services[NAME].deployments
  for i, deployment in ipairs(list) do
    if deployment.version == version then
      table.remove(list, i)
    end
  end
end

describe("following a deployment", function()
  it("ends when its version is active, whatever the service's state", function()
    local w <close> = world.new { activation_delay = 100 }
    assert.equal("active", assert(w.region:follow_deployment(NAME, deploy(w, "nginx:1"))).result)
    local said = ""
    local outcome = assert(w.region:follow_deployment(NAME, deploy(w, "nginx:2"), {
      progress = function(text) said = said .. text .. "\n" end,
    }))
    assert.equal("active", outcome.result)
    assert.equal(2, outcome.version)
    assert.equal("nginx:2", outcome.service.current.images.app)
    assert.is_true(outcome.seconds >= 100 and outcome.seconds < 110)
    assert.match(": deployment 2 %([^\n]+%): EVALUATING_HEALTH_CHECK\n", said)
  end)

  it("detects a failure although the service is RUNNING before and after it", function()
    local w <close> = world.new { activation_delay = 100 }
    assert(w.region:follow_deployment(NAME, deploy(w, "nginx:1")))
    local outcome = assert(w.region:follow_deployment(NAME, deploy(w, ":nothing.there.1")))
    assert.equal("failed", outcome.result)
    assert.equal("RUNNING", outcome.service.state)
    assert.is_true(outcome.seconds >= 100)
  end)

  it("reports a deployment that disappeared as canceled, after a grace period", function()
    local w <close> = world.new { activation_delay = 100 }
    local version = deploy(w, "nginx:1")
    forget(w, version)
    local outcome = assert(w.region:follow_deployment(NAME, version))
    assert.equal("canceled", outcome.result)
    assert.is_true(outcome.seconds >= 30 and outcome.seconds < 60)
  end)

  it("reports a deployment that a later one replaced", function()
    local w <close> = world.new()
    deploy(w, "nginx:1")
    deploy(w, "nginx:2")
    assert.equal("replaced", assert(w.region:follow_deployment(NAME, 1)).result)
  end)

  it("fails after its timeout, and names the command that continues to wait", function()
    local w <close> = world.new { activation_delay = 100 }
    local outcome, err = w.region:follow_deployment(NAME, deploy(w, "nginx"), { timeout = 20 })
    assert.is_nil(outcome)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("DEPLOYING", err.message)
    assert.matches("lanyard wait deployment my%-container%-service %-%-version 1", err.tip)
  end)

  it("retries after temporary errors, and returns any other", function()
    local w <close> = world.new { activation_delay = 20, faults = { { service = "lightsail", every = 2, throttle = true } } }
    assert.equal("active", assert(w.region:follow_deployment(NAME, deploy(w, "nginx"))).result)
    local denied <close> = world.new { activation_delay = 0, faults = { {
      operation = "GetContainerServiceDeployments", error = { code = "AccessDeniedException", message = "no" } } } }
    local outcome, err = denied.region:follow_deployment(NAME, 7)
    assert.is_nil(outcome)
    assert.equal("AccessDeniedException", err.code)
  end)
end)
