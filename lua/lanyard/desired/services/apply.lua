--- Applies the services of a plan: creates and changes them, deploys to them, and deletes them.
---
--- Each step is repeated until it is complete: a service that exists as asked for is not created again, a deployment
--- that is being made is followed, and one that runs is not requested again.

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local plans = require "lanyard.desired.services.plan"
local stale = require "lanyard.desired.services.stale"
local task = require "lanyard.task"
local waiting = require "lanyard.access.wait"
local wants_of = require "lanyard.desired.services.wants"

local M = {}

-- How many services are changed in parallel.
local PARALLEL = 16

--- What was done with one service.
---@class desired.ServiceResult
---@field name string
---@field plan desired.ServicePlan
---@field kind "created"|"updated"|"deleted"|"unchanged"|"failed"|"not changed"|"interrupted"  of the service itself
---@field deployment? "deployed"|"unchanged"|"failed"|"not deployed"|"interrupted"  nil if the file describes none
---@field version? integer  of the deployment
---@field url? string       of the public endpoint
---@field release? access.deployment.Release
---@field state? "sending"|"requested"|"ended"  how far the current request is
---@field err? lanyard.Error

--- Returns a result for each service that a plan names, before anything is done.
---@param plan desired.Plan
---@return desired.ServiceResult[]
function M.results(plan)
  local results = {}
  for _, one in ipairs(plan.service_plans or {}) do
    if not one.err then
      local deploys = one.deploys and "not deployed" or one.deployment and "unchanged" or nil
      results[#results + 1] = {
        name = one.name, plan = one, kind = one.kind == "unchanged" and "unchanged" or "not changed",
        deployment = deploys, version = one.deployment and one.deployment.current and one.deployment.current.version,
      }
    end
  end
  return results
end

-- ---------------------------------------------------------------------------------------------
-- The service itself

local function options_of(result, options)
  return { timeout = options.timeout, progress = options.progress, observe = function(state) result.state = state end }
end

-- Creates a service; Lightsail disables only one that exists. result | nil, err
local function create(region, plan, one, result, options)
  local wants = wants_of.settings(one.entry, nil)
  local disabled = wants.disabled
  wants.disabled = nil
  wants.role = lists.contains(plan.enable, one.name) or nil
  local made, err = region:create_service(one.name, wants, options_of(result, options))
  if made and disabled then
    local updated
    updated, err = region:update_service(one.name, { disabled = true }, options_of(result, options))
    made = updated and { kind = made.kind, service = updated.service }
  end
  return made, err
end

-- Creates or changes a service.
local function change(region, plan, one, result, options)
  local made, err
  if one.kind == "create" then
    made, err = create(region, plan, one, result, options)
  elseif one.kind == "update" or one.entry and waiting.is_busy(one.service) and not one.deploys then
    made, err = region:update_service(one.name, wants_of.settings(one.entry, one.service), options_of(result, options))
  else
    return
  end
  result.kind, result.err = made and made.kind or "failed", err
  if made and plan.services[one.name] then
    plan.services[one.name] = made.service
  elseif not made and one.kind == "create" then
    plan.services[one.name] = false
  end
end

--- Creates and changes the services of a plan. Afterwards the plan has the services that exist.
---@param region access.Region
---@param plan desired.Plan
---@param results desired.ServiceResult[]
---@param options desired.ApplyOptions
function M.change(region, plan, results, options)
  task.map(results, function(result)
    if not result.plan.deletion then
      change(region, plan, result.plan, result, options)
    end
    return true
  end, { limit = PARALLEL })
end

--- Reports whether a service was created.
---@param results desired.ServiceResult[]
---@param name string
---@return boolean
function M.is_created(results, name)
  for _, result in ipairs(results) do
    if result.name == name and result.kind == "created" then
      return true
    end
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Deployments

-- The plan of a deployment as it is now, once no other change of the service is in progress. plan | nil, err
local function plan_again(region, one, options)
  local service, err = region:service(one.name)
  if not service then
    return nil, err
  end
  local deployment, newest
  deployment, err, newest = plans.deployment(region, one.entry, service)
  if deployment and waiting.is_busy(service) and not deployment.in_progress then
    service, err = region:wait_for_service(one.name, { timeout = options.timeout, progress = options.progress })
    if not service then
      return nil, err
    end
    deployment, err, newest = plans.deployment(region, one.entry, service)
  end
  if deployment then
    err = stale.deployment(one, deployment, newest)
  end
  return not err and deployment or nil, err
end

-- Returns the error of a deployment that ended otherwise than active.
local function failure_of(name, done)
  local outcome = done.outcome
  if not outcome or outcome.result == "active" then
    return nil
  end
  return errors.new {
    code = "DeploymentFailed",
    message = ("deployment %d of '%s' %s%s"):format(outcome.version, name,
      outcome.result == "replaced" and "was replaced by a later one" or outcome.result,
      done.reasons and done.reasons[1] and ": " .. done.reasons[1] or ""),
    tip = ("lanyard wait deployment %s --version %d prints the reasons and logs"):format(name, outcome.version),
  }
end

local function deploy(region, one, result, options)
  local deployment, err = plan_again(region, one, options)
  if not deployment then
    result.deployment, result.err = "failed", err
    return
  end
  result.deployment, result.seen = "interrupted", {}
  local done
  done, err = region:release(deployment, {
    timeout = options.timeout, settle = options.settle ~= false, progress = options.progress, seen = result.seen,
  })
  err = err or failure_of(one.name, done)
  result.deployment = err and "failed" or done.kind == "unchanged" and "unchanged" or "deployed"
  result.release, result.version, result.url, result.err = done, done.version, done.url, err
end

--- Deploys to the services of a plan.
---@param region access.Region
---@param plan desired.Plan
---@param results desired.ServiceResult[]
---@param options desired.ApplyOptions
function M.deploy(region, plan, results, options)
  task.map(results, function(result)
    local has_role = not result.plan.deployment or not result.plan.deployment.needs_role
      or plan.services[result.name] ~= false
    if result.plan.deploys and not result.err and has_role then
      deploy(region, result.plan, result, options)
    end
    return true
  end, { limit = PARALLEL })
end

--- Deletes the services that a plan deletes, after everything else.
---@param region access.Region
---@param results desired.ServiceResult[]
---@param options desired.ApplyOptions
function M.delete(region, results, options)
  task.map(results, function(result)
    if result.plan.deletion then
      local done, err = region:delete_service(result.plan.deletion, {
        timeout = options.timeout, settle = options.settle ~= false, progress = options.progress,
        observe = function(state) result.state = state end,
      })
      result.kind, result.err = err and "failed" or done.kind, err
    end
    return true
  end, { limit = PARALLEL })
end

return M
