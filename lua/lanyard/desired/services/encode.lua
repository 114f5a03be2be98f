--- Writes services as a desired-state file has them, without the values of environment variables.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local stale = require "lanyard.desired.services.stale"

local M = {}

-- A variable of a saved plan. A literal value that is deployed already is kept; another one is in the file only.
local function variable(one, is_deployed)
  if one == false then
    return false
  elseif one.reference then
    return { reference = one.reference.text }
  elseif one.keep or is_deployed then
    return { keep = true }
  end
  return { literal = true }
end

local function environment(plan, name, container)
  if container.keeps_environment then
    return { keep = true }
  elseif not container.environment then
    return nil
  end
  local variables = {}
  for _, key in ipairs(lists.sorted_names(container.environment)) do
    local one = container.environment[key]
    variables[key] = variable(one, one and one.value and stale.is_deployed(plan.deployment, name, key, one.value))
  end
  return variables
end

local function public(endpoint)
  return endpoint and {
    containerName = endpoint.containerName, containerPort = endpoint.containerPort, healthCheck = endpoint.healthCheck,
  }
end

local function containers(plan, entry)
  local all = {}
  for name, one in pairs(entry.containers) do
    all[name] = one and {
      image = one.image, command = one.command and json.array(one.command) or one.command, ports = one.ports,
      environment = environment(plan, name, one),
    }
  end
  return all
end

--- Returns the entry of a service for a saved plan.
---@param plan desired.ServicePlan
---@return table
function M.entry(plan)
  local entry = plan.entry
  local domains
  if entry.no_domains then
    domains = false
  elseif entry.domains then
    domains = {}
    for certificate, names in pairs(entry.domains) do
      domains[certificate] = names and json.array(names)
    end
  end
  local endpoint = entry.public
  if endpoint then
    endpoint = public(endpoint)
  end
  return {
    name = entry.name, power = entry.power, scale = entry.scale, disabled = entry.disabled, role = entry.role,
    tags = entry.tags, domains = domains, public = endpoint,
    containers = entry.containers and containers(plan, entry) or nil,
  }
end

return M
