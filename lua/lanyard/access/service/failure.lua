--- The last deployment of a container service that failed. A service that runs an older deployment is RUNNING after a
--- failure, so that only the list of deployments shows it.

local deployments = require "lanyard.access.deployment.list"
local lazy = require "lanyard.lazy"

local diagnosis = lazy "lanyard.access.deployment.diagnosis"

local M = {}

--- A deployment that failed.
---@class access.service.Failure
---@field version integer
---@field created number       seconds since 1970
---@field superseded? integer  the version of a later deployment that became active
---@field reasons string[]     the most likely first; none if a later deployment became active

--- Reports whether a service can have a deployment that failed, as far as its description shows.
---@param service access.Service
---@return boolean
function M.is_possible(service)
  return service.state ~= "PENDING" and service.state ~= "DELETING" and not (service.next and service.next.version == 1)
end

-- Returns the newest deployment that failed, and the version of a later one that is or was active.
local function find(list)
  local superseded
  for _, deployment in ipairs(list) do
    if deployment.state == "FAILED" then
      return deployment, superseded
    elseif deployment.state == "ACTIVE" or deployment.state == "INACTIVE" then
      superseded = superseded or deployment.version
    end
  end
  return nil
end

local function text_of(cause)
  local advice = cause.words and "lanyard " .. table.concat(cause.words, " ") or cause.advice
  return cause.text .. (advice and ": " .. advice or "")
end

--- Returns the last deployment that failed, and likely reasons if no later one became active: images, policies and logs
--- are read for them only then.
---@param region access.Region
---@param service access.Service
---@return access.service.Failure? failure  nil without an error if no deployment failed
---@return aws.Error? err
function M.last(region, service)
  local list, err = deployments.list(region, service.name)
  if not list then
    return nil, err
  end
  local deployment, superseded = find(list)
  if not deployment then
    return nil
  end
  local failure = { version = deployment.version, created = deployment.created, superseded = superseded, reasons = {} }
  if not superseded then
    for i, cause in ipairs((diagnosis.causes(region, service, deployment, list))) do
      failure.reasons[i] = text_of(cause)
    end
  end
  return failure
end

return M
