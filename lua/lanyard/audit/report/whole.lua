--- Findings that need all repositories of an account and Region, derived from the merged report of all shards.
---
---     for _, finding in ipairs(whole.findings(scope)) do ... end
---
--- `scope` is an account and Region of a report, without an error.

local checks = require "lanyard.audit.checks"
local images = require "lanyard.audit.scan.images"

local M = {}

-- Returns a service of a report as checks know services.
local function service_of(plain, region)
  local role = plain.principalArn ~= "" and plain.principalArn or nil
  return { name = plain.name, region = region, role = { active = plain.isActive, arn = role },
    current = { images = plain.images }, failed = plain.failed }
end

-- Returns the services that the registry policy lets pull from a repository, as a set.
local function services_by_registry(scope)
  local names = {}
  for _, repository in ipairs(scope.repositories) do
    for _, name in ipairs(repository.by_registry or {}) do
      names[name] = true
    end
  end
  return names
end

-- Returns the inventory (lanyard.audit.scan.inventory) that a report describes, without policies.
local function inventory_of(scope)
  local inventory = {
    account = scope.account, region = scope.region, profile = scope.profile, role = scope.role,
    complete = true, absences = { confirmed = function() return scope.repositories[1] ~= nil end },
    has_unread = false, has_repositories = scope.repositories[1] ~= nil, granted = {},
    repositories = scope.repositories, services = {}, services_unknown = scope.services_error,
    deployments_unknown = scope.deployments_error, registry_unknown = scope.registry_error,
    intern = function(text) return text end,
  }
  local repositories = {}
  for _, repository in ipairs(scope.repositories) do
    repositories[repository.name] = repository
    inventory.has_unread = inventory.has_unread or repository.policy_error ~= nil
    for _, access in ipairs(repository.access) do
      inventory.granted[access.principal] = true
    end
  end
  local by_registry = services_by_registry(scope)
  for i, plain in ipairs(scope.services) do
    inventory.services[i] = service_of(plain, scope.region)
    inventory.granted[plain.principalArn] = inventory.granted[plain.principalArn] or by_registry[plain.name]
  end
  inventory.deployed = images.deployed(inventory, repositories)
  return inventory
end

--- Returns the findings of an account and Region that no shard alone can have.
---@param scope table  of a report
---@return audit.Finding[]?  nil when a service does not list its images, as in reports of earlier releases
function M.findings(scope)
  for _, service in ipairs(scope.services) do
    if not service.images then
      return nil
    end
  end
  return checks.of_all_shards(inventory_of(scope))
end

return M
