-- For the specs of services in desired states: files that are written as Lua, and what planning and applying them does.

local apply = require "lanyard.desired.apply"
local deployable = require "deployable"
local desired_file = require "lanyard.desired.file"
local json = require "lanyard.json"
local plan_file = require "lanyard.desired.plan_file"
local plans = require "lanyard.desired.plan"

local M = {}

--- Returns the desired state of the text of services, and optionally of grants.
function M.desired(services, grants)
  local text = ("return { services = { %s }%s }"):format(services, grants and ", grants = { " .. grants .. " }" or "")
  return assert(desired_file.parse(text, "services.lua"))
end

--- Returns an account with a parameter and a secret, whose values are planted.
function M.world(options)
  local seed = json.decode(json.encode(deployable.SEED))
  local here = seed.regions["us-east-1"]
  here.parameters = { { name = "/web/key", value = "planted-parameter" } }
  here.secrets = { { name = "db", value = { password = "planted-password" } } }
  here.certificates = { { name = "cert", domain = "www.example.com" } }
  local all = { seed = seed }
  for name, value in pairs(options or {}) do all[name] = value end
  local w = deployable.world(all)
  w.passed = 100
  return w
end

function M.plan(w, services, grants, options)
  return assert(plans.make(w.region, M.desired(services, grants), options))
end

--- Plans and applies. Returns the results of the services by name, and everything that apply returns.
function M.apply(w, plan)
  local roles, changes, services = apply.apply(w.region, plan, { settle = false })
  local by_name = {}
  for _, one in ipairs(services) do
    by_name[one.name] = one
  end
  return by_name, roles, changes
end

--- Saves a plan, and reads it again.
function M.save(plan)
  return assert(plan_file.decode(json.decode(json.encode(plan_file.encode(plan))), "plan.json"))
end

--- Returns what a plan says about a service.
function M.find(plan, name)
  for _, one in ipairs(plan.service_plans) do
    if one.name == name then
      return one
    end
  end
  return nil
end

--- Returns the service as the emulator has it.
function M.stored(w, name)
  return w.world.region("us-east-1").services[name]
end

--- Returns the deployments of a service, newest first, as "VERSION IMAGE STATE" of the container `app`.
function M.versions(w, name)
  local found = {}
  for i, one in ipairs(assert(w.region:deployments(name))) do
    found[i] = ("%d %s %s"):format(one.version, one.request.containers.app.image:match "[^:]*$", one.state)
  end
  return found
end

return M
