--- Carries out a planned deployment: enables the role, grants, and requests the deployment.
---
---     local result, err = region:deploy(plan)
---
--- CreateContainerServiceDeployment creates another deployment each time it is called. After a request whose reply was
--- lost, the list of deployments is read before the request is sent again.

local deployments = require "lanyard.access.deployment.list"
local errors = require "lanyard.errors"
local record = require "lanyard.access.deployment.record"
local requests = require "lanyard.access.deployment.request"
local retry = require "lanyard.aws.retry"
local services = require "lanyard.access.services"
local waiters = require "lanyard.aws.waiters"
local waiting = require "lanyard.access.wait"

local M = {}

-- How often a request is sent whose replies are lost; after each, for how long and how often the deployment is looked
-- for in the list, in seconds.
local ATTEMPTS = 3
local SEARCH = 20
local SEARCH_EVERY = 2

local function contended(plan, version)
  return errors.new {
    code = "Contended",
    message = ("another deployment, version %d, was created for '%s' in the meantime; nothing was deployed")
      :format(version, plan.service.name),
    tip = "check that deployment (lanyard status), then run the command again",
  }
end

-- Reads whether a deployment was created since the plan was made. nil: none | version, if it can be the plan's own |
-- nil, err
local function find_new(region, plan, may_be_own)
  local list, err = deployments.list(region, plan.service.name)
  local newest = list and list[1]
  if not newest or newest.version <= plan.newest then
    return nil, err
  elseif may_be_own and requests.same(newest.request, plan.request) then
    return newest.version
  end
  return nil, contended(plan, newest.version)
end

-- The version that a request with a lost reply created | nil: none | nil, err
local function search(region, plan)
  local wait = waiters.new {
    clock = region.clock, timeout = SEARCH, pauses = waiters.growing(SEARCH_EVERY, SEARCH_EVERY, 1),
  }
  local last_err
  return wait:poll(function()
    local version, err = find_new(region, plan, true)
    last_err = err
    if version then
      return "success", version
    end
    return err and not err.retryable and "failure" or "retry", err
  end, function() return last_err end)
end

-- Returns the version of a reply's new deployment, or the newest one in the list if the reply has none.
local function version_of(region, plan, reply)
  local coming = (reply.containerService or {}).nextDeployment
  local version = type(coming) == "table" and math.tointeger(coming.version)
  if version then
    return version
  end
  local found, err = search(region, plan)
  return found, not found and (err or errors.new {
    code = "InvalidResponse", message = "Lightsail accepted the deployment, but does not list a new one",
    operation = "CreateContainerServiceDeployment",
  }) or nil
end

-- Waits for another change of the service, which may be the deployment of a request whose reply was lost.
-- version: it was | nil: send the request again | nil, err
local function await_turn(region, plan, wait, lost)
  wait.progress(("%s: waiting for another change of the service"):format(plan.service.name))
  local ok, err = wait:sleep(plan.service, "another change of the service")
  if not ok then
    return nil, err
  end
  return find_new(region, plan, lost > 0)
end

-- Requests the deployment. The request is sent again only once the list shows that no deployment was created, or
-- another change of the service is over. version | nil, err
local function create(region, plan, wait)
  local input = requests.from(plan.request)
  input.serviceName = plan.service.name
  local lost = 0
  while true do
    wait.progress(("%s: requesting the deployment"):format(plan.service.name))
    local reply, err = region.lightsail:CreateContainerServiceDeployment(input)
    if reply then
      local ok, mistaken = services.check_changed(reply, plan.service.name, "CreateContainerServiceDeployment")
      if not ok then
        return nil, mistaken
      end
      return version_of(region, plan, reply)
    end
    local version, failure
    if wait:is_temporary(err) then
      version, failure = await_turn(region, plan, wait, lost)
    elseif retry.may_have_happened(err) then
      lost = lost + 1
      version, failure = search(region, plan)
      failure = failure or lost == ATTEMPTS and err or nil
    else
      failure = err
    end
    if version or failure then
      return version, failure
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

-- Enables the role if it is needed, and grants. true | nil, err
local function grant_pulls(region, plan, seen, options)
  local result = seen.result
  if not plan.needs_role then
    return true
  end
  local directory, err = region:journal_directory() -- without a journal no grant is made
  if not directory then
    return nil, err
  end
  local role
  role, err = region:enable(plan.service.name, {
    timeout = options.timeout, progress = options.progress,
    observe = function(state) seen.role_state = state end,
  })
  result.role = role or { kind = "failed", err = err }
  if not role then
    return nil, err
  end
  plan.service = role.service
  result.grants = region:change_each(plan.repositories, function(repository)
    return region:grant(plan.service, repository, { settle = options.settle, progress = options.progress })
  end, function(index, one)
    seen.started[index], seen.grants[index] = true, one
  end)
  err = first_failure(result.grants)
  return not err, err
end

-- Creates the service of a plan, with its puller role on if it is needed. true | nil, err
local function create_service(region, plan, seen, options)
  seen.result.created = { kind = "interrupted" }
  local wants = { power = plan.creates.power, scale = plan.creates.scale, role = plan.needs_role or nil }
  local created, err = region:create_service(plan.service.name, wants, {
    timeout = options.timeout, progress = options.progress, observe = function(state) seen.service_state = state end,
  })
  seen.result.created = created and { kind = created.kind } or { kind = "failed", err = err }
  if created then
    plan.service = created.service
  end
  return created and true, err
end

--- What was done.
---@class access.deployment.Result
---@field kind "requested"|"unchanged"|"in progress"|"not deployed"|"failed"|"interrupted"|"failed earlier"  in
---  progress: an earlier request of the same deployment; not deployed: a step before it failed; interrupted: while it
---  was requested; failed earlier: in a command that was interrupted while it rolled back
---@field version? integer  of the deployment
---@field created? { kind: string, err: aws.Error? }  how the service was created, if the plan creates it
---@field role? { kind: string, service: access.Service?, err: aws.Error? }  how the puller role was enabled
---@field grants { repository: string, change: access.PolicyChange?, err: aws.Error? }[]  what was granted

--- What is known of a deployment that is being carried out.
---@class access.deployment.Seen
---@field result access.deployment.Result
---@field stage? "following"|"testing"|"restoring"  what follows the request, see lanyard.access.deployment.release
---@field service_state? string  how far the creation of the service is, see access.service.Options
---@field role_state? string  how far the change of the role is, see access.RoleOptions
---@field started table<integer, boolean>  the grants that were begun, by position
---@field grants table<integer, table>     the results of grants, by position

--- Enables the role, grants, and requests the deployment. lanyard.access.deployment.follow waits for it.
---@param region access.Region
---@param plan access.deployment.Plan
---@param options? { timeout: number?, settle: boolean?, progress: nil|fun(text: string), seen: table? }  timeout: of
---  each wait; seen: filled as the deployment is carried out, for a caller that can be interrupted
---@return access.deployment.Result result  with an error too: what was done before it
---@return aws.Error? err
function M.deploy(region, plan, options)
  options = options or {}
  local result, seen = { kind = "not deployed", grants = {} }, options.seen or {}
  seen.result, seen.started, seen.grants = result, {}, {}
  local ok, err = true, nil
  if plan.creates then
    ok, err = create_service(region, plan, seen, options)
  end
  if ok then
    ok, err = grant_pulls(region, plan, seen, options)
  end
  if not ok then
    return result, err
  elseif plan.in_place then
    result.kind, result.version = "unchanged", plan.current.version
    return result
  elseif plan.in_progress then
    result.kind, result.version = "in progress", plan.in_progress
    return result
  end
  local wait = waiting.new(region, plan.service.name, {
    timeout = options.timeout, progress = options.progress,
    tip = ("lanyard wait service %s continues to wait; then run the command again"):format(plan.service.name),
  })
  result.kind = "interrupted"
  result.version, err = create(region, plan, wait)
  result.kind = result.version and "requested" or "failed"
  if result.version then
    record.note(region, result.version, plan)
  end
  return result, err
end

return M
