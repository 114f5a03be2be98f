--- Compares a desired-state file with a Region.
---
---     local desired = assert(file.read "grants.lua")
---     local plan = assert(plans.make(region, desired, { prune = true }))
---     if plans.has_changes(plan) then ... end

local answers = require "lanyard.aws.answers"
local desired_file = require "lanyard.desired.file"
local errors = require "lanyard.errors"
local inventory = require "lanyard.desired.inventory"
local lists = require "lanyard.lists"
local preview = require "lanyard.desired.preview"
local repositories = require "lanyard.access.repositories"
local resolve = require "lanyard.desired.resolve"
local saved_services = require "lanyard.desired.services.saved"
local service_grants = require "lanyard.desired.services.grants"
local service_plans = require "lanyard.desired.services.plan"
local task = require "lanyard.task"

local M = {}

---@class desired.Plan
---@field region string
---@field account string
---@field file string  the desired-state file
---@field prune boolean  whether grants that the file does not have are removed
---@field fold boolean  whether statements may be combined to save space
---@field now integer  seconds since 1970
---@field services table<string, table|false>  services that the file names; false when one cannot be granted
---@field all_services table<string, table>  all services of the Region
---@field enable string[]  services whose puller role is turned on
---@field saved_roles? string[]  services whose role a saved plan turns on
---@field saved_unchanged_services? string[]  services that a saved plan does not change
---@field entries desired.Entry[]
---@field failures desired.Failure[]
---@field service_plans? desired.ServicePlan[]  nil if the file has no list of services
---@field unplanned? table<string, boolean>  services that cannot be planned: all their grants stay

-- Returns the repositories of a desired-state file, or nil when it has a glob.
local function repository_names(desired)
  local names = {}
  for _, grant in ipairs(desired.grants) do
    for _, name in ipairs(grant.repositories) do
      if repositories.is_glob(name) then
        return nil
      end
      names[#names + 1] = name
    end
  end
  return names
end

-- Lists the named repositories, or all of them when globs or pruning need all. When a named one does not exist, ECR
-- fails the whole call, and the full list shows which.
local function list_repositories(region, desired, prune)
  local names = not prune and repository_names(desired)
  if names then
    local found, err = region:repositories(names)
    if found or not answers.rejected(err, "RepositoryNotFoundException") then
      return found, err
    end
  end
  return region:repositories()
end

local function check_region(region, desired)
  if desired.region and desired.region ~= region.name then
    return nil, errors.new {
      code = "RegionMismatch",
      message = ("%s is for Region %s, not %s"):format(desired.name, desired.region, region.name),
    }
  end
  return true
end

-- Reads what a plan compares. { services, repositories, account } | nil, err
local function read(region, desired, options)
  local ok, err = check_region(region, desired)
  err = err or service_plans.prune_error(desired, options)
  if not ok or err then
    return nil, err
  end
  local services, listed = inventory.read(region, function()
    return list_repositories(region, desired, options.prune)
  end)
  if not services then
    return nil, listed
  end
  local account
  account, err = region:account()
  return account and {
    services = services, repositories = table.move(listed, 1, #listed, 1, {}), account = account,
  }, err
end

-- Plans the services, and adds their failures. true | nil, err
local function plan_services(region, plan, desired, options)
  local err
  plan.service_plans, err = service_plans.make(region, desired, plan.all_services, {
    prune = options.prune_services, granted = service_plans.granted_by(desired, plan.now),
  })
  for _, one in ipairs(plan.service_plans or {}) do
    table.insert(plan.failures, one.err and { service = one.name, err = one.err })
  end
  return plan.service_plans and true, err
end

-- Adds the entries of the repositories.
local function add_entries(plan, found, grants)
  for _, repository in ipairs(found.repositories) do
    if grants[repository.name] or plan.prune then
      table.insert(plan.entries, { repository = repository, grants = grants[repository.name] or {} })
    end
  end
end

--- Makes the plan of a desired-state file. Nothing is written.
---@param region access.Region
---@param desired desired.Desired
---@param options? { prune: boolean?, prune_services: boolean?, fold: boolean?, meter: lanyard.Meter? }  prune: read all
---  repositories, remove what the file does not have; prune_services: delete services that the file does not have;
---  meter: counts repositories
---@return desired.Plan?
---@return lanyard.Error?
function M.make(region, desired, options)
  options = options or {}
  local found, err = read(region, desired, options)
  if not found then
    return nil, err
  end
  local plan = {
    region = region.name, account = found.account, file = desired.name, prune = options.prune or false,
    fold = options.fold or false, now = region:time(), all_services = lists.by_name(found.services), entries = {},
    failures = {},
  }
  local ok = true
  if desired.services then
    ok, err = plan_services(region, plan, desired, options)
  end
  if not ok then
    return nil, err
  end
  local resolved = resolve.resolve(desired, {
    region = region.name, services = service_grants.services(plan), repositories = found.repositories,
    failed = service_grants.missing(plan),
  })
  table.move(resolved.failures, 1, #resolved.failures, #plan.failures + 1, plan.failures)
  plan.services = resolved.services
  service_grants.add_services(plan)
  service_grants.add_implied(plan, resolved.grants, found.repositories)
  add_entries(plan, found, resolved.grants)
  service_grants.protect(plan)
  return preview.run(region, plan, options.meter)
end

-- Plans the services of a saved plan again.
local function resume_services(region, plan, saved)
  local granted = {}
  for _, entry in ipairs(saved.entries) do
    for _, grant in ipairs(entry.grants) do
      granted[grant.service .. " " .. entry.repository.name] = true
    end
  end
  local context = {
    file = saved.file, read = function() return (desired_file.read(saved.file)) end,
    granted = function(service, repository) return granted[service .. " " .. repository] or false end,
  }
  plan.service_plans = task.map(saved.services, function(one)
    return saved_services.resume(region, one, plan.all_services[one.name], context)
  end, { limit = region.parallel })
  for _, one in ipairs(plan.service_plans) do
    table.insert(plan.failures, one.err and { service = one.name, err = one.err })
    if one.err then
      plan.services[one.name] = false
    end
  end
  service_grants.add_services(plan)
  service_grants.protect(plan)
end

-- Finds the services of a saved plan's grants. What the saved plan lists as a failure or as a conflict is still not
-- applied.
local function bind_services(plan)
  local conflicts = {}
  for _, failure in ipairs(plan.failures) do
    if failure.service and failure.repository then
      conflicts[failure.service .. " " .. failure.repository] = failure.err
    elseif failure.service then
      plan.services[failure.service] = false
    end
  end
  for _, entry in ipairs(plan.entries) do
    for _, grant in ipairs(entry.grants) do
      local name = grant.service
      grant.conflict = conflicts[name .. " " .. entry.repository.name]
      if plan.services[name] == nil then
        local err = resolve.role_error(plan.all_services[name], name, plan.region)
        plan.services[name] = not err and plan.all_services[name] or false
        table.insert(plan.failures, err and { service = name, err = err })
      end
    end
  end
end

--- Makes the plan that a saved plan comes to now.
---@param region access.Region
---@param saved desired.SavedPlan
---@param meter? lanyard.Meter  counts repositories
---@return desired.Plan?
---@return lanyard.Error? err  code PlanMismatch when the plan is for another account or Region
function M.resume(region, saved, meter)
  local account, err = region:account()
  if not account then
    return nil, err
  elseif saved.account ~= account or saved.region ~= region.name then
    return nil, errors.new {
      code = "PlanMismatch",
      message = ("the plan is for account %s in %s, but the session is for account %s in %s"):format(saved.account,
        saved.region, account, region.name),
    }
  end
  local services
  services, err = region:services()
  if not services then
    return nil, err
  end
  local plan = {
    region = region.name, account = account, file = saved.file, prune = saved.prune, fold = saved.fold,
    now = region:time(), services = {}, all_services = lists.by_name(services),
    saved_roles = saved.roles, saved_unchanged = saved.unchanged, entries = saved.entries,
    failures = table.move(saved.failures, 1, #saved.failures, 1, {}),
  }
  plan.saved_unchanged_services = saved.unchanged_services
  if saved.services then
    resume_services(region, plan, saved)
  end
  bind_services(plan)
  return preview.run(region, plan, meter)
end

--- Returns the entries that would change something.
---@param plan desired.Plan
---@return desired.Entry[]
function M.changing(plan)
  local entries = {}
  for _, entry in ipairs(plan.entries) do
    entries[#entries + 1] = entry.change and entry.change.kind ~= "unchanged" and entry or nil
  end
  return entries
end

--- Reports whether a grant of an entry cannot be applied: its service does not exist or cannot be granted, or the file
--- contradicts itself. The failures list it; the repository does not match the file and does not count as unchanged.
---@param plan desired.Plan
---@param entry desired.Entry
---@return boolean
function M.is_incomplete(plan, entry)
  for _, grant in ipairs(entry.grants) do
    if grant.conflict or not plan.services[grant.service] then
      return true
    end
  end
  return false
end

--- Returns the entries that already match the file.
---@param plan desired.Plan
---@return desired.Entry[]
function M.unchanged(plan)
  local entries = {}
  for _, entry in ipairs(plan.entries) do
    local matches = entry.change and entry.change.kind == "unchanged" and not M.is_incomplete(plan, entry)
    entries[#entries + 1] = matches and entry or nil
  end
  return entries
end

--- Reports whether applying a plan would change anything.
---@param plan desired.Plan
---@return boolean
function M.has_changes(plan)
  for _, one in ipairs(plan.service_plans or {}) do
    if service_plans.is_change(one) then
      return true
    end
  end
  return #plan.enable > 0 or #M.changing(plan) > 0
end

--- Reports whether a plan deletes services.
---@param plan desired.Plan
---@return boolean
function M.deletes_services(plan)
  for _, one in ipairs(plan.service_plans or {}) do
    if one.kind == "delete" and not one.err then
      return true
    end
  end
  return false
end

return M
