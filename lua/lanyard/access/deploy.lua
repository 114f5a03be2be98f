-- Deploying images of ECR to a container service, as planned (lanyard.access.deploy_plan): turning the role
-- on, granting, and asking for the deployment.
--
--   local result, err = region:deploy(plan)
--
-- CreateContainerServiceDeployment makes another deployment each time: after a request that broke off, the
-- list of deployments is looked at before it is sent again.

local deployments = require "lanyard.access.deployments"
local errors = require "lanyard.errors"
local retry = require "lanyard.aws.retry"
local waiters = require "lanyard.aws.waiters"
local waiting = require "lanyard.access.wait"

local M = {}

-- How often a deployment is asked for whose fate is not known, how long it is looked for in between, and
-- how often, in seconds.
local ATTEMPTS = 3
local LOOK = 20
local LOOK_EVERY = 2

local function contended(plan, version)
  return errors.new {
    code = "Contended",
    message = ("somebody deployed version %d to '%s' meanwhile; nothing of this was deployed")
      :format(version, plan.service.name),
    tip = "look at what it is (lanyard status), then run the command again",
  }
end

-- Whether somebody deployed since the plan was made. nil: no | version: yes, and it may be ours | nil, err
local function look(region, plan, may_be_ours)
  local list, err = deployments.list(region, plan.service.name)
  local newest = list and list[1]
  if not newest or newest.version <= plan.newest then
    return nil, err
  elseif may_be_ours and deployments.same(newest.request, plan.request) then
    return newest.version
  end
  return nil, contended(plan, newest.version)
end

-- The version that a request which broke off has made | nil: none | nil, err
local function find_made(region, plan)
  local wait = waiters.new {
    clock = region.clock, timeout = LOOK, pauses = waiters.growing(LOOK_EVERY, LOOK_EVERY, 1),
  }
  local last_err
  local version, err = wait:poll(function()
    local version, err = look(region, plan, true)
    last_err = err
    if version then
      return "success", version
    end
    return err and not err.retryable and "failure" or "retry", err
  end, function() return last_err end)
  return version, err
end

-- The version of an answer's new deployment; where the answer has none, the newest in the list.
local function version_of(region, plan, reply)
  local coming = (reply.containerService or {}).nextDeployment
  local version = type(coming) == "table" and math.tointeger(coming.version)
  if version then
    return version
  end
  local found, err = find_made(region, plan)
  return found, not found and (err or errors.new {
    code = "InvalidResponse", message = "Lightsail took the deployment, but lists none that is new",
    operation = "CreateContainerServiceDeployment",
  }) or nil
end

-- Waits for another change of the service, which may be the deployment of a request that broke off.
-- version: it was | nil: ask again | nil, err
local function await_turn(region, plan, wait, lost)
  wait.progress(("%s: busy with another change; waiting"):format(plan.service.name))
  local ok, err = wait:sleep(plan.service, "another change of the service")
  if not ok then
    return nil, err
  end
  return look(region, plan, lost > 0)
end

-- Asks for the deployment. It is not sent twice but after a look that found it not made; while the service
-- changes otherwise, waits. version | nil, err
local function create(region, plan, wait)
  local input = deployments.request(plan.request)
  input.serviceName = plan.service.name
  local lost = 0
  while true do
    wait.progress(("%s: asking for the deployment"):format(plan.service.name))
    local reply, err = region.lightsail:CreateContainerServiceDeployment(input)
    if reply then
      return version_of(region, plan, reply)
    end
    local version, why
    if wait:is_temporary(err) then
      version, why = await_turn(region, plan, wait, lost)
    elseif retry.may_have_happened(err) then
      lost = lost + 1
      version, why = find_made(region, plan)
      why = why or lost == ATTEMPTS and err or nil
    else
      why = err
    end
    if version or why then
      return version, why
    end
  end
end

local function first_failure(changes)
  for _, item in ipairs(changes) do
    if item.err then
      return item.err
    end
  end
  return nil
end

-- Turns the role on where it is needed, and grants. true | nil, err
local function let_in(region, plan, result, options)
  if not plan.needs_role then
    return true
  end
  local folder, err = region:region_folder() -- without a journal no grant is made
  if not folder then
    return nil, err
  end
  local role
  role, err = region:enable(plan.service.name, { timeout = options.timeout, progress = options.progress })
  result.role = role or { kind = "failed", err = err }
  if not role then
    return nil, err
  end
  plan.service = role.service
  result.grants = region:change_each(plan.repositories, function(repository)
    return region:grant(plan.service, repository, { settle = options.settle, progress = options.progress })
  end)
  err = first_failure(result.grants)
  return not err, err
end

-- deploy(region, plan [, options]) --> { kind = "requested" | "unchanged", version, role | nil, grants },
-- err | nil. Turns the role on, grants, and asks for the deployment, which lanyard.access.follow follows
-- to its end. With an err the result tells how far it came: version is nil, and kind "not deployed", where
-- the role ({ kind = "failed", err }) or a grant failed before, or "failed".
-- options: timeout in seconds for each wait, settle, progress(text).
function M.deploy(region, plan, options)
  options = options or {}
  local result = { kind = "not deployed", grants = {} }
  local ok, err = let_in(region, plan, result, options)
  if not ok then
    return result, err
  elseif plan.in_place then
    result.kind, result.version = "unchanged", plan.current.version
    return result
  end
  local wait = waiting.new(region, plan.service.name, {
    timeout = options.timeout, progress = options.progress,
    tip = ("lanyard wait service %s waits on; then run the command again"):format(plan.service.name),
  })
  result.version, err = create(region, plan, wait)
  result.kind = result.version and "requested" or "failed"
  return result, err
end

return M
