-- What changed since an earlier report.
--
--   local old = assert(read.report "yesterday.json")
--   baseline.compare(report, old)
--   for _, finding in ipairs(baseline.new(report)) do print(finding.message) end
--
-- compare gives each finding a `state`, "new" (one that is worse than it was, too) or "unchanged", and the
-- report a `baseline`:
--   { time, gone = findings, grants = { new = grants, gone = grants } }
-- A grant is { account, region, repository, principal, type, decision }: one that changes its decision
-- goes, and another comes. What the report did not look at this time is not gone; a grant that the earlier one
-- did not look at is not new. A finding of such a place is: nobody knows better.

local coverage = require "lanyard.audit.report.coverage"
local json = require "lanyard.json"
local severities = require "lanyard.severity"

local M = {}

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

-- Whether the account and Region of a grant were looked at, and its repository's policy, if there was one, read.
local function was_looked_at(index, grant)
  local known = index[coverage.scope_key(grant)]
  local repository = known and known.repositories[grant.repository]
  return known ~= nil and not (repository and repository.unknown)
end

local function grants_changed(report, old, index, old_index)
  local now, has = grants_of(report)
  local before, had = grants_of(old)
  local new, gone = json.array {}, json.array {}
  for _, grant in ipairs(now) do
    new[#new + 1] = was_looked_at(old_index, grant) and not had[json.encode(grant)] and grant or nil
  end
  for _, grant in ipairs(before) do
    gone[#gone + 1] = coverage.would_show(report, index, grant) and not has[json.encode(grant)] and grant or nil
  end
  return { new = new, gone = gone }
end

-- The findings of a report by their keys, those that are muted among them: a mute makes nothing come or go.
local function by_key(report)
  local found = {}
  for _, list in ipairs { report.findings, report.muted or {} } do
    for _, finding in ipairs(list) do
      found[finding.key] = finding
    end
  end
  return found
end

-- compare(report, old): marks what is new in the report, and adds what is gone
function M.compare(report, old)
  local has, had, gone = by_key(report), by_key(old), json.array {}
  for _, finding in ipairs(report.findings) do
    local before = had[finding.key]
    finding.state = before and severities.reaches({ before }, finding.severity) and "unchanged" or "new"
  end
  local index, old_index = coverage.index(report), coverage.index(old)
  for _, finding in ipairs(old.findings) do
    if not has[finding.key] and coverage.would_have(report, index, finding) then
      finding.state = nil
      gone[#gone + 1] = finding
    end
  end
  report.baseline = { time = old.time, gone = gone, grants = grants_changed(report, old, index, old_index) }
end

-- unseen(report, old) --> what the report has looked at and the earlier one has not, in words
-- Of a report that is cut down to what was asked for.
function M.unseen(report, old)
  local list, told, index = {}, {}, coverage.index(old)
  for _, scope in ipairs(report.scopes) do
    local key = coverage.scope_key(scope)
    if not scope.error and not index[key] and not told[key] then
      told[key] = true
      list[#list + 1] = ("%s %s"):format(scope.account, scope.region)
    end
  end
  if old.part and json.encode(old.part) ~= json.encode(report.part or {}) then
    list[#list + 1] = "all that this audit did"
  end
  return list
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
