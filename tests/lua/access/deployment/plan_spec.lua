local deployable = require "deployable"
local errors = require "lanyard.errors"

local HOST, SECRET = deployable.HOST, deployable.SECRET
local image, changes = deployable.image, deployable.changes

describe("a plan of a deployment", function()
  it("keeps everything that is not named, and calls nothing that changes", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))
    assert.same({
      app = { image = HOST .. "web:1.1", ports = { ["80"] = "HTTP" }, environment = { KEY = SECRET }, command = { "serve" } },
      side = { image = "nginx:1" },
    }, plan.request.containers)
    assert.equal("/up", plan.request.publicEndpoint.healthCheck.path)
    assert.equal(1, plan.current.version)
    assert.is_false(plan.in_place)
    assert.equal("would grant", plan.grants[1].change.kind)
    assert.same({}, changes(w))
  end)

  it("adds containers, and moves the public endpoint with its port opened", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", {
      images = image("jobs", "jobs"), public_endpoint = { containerName = "jobs", containerPort = 8080 },
    }))
    assert.same({ image = HOST .. "jobs:latest", ports = { ["8080"] = "HTTP" } }, plan.request.containers.jobs)
    assert.same({ containerName = "jobs", containerPort = 8080 }, plan.request.publicEndpoint)
    assert.equal(HOST .. "web:1.0", plan.request.containers.app.image)
    assert.same({ "jobs", "web" }, { plan.repositories[1].name, plan.repositories[2].name })
  end)

  it("keeps the health check if only the port changes", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", {
      images = {}, public_endpoint = { containerName = "app", containerPort = 81 },
    }))
    assert.same({ ["80"] = "HTTP", ["81"] = "HTTP" }, plan.request.containers.app.ports)
    assert.equal("/up", plan.request.publicEndpoint.healthCheck.path)
  end)

  it("starts from a given request instead of the running deployment", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", {
      request = { containers = { one = { image = "nginx" }, two = { image = HOST .. "web:1.0" } } },
      images = image("two", "web:1.1"),
    }))
    assert.same({ one = { image = "nginx" }, two = { image = HOST .. "web:1.1" } }, plan.request.containers)
    assert.is_nil(plan.request.publicEndpoint)
  end)

  it("pins named images to their digests on request, and no others", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("web", { images = image("jobs", "jobs"), resolve = true }))
    assert.matches("/jobs@sha256:%x+$", plan.request.containers.jobs.image)
    assert.equal(HOST .. "web:1.0", plan.request.containers.app.image)
  end)

  it("fails before anything changes if it cannot work", function()
    local w <close> = deployable.world()
    w:put("jobs", '{"Version":"2008-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:BatchGetImage"}]}')
    for code, case in pairs {
      ImageNotFoundException = { "web", { images = image("app", "web:9") } },
      RepositoryNotFoundException = { "web", { images = image("app", "nobody:9") } },
      WrongRegion = { "web", { images = image("app", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.0") } },
      InvalidName = { "web", { images = image("App", "web:1.0") } },
      PullDenied = { "web", { images = image("app", "jobs") } },
      NotFoundException = { "nobody", { images = image("app", "web:1.0") } },
      InvalidDeployment = { "fresh", { images = {} } },
    } do
      local plan, err = w.region:plan_deployment(case[1], case[2])
      assert.is_nil(plan, code)
      assert.equal(code, err.code)
    end
    assert.same({}, changes(w))
  end)

  it("fails for a service that is disabled or being deleted", function()
    local w <close> = deployable.world()
    assert(w.region.lightsail:UpdateContainerService { serviceName = "web", isDisabled = true })
    local plan, err = w.region:plan_deployment("web", { images = image("app", "web:1.1") })
    assert.is_nil(plan)
    assert.equal("ServiceDisabled", err.code)
    w.world.options.activation_delay = 100
    assert(w.region.lightsail:DeleteContainerService { serviceName = "web" })
    plan, err = w.region:plan_deployment("web", { images = image("app", "web:1.1") })
    assert.is_nil(plan)
    assert.equal("ServiceDeleting", err.code)
  end)

  it("is passed to permit without secrets, and can be denied", function()
    local w <close> = deployable.world()
    local asked
    w.region.permit = function(_, change)
      if change.on ~= "deploy" then
        return true
      end
      asked = change
      return nil, errors.new { code = "RefusedByRule", message = "not on Fridays" }
    end
    local plan, err = w.region:plan_deployment("web", { images = image("app", "web:1.1"), dry_run = true })
    assert.is_nil(plan)
    assert.equal("RefusedByRule", err.code)
    assert.equal("deploy", asked.on)
    assert.equal("web", asked.service.name)
    assert.is_true(asked.dry_run)
    assert.same({ KEY = "***" }, asked.deployment.containers.app.environment)
    assert.same({}, changes(w))
  end)

  it("fails if a grant has expired, and reports how to renew it", function()
    local w <close> = deployable.world()
    w:put("web", nil)
    local service = assert(w.region:service "web")
    assert(w.region:grant(service, w:repository "web", { expires = math.floor(w:time()) + 60 }))
    assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))
    w.passed = w.passed + 120
    local plan, err = w.region:plan_deployment("web", { images = image("app", "web:1.1") })
    assert.is_nil(plan)
    assert.equal("GrantEnded", err.code)
    assert.matches("lanyard grant web web %-%-expires", err.tip)
  end)

  it("replaces all containers, and keeps the public endpoint that is not named", function()
    local w <close> = deployable.world()
    local containers = { app = { image = HOST .. "web:1.1", ports = { ["80"] = "HTTP" } } }
    local plan = assert(w.region:plan_deployment("web", { images = {}, containers = containers }))
    assert.same(containers, plan.request.containers)
    assert.equal("/up", plan.request.publicEndpoint.healthCheck.path)
    local none, err = w.region:plan_deployment("web", { images = {}, containers = { two = { image = "nginx:1" } } })
    assert.is_nil(none)
    assert.matches("the public endpoint is container 'app', which the deployment does not have: two", err.message)
    plan = assert(w.region:plan_deployment("web", { images = {}, containers = { two = { image = "nginx:1" } }, no_public = true }))
    assert.is_nil(plan.request.publicEndpoint)
  end)

  it("of a service that does not exist creates it, where that is asked for", function()
    local w <close> = deployable.world()
    local wants = { images = image("app", "web:1.1"), create = { power = "nano" } }
    local plan = assert(w.region:plan_deployment("shop", wants))
    assert.same({ power = "nano", scale = 1 }, plan.creates)
    assert.is_true(plan.needs_role)
    assert.equal("would grant", plan.grants[1].change.kind)
    assert.same({}, changes(w))
    local result = assert(w.region:deploy(plan))
    assert.equal("created", result.created.kind)
    assert.equal(1, result.version)
    assert.same({}, assert(w.region:plan_deployment("shop", wants)).warnings)
    wants.create.scale = 2
    assert.matches("the service 'shop' exists with the scale 1, not 2: lanyard service update shop %-%-scale 2",
      assert(w.region:plan_deployment("shop", wants)).warnings[1])
    wants.create.power = "mega"
    assert.equal("InvalidPower", select(2, w.region:plan_deployment("other", wants)).code)
  end)

  it("finds the same deployment in progress, but not another one, or where it is forced", function()
    local w <close> = deployable.world { activation_delay = 40 }
    w.passed = 100
    assert(w.region:deploy(assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") }))))
    assert.equal(2, assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") })).in_progress)
    assert.is_nil(assert(w.region:plan_deployment("web", { images = image("app", "web:1.0") })).in_progress)
    assert.is_nil(assert(w.region:plan_deployment("web", { images = image("app", "web:1.1"), force = true })).in_progress)
    w.passed = w.passed + 60
    assert(w.region.ecr:PutImage { repositoryName = "web", imageManifest = '{"new":1}', imageTag = "1.1" })
    assert.is_nil(assert(w.region:plan_deployment("web", { images = image("app", "web:1.1") })).in_progress)
  end)

  it("has a public endpoint if it is going to be tested", function()
    local w <close> = deployable.world()
    assert(w.region:plan_deployment("web", { images = {}, force = true, has_url = true }))
    local plan, err = w.region:plan_deployment("fresh", { images = image("app", "web:1.1"), has_url = true })
    assert.is_nil(plan)
    assert.equal("the deployment has no public endpoint to test", err.message)
  end)

  it("needs no role for public images", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("fresh", { images = image("app", "docker.io/library/nginx:2") }))
    assert.is_false(plan.needs_role)
  end)

  it("warns of an image of another account, which needs the role, and grants nothing for it", function()
    local w <close> = deployable.world()
    local plan = assert(w.region:plan_deployment("fresh", {
      images = image("app", "999999999999.dkr.ecr.us-east-1.amazonaws.com/app:1") }))
    assert.matches("registry of account 999999999999", plan.warnings[1])
    assert.is_true(plan.needs_role)
    assert.same({}, plan.grants)
  end)
end)
