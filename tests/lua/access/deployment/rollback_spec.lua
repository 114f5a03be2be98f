local deployable = require "deployable"

local image = deployable.image

local function deploy(w, ...)
  for _, tag in ipairs { ... } do
    assert(deployable.deploy(w, "web", { images = image("app", "web:" .. tag) }))
  end
end

local function rollback(w, wants, options)
  local plan = assert(w.region:plan_rollback("web", wants))
  local result, err = w.region:rollback(plan, options)
  assert.is_nil(err)
  return result, plan
end

local function newest(w)
  return assert(w.region:deployments "web")[1]
end

describe("a rollback", function()
  it("deploys the containers of the last version that was active before the current one", function()
    local w <close> = deployable.world()
    deploy(w, "1.1", "broken")
    local result, plan = rollback(w)
    assert.equal(1, plan.to)
    assert.is_true(result.succeeded)
    assert.equal(4, result.version)
    assert.equal(deployable.HOST .. "web:1.0", newest(w).request.containers.app.image)
    assert.equal(deployable.SECRET, newest(w).request.containers.app.environment.KEY)
  end)

  it("deploys the containers of a version, and nothing if they are running", function()
    local w <close> = deployable.world()
    deploy(w, "1.1")
    assert.equal(3, rollback(w, { version = 1 }).version)
    local result = rollback(w, { version = 1 })
    assert.equal("unchanged", result.kind)
    assert.equal(3, result.version)
    assert.equal(4, rollback(w, { version = 1, force = true }).version)
  end)

  it("grants access again, and enables nothing twice", function()
    local w <close> = deployable.world()
    deploy(w, "1.1")
    w:put("web", nil)
    local result = rollback(w)
    assert.equal("granted", result.grants[1].change.kind)
    assert.equal("active", result.outcome.result)
  end)

  it("is impossible without such a version, or without its images", function()
    local w <close> = deployable.world()
    deploy(w, "broken")
    for message, version in pairs {
      ["there is no version 9"] = 9, ["version 2 failed and was never active"] = 2, ["no version was active before"] = false,
    } do
      local plan, err = w.region:plan_rollback("web", { version = version or nil })
      assert.is_nil(plan)
      assert.equal("NoDeployment", err.code)
      assert.matches("cannot roll back 'web': " .. message, err.message)
    end
    deploy(w, "1.1")
    deployable.delete_image(w, "web", "1.0")
    local plan, err = w.region:plan_rollback "web"
    assert.is_nil(plan)
    assert.equal("ImageNotFoundException", err.code)
    assert.equal("NotFoundException", select(2, w.region:plan_rollback "nobody").code)
  end)

  it("is impossible without an image of Lightsail's own registry", function()
    local w <close> = require("world").new { seed = { regions = { ["us-east-1"] = { services = { { name = "own",
      images = { "app", "app" }, containers = { app = { image = ":own.app.1" } } } } } } } }
    assert(w.region:deploy(assert(w.region:plan_deployment("own", { images = image("app", ":own.app.2") }))))
    assert.equal(1, assert(w.region:plan_rollback "own").to)
    assert(w.region.lightsail:DeleteContainerImage { serviceName = "own", image = ":own.app.1" })
    local plan, err = w.region:plan_rollback "own"
    assert.is_nil(plan)
    assert.equal("ImageNotFoundException", err.code)
    assert.matches("image ':own.app.1': no such image is registered to the container service 'own'", err.message)
  end)

  it("warns of a tag that points to another image now", function()
    local w <close> = deployable.world()
    deploy(w, "1.1")
    assert.same({}, assert(w.region:plan_rollback "web").warnings)
    w.passed = w.passed + 60
    assert(w.region.ecr:PutImage { repositoryName = "web", imageManifest = '{"new":1}', imageTag = "1.0" })
    assert.matches("web:1.0' was pushed after version 1 was created", assert(w.region:plan_rollback "web").warnings[1])
  end)

  it("is decided by the rules on deployments", function()
    local w <close> = deployable.world()
    deploy(w, "1.1")
    local asked
    local region = w:connect { permit = function(_, change) asked = change return true end }
    assert(region:plan_rollback("web", { dry_run = true }))
    assert.equal("deploy", asked.on)
    assert.is_true(asked.dry_run)
    assert.same({ KEY = "***" }, asked.deployment.containers.app.environment)
  end)

  it("that was interrupted is completed, and not rolled back itself", function()
    local w <close> = deployable.world { activation_delay = 7 }
    w.passed = 100
    deploy(w, "1.1")
    assert(w.region:follow_deployment("web", 2))
    assert(w.region:deploy(assert(w.region:plan_rollback "web"))) -- by another machine: no record
    assert(w.region:follow_deployment("web", 3))
    local rollbacks = require "lanyard.access.deployment.rollback"
    local plan = assert(w.region:plan_rollback "web")
    assert.equal(2, plan.to)
    assert(rollbacks.begin(w.region, plan, "rollback"))           -- killed after this
    local repeated = assert(w.region:plan_rollback "web")
    assert.same({ 2, 4 }, { repeated.to, repeated.in_progress })
    assert(w.region:follow_deployment("web", 4))
    repeated = assert(w.region:plan_rollback "web")
    assert.is_true(repeated.in_place)
    assert.equal(2, repeated.to)
    assert.equal("unchanged", w.region:rollback(repeated).kind)
    assert.equal(3, assert(w.region:plan_rollback "web").to)
  end)
end)
