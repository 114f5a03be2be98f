--- The grants that the deployments of a desired-state file need. A file need not repeat them, and pruning keeps them.

local lists = require "lanyard.lists"
local plans = require "lanyard.desired.services.plan"
local resolve = require "lanyard.desired.resolve"

local M = {}

-- Reports whether a service is created by the plan.
local function is_created(one)
  return one.kind == "create" and not one.err
end

--- Returns the services that grants can name: the ones of the Region, and the ones that the plan creates.
---@param plan desired.Plan
---@return access.Service[]
function M.services(plan)
  local all = {}
  for _, service in pairs(plan.all_services) do
    all[#all + 1] = service
  end
  for _, one in ipairs(plan.service_plans or {}) do
    if is_created(one) then
      all[#all + 1] = plans.future(one, plan.region)
    end
  end
  return all
end

--- Returns the services that do not exist, and that the plan fails to create.
---@param plan desired.Plan
---@return table<string, boolean>
function M.missing(plan)
  local names = {}
  for _, one in ipairs(plan.service_plans or {}) do
    if one.err and not one.service then
      names[one.name] = true
    end
  end
  return names
end

--- Adds the services of the entries to the services of a plan, which has the ones that grants name. A service whose
--- role cannot be granted is a failure only if its deployment needs the role.
---@param plan desired.Plan
function M.add_services(plan)
  for _, one in ipairs(plan.service_plans or {}) do
    if plan.services[one.name] == nil and one.entry and not one.err then
      local service = one.service or plans.future(one, plan.region)
      local err = resolve.role_error(service, one.name, plan.region)
      local needs_role = one.deploys and one.deployment.needs_role
      table.insert(plan.failures, err and needs_role and { service = one.name, err = err } or nil)
      plan.services[one.name] = not err and service or false
    end
  end
end

--- Adds the grants that the deployments need and the file does not have.
---@param plan desired.Plan
---@param grants table<string, desired.RepositoryGrant[]>  by repository
---@param repositories access.Repository[]
function M.add_implied(plan, grants, repositories)
  local known, granted = lists.by_name(repositories), {} -- granted: services by repository
  for name, list in pairs(grants) do
    granted[name] = {}
    for _, grant in ipairs(list) do
      granted[name][grant.service] = true
    end
  end
  for _, one in ipairs(plan.service_plans or {}) do
    for _, repository in ipairs(not one.err and one.deploys and one.deployment.repositories or {}) do
      if not known[repository.name] then
        known[repository.name], repositories[#repositories + 1] = repository, repository
      end
      local list, services = grants[repository.name] or {}, granted[repository.name] or {}
      grants[repository.name], granted[repository.name] = list, services
      if not services[one.name] then
        services[one.name] = true
        list[#list + 1] = { service = one.name, path = one.entry.path .. ".containers", implied = true }
      end
    end
  end
  table.sort(repositories, function(a, b) return a.name < b.name end)
end

local function keep(entry, service)
  if entry then
    entry.protected = entry.protected or {}
    entry.protected[service] = true
  end
end

-- The repositories of what a service runs, and of what is being deployed to it.
local function running_repositories(service)
  local names = {}
  for _, deployment in pairs { service.current, service.next } do
    for _, image in pairs(deployment.images) do
      names[#names + 1] = image:match "^%d+%.dkr[.-]ecr[^/]*/([^:@]+)"
    end
  end
  return names
end

--- Keeps the grants of running deployments, and all grants of services that cannot be planned (`plan.unplanned`).
---@param plan desired.Plan
function M.protect(plan)
  local entries = {}
  plan.unplanned = plan.unplanned or {}
  for _, entry in ipairs(plan.prune and plan.entries or {}) do
    entries[entry.repository.name] = entry
  end
  for _, one in ipairs(plan.prune and plan.service_plans or {}) do
    for _, repository in ipairs(not one.err and one.deployment and one.deployment.repositories or {}) do
      keep(entries[repository.name], one.name)
    end
    local stays = not one.deployment and one.kind ~= "delete" and one.service
    for _, name in ipairs(stays and running_repositories(stays) or {}) do
      keep(entries[name], one.name)
    end
    plan.unplanned[one.name] = plan.unplanned[one.name] or one.err and true
  end
end

return M
