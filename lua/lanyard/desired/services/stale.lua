--- Compares the services of a saved plan with what they are now: a plan does not change a service that has changed
--- since. What an interrupted run of the same plan did is not a change.

local differences = require "lanyard.access.service.differences"
local errors = require "lanyard.errors"
local requests = require "lanyard.access.deployment.request"
local service_plan = require "lanyard.access.service.plan"
local service_state = require "lanyard.access.service.state"
local wants_of = require "lanyard.desired.services.wants"

local M = {}

--- What a saved plan was made with.
---@class desired.SavedService
---@field kind "create"|"update"|"delete"|"unchanged"
---@field arn? string
---@field before? access.service.State
---@field newest integer
---@field deploys boolean
---@field images table<string, string>  digests by container, as far as they were checked
---@field references table<string, string>  versions by "CONTAINER VARIABLE"

local function stale(name, what)
  return errors.new {
    code = "StalePlan",
    message = ("the service '%s' %s after the plan was made; it was not changed"):format(name, what),
    tip = "make a new plan",
  }
end

local function matches(list, member, name)
  for _, one in ipairs(list) do
    if one.member == member and one.name == name then
      return false
    end
  end
  return true
end

-- Returns what changed since, other than as the plan changes it | nil
local function foreign_change(saved, current, after)
  local left = after and differences.between(current, after)
  for _, one in ipairs(differences.between(saved.before, current)) do
    if one.member ~= "role" and not (left and matches(left, one.member, one.name)) then
      local label, _, now = differences.texts(one)
      return ("was changed (%s is %s)"):format(label, now)
    end
  end
  return nil
end

-- Returns the error of a service that was to be created, and exists.
local function created_error(plan)
  local wants = wants_of.settings(plan.entry, nil)
  wants.disabled = nil
  if service_plan.compare(plan.service, wants).kind ~= "unchanged" then
    return stale(plan.name, "was created, otherwise than as planned,")
  end
  return nil
end

--- Returns why a plan of a service does not fit the saved one, or nil if it fits.
---@param plan desired.ServicePlan  as it is now, with `saved`
---@return lanyard.Error?
function M.settings(plan)
  local saved, service = plan.saved, plan.service
  if saved.kind == "create" then
    return service and created_error(plan)
  elseif not service then
    return saved.kind ~= "delete" and stale(plan.name, "was deleted") or nil
  elseif service.arn ~= saved.arn then
    return stale(plan.name, "was created again")
  end
  local after = plan.entry
    and service_state.with(saved.before, wants_of.settings(plan.entry, { domains = saved.before.domains }))
  local changed = foreign_change(saved, service_state.of(service), after)
  return changed and stale(plan.name, changed)
end

-- Returns the first image or reference that is another one than planned | nil
local function moved(saved, deployment)
  for _, image in ipairs(deployment.images) do
    local digest = saved.images[image.container]
    if digest and image.found_digest and image.found_digest ~= digest then
      return ("cannot be deployed to as planned: '%s' points to another image, which was pushed")
        :format(image.reference)
    end
  end
  for _, one in ipairs(deployment.references) do
    local version = saved.references[one.container .. " " .. one.name]
    if version and version ~= one.reference.version then
      return ("cannot be deployed to as planned: %s has version %s, and had version %s; it was changed")
        :format(one.reference.text, one.reference.version or "unknown", version)
    end
  end
  return nil
end

--- Returns why a deployment does not fit the saved plan, or nil if it fits, or if the plan was not saved.
---@param plan desired.ServicePlan
---@param deployment access.deployment.Plan  as it is now
---@param newest integer  the highest version now
---@return lanyard.Error?
function M.deployment(plan, deployment, newest)
  local saved = plan.saved
  if not saved or deployment.in_place or deployment.in_progress then
    return nil
  elseif newest > saved.newest then
    return stale(plan.name, ("got deployment %d"):format(newest))
  elseif not saved.deploys then
    return stale(plan.name, "needs a deployment that the plan does not have: something was changed")
  end
  local what = moved(saved, deployment)
  return what and stale(plan.name, what)
end

--- Returns why a service that would be deleted is another one than planned, or nil.
---@param plan desired.ServicePlan
---@return lanyard.Error?
function M.deletion(plan)
  local list = plan.deletion.deployments
  local newest = list and list[1] and list[1].version or 0
  if newest ~= plan.saved.newest then
    return stale(plan.name, ("got deployment %d"):format(newest))
  end
  return nil
end

--- Returns the digests of a deployment's images and the versions of its references, as a saved plan has them.
---@param deployment? access.deployment.Plan
---@return table<string, string> images
---@return table[] references
function M.evidence(deployment)
  local images, references = {}, {}
  for _, image in ipairs(deployment and deployment.images or {}) do
    images[image.container] = image.found_digest
  end
  for i, one in ipairs(deployment and deployment.references or {}) do
    references[i] = { container = one.container, variable = one.name, reference = one.reference.text,
      version = one.reference.version }
  end
  return images, references
end

-- Reports whether a deployment that runs has the value that an entry gives a variable.
---@param deployment? access.deployment.Plan
---@param container string
---@param variable string
---@param value string
---@return boolean
function M.is_deployed(deployment, container, variable, value)
  local current = deployment and deployment.current and requests.from(deployment.current.request)
  local deployed = current and current.containers[container]
  return deployed ~= nil and deployed.environment ~= nil and deployed.environment[variable] == value
end

return M
