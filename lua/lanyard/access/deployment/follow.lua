--- Follows a deployment until it has ended.
---
--- A deployment is followed by its version, not by the state of the service: the service is RUNNING before a
--- deployment and again after one that failed. While the deployment is in progress, it is the service's
--- nextDeployment; after that, the list of deployments shows its result. A deployment that disappears from both was
--- canceled.

local deployments = require "lanyard.access.deployment.list"
local waiting = require "lanyard.access.wait"

local M = {}

-- Activation takes at least five minutes; a deployment whose image cannot be pulled, up to 15. In seconds.
local TIMEOUT = 1800

-- For how long a deployment may be neither in progress nor ended while the service deploys nothing, in seconds: replies
-- may be late.
local GRACE = 30

local RESULTS = { ACTIVE = "active", FAILED = "failed", INACTIVE = "replaced" }

--- How a deployment ended.
---@class access.deployment.Outcome
---@field version integer  of the deployment
---@field result "active"|"failed"|"canceled"|"replaced"  replaced: a later deployment is active
---@field service access.Service  as it is afterwards
---@field seconds number  for how long it was followed

-- The result of a version that is not in progress | nil if it is not known yet | nil, err
local function result_of(region, name, version)
  local list, err = deployments.list(region, name)
  if not list then
    return nil, not err.retryable and err or nil
  end
  local deployment = deployments.find(list, version)
  return deployment and RESULTS[deployment.state]
end

--- Waits until a deployment has ended.
---@param region access.Region
---@param name string      the service's name
---@param version integer
---@param options? access.WaitOptions
---@return access.deployment.Outcome? outcome
---@return aws.Error? err
function M.follow(region, name, version, options)
  options = options or {}
  local began, missing_since, result = region.clock.now(), nil, nil
  local wait = waiting.new(region, name, {
    timeout = options.timeout or TIMEOUT, poll = options.poll, progress = options.progress,
    tip = ("it may still finish: lanyard wait deployment %s --version %d continues to wait"):format(name, version),
  })
  local service, err = wait:until_true("deployment " .. version, function(service)
    if service.next and service.next.version == version then
      missing_since = nil
      return false
    end
    local failure
    result, failure = result_of(region, name, version)
    if failure then
      return nil, failure
    end
    local now = region.clock.now()
    missing_since = service.state ~= "DEPLOYING" and (missing_since or now) or nil
    if not result and missing_since and now - missing_since >= GRACE then
      result = "canceled"
    end
    return result ~= nil
  end)
  if not service then
    return nil, err
  end
  return { version = version, result = result, service = service, seconds = region.clock.now() - began }
end

return M
