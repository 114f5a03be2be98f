local describe_services = require "lanyard.desired.services.describe"
local helper = require "desired_services"
local plans = require "lanyard.desired.plan"

local NEW = [[{ name = "new", power = "nano", scale = 1, tags = { env = "prod" }, public = "app:80",
  containers = { app = { image = "jobs:latest", environment = { KEY = "planted-literal", REF = "ssm:/web/key" } } } }]]

local function lines_of(plan, name)
  return describe_services.lines(helper.find(plan, name))
end

local function failure_of(plan, name)
  for _, failure in ipairs(plan.failures) do
    if failure.service == name then
      return failure.err
    end
  end
  return nil
end

describe("a plan of services", function()
  it("shows what a new service is, its price, its deployment and the grants that it needs", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, NEW)
    assert.equal("create", helper.find(plan, "new").kind)
    assert.same({
      "+ power: nano", "+ scale: 1", "+ tag env: prod", "  price: 7 USD a month",
      "+ container app (111122223333.dkr.ecr.us-east-1.amazonaws.com/jobs:latest)", "+ public endpoint app:80",
      "+ app: variable KEY = ***", "+ app: variable REF = *** from ssm:/web/key, version 1", "+ app: port 80 HTTP",
    }, lines_of(plan, "new"))
    assert.same({ "new" }, plan.enable)
    assert.equal("jobs", plans.changing(plan)[1].repository.name)
    assert.same({ "+ new can pull" }, plans.changing(plan)[1].change.lines)
    assert.is_true(plans.has_changes(plan))
    assert.same({}, require("deployable").changes(w))
  end)

  it("shows only what differs of a service that exists", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, [[{ name = "web", scale = 2, tags = { a = "b" },
      containers = { app = { image = "web:1.1", environment = { KEY = "other-literal" } } } }]])
    assert.equal("update", helper.find(plan, "web").kind)
    assert.same({
      "~ scale: 1 -> 2", "+ tag a: b", "  price: 7 USD a month -> 14 USD a month",
      "~ app: image 111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1.0 -> "
        .. "111122223333.dkr.ecr.us-east-1.amazonaws.com/web:1.1",
      "~ app: variable KEY = *** (new)",
    }, lines_of(plan, "web"))
  end)

  it("has no change for what is as the file says", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, [[{ name = "web", power = "nano", scale = 1, role = true, disabled = false, public = "app:80",
      containers = { app = { image = "web:1.0", command = { "serve" }, environment = { KEY = keep } },
        side = { image = "nginx:1" } } }, { name = "fresh" }]])
    assert.same({}, plan.failures)
    assert.is_false(plans.has_changes(plan))
    assert.equal(0, w:count "DescribeImages")
  end)

  it("does not redeploy a tag that was pushed again, nor miss an image that was deleted", function()
    local w <close> = helper.world()
    require("deployable").delete_image(w, "web", "1.0")
    local plan = helper.plan(w, '{ name = "web", containers = { app = { image = "web:1.0" } } }')
    assert.same({ {}, false }, { plan.failures, plans.has_changes(plan) })
  end)

  it("deploys to a disabled service that it enables, and not to one that it disables", function()
    local w <close> = helper.world()
    assert(w.region:update_service("web", { disabled = true }))
    local plan = helper.plan(w, '{ name = "web", disabled = false, containers = { app = { image = "web:1.1" } } }')
    assert.same({}, plan.failures)
    assert.is_true(helper.find(plan, "web").deploys)
    plan = helper.plan(w, '{ name = "web", containers = { app = { image = "web:1.1" } } }')
    assert.same({}, plan.failures)
    assert.matches("not deployed while it is disabled", helper.find(plan, "web").skipped)
    assert.is_false(plans.has_changes(plan))
  end)

  it("lists what cannot be done, with the path, and plans the rest", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, [[
      { name = "web", containers = { app = { image = "web:9" } } },
      { name = "half", power = "nano" },
      { name = "huge", power = "nanoo", scale = 1 },
      { name = "fresh", containers = { app = { image = "jobs:latest", environment = { A = keep } } } },
      { name = "new", power = "nano", scale = 1 },
      { name = "more", power = "nano", scale = 1, domains = { other = { "x.example" } } } ]])
    assert.equal("ImageNotFoundException", failure_of(plan, "web").code)
    assert.matches("a new one needs scale", failure_of(plan, "half").message)
    assert.matches("did you mean 'nano'", failure_of(plan, "huge").message)
    assert.matches("services%[4%]%.containers%.app%.environment%.A: keep", failure_of(plan, "fresh").message)
    assert.equal("InvalidCertificate", failure_of(plan, "more").code)
    assert.equal("create", helper.find(plan, "new").kind)
    assert.is_true(plans.has_changes(plan))
  end)

  it("asks the rules on services, deployments and roles", function()
    for _, on in ipairs { "service", "deploy", "enable" } do
      local w <close> = helper.world()
      local asked = {}
      w.region = w:connect { permit = function(_, request)
        asked[#asked + 1] = request.on
        if request.on == on then
          return nil, require("lanyard.errors").new { code = "RefusedByRule", message = "no " .. on }
        end
        return true
      end }
      local plan = helper.plan(w, NEW)
      assert.equal("no " .. on, (failure_of(plan, "new") or {}).message, on)
      assert.is_true(require("lanyard.lists").contains(asked, on))
    end
  end)

  it("grants nothing to a role of an unknown form, and does not deploy then", function()
    local w <close> = helper.world { seed = { regions = { ["us-east-1"] = {
      services = { { name = "odd", role = true, role_arn = "arn:aws:iam::111122223333:role/admin" } },
      repositories = { { name = "jobs", images = { "latest" } } },
    } } } }
    local plan = helper.plan(w, '{ name = "odd", scale = 2 }')
    assert.same({}, plan.failures)
    plan = helper.plan(w, '{ name = "odd", scale = 2, containers = { app = { image = "jobs:latest" } } }')
    assert.equal("UnexpectedRole", failure_of(plan, "odd").code)
    helper.apply(w, plan)
    assert.is_nil(w:text "jobs")
    assert.equal(0, w:count "CreateContainerServiceDeployment")
  end)

  it("grants to a service that does not exist yet", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, '{ name = "new", power = "nano", scale = 1 }',
      '{ service = "new", repositories = { "jobs" }, expires = "2999-01-31" }')
    assert.same({}, plan.failures)
    assert.same({ "new" }, plan.enable)
    assert.matches("%+ new can pull until 2999", plans.changing(plan)[1].change.lines[1])
  end)

  it("does not list a grant again for a service that cannot be created", function()
    local w <close> = helper.world()
    local plan = helper.plan(w, '{ name = "new" }', '{ service = "new", repositories = { "jobs" } }')
    assert.equal(1, #plan.failures)
  end)
end)

describe("pruning", function()
  it("needs the list by which it prunes", function()
    local w <close> = helper.world()
    for text, options in pairs {
      ["return { services = {} }"] = { prune = true }, ["return { grants = {} }"] = { prune_services = true },
    } do
      local desired = assert(require("lanyard.desired.file").parse(text, "x.lua"))
      local plan, err = plans.make(w.region, desired, options)
      assert.is_nil(plan)
      assert.equal("NothingToPruneBy", err.code)
    end
    assert.equal(0, #w.calls)
  end)

  it("keeps the grants of running deployments and of services that cannot be planned", function()
    local w <close> = helper.world()
    for _, name in ipairs { "web", "fresh" } do
      assert(w.region:enable(name))
      assert(w.region:grant(assert(w.region:service(name)), w:repository "jobs"))
    end
    assert(w.region:grant(assert(w.region:service "web"), w:repository "web"))
    local plan = helper.plan(w, [[{ name = "web", containers = { app = { image = "web:1.0" } } },
      { name = "fresh", containers = { app = {} } }]], "", { prune = true })
    local lines = {}
    for _, entry in ipairs(plans.changing(plan)) do
      lines[#lines + 1] = entry.repository.name .. ": " .. table.concat(entry.change.lines, "; ")
    end
    assert.same({ "jobs: - web" }, lines)
  end)

  it("keeps the grants of a running deployment that the file does not describe, and of no other service", function()
    local w <close> = helper.world()
    local web = assert(w.region:service "web")
    assert(w.region:grant(web, w:repository "jobs"))
    assert(w.region:grant(web, w:repository "web"))
    local function pruned(services)
      local lines = {}
      for _, entry in ipairs(plans.changing(helper.plan(w, services, "", { prune = true }))) do
        lines[#lines + 1] = entry.repository.name .. ": " .. table.concat(entry.change.lines, "; ")
      end
      table.sort(lines)
      return lines
    end
    assert.same({ "jobs: - web" }, pruned '{ name = "web", scale = 1 }')
    assert.same({ "jobs: - web", "web: - web" }, pruned '{ name = "fresh" }')
  end)

  it("deletes services only if asked, and keeps the ones that a grant names", function()
    local w <close> = helper.world()
    assert.is_false(plans.deletes_services(helper.plan(w, "", "")))
    local plan = helper.plan(w, '{ name = "web" }', "", { prune_services = true })
    assert.same({ "unchanged", "delete" }, { plan.service_plans[1].kind, plan.service_plans[2].kind })
    assert.same({ "- 0 deployments", "  price: 7 USD a month" }, lines_of(plan, "fresh"))
    assert.is_true(plans.deletes_services(plan))
    plan = helper.plan(w, '{ name = "web" }', '{ service = "fresh", repositories = { "jobs" } }', { prune_services = true })
    assert.is_false(plans.deletes_services(plan))
  end)
end)
