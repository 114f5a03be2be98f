--- Changes single settings of a deployment's request: ports, command, environment, public endpoint, health check.
---
---     local ok, err = edits.apply(request, wants)
---
--- What is not named stays as it is. A setting of a container names it; with a single container it need not.

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"

local M = {}

--- A setting of a container.
---@class access.deployment.Setting
---@field option string       the option that it is from, for messages
---@field container? string   not needed for the only container

--- An environment variable.
---@class access.deployment.Variable: access.deployment.Setting
---@field name string
---@field value? string  its literal value
---@field reference? access.deployment.Reference  instead of a value

local function invalid(message, tip)
  return nil, errors.new { code = "InvalidDeployment", message = message, tip = tip or "nothing was deployed" }
end

-- The name of the container of a setting | nil, err
local function container_of(request, setting)
  local names = lists.sorted_names(request.containers)
  if #names == 0 then
    return requests.check(request) -- an error: a deployment has containers
  elseif setting.container and not request.containers[setting.container] then
    return invalid(("%s names the container '%s', which the deployment does not have: %s")
      :format(setting.option, setting.container, table.concat(names, ", ")))
  elseif not setting.container and #names > 1 then
    return invalid(("%s must name one of the %d containers (%s)"):format(setting.option, #names,
      table.concat(names, ", ")), ("write %s %s:..."):format(setting.option, names[1]))
  end
  return setting.container or names[1]
end

-- Sets the container of each setting of a list, which is then known. true | nil, err
local function locate(request, settings)
  for _, setting in ipairs(settings or {}) do
    local name, err = container_of(request, setting)
    if not name then
      return nil, err
    end
    setting.container = name
  end
  return true
end

-- Opens the public endpoint's port if it is not open, and keeps the health check of its container.
local function set_endpoint(request, wanted)
  local container = request.containers[wanted.containerName]
  local before = request.publicEndpoint
  local port = tostring(wanted.containerPort)
  if container then
    container.ports = container.ports or {}
    container.ports[port] = container.ports[port] or "HTTP"
  end
  request.publicEndpoint = {
    containerName = wanted.containerName,
    containerPort = wanted.containerPort,
    healthCheck = before and before.containerName == wanted.containerName and before.healthCheck or nil,
  }
end

-- Sets the public endpoint and its health check. true | nil, err
local function apply_endpoint(request, wants)
  if wants.no_public then
    request.publicEndpoint = nil
  elseif wants.public_endpoint_file then
    request.publicEndpoint = wants.public_endpoint_file
  elseif wants.public_endpoint then
    local wanted = wants.public_endpoint
    local name, err = container_of(request, { option = "--public", container = wanted.containerName })
    if not name and wanted.containerName then
      request.publicEndpoint = wanted
      return true -- the check of the whole request reports it
    elseif not name then
      return nil, err
    end
    set_endpoint(request, { containerName = name, containerPort = wanted.containerPort })
  end
  if wants.health then
    if not request.publicEndpoint then
      return invalid("a health check is of the public endpoint, and the deployment has none",
        "pass --public CONTAINER:PORT")
    end
    local check = request.publicEndpoint.healthCheck or {}
    request.publicEndpoint.healthCheck = check
    for member, value in pairs(wants.health) do
      check[member] = value
    end
  end
  return true
end

local function apply_environment(request, wants)
  for _, setting in ipairs(wants.unset or {}) do
    local environment = request.containers[setting.container].environment
    if environment then
      environment[setting.name] = nil
    end
  end
  for _, variable in ipairs(wants.variables or {}) do
    local container = request.containers[variable.container]
    container.environment = container.environment or {}
    container.environment[variable.name] = variable.reference and variable.reference.value or variable.value
  end
  for _, container in pairs(request.containers) do
    if container.environment and next(container.environment) == nil then
      container.environment = nil
    end
  end
end

--- Finds the container of each setting.
---@param request access.deployment.Request
---@param wants access.deployment.Wants  the settings get their containers
---@return true? ok
---@return aws.Error? err  code InvalidDeployment
function M.locate(request, wants)
  for _, settings in ipairs { wants.ports or {}, wants.commands or {}, wants.variables or {}, wants.unset or {} } do
    local ok, err = locate(request, settings)
    if not ok then
      return nil, err
    end
  end
  return true
end

--- Puts settings into a request. Their containers and the values of their references are known.
---@param request access.deployment.Request
---@param wants access.deployment.Wants
---@return true? ok
---@return aws.Error? err  code InvalidDeployment
function M.apply(request, wants)
  for _, setting in ipairs(wants.ports or {}) do
    local container = request.containers[setting.container]
    container.ports = container.ports or {}
    container.ports[setting.port] = setting.protocol
  end
  for _, setting in ipairs(wants.commands or {}) do
    request.containers[setting.container].command = #setting.words > 0 and setting.words or nil
  end
  apply_environment(request, wants)
  return apply_endpoint(request, wants)
end

return M
