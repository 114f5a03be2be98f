local deployable = require "deployable"

local image, changes, deploy = deployable.image, deployable.changes, deployable.deploy

-- The newest deployment in the emulator.
local function newest(w, name)
  return assert(w.region:deployments(name))[1]
end

describe("deploying", function()
  it("enables the role, grants, and requests the deployment, in this order", function()
    local w <close> = deployable.world { activation_delay = 30 }
    local result, err = deploy(w, "fresh", { images = image("app", "jobs") })
    assert.is_nil(err)
    assert.equal("requested", result.kind)
    assert.equal(1, result.version)
    assert.equal("enabled", result.role.kind)
    assert.equal("granted", result.grants[1].change.kind)
    local done = changes(w)
    assert.same({ "UpdateContainerService", "SetRepositoryPolicy" }, { done[1], done[2] })
    assert.equal("CreateContainerServiceDeployment", done[#done])
    assert.equal("active", assert(w.region:follow_deployment("fresh", 1)).result)
  end)

  it("sends everything that is not named unchanged, with its secrets", function()
    local w <close> = deployable.world()
    assert(deploy(w, "web", { images = image("app", "web:1.1") }))
    local created = newest(w, "web")
    assert.equal(2, created.version)
    assert.equal("ACTIVE", created.state)
    assert.equal(deployable.SECRET, created.request.containers.app.environment.KEY)
    assert.same({ "serve" }, { table.unpack(created.request.containers.app.command) })
    assert.equal("/up", created.request.publicEndpoint.healthCheck.path)
  end)

  it("deploys nothing the second time, but restores the grant", function()
    local w <close> = deployable.world()
    assert(deploy(w, "web", { images = image("app", "web:1.1") }))
    w:put("web", nil)
    local result, err, plan = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(err)
    assert.is_true(plan.in_place)
    assert.equal("unchanged", result.kind)
    assert.equal(2, result.version)
    assert.equal("granted", result.grants[1].change.kind)
    assert.equal(1, w:count "CreateContainerServiceDeployment")
    assert(deploy(w, "web", { images = image("app", "web:1.1"), force = true }))
    assert.equal(3, newest(w, "web").version)
  end)

  it("deploys again if the tag was pushed since", function()
    local w <close> = deployable.world()
    assert(deploy(w, "web", { images = image("app", "web:1.1") }))
    w.passed = w.passed + 60
    assert(w.region.ecr:PutImage { repositoryName = "web", imageManifest = '{"new":1}', imageTag = "1.1" })
    local result, _, plan = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.equal(3, result.version)
    assert.matches("web:1.1' was pushed after version 2 was deployed", plan.why)
  end)

  it("waits for a change that began after the plan", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "docker.io/library/nginx:2") }))
    w.world.options.activation_delay = 40
    assert(w.region.lightsail:UpdateContainerService { serviceName = "fresh", scale = 2 })
    local result, err = w.region:deploy(plan)
    assert.is_nil(err)
    assert.equal(1, result.version)
    assert.is_true(w.passed >= 40)
  end)

  it("waits for it whatever Lightsail's message is", function()
    local w <close> = deployable.world { faults = { { operation = "CreateContainerServiceDeployment", times = 1,
      error = { code = "InvalidInputException", message = "Not now." } } } }
    local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "docker.io/library/nginx:2") }))
    w.world.options.activation_delay = 40
    assert(w.region.lightsail:UpdateContainerService { serviceName = "fresh", scale = 2 })
    assert.equal(1, assert(w.region:deploy(plan)).version)
    assert.is_true(w.passed >= 40)
  end)

  it("waits while Lightsail answers that the service is busy, in each of its texts", function()
    for _, text in ipairs {
      'The specified service is in a transition state ("DEPLOYING") and cannot be updated.',
      'Sorry, deployment 8 is in progress for service "web". Please wait for it to complete before trying again.',
      "Please try again in a few minutes.",
    } do
      local w <close> = deployable.world { faults = { { operation = "CreateContainerServiceDeployment", times = 2,
        error = { code = "InvalidInputException", message = text } } } }
      local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "docker.io/library/nginx:2") }))
      assert.equal(1, assert(w.region:deploy(plan), text).version)
      assert.equal(3, w:count "CreateContainerServiceDeployment")
    end
  end)

  it("returns a permanent error without waiting", function()
    local w <close> = deployable.world { faults = { { operation = "CreateContainerServiceDeployment",
      error = { code = "InvalidInputException", message = "Never." } } } }
    local result, err = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(result.version)
    assert.equal("failed", result.kind)
    assert.equal("Never.", err.message)
    assert.equal(1, w:count "CreateContainerServiceDeployment")
  end)

  it("does not return `unchanged` while another deployment is in progress", function()
    local w <close> = deployable.world()
    w.world.options.activation_delay = 40
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "web", containers = { app = { image = "nginx:2" } } })
    local result, err = deploy(w, "web", { images = image("app", "web:1.0") })
    assert.is_nil(err)
    assert.equal("requested", result.kind)
    assert.equal(3, result.version)
  end)

  it("does not replace a deployment that was created after the plan", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", { images = image("side", "web:1.1") }))
    w.world.options.activation_delay = 40
    assert(w.region.lightsail:CreateContainerServiceDeployment {
      serviceName = "web", containers = { app = { image = "nginx:2" } } })
    local result, err = w.region:deploy(plan)
    assert.is_nil(result.version)
    assert.equal("Contended", err.code)
    assert.equal("nginx:2", newest(w, "web").request.containers.app.image)
  end)

  it("joins an equal deployment that another program created after the plan", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))
    w.world.options.activation_delay = 40
    local other = assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))
    assert.equal(2, assert(w.region:deploy(other)).version)
    local result, err = w.region:deploy(plan)
    assert.is_nil(err)
    assert.equal(2, result.version)
    assert.equal(2, #w.world.region("us-east-1").services.web.deployments)
  end)

  it("finds its own deployment after a lost reply, and does not request it again", function()
    local w <close> = deployable.world { faults = { {
      operation = "CreateContainerServiceDeployment", reset = true, late = true, times = 1 } } }
    local result, err = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(err)
    assert.equal(2, result.version)
    assert.equal(1, w:count "CreateContainerServiceDeployment")
  end)

  it("recognizes its own deployment if the reply was lost and the list was late", function()
    local w <close> = deployable.world { activation_delay = 40, faults = { {
      operation = "CreateContainerServiceDeployment", reset = true, late = true, times = 1 } } }
    local stale = assert(w.region.lightsail:GetContainerServiceDeployments { serviceName = "web" })
    deployable.stand_in(w, "GetContainerServiceDeployments", function(lightsail, input)
      return w.passed <= 21 and stale or lightsail:GetContainerServiceDeployments(input)
    end)
    local result, err = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(err)
    assert.equal(2, result.version)
    assert.equal(2, #w.world.region("us-east-1").services.web.deployments)
  end)

  it("requests again after a lost request, once the list shows no new deployment", function()
    local w <close> = deployable.world { faults = { {
      operation = "CreateContainerServiceDeployment", status = 500, times = 1 } } }
    local began = w.region.clock.now()
    local result, err = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(err)
    assert.equal(2, result.version)
    assert.equal(2, newest(w, "web").version)
    assert.equal(2, w:count "CreateContainerServiceDeployment")
    assert.is_true(w.region.clock.now() - began >= 20)
  end)

  it("gives up if every request is lost", function()
    local w <close> = deployable.world { faults = { { operation = "CreateContainerServiceDeployment", status = 500 } } }
    local result, err = deploy(w, "web", { images = image("app", "web:1.1") })
    assert.is_nil(result.version)
    assert.equal(500, err.status)
    assert.equal(3, w:count "CreateContainerServiceDeployment")
  end)

  it("deploys nothing if a grant fails, and returns what was done", function()
    local w <close> = deployable.world { faults = { {
      operation = "SetRepositoryPolicy", error = { code = "AccessDeniedException", message = "no" } } } }
    local result, err = deploy(w, "fresh", { images = image("app", "jobs") })
    assert.equal("AccessDeniedException", err.code)
    assert.equal("enabled", result.role.kind)
    assert.is_truthy(result.grants[1].err)
    assert.equal("not deployed", result.kind)
    assert.equal(0, w:count "CreateContainerServiceDeployment")
  end)

  it("grants and deploys nothing if the role is not ready in time", function()
    local w <close> = deployable.world { activation_delay = 40 }
    local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "jobs") }))
    local result, err = w.region:deploy(plan, { timeout = 10 })
    assert.equal("WaiterTimeout", err.code)
    assert.same({ kind = "not deployed", role = { kind = "failed", err = err }, grants = {} }, result)
    assert.same({ "UpdateContainerService" }, changes(w))
  end)

  it("never creates two deployments, whatever fails", function()
    for seed = 1, 40 do
      math.randomseed(seed)
      local w <close> = deployable.world { random = math.random, faults = {
        { service = "lightsail", probability = 0.2, reset = true, late = true },
        { service = "lightsail", probability = 0.2, reset = true },
        { service = "lightsail", probability = 0.2, throttle = true },
      } }
      local plan = w.region:plan_deployment("web", { images = image("app", "web:1.1") })
      local result = plan and w.region:deploy(plan)
      local created = #w.world.region("us-east-1").services.web.deployments - 1
      assert.is_true(created <= 1, seed)
      assert.equal(result and result.version and 1 or 0, created, seed)
    end
  end)
end)
