-- What a report covers: whether it would tell of a thing, so that it is not there when the report does not.
--
--   local index = coverage.index(report)
--   if not told and coverage.would_have(report, index, finding) then gone(finding) end

local findings = require "lanyard.audit.findings"

local M = {}

-- The field of a scope that says why data which a finding needs is missing.
local UNKNOWN = { services = "services_unknown", registry = "registry_unknown", identities = "identities_unknown" }

-- Reports whether a scope, and the repository if it is known, have the data that a finding needs.
local function has_data(scope, repository, finding)
  local entry = findings.catalogue[finding.id]
  for _, need in ipairs(entry and entry.needs or {}) do
    local missing = need == "images" and repository and repository.images_unknown or scope[UNKNOWN[need] or false]
    if missing then
      return false
    end
  end
  return true
end

-- The account and Region of a scope, a finding or a grant, as a text
function M.scope_key(of)
  return ("%s/%s"):format(of.account or "", of.region or "")
end

-- index(report) --> { ["ACCOUNT/REGION"] = { scope, repositories = { [name] = it } } } of what was looked at
function M.index(report)
  local index = {}
  for _, scope in ipairs(report.scopes) do
    if not scope.error then
      local known = index[M.scope_key(scope)] or { scope = scope, repositories = {} }
      index[M.scope_key(scope)] = known
      for _, repository in ipairs(scope.repositories) do
        known.repositories[repository.name] = repository
      end
    end
  end
  return index
end

-- Whether the report would have the finding, were it still there. index: of it
function M.would_have(report, index, finding)
  local known = index[M.scope_key(finding)]
  local repository = known and known.repositories[finding.repository or false]
  if not known or finding.service and known.scope.services_unknown
    or not has_data(known.scope, repository, finding) then
    return false
  elseif finding.repository then
    return M.would_show(report, index, finding)
  end
  -- What is about no repository takes a look at all of them.
  if report.part or known.scope.services_unknown then
    return false
  end
  for _, other in pairs(known.repositories) do
    if other.unknown then
      return false
    end
  end
  return true
end

-- Whether the report would show a grant by the policy of that repository: { account, region, repository }
function M.would_show(report, index, grant)
  local known = index[M.scope_key(grant)]
  local repository = known and known.repositories[grant.repository]
  if not known or report.part and report.part.service then
    return false -- of one service, and maybe of another's repository
  elseif repository then
    return repository.unknown == nil
  end
  return report.part == nil
end

return M
