--- Compares the services of a desired-state file with the services of a Region.
---
---     local list = services.make(region, desired, existing, { prune = true })
---
--- Nothing is changed. Rules are asked about each change.

local errors = require "lanyard.errors"
local resolve = require "lanyard.desired.resolve"
local running = require "lanyard.desired.services.running"
local task = require "lanyard.task"
local wants_of = require "lanyard.desired.services.wants"

local M = {}

--- What becomes of one service.
---@class desired.ServicePlan
---@field name string
---@field kind "create"|"update"|"delete"|"unchanged"  of the service itself
---@field entry? desired.Service  nil if the service is deleted
---@field service? access.Service  as it is; nil if it does not exist
---@field settings? access.service.Plan  how it differs, and the prices
---@field deployment? access.deployment.Plan  nil if the entry describes none
---@field deploys boolean  the deployment is not the one that runs, or is being made
---@field newest integer   the highest version of its deployments; 0 if they were not read
---@field skipped? string  why the containers of the entry are not deployed
---@field deletion? access.service.Deletion  what goes with the service
---@field saved? desired.SavedService  what a saved plan was made with
---@field err? lanyard.Error  why it cannot be planned; nothing of it is changed

-- The options of planning that come from the file as a whole.
---@class desired.ServiceOptions
---@field prune? boolean  delete services that the file does not name
---@field granted? fun(service: string, repository: string): boolean  the file grants it

-- How the service itself differs. true | nil, err
local function plan_settings(region, plan)
  local wants = wants_of.settings(plan.entry, plan.service)
  local result, err
  if plan.service then
    result, err = region:update_service(plan.name, wants, { dry_run = true })
  else
    result, err = region:create_service(plan.name, wants, { dry_run = true })
  end
  plan.settings = result and result.plan
  plan.kind = result and plan.settings.kind or "unchanged"
  return result and true, err
end

--- Plans the deployment of an entry.
---@param region access.Region
---@param entry desired.Service
---@param service? access.Service  as it is; nil if it does not exist
---@param granted? fun(repository: string): boolean  the file grants it
---@return access.deployment.Plan? deployment
---@return lanyard.Error? err
---@return integer? newest  the highest version
function M.deployment(region, entry, service, granted)
  local now, err = { newest = 0, stays = false }, nil
  if service then
    now, err = running.read(region, service)
  end
  local wants, deployment
  if now then
    wants, err = wants_of.deployment(entry, now.deployment and now.deployment.request)
  end
  if wants then
    deployment, err = running.in_place(region, service, now, wants)
  end
  if deployment == false then
    wants.dry_run, wants.granted = true, granted
    wants.enables = service and service.disabled
    wants.create = not service and { power = entry.power, scale = entry.scale } or nil
    deployment, err = region:plan_deployment(entry.name, wants)
  end
  return deployment, err, now and now.newest
end

-- How the deployment differs. true | nil, err
local function plan_deployment(region, plan, options)
  if plan.settings.after.disabled then
    plan.skipped = "its containers are not deployed while it is disabled"
    return true
  end
  local granted = options.granted and function(repository) return options.granted(plan.name, repository) end
  local deployment, err, newest = M.deployment(region, plan.entry, plan.service, granted)
  plan.deployment, plan.newest = deployment, newest or 0
  plan.deploys = deployment ~= nil and not deployment.in_place
  return deployment and true, err
end

--- Plans one entry.
---@param region access.Region
---@param entry desired.Service
---@param service? access.Service  as it is; nil if it does not exist
---@param options desired.ServiceOptions
---@return desired.ServicePlan
function M.entry(region, entry, service, options)
  local plan = { name = entry.name, kind = "unchanged", entry = entry, service = service, deploys = false, newest = 0 }
  local ok, err = plan_settings(region, plan)
  if ok and wants_of.has_deployment(entry) then
    ok, err = plan_deployment(region, plan, options)
  end
  plan.err = not ok and err or nil
  return plan
end

-- ---------------------------------------------------------------------------------------------
-- Deleting

-- The services that a file does not name, neither in an entry nor in a grant.
local function superfluous(desired, existing)
  local named, names = {}, {}
  for _, list in ipairs { desired.services, desired.grants } do
    for _, one in ipairs(list) do
      named[one.name or one.service] = true
    end
  end
  for _, service in pairs(existing) do
    names[#names + 1] = not named[service.name] and service.name or nil
  end
  table.sort(names)
  return names
end

--- Plans the deletion of services that exist.
---@param region access.Region
---@param names string[]
---@return desired.ServicePlan[]? plans
---@return lanyard.Error? err
function M.deletions(region, names)
  local deletions, err = region:plan_deletions(names)
  if not deletions then
    return nil, err
  end
  return task.map(deletions, function(deletion)
    local rehearsed, refused = region:delete_service(deletion, { dry_run = true })
    return { name = deletion.name, kind = rehearsed.kind == "would delete" and "delete" or "unchanged",
      service = deletion.service,
      deletion = deletion, deploys = false, newest = 0, err = refused }
  end, { limit = region.parallel })
end

--- Plans the services of a file.
---@param region access.Region
---@param desired desired.Desired
---@param existing table<string, access.Service>  all services of the Region, by name
---@param options desired.ServiceOptions
---@return desired.ServicePlan[]? plans  in the order of the file; then the services that are deleted
---@return lanyard.Error? err
function M.make(region, desired, existing, options)
  local plans = task.map(desired.services or {}, function(entry)
    return M.entry(region, entry, existing[entry.name], options)
  end, { limit = region.parallel })
  if options.prune then
    local deleted, err = M.deletions(region, superfluous(desired, existing))
    if not deleted then
      return nil, err
    end
    table.move(deleted, 1, #deleted, #plans + 1, plans)
  end
  return plans
end

--- Returns a function that reports whether a file grants a service pull access to a repository now.
---@param desired desired.Desired
---@param now integer  seconds since 1970
---@return fun(service: string, repository: string): boolean
function M.granted_by(desired, now)
  return function(service, repository)
    for _, grant in ipairs((resolve.grants_for(desired, repository))) do
      if grant.service == service and not grant.conflict and not (grant.expires and grant.expires <= now) then
        return true
      end
    end
    return false
  end
end

--- Reports whether a service would be changed.
---@param plan desired.ServicePlan
---@return boolean
function M.is_change(plan)
  return not plan.err and (plan.kind ~= "unchanged" or plan.deploys)
end

--- Returns a service that a plan creates, as far as it is known before.
---@param plan desired.ServicePlan
---@param region string
---@return access.Service
function M.future(plan, region)
  return { name = plan.name, region = region, state = "READY", role = { active = false }, tags = {}, domains = {},
    disabled = false, raw = {} }
end

--- Returns an error of a command that prunes what its file does not list.
---@param desired desired.Desired
---@param options { prune: boolean?, prune_services: boolean? }
---@return lanyard.Error?
function M.prune_error(desired, options)
  local option = options.prune and desired.has_grants == false and "--prune"
    or options.prune_services and not desired.services and "--prune-services"
  if not option then
    return nil
  end
  local member = option == "--prune" and "grants" or "services"
  return errors.new {
    code = "NothingToPruneBy",
    message = ("%s has no list of %s, so that %s would remove all of them"):format(desired.name, member, option),
    tip = ("write %s = {} if that is what you want"):format(member),
  }
end

return M
