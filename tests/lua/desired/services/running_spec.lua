local deployable = require "deployable"
local helper = require "desired_services"
local running = require "lanyard.desired.services.running"
local wants_of = require "lanyard.desired.services.wants"

-- Compares an entry of the service `web` with what runs. The plan of a deployment in place, false, or nil and an error.
local function compare(w, text)
  local service = assert(w.region:service "web")
  local now = assert(running.read(w.region, service))
  local entry = helper.desired('{ name = "web", ' .. text .. " }").services[1]
  local wants = assert(wants_of.deployment(entry, now.deployment and now.deployment.request))
  return running.in_place(w.region, service, now, wants)
end

local function app(text)
  return "containers = { app = { " .. text .. " } }"
end

describe("the deployment that runs", function()
  it("is in place if the entry says the same, also in other words", function()
    local w <close> = helper.world()
    for _, text in ipairs {
      app "", app 'image = "web:1.0"', app('image = "' .. deployable.HOST .. 'web:1.0"'), app 'command = { "serve" }',
      app "environment = keep", app "environment = { KEY = keep, NONE = false }",
      app('environment = { KEY = "' .. deployable.SECRET .. '" }'), 'public = "app:80"', 'public = "80", ' .. "containers = { side = {} }",
      'public = { healthCheck = { path = "/up", intervalSeconds = 5 } }', "containers = { none = false }",
    } do
      local plan, err = compare(w, text)
      assert(plan or text:find '"80"', text .. " " .. tostring(err))
    end
    assert.equal(0, w:count "DescribeImages")
  end)

  it("names the repositories of its images", function()
    local w <close> = helper.world()
    local plan = assert(compare(w, app ""))
    assert.same({ { name = "web" } }, plan.repositories)
    assert.same({ true, false, 1 }, { plan.in_place, plan.needs_role, plan.current.version })
  end)

  it("is another one if a setting differs", function()
    local w <close> = helper.world()
    for _, text in ipairs {
      app 'image = "web:1.1"', app 'image = "web"', app 'image = "docker.io/library/web:1.0"', app "command = false",
      app 'environment = { KEY = "x" }', app "environment = { KEY = false }", app "ports = { [81] = 'TCP' }", "public = false",
      'public = { healthCheck = { path = "/" } }', "containers = { side = false }",
      'containers = { new = { image = "jobs:latest" } }',
    } do
      assert.is_false(compare(w, text), text)
    end
  end)

  it("is compared with the values that references have now", function()
    local w <close> = helper.world()
    helper.apply(w, helper.plan(w, '{ name = "web", ' .. app 'environment = { R = "ssm:/web/key" }' .. " }"))
    local plan = assert(compare(w, app 'environment = { R = "ssm:/web/key" }'))
    assert.same({ "ssm:/web/key", "1" }, { plan.references[1].reference.text, plan.references[1].reference.version })
    assert.is_false(compare(w, app 'environment = { R = "secretsmanager:db#password" }'))
    local none, err = compare(w, app 'environment = { R = "ssm:/none" }')
    assert.same({ nil, "ParameterNotFound" }, { none, err.code })
  end)

  it("is not in place while another one is being made, or if none runs", function()
    local w <close> = helper.world { activation_delay = 60 }
    w.passed = 100
    deployable.deploy(w, "web", { images = deployable.image("app", "web:1.1") })
    assert.is_false(compare(w, app 'image = "web:1.0"'))
    local fresh = assert(running.read(w.region, assert(w.region:service "fresh")))
    assert.same({ newest = 0, stays = false }, fresh)
  end)
end)
