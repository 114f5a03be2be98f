local world = require "world"

local NAME = "my-container-service"

-- Deploys an image. --> the version
local function deploy(w, image)
  local reply = assert(w.region.lightsail:CreateContainerServiceDeployment {
    serviceName = NAME, containers = { app = { image = image } },
  })
  return reply.containerService.nextDeployment and reply.containerService.nextDeployment.version // 1 | 0
    or reply.containerService.currentDeployment.version // 1 | 0
end

-- Takes a version out of all that the emulator says, as AWS does with one that it cancels.
local function forget(w, version)
  local list = w.world.region("us-east-1").services[NAME].deployments
  for i, deployment in ipairs(list) do
    if deployment.version == version then
      table.remove(list, i)
    end
  end
end

describe("following a deployment", function()
  it("ends when its version is active, however the service looks", function()
    local w <close> = world.new { activation_delay = 100 }
    assert.equal("active", assert(w.region:follow_deployment(NAME, deploy(w, "nginx:1"))).result)
    local said = {}
    local outcome = assert(w.region:follow_deployment(NAME, deploy(w, "nginx:2"), {
      progress = function(text) said[text] = true end,
    }))
    assert.equal("active", outcome.result)
    assert.equal(2, outcome.version)
    assert.equal("nginx:2", outcome.service.current.images.app)
    assert.is_true(outcome.seconds >= 100 and outcome.seconds < 110)
    assert.is_true(said[NAME .. ": deployment 2: EVALUATING_HEALTH_CHECK"])
  end)

  it("sees a failure although the service is RUNNING before and after it", function()
    local w <close> = world.new { activation_delay = 100 }
    assert(w.region:follow_deployment(NAME, deploy(w, "nginx:1")))
    local outcome = assert(w.region:follow_deployment(NAME, deploy(w, ":nothing.there.1")))
    assert.equal("failed", outcome.result)
    assert.equal("RUNNING", outcome.service.state)
    assert.is_true(outcome.seconds >= 100)
  end)

  it("takes one that vanished for canceled, after a while", function()
    local w <close> = world.new { activation_delay = 100 }
    local version = deploy(w, "nginx:1")
    forget(w, version)
    local outcome = assert(w.region:follow_deployment(NAME, version))
    assert.equal("canceled", outcome.result)
    assert.is_true(outcome.seconds >= 30 and outcome.seconds < 60)
  end)

  it("tells one that another took the place of", function()
    local w <close> = world.new()
    deploy(w, "nginx:1")
    deploy(w, "nginx:2")
    assert.equal("replaced", assert(w.region:follow_deployment(NAME, 1)).result)
  end)

  it("gives up at its time, and names what waits on", function()
    local w <close> = world.new { activation_delay = 100 }
    local outcome, err = w.region:follow_deployment(NAME, deploy(w, "nginx"), { timeout = 20 })
    assert.is_nil(outcome)
    assert.equal("WaiterTimeout", err.code)
    assert.matches("DEPLOYING", err.message)
    assert.matches("lanyard wait deployment my%-container%-service %-%-version 1", err.tip)
  end)

  it("looks over faults that may pass, and tells any other", function()
    local w <close> = world.new { activation_delay = 20, faults = { { service = "lightsail", every = 2, throttle = true } } }
    assert.equal("active", assert(w.region:follow_deployment(NAME, deploy(w, "nginx"))).result)
    local denied <close> = world.new { activation_delay = 0, faults = { {
      operation = "GetContainerServiceDeployments", error = { code = "AccessDeniedException", message = "no" } } } }
    local outcome, err = denied.region:follow_deployment(NAME, 7)
    assert.is_nil(outcome)
    assert.equal("AccessDeniedException", err.code)
  end)
end)

describe("choosing a deployment", function()
  it("takes the newest, or the version named", function()
    local w <close> = world.new()
    local deployment, err = w.region:choose_deployment(NAME)
    assert.is_nil(deployment)
    assert.matches("has no deployment$", err.message)
    deploy(w, "nginx:1")
    deploy(w, "nginx:2")
    assert.equal(2, assert(w.region:choose_deployment(NAME)).version)
    assert.equal(1, assert(w.region:choose_deployment(NAME, 1)).version)
    deployment, err = w.region:choose_deployment(NAME, 3)
    assert.is_nil(deployment)
    assert.matches("has no deployment 3", err.message)
  end)
end)
