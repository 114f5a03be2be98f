-- Deployments of container services: what there are, and what is asked for.
--
-- A deployment: { version, state, created (seconds since 1970), request }. A request is what
-- CreateContainerServiceDeployment takes: { containers = { [name] = { image, command, environment,
-- ports } }, publicEndpoint = { containerName, containerPort, healthCheck } }. Its environments hold secrets:
-- nothing of it is shown but by way of `shown`.

local credentials_core = require "lanyard.credentials"
local errors = require "lanyard.errors"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local secrets = require "lanyard.aws.secrets"

local M = {}

-- https://docs.aws.amazon.com/general/latest/gr/lightsail.html
M.MOST_CONTAINERS = 10

-- What Lightsail takes for a health check that is not given, or is given in part.
M.HEALTH_CHECK = {
  healthyThreshold = 2, unhealthyThreshold = 2, timeoutSeconds = 2, intervalSeconds = 5, path = "/",
  successCodes = "200-499",
}

local function object(value)
  return type(value) == "table" and next(value) ~= nil and value or nil
end

-- Numbers of an answer are floats; a request has whole ones. A text of digits stays a text.
local function whole(value)
  return math.type(value) == "float" and math.tointeger(value) or value
end

local function copy_of(map)
  local copy = {}
  for name, value in pairs(map) do
    copy[name] = whole(value)
  end
  return copy
end

-- request(raw) --> a request of what an answer or a file has as a deployment, without what is empty
function M.request(raw)
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
      containerPort = whole(endpoint.containerPort),
      healthCheck = object(endpoint.healthCheck) and copy_of(endpoint.healthCheck),
    }
  end
  return request
end

-- list(region, service name) --> deployments, the newest first | nil, err
function M.list(region, name)
  local reply, err = region.lightsail:GetContainerServiceDeployments { serviceName = name }
  if not reply then
    return nil, err
  end
  local list = {}
  for i, raw in ipairs(reply.deployments) do
    list[i] = { version = whole(raw.version), state = raw.state, created = raw.createdAt, request = M.request(raw) }
  end
  -- AWS's page says both, that they ascend and that the newest comes first.
  table.sort(list, function(a, b) return a.version > b.version end)
  return list
end

-- find(list, version) --> deployment | nil
function M.find(list, version)
  for _, deployment in ipairs(list) do
    if deployment.version == version then
      return deployment
    end
  end
  return nil
end

-- completed(request) --> a copy of it with all that Lightsail adds
function M.completed(request)
  local copy = M.request(request)
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

-- Whether two requests ask for the same.
function M.same(a, b)
  return equal(M.completed(a), M.completed(b))
end

-- shown(request [, reveal [, other]]) --> a copy to show: values of environments are *** unless
-- `reveal`, or "*** (new)" where another request has no such variable or another value.
function M.shown(request, reveal, other)
  local copy = M.request(request)
  for name, container in pairs(copy.containers) do
    local before = other and other.containers[name]
    for variable, value in pairs(not reveal and container.environment or {}) do
      local known = not other or before and before.environment and before.environment[variable] == value
      container.environment[variable] = known and "***" or "*** (new)"
    end
  end
  return copy
end

-- hider(requests [, reveal]) --> function(text): the text without the values of environments that a request,
-- or what holds some, has anywhere
function M.hider(requests, reveal)
  if reveal then
    return function(text) return text end
  end
  local redactor = credentials_core.redactor(secrets.of(requests))
  return function(text) return redactor:redact(text) end
end

local function bad(what)
  return nil, errors.new { code = "InvalidDeployment", message = what, tip = "nothing was deployed" }
end

-- check(request) --> true | nil, err: what no single member tells
function M.check(request)
  local containers = lists.sorted_names(request.containers)
  if #containers == 0 then
    return bad "a deployment needs at least one container: name one as CONTAINER=REPOSITORY[:TAG]"
  elseif #containers > M.MOST_CONTAINERS then
    return bad(("a deployment can have %d containers, not %d"):format(M.MOST_CONTAINERS, #containers))
  end
  for _, name in ipairs(containers) do
    if not request.containers[name].image then
      return bad(("container '%s' has no image"):format(name))
    end
  end
  local endpoint = request.publicEndpoint
  local public = endpoint and request.containers[endpoint.containerName]
  if endpoint and not public then
    return bad(("the public endpoint is container '%s', which the deployment has not: %s")
      :format(endpoint.containerName, table.concat(containers, ", ")))
  elseif endpoint and not (public.ports and public.ports[tostring(endpoint.containerPort)]) then
    return bad(("the public endpoint is port %s of container '%s', which is not among its open ports")
      :format(endpoint.containerPort, endpoint.containerName))
  end
  return true
end

return M
