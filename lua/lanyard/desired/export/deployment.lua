--- The deployments of exported services. Values of environment variables are secrets: both tools get them as inputs,
--- which a person sets.

local lists = require "lanyard.lists"

local M = {}

--- A value that the person who uses the export sets.
---@class desired.ExportedInput
---@field name string       a text that identifies it, with the service, the container and the variable
---@field description string

--- A deployment of an exported service.
---@class desired.ExportedDeployment
---@field request access.deployment.Request
---@field version? integer  of the deployment, if it runs
---@field inputs table<string, table<string, desired.ExportedInput>>  by container and variable

-- Where the value of a variable comes from, by container and variable.
local function references_of(deployment)
  local found = {}
  for _, one in ipairs(deployment.references) do
    found[one.container .. " " .. one.name] = one.reference.text
  end
  return found
end

--- Returns what an export has of the deployment of a plan.
---@param service string
---@param deployment access.deployment.Plan
---@return desired.ExportedDeployment
function M.of(service, deployment)
  local inputs, references = {}, references_of(deployment)
  for name, container in pairs(deployment.request.containers) do
    inputs[name] = {}
    for variable in pairs(container.environment or {}) do
      local reference = references[name .. " " .. variable]
      inputs[name][variable] = {
        name = ("%s %s %s"):format(service, name, variable),
        description = ("Variable %s of container %s of %s%s"):format(variable, name, service,
          reference and ", from " .. reference or ""),
      }
    end
  end
  return {
    request = deployment.request, inputs = inputs,
    version = deployment.in_place and deployment.current.version or nil,
  }
end

--- Returns the inputs of all services, sorted by name.
---@param services desired.ExportedService[]
---@return desired.ExportedInput[]
function M.inputs(services)
  local by_name, all = {}, {}
  for _, service in ipairs(services) do
    for _, variables in pairs(service.deployment and service.deployment.inputs or {}) do
      for _, input in pairs(variables) do
        by_name[input.name] = input
      end
    end
  end
  for i, name in ipairs(lists.sorted_names(by_name)) do
    all[i] = by_name[name]
  end
  return all
end

return M
