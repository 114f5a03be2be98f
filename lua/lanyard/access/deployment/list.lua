--- Lists the deployments of a container service.

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local lazy = require "lanyard.lazy"

local requests = lazy "lanyard.access.deployment.request"

local M = {}

--- A deployment of a container service.
---@class access.Deployment
---@field version integer  its number, from 1
---@field state "ACTIVATING"|"ACTIVE"|"INACTIVE"|"FAILED"  as Lightsail has it
---@field created number  seconds since 1970
---@field request access.deployment.Request  as CreateContainerServiceDeployment has it

local ANSWER = { service = "lightsail", operation = "GetContainerServiceDeployments" }

--- Returns the deployments of a service, newest first.
---@param region access.Region
---@param service_name string
---@return access.Deployment[]? deployments
---@return aws.Error? err
function M.list(region, service_name)
  local reply, err = region.lightsail:GetContainerServiceDeployments { serviceName = service_name }
  if not reply then
    return nil, err
  end
  local list, known = {}, {}
  for i, raw in ipairs(reply.deployments) do
    local version = math.tointeger(raw.version)
    if known[version] or not raw.createdAt then
      return answers.invalid(ANSWER, ("the reply has deployment %d %s"):format(version,
        known[version] and "twice" or "without the time of its creation"))
    end
    known[version] = true
    list[i] = { version = version, state = raw.state, created = raw.createdAt, request = requests.from(raw) }
  end
  -- AWS's documentation states both orders.
  table.sort(list, function(a, b) return a.version > b.version end)
  return list
end

--- Returns the deployment of a version.
---@param list access.Deployment[]
---@param version integer
---@return access.Deployment?
function M.find(list, version)
  for _, deployment in ipairs(list) do
    if deployment.version == version then
      return deployment
    end
  end
  return nil
end

--- Returns the deployment of a version, or the newest one.
---@param region access.Region
---@param service_name string
---@param version? integer
---@return access.Deployment? deployment
---@return aws.Error? err  code NoDeployment
function M.choose(region, service_name, version)
  local list, err = M.list(region, service_name)
  if not list then
    return nil, err
  end
  local chosen = version and M.find(list, version) or not version and list[1]
  if not chosen then
    return nil, errors.new {
      code = "NoDeployment",
      message = version and ("the service '%s' has no deployment %d"):format(service_name, version)
        or ("the service '%s' has no deployment"):format(service_name),
      tip = list[1] and ("the newest is %d"):format(list[1].version)
        or ("lanyard deploy %s CONTAINER=REPOSITORY[:TAG] creates one"):format(service_name),
    }
  end
  return chosen
end

return M
