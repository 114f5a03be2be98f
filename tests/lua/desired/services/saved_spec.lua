local deployable = require "deployable"
local helper = require "desired_services"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"
local support = require "helper"
local torture = require "torture"

local VALUES = 'environment = { KEY = "planted-literal", REF = "ssm:/web/key", SECRET = "secretsmanager:db#password", OLD = keep }'
local NEW = '{ name = "new", power = "nano", scale = 1, containers = { app = { image = "jobs:latest" } } }'
local WEB = '{ name = "web", scale = 2, tags = { a = "b" }, containers = { app = { image = "web:1.1" } } }'

local function resume(w, saved)
  return assert(plans.resume(w.region, saved))
end

local function failure(plan)
  return plan.failures[1] and plan.failures[1].err
end

-- Makes a plan, saves it, changes the account, and returns the error of the saved plan.
local function stale(services, change)
  local w <close> = helper.world()
  local saved = helper.save(helper.plan(w, services))
  change(w)
  local plan = resume(w, saved)
  local err = failure(plan)
  local results = helper.apply(w, plan)
  return err or (results.web or results.new or {}).err, w
end

describe("a saved plan of services", function()
  it("is applied as it was planned, and once", function()
    local w <close> = helper.world { activation_delay = 5 }
    local saved = helper.save(helper.plan(w, NEW .. "," .. WEB))
    local plan = resume(w, saved)
    assert.same({}, plan.failures)
    local results = helper.apply(w, plan)
    assert.same({ "created", "deployed", "updated", "deployed" },
      { results.new.kind, results.new.deployment, results.web.kind, results.web.deployment })
    plan = resume(w, saved)
    assert.same({ {}, false }, { plan.failures, plans.has_changes(plan) })
  end)

  it("has no secret, and takes literal values from the file again", function()
    local folder <close> = support.folder()
    local w <close> = helper.world()
    local path = folder .. "/web.lua"
    local text = 'return { services = { { name = "web", containers = { app = { ' .. VALUES:gsub(", OLD = keep", "") .. " } } } } }"
    support.write(path, text)
    local desired = assert(require("lanyard.desired.file").read(path))
    local plan = assert(plans.make(w.region, desired))
    local document = json.encode(plan_file.encode(plan))
    for _, value in ipairs { "planted", deployable.SECRET } do
      assert.is_nil(document:find(value, 1, true))
    end
    assert.truthy(document:find('"ssm:/web/key"', 1, true))
    assert.truthy(document:find('"literal":true', 1, true))
    local saved = assert(plan_file.decode(json.decode(document), "plan.json"))
    assert.equal("deployed", helper.apply(w, resume(w, saved)).web.deployment)
    assert.same({ KEY = "planted-literal", REF = "planted-parameter", SECRET = "planted-password" },
      assert(w.region:deployments "web")[1].request.containers.app.environment)
  end)

  it("is not applied without the literal values that it needs", function()
    local err = stale('{ name = "web", containers = { app = { environment = { KEY = "planted-literal" } } } }', function() end)
    assert.equal("StalePlan", err.code)
    assert.matches("no value for the variable KEY of container 'app' of 'web'", err.message)
  end)

  it("keeps literal values that are deployed already", function()
    local w <close> = helper.world()
    local saved = helper.save(helper.plan(w, ('{ name = "web", scale = 2, containers = { app = { environment = { KEY = "%s" } } } }')
      :format(deployable.SECRET)))
    local plan = resume(w, saved)
    assert.same({}, plan.failures)
    assert.equal("updated", helper.apply(w, plan).web.kind)
  end)

  it("is refused if the service has changed since", function()
    for what, case in pairs {
      ["was changed %(scale is 5%)"] = { WEB, function(w) assert(w.region:update_service("web", { scale = 5 })) end },
      ["was changed %(power is small%)"] = { WEB, function(w) assert(w.region:update_service("web", { power = "small" })) end },
      ["was changed %(tag x is y%)"] = { WEB, function(w) assert(w.region:update_service("web", { tags = { x = "y" } })) end },
      ["was deleted"] = { WEB, function(w) assert(w.region:delete_service("web", { force = true })) end },
      ["was created, otherwise than as planned"] = { NEW, function(w)
        assert(w.region:create_service("new", { power = "micro", scale = 1 }))
      end },
      ["got deployment 2"] = { WEB, function(w)
        deployable.deploy(w, "web", { images = deployable.image("app", "web:1.0"), force = true })
      end },
      ["points to another image"] = { WEB, function(w)
        local images = w.world.region("us-east-1").repositories.web.images
        local old, new
        for digest, one in pairs(images) do
          old, new = one.tags["1.1"] and digest or old, one.tags["silent"] and digest or new
        end
        images[old].tags["1.1"], images[new].tags["1.1"] = nil, true
      end },
    } do
      local err = stale(case[1], case[2])
      assert.equal("StalePlan", err and err.code, what)
      assert.matches(what, err.message)
    end
  end)

  it("is refused if a parameter has another version", function()
    local services = '{ name = "web", containers = { app = { environment = { REF = "ssm:/web/key" } } } }'
    local w <close> = helper.world()
    local document = plan_file.encode(helper.plan(w, services))
    document.services[1].references[1].version = "7"
    local plan = resume(w, assert(plan_file.decode(json.decode(json.encode(document)), "plan.json")))
    assert.matches("ssm:/web/key has version 1, and had version 7", failure(plan).message)
    assert.is_false(plans.has_changes(plan))
  end)

  it("deletes only the service that it names, as it was", function()
    local w <close> = helper.world()
    local saved = helper.save(helper.plan(w, '{ name = "web" }', nil, { prune_services = true }))
    local plan = resume(w, saved)
    assert.is_true(plans.deletes_services(plan))
    assert(w.region:update_service("fresh", { scale = 2 }))
    plan = resume(w, saved)
    assert.matches("was changed %(scale is 2%)", failure(plan).message)
    assert.is_false(plans.deletes_services(plan))
    assert(w.region:update_service("fresh", { scale = 1 }))
    assert.equal("deleted", helper.apply(w, resume(w, saved)).fresh.kind)
    plan = resume(w, saved)
    assert.is_nil(failure(plan))
    assert.same({ {}, "unchanged" }, { plan.failures, helper.apply(w, plan).fresh.kind })
  end)

  it("completes after an apply that was killed", function()
    for count = 5, 60, torture.choose(9, 1) do
      local w <close> = helper.world { activation_delay = 7 }
      local saved = helper.save(helper.plan(w, NEW .. "," .. WEB))
      local calls = 0
      w.after = function()
        calls = calls + 1
        if calls == count then error "killed" end
      end
      pcall(function() helper.apply(w, resume(w, saved)) end)
      w.after = nil
      local plan = resume(w, saved)
      assert.is_nil(failure(plan), count)
      helper.apply(w, plan)
      assert.same({ "1 latest ACTIVE" }, helper.versions(w, "new"), count)
      assert.same({ "2 1.1 ACTIVE", "1 1.0 INACTIVE" }, helper.versions(w, "web"), count)
    end
  end)

  it("prunes what it says, and keeps the grants of running deployments and of services that cannot be planned", function()
    local w <close> = helper.world()
    for _, name in ipairs { "web", "fresh" } do
      assert(w.region:enable(name))
    end
    for _, pair in ipairs { { "web", "web" }, { "fresh", "web" }, { "web", "jobs" }, { "fresh", "jobs" } } do
      assert(w.region:grant(assert(w.region:service(pair[1])), w:repository(pair[2])))
    end
    local function lines_of(plan)
      local lines = {}
      for _, entry in ipairs(plans.changing(plan)) do
        lines[#lines + 1] = entry.repository.name .. ": " .. table.concat(entry.change.lines, "; ")
      end
      table.sort(lines)
      return lines
    end
    local WITHOUT_IMAGE = '{ name = "fresh", containers = { app = {} } }'
    for services, expected in pairs {
      ['{ name = "web", scale = 1 }'] = { "jobs: - fresh; - web", "web: - fresh" },
      ['{ name = "web", scale = 1 }, ' .. WITHOUT_IMAGE] = { "jobs: - web" },
      [WITHOUT_IMAGE] = { "jobs: - web", "web: - web" },
    } do
      local plan = helper.plan(w, services, "", { prune = true })
      assert.same(expected, lines_of(plan))
      assert.same(expected, lines_of(resume(w, helper.save(plan))))
    end
  end)

  it("has version 3, and the one of a file without services version 1", function()
    local w <close> = helper.world()
    assert.equal(3, plan_file.encode(helper.plan(w, "", "")).version)
    local desired = assert(require("lanyard.desired.file").parse("return { grants = {} }", "x.lua"))
    local document = plan_file.encode(assert(plans.make(w.region, desired)))
    assert.same({ 1 }, { document.version, document.services })
  end)

  it("is rejected with the path of what is wrong", function()
    local w <close> = helper.world()
    local text = json.encode(plan_file.encode(helper.plan(w, WEB)))
    for path, edit in pairs {
      ["services"] = function(document) document.services = nil end,
      ["repositories%[1%].after"] = function(document)
        document.repositories = json.array { { repository = "web", arn = "x", grants = json.array {}, after = "{" } }
      end,
      ["unchanged_services"] = function(document) document.unchanged_services = "web" end,
      ["services%[1%]%.service"] = function(document) document.services[1].service = "We b" end,
      ["services%[1%]%.result"] = function(document) document.services[1].result = "destroy" end,
      ["services%[1%]%.before"] = function(document) document.services[1].before.scale = "1" end,
      ["services%[1%]%.newest"] = function(document) document.services[1].newest = nil end,
      ["services%[1%]%.images"] = function(document) document.services[1].images = { app = 1 } end,
      ["services%[1%]%.references"] = function(document) document.services[1].references = json.array { {} } end,
      ["services%[1%]%.entry"] = function(document) document.services[1].entry.scale = 99 end,
    } do
      local document = json.decode(text)
      edit(document)
      local saved, err = plan_file.decode(document, "plan.json")
      assert.is_nil(saved, path)
      assert.matches("plan%.json: " .. path .. " is missing or invalid", err.message)
    end
    local document = json.decode(text)
    document.services[1].entry.name = "other"
    assert.is_nil((plan_file.decode(document, "plan.json")))
  end)
end)
