--- What a report covers. A finding or a grant that a report lacks is resolved or removed only where the report would
--- have it.
---
---     local index = coverage.index(report)
---     if not present and coverage.would_have(report, index, finding) then add_resolved(finding) end

local findings = require "lanyard.audit.findings"
local limitations = require "lanyard.audit.limitations"

local M = {}

-- The member of a scope that says why data which a finding needs is missing.
local ERRORS = {
  services = "services_error", deployments = "deployments_error", registry = "registry_error",
  identities = "identities_error", journal = "journal_error", absences = "absences_error",
}

---@alias audit.Coverage { [string]: { scope: audit.Scope, repositories: { [string]: table }, has_unread: boolean } }

--- Returns the key of an account and Region.
---@param of { account?: string, region?: string } a scope, a finding or a grant
---@return string
function M.scope_key(of)
  return ("%s/%s"):format(of.account or "", of.region or "")
end

--- Indexes the accounts and Regions that a report covers, and their repositories by name.
---@param report audit.Report
---@return audit.Coverage
function M.index(report)
  local index = {}
  for _, scope in ipairs(report.scopes) do
    if not scope.error then
      local known = index[M.scope_key(scope)] or { scope = scope, repositories = {}, has_unread = false }
      index[M.scope_key(scope)] = known
      for _, repository in ipairs(scope.repositories) do
        known.repositories[repository.name] = repository
        known.has_unread = known.has_unread or repository.policy_error ~= nil
      end
    end
  end
  return index
end

-- Reports whether a scope, and the repository if it is known, have the data that a finding needs.
local function has_data(scope, repository, finding)
  local entry = findings.catalogue[finding.id]
  for _, need in ipairs(entry and entry.needs or {}) do
    local missing = need == "images" and repository and repository.images_error or scope[ERRORS[need] or false]
    if missing then
      return false
    end
  end
  return not (finding.service and scope.services_error)
end

-- Reports whether all repositories of an account and Region were read.
local function is_complete(report, known)
  return not (report.partial or known.scope.services_error or known.has_unread)
end

--- Reports whether a report would have a finding if its cause still existed.
---@param report audit.Report
---@param index audit.Coverage of the report
---@param finding { id: string, account?: string, region?: string, repository?: string, service?: string,
---  control?: string }
---@return boolean
function M.would_have(report, index, finding)
  local known = index[M.scope_key(finding)]
  local repository = known and known.repositories[finding.repository or false]
  if not known or not has_data(known.scope, repository, finding)
    or finding.control and limitations.lacks_controls(report, finding.account) then
    return false
  elseif finding.repository then
    return M.would_show(report, index, finding)
  end
  return is_complete(report, known)
end

--- Reports whether a report would have a grant in the policy of a repository if it still existed.
---@param report audit.Report
---@param index audit.Coverage of the report
---@param grant { account?: string, region?: string, repository: string }
---@return boolean
function M.would_show(report, index, grant)
  local known = index[M.scope_key(grant)]
  local repository = known and known.repositories[grant.repository]
  if not known or report.partial and report.partial.service then
    return false -- a report of one service leaves out the repositories of others
  elseif repository then
    return repository.policy_error == nil
  end
  return report.partial == nil
end

return M
