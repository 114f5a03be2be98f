--- Plans a rollback: a new deployment with the containers of an earlier version.
---
---     local plan, err = region:plan_rollback("web")       -- the last version that was active before the current one
---     local plan, err = region:plan_rollback("web", 7)
---
--- The plan makes the checks of every deployment: the images still exist, and the role may pull them. Lightsail has no
--- operation for it; CreateContainerServiceDeployment is sent with the request of the version, environment included.

local deployments = require "lanyard.access.deployment.list"
local errors = require "lanyard.errors"
local plans = require "lanyard.access.deployment.plan"
local record = require "lanyard.access.deployment.record"
local requests = require "lanyard.access.deployment.request"

local M = {}

-- The states of a version that is or was active (API_ContainerServiceDeployment).
local WAS_ACTIVE = { ACTIVE = true, INACTIVE = true }

local function no_version(name, message, tip)
  return nil, errors.new {
    code = "NoDeployment", message = ("cannot roll back '%s': %s"):format(name, message),
    tip = tip or ("lanyard deployments %s lists the versions"):format(name),
  }
end

--- Returns the newest version below another one that was active.
---@param list access.Deployment[]  newest first
---@param below integer
---@param unlike? access.deployment.Request  skip versions with this request
---@return access.Deployment?
function M.previous(list, below, unlike)
  for _, deployment in ipairs(list) do
    if deployment.version < below and WAS_ACTIVE[deployment.state]
      and not (unlike and requests.same(deployment.request, unlike)) then
      return deployment
    end
  end
  return nil
end

--- Returns the rollback of this machine that a command began and did not end, once its deployment exists.
---@param region access.Region
---@param name string
---@param list access.Deployment[]  newest first
---@param by "deploy"|"rollback"    the command, which is repeated
---@return access.deployment.Rollback? rollback  with `version`, that of its deployment; nil if there is none
function M.interrupted(region, name, list, by)
  local rollback = record.rollback(region, name)
  local is_own = rollback and rollback.by == by
  local newest, target = list[1], is_own and deployments.find(list, rollback.to)
  if target and newest.version > rollback.newest and requests.same(newest.request, target.request) then
    rollback.version = newest.version
    return rollback
  end
  return nil
end

-- The version that is deployed again | nil, err
local function choose(name, list, current, version)
  if version then
    local chosen = deployments.find(list, version)
    if not chosen then
      return no_version(name, ("there is no version %d"):format(version),
        list[1] and ("Lightsail lists the versions %d to %d"):format(list[#list].version, list[1].version) or nil)
    elseif chosen.state == "FAILED" then
      return no_version(name, ("version %d failed and was never active"):format(version))
    elseif chosen.state == "ACTIVATING" then
      return no_version(name, ("version %d is being made"):format(version),
        ("lanyard wait deployment %s --version %d waits for it"):format(name, version))
    end
    return chosen
  end
  local chosen = current and M.previous(list, current)
  if not chosen then
    return no_version(name, "no version was active before the current one")
  end
  return chosen
end

-- Warns of tags that were pushed after the version was created: it does not run the same images again.
local function warn_of_tags(plan, chosen)
  for _, image in ipairs(plan.images) do
    if not image.digest and image.pushed and image.pushed > chosen.created then
      table.insert(plan.warnings, ("'%s' was pushed after version %d was created: the rollback runs another image than "
        .. "that version (deploy with --resolve to name digests)"):format(image.reference, chosen.version))
    end
  end
end

-- The version whose deployment counts as current: an interrupted rollback is not rolled back itself.
local function target(region, name, list, service, wants)
  local current = service.current and service.current.version
  local interrupted = not wants.version and M.interrupted(region, name, list, "rollback")
  if interrupted then
    return deployments.find(list, interrupted.to)
  end
  return choose(name, list, current, wants.version)
end

--- A plan of a rollback.
---@class access.deployment.RollbackPlan: access.deployment.Plan
---@field to integer  the version whose containers are deployed again

--- Plans a rollback.
---@param region access.Region
---@param name string
---@param wants? { version: integer?, dry_run: boolean?, force: boolean?, has_url: boolean? }  version: the last one
---  that was active before the current one, if absent; has_url: without a public endpoint, the plan is an error
---@return access.deployment.RollbackPlan? plan
---@return aws.Error? err  code NoDeployment if there is no such version
function M.plan(region, name, wants)
  wants = wants or {}
  local service, err = region:service(name)
  local list, chosen, plan
  if service then
    list, err = deployments.list(region, name)
  end
  if list then
    chosen, err = target(region, name, list, service, wants)
  end
  if chosen then
    plan, err = plans.plan(region, name, {
      images = {}, request = chosen.request, force = wants.force, dry_run = wants.dry_run,
      has_url = wants.has_url,
    })
  end
  if not plan then
    return nil, err
  end
  plan.to, plan.base = chosen.version, chosen
  warn_of_tags(plan, chosen)
  return plan
end

--- Carries out a plan of a rollback, and remembers on this machine that it was begun until `finish` is called.
---@param region access.Region
---@param plan access.deployment.RollbackPlan
---@param by "deploy"|"rollback"  the command that rolls back
---@param options? access.deployment.Options
---@return access.deployment.Result result
---@return aws.Error? err
function M.begin(region, plan, by, options)
  local name = plan.service.name
  if not (plan.in_place or plan.in_progress) then
    record.set_rollback(region, name, { from = plan.current and plan.current.version or 0, to = plan.to,
      newest = plan.newest, by = by })
  end
  return region:deploy(plan, options)
end

--- Notes that a rollback has ended.
---@param region access.Region
---@param name string
function M.finish(region, name)
  if record.rollback(region, name) then
    record.set_rollback(region, name, nil)
  end
end

return M
