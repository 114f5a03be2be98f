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

local coverage = require "lanyard.audit.coverage"
local json = require "lanyard.json"

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

local function grants_changed(report, old, index)
  local now, has = grants_of(report)
  local before, had = grants_of(old)
  local new, gone = json.array {}, json.array {}
  for _, grant in ipairs(now) do
    new[#new + 1] = not had[json.encode(grant)] and grant or nil
  end
  for _, grant in ipairs(before) do
    gone[#gone + 1] = coverage.would_show(report, index, grant) and not has[json.encode(grant)] and grant or nil
  end
  return { new = new, gone = gone }
end

-- The keys of a report's findings, those that are muted among them: a mute makes nothing come or go.
local function keys_of(report)
  local keys = {}
  for _, list in ipairs { report.findings, report.muted or {} } do
    for _, finding in ipairs(list) do
      keys[finding.key] = true
    end
  end
  return keys
end

-- compare(report, old): marks what is new in the report, and adds what is gone
function M.compare(report, old)
  local has, had, gone = keys_of(report), keys_of(old), json.array {}
  for _, finding in ipairs(report.findings) do
    finding.state = had[finding.key] and "unchanged" or "new"
  end
  local index = coverage.index(report)
  for _, finding in ipairs(old.findings) do
    if not has[finding.key] and coverage.would_have(report, index, finding) then
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
