--- Builds, compares and checks requests for deployments.
---
--- A request holds secrets in its environments. Show only what `shown` returns.

local credentials_core = require "lanyard.credentials"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local secrets = require "lanyard.aws.secrets"

local M = {}

--- What CreateContainerServiceDeployment accepts, without members that are empty.
---@class access.deployment.Request
---@field containers table<string, access.deployment.Container>  by name
---@field publicEndpoint? { containerName: string, containerPort: integer, healthCheck: table? }

--- A container of a deployment, as CreateContainerServiceDeployment has it.
---@class access.deployment.Container
---@field image string  as CreateContainerServiceDeployment has it
---@field command? string[]  the words of the command
---@field environment? table<string, string>  variables by name
---@field ports? table<string, string>  protocols by port

-- https://docs.aws.amazon.com/general/latest/gr/lightsail.html
local MOST_CONTAINERS = 10

--- The members of a health check that Lightsail adds if they are absent.
M.HEALTH_CHECK = {
  healthyThreshold = 2, unhealthyThreshold = 2, timeoutSeconds = 2, intervalSeconds = 5, path = "/",
  successCodes = "200-499",
}

local function object(value)
  return type(value) == "table" and next(value) ~= nil and value or nil
end

-- A reply has floats where a request needs integers. A string of digits stays a string.
local function integer(value)
  return math.type(value) == "float" and math.tointeger(value) or value
end

local function copy_of(map)
  local copy = {}
  for name, value in pairs(map) do
    copy[name] = integer(value)
  end
  return copy
end

--- Returns the request for a deployment as a reply or a file has it; also a copy of a request.
---@param raw table
---@return access.deployment.Request
function M.from(raw)
  local request = { containers = {} }
  for name, container in pairs(object(raw.containers) or {}) do
    request.containers[name] = {
      image = container.image,
      command = object(container.command) and json.array(copy_of(container.command)),
      environment = object(container.environment) and copy_of(container.environment),
      ports = object(container.ports) and copy_of(container.ports),
    }
  end
  local endpoint = object(raw.publicEndpoint)
  if endpoint then
    request.publicEndpoint = {
      containerName = endpoint.containerName,
      containerPort = integer(endpoint.containerPort),
      healthCheck = object(endpoint.healthCheck) and copy_of(endpoint.healthCheck),
    }
  end
  return request
end

--- Returns a copy of a request with everything that Lightsail adds.
---@param request access.deployment.Request
---@return access.deployment.Request
function M.completed(request)
  local copy = M.from(request)
  if copy.publicEndpoint then
    local check = copy_of(M.HEALTH_CHECK)
    for name, value in pairs(copy.publicEndpoint.healthCheck or {}) do
      check[name] = value
    end
    copy.publicEndpoint.healthCheck = check
  end
  return copy
end

local function equal(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b
  end
  for name, value in pairs(a) do
    if not equal(value, b[name]) then
      return false
    end
  end
  for name in pairs(b) do
    if a[name] == nil then
      return false
    end
  end
  return true
end

--- Reports whether two requests ask for the same deployment.
---@param a access.deployment.Request
---@param b access.deployment.Request
---@return boolean
function M.same(a, b)
  return equal(M.completed(a), M.completed(b))
end

--- Returns the values that were fetched for variables, which are shown in no case.
---@param variables access.deployment.Variable[]
---@return table<string, boolean>
function M.fetched(variables)
  local values = {}
  for _, one in ipairs(variables or {}) do
    values[one.reference.value] = true
  end
  return values
end

--- Returns a copy to show. Values of environment variables are "***", or "*** (new)" if another request has no such
--- variable, or another value for it.
---@param request access.deployment.Request
---@param reveal? boolean  show the values
---@param other? access.deployment.Request
---@param hidden? table<string, boolean>  values that are not shown in any case
---@return access.deployment.Request
function M.shown(request, reveal, other, hidden)
  local copy = M.from(request)
  for name, container in pairs(copy.containers) do
    local before = other and other.containers[name]
    for variable, value in pairs(container.environment or {}) do
      local known = not other or before and before.environment and before.environment[variable] == value
      if not reveal or hidden and hidden[value] then
        container.environment[variable] = known and "***" or "*** (new)"
      end
    end
  end
  return copy
end

--- Returns a function that removes the values of environment variables from texts. Short values, which occur in words
--- and numbers of any text, stay: see lanyard.aws.secrets.
---@param requests any  requests, or tables that contain some
---@param reveal? boolean  leave the values in
---@param hidden? table<string, boolean>  values that are removed in any case
---@return fun(text: string): string
function M.redactor(requests, reveal, hidden)
  local values = {}
  for value in pairs(hidden or {}) do
    values[#values + 1] = value
  end
  if reveal and #values == 0 then
    return function(text) return text end
  end
  local known = secrets.of { not reveal and requests or {}, { environment = values } }
  local redactor = credentials_core.redactor(known, secrets.SHORTEST)
  return function(text) return redactor:redact(text) end
end

local function invalid(message)
  return nil, errors.new { code = "InvalidDeployment", message = message, tip = "nothing was deployed" }
end

local function check_endpoint(endpoint, containers)
  local container = containers[endpoint.containerName]
  if not container then
    return invalid(("the public endpoint is container '%s', which the deployment does not have: %s")
      :format(endpoint.containerName, table.concat(lists.sorted_names(containers), ", ")))
  end
  local protocol = container.ports and container.ports[tostring(endpoint.containerPort)]
  if not protocol then
    return invalid(("the public endpoint is port %s of container '%s', which is not one of its open ports")
      :format(endpoint.containerPort, endpoint.containerName))
  elseif protocol == "TCP" or protocol == "UDP" then
    return invalid(("the public endpoint is port %s of container '%s', which has the protocol %s, not HTTP or HTTPS")
      :format(endpoint.containerPort, endpoint.containerName, protocol))
  end
  return true
end

--- Checks what the members of a request cannot show one by one.
---@param request access.deployment.Request
---@return true? ok
---@return aws.Error? err  code InvalidDeployment
function M.check(request)
  local containers = lists.sorted_names(request.containers)
  if #containers == 0 then
    return invalid "a deployment needs at least one container: pass CONTAINER=REPOSITORY[:TAG]"
  elseif #containers > MOST_CONTAINERS then
    return invalid(("a deployment can have %d containers, not %d"):format(MOST_CONTAINERS, #containers))
  end
  for _, name in ipairs(containers) do
    if not request.containers[name].image then
      return invalid(("container '%s' has no image"):format(name))
    end
  end
  if request.publicEndpoint then
    return check_endpoint(request.publicEndpoint, request.containers)
  end
  return true
end

return M
