--- Restricts a report to one container service.
---
---     local found = service.restrict(report, "web")

local principals = require "lanyard.access.principal"

local M = {}

-- Returns the service whose role a principal is, else nil.
local function service_of(principal)
  return principal and principal:find "^arn:" and principals.classify("AWS", principal).service
end

local function filter(list, predicate)
  local rest = setmetatable({}, getmetatable(list))
  for _, item in ipairs(list) do
    rest[#rest + 1] = predicate(item) and item or nil
  end
  return rest
end

-- Reports whether the registry policy lets a service pull.
local function is_by_registry(repository)
  return repository.by_registry ~= nil and #repository.by_registry > 0
end

-- Restricts one account and Region of a report. Returns whether the service, or a grant to it, exists or may exist.
local function restrict_scope(scope, name)
  scope.services = scope.services and filter(scope.services, function(service) return service.name == name end)
  local function is_named(one) return one == name end
  local found = scope.services_error ~= nil or scope.services ~= nil and #scope.services > 0
  for _, repository in ipairs(scope.repositories or {}) do
    repository.access = filter(repository.access, function(access) return access.service == name end)
    repository.by_registry = repository.by_registry and filter(repository.by_registry, is_named)
    found = found or #repository.access > 0 or is_by_registry(repository)
  end
  scope.repositories = scope.repositories and filter(scope.repositories, function(repository)
    return repository.policy_error ~= nil or #repository.access > 0 or is_by_registry(repository)
  end)
  return found
end

--- Removes from a report what does not concern a container service. A repository whose policy could not be read stays,
--- because it may concern the service; so does a finding that names neither a service nor a principal.
---@param report audit.Report
---@param name string
---@return boolean found  whether the service, or a grant to it, exists or may exist
function M.restrict(report, name)
  local found = false
  report.partial = report.partial or {}
  report.partial.service = name
  for _, scope in ipairs(report.scopes) do
    found = restrict_scope(scope, name) or found
  end
  local shown = {}
  for _, scope in ipairs(report.scopes) do
    for _, repository in ipairs(scope.repositories or {}) do
      shown[("%s/%s/%s"):format(scope.account, scope.region, repository.name)] = true
    end
  end
  local function concerns(item)
    if item.service or item.principal then
      return (item.service or service_of(item.principal)) == name
    end
    return true
  end
  report.findings = filter(report.findings, concerns)
  local muted = report.muted and filter(report.muted, concerns)
  report.muted = muted and #muted > 0 and muted or nil
  local changes = report.baseline
  if changes then
    changes.resolved = filter(changes.resolved, concerns)
    changes.policies = changes.policies and filter(changes.policies, function(change)
      return shown[("%s/%s/%s"):format(change.account, change.region, change.repository)]
    end)
    changes.grants = {
      added = filter(changes.grants.added, concerns), removed = filter(changes.grants.removed, concerns),
    }
  end
  return found
end

return M
