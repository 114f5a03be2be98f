local deployable = require "deployable"
local desired_file = require "lanyard.desired.file"
local format = require "lanyard.desired.import.format"
local helper = require "desired_services"
local import = require "lanyard.desired.import"
local import_services = require "lanyard.desired.import.services"
local json = require "lanyard.json"
local plans = require "lanyard.desired.plan"

-- Imports in both languages, and returns the texts by the name of a file.
local function imported(w)
  local found = assert(import.read(w.region))
  return { ["all.lua"] = format.lua(found), ["all.json"] = json.encode(format.json(found)) }
end

describe("the import of services", function()
  it("writes what a plan finds unchanged, also with pruning", function()
    local w <close> = helper.world()
    assert(w.region:update_service("web", { power = "small", scale = 3, tags = { env = "prod", ["a b"] = "" } }))
    assert(w.region:update_service("fresh", { disabled = true }))
    helper.stored(w, "web").tags["aws:cloudformation:stack-name"] = "stack"
    helper.apply(w, helper.plan(w, [[{ name = "web", public = { healthCheck = { intervalSeconds = 30 } },
      containers = { app = { environment = { REF = "ssm:/web/key", ["A-B.c"] = "" }, ports = { [81] = "UDP" } },
        other = { image = "jobs:latest", command = { "a b", "'\"\\" } } } }]]))
    for name, text in pairs(imported(w)) do
      for _, value in ipairs { "planted", deployable.SECRET } do
        assert.is_nil(text:find(value, 1, true))
      end
      local desired = assert(desired_file.parse(text, name))
      local plan = assert(plans.make(w.region, desired, { prune = true, prune_services = true }))
      assert.same({}, plan.failures)
      assert.is_false(plans.has_changes(plan), name)
      assert.equal(2, #plan.service_plans)
    end
  end)

  it("keeps each variable, and leaves out what a file cannot state", function()
    local entry = import_services.entry {
      name = "web", power = "nano", scale = 1, disabled = false, role = { active = true }, domains = {},
      tags = { ["aws:x"] = "1", env = "prod" },
      raw = { currentDeployment = { version = 1, containers = { app = { image = "i:1", environment = { KEY = "***" } } } } },
    }
    assert.same({ name = "web", power = "nano", scale = 1, tags = { env = "prod" },
      containers = { app = { image = "i:1", environment = { KEY = { keep = true } } } } }, entry)
  end)

  it("leaves out services that are being deleted", function()
    local function service(name, state)
      return { name = name, state = state, role = {}, domains = {}, tags = {}, raw = {} }
    end
    local entries = import_services.entries { service("b", "READY"), service("a", "DELETING") }
    assert.same({ "b" }, { entries[1].name, entries[2] })
  end)
end)
