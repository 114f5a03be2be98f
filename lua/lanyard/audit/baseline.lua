-- What changed since an earlier report.
--
--   local old = assert(read.report "yesterday.json")
--   baseline.compare(report, old)
--   for _, finding in ipairs(baseline.new(report)) do print(finding.message) end
--
-- compare gives each finding a `state`, "new" or "unchanged", and the report a `baseline`:
--   { time, gone = findings, grants = { new = grants, gone = grants } }
-- A grant is { account, region, repository, principal, type, decision }: one that changes its decision
-- goes, and another comes. What the report did not look at this time is not gone.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local merge = require "lanyard.audit.merge"

local M = {}

-- What only a look at images finds.
local OF_IMAGES = lists.set "image-missing unused-grant"

-- What a scope must know for a finding of these: the member that says why it does not.
local NEEDS = {
  ["registry-public"] = "registry_unknown", ["registry-pull"] = "registry_unknown",
  ["missing-principal"] = "identities_unknown",
}

-- Whether the report would have the finding, were it still there. index: merge.index(report)
function M.would_have(report, index, finding)
  local known = index[merge.scope_key(finding)]
  if not known or finding.service and known.scope.services_unknown or known.scope[NEEDS[finding.id] or false] then
    return false
  elseif finding.repository then
    local repository = known.repositories[finding.repository]
    return M.would_show(report, index, finding) and not (repository and repository.images_unknown
      and OF_IMAGES[finding.id])
  end
  -- What is about no repository takes a look at all of them.
  for _, repository in pairs(known.repositories) do
    if repository.unknown then
      return false
    end
  end
  return report.part == nil and not known.scope.services_unknown
end

-- Whether the report would show a grant by the policy of that repository: { account, region, repository }
function M.would_show(report, index, grant)
  local known = index[merge.scope_key(grant)]
  local repository = known and known.repositories[grant.repository]
  if not known or report.part and report.part.service then
    return false -- of one service, and maybe of another's repository
  elseif repository then
    return repository.unknown == nil
  end
  return report.part == nil
end

local function grants_of(report)
  local list, seen = {}, {}
  for _, scope in ipairs(report.scopes) do
    for _, repository in ipairs(scope.repositories or {}) do
      for _, access in ipairs(repository.access) do
        local grant = {
          account = scope.account, region = scope.region, repository = repository.name,
          principal = access.principal, type = access.type, decision = access.decision,
        }
        local key = json.encode(grant)
        if access.decision ~= "deny" and not seen[key] then
          seen[key] = true
          list[#list + 1] = grant
        end
      end
    end
  end
  return list, seen
end

local function grants_changed(report, old, index)
  local now, has = grants_of(report)
  local before, had = grants_of(old)
  local new, gone = json.array {}, json.array {}
  for _, grant in ipairs(now) do
    new[#new + 1] = not had[json.encode(grant)] and grant or nil
  end
  for _, grant in ipairs(before) do
    gone[#gone + 1] = M.would_show(report, index, grant) and not has[json.encode(grant)] and grant or nil
  end
  return { new = new, gone = gone }
end

-- compare(report, old): marks what is new in the report, and adds what is gone
function M.compare(report, old)
  local has, had, gone = {}, {}, json.array {}
  for _, finding in ipairs(old.findings) do
    had[finding.key] = true
  end
  for _, finding in ipairs(report.findings) do
    has[finding.key] = true
    finding.state = had[finding.key] and "unchanged" or "new"
  end
  local index = merge.index(report)
  for _, finding in ipairs(old.findings) do
    if not has[finding.key] and M.would_have(report, index, finding) then
      finding.state = nil
      gone[#gone + 1] = finding
    end
  end
  report.baseline = { time = old.time, gone = gone, grants = grants_changed(report, old, index) }
end

-- new(report) --> the findings that the earlier report had not
function M.new(report)
  local found = {}
  for _, finding in ipairs(report.findings) do
    found[#found + 1] = finding.state == "new" and finding or nil
  end
  return found
end

return M
