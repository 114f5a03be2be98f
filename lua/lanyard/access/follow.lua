-- Following a deployment to its end.
--
-- By its version, never by the service's state: that is RUNNING before a deployment and again after one
-- that failed. While it is under way it is the service's nextDeployment; then it is the current one, or
-- the list of deployments tells what became of it. One that vanished without a word was canceled.

local deployments = require "lanyard.access.deployments"
local errors = require "lanyard.errors"
local waiting = require "lanyard.access.wait"

local M = {}

-- Activation takes five minutes at least; a deployment that cannot pull, up to a quarter of an hour.
M.TIMEOUT = 1800

-- How long a deployment may be neither the next one nor ended while the service deploys nothing, in
-- seconds: answers may be late.
local GRACE = 30

local ENDINGS = { ACTIVE = "active", FAILED = "failed", INACTIVE = "replaced" }

-- What became of a version that is not the service's next one. ending | nil: not known yet | nil, err
local function look_back(region, name, version)
  local list, err = deployments.list(region, name)
  if not list then
    return nil, not err.retryable and err or nil
  end
  local deployment = deployments.find(list, version)
  return deployment and ENDINGS[deployment.state]
end

-- choose(region, service name [, version]) --> the deployment of that version, or the newest | nil, err where
-- there is none
function M.choose(region, name, version)
  local list, err = deployments.list(region, name)
  if not list then
    return nil, err
  end
  local chosen = version and deployments.find(list, version) or not version and list[1]
  if not chosen then
    return nil, errors.new {
      code = "NoDeployment",
      message = version and ("the service '%s' has no deployment %d"):format(name, version)
        or ("the service '%s' has no deployment yet"):format(name),
      tip = ("lanyard deploy %s CONTAINER=REPOSITORY[:TAG] makes one"):format(name),
    }
  end
  return chosen
end

-- follow(region, service name, version, options) --> { version, ending, service, seconds } | nil, err
-- ending: "active" | "failed" | "canceled" | "replaced" (by a later one that is active); seconds: how long
-- it was followed. options: timeout in seconds, poll, progress(text).
function M.follow(region, name, version, options)
  options = options or {}
  local began, missed_since, ending = region.clock.now(), nil, nil
  local wait = waiting.new(region, name, {
    timeout = options.timeout or M.TIMEOUT, poll = options.poll, progress = options.progress,
    tip = ("it may go on by itself: lanyard wait deployment %s --version %d waits on"):format(name, version),
  })
  local service, err = wait:until_true("deployment " .. version, function(service)
    if service.next and service.next.version == version then
      missed_since = nil
      return false
    end
    local why
    ending, why = look_back(region, name, version)
    if why then
      return nil, why
    end
    local now = region.clock.now()
    missed_since = service.state ~= "DEPLOYING" and (missed_since or now) or nil
    if not ending and missed_since and now - missed_since >= GRACE then
      ending = "canceled"
    end
    return ending ~= nil
  end)
  if not service then
    return nil, err
  end
  return { version = version, ending = ending, service = service, seconds = region.clock.now() - began }
end

return M
