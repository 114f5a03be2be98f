--- Merges the findings of reports.

local coverage = require "lanyard.audit.report.coverage"
local json = require "lanyard.json"

local M = {}

-- Returns all findings of a report, the muted ones last.
local function findings_of(report)
  local muted = report.muted or {}
  return table.move(muted, 1, #muted, #report.findings + 1, table.move(report.findings, 1, #report.findings, 1, {}))
end

-- Reports whether a later report covers a finding and does not have it. A report that lacks the repository says nothing
-- about it.
local function is_resolved(finding, later)
  for _, entry in ipairs(later) do
    local known = entry.index[coverage.scope_key(finding)]
    if known and (not finding.repository or known.repositories[finding.repository])
      and coverage.would_have(entry.report, entry.index, finding) then
      return true
    end
  end
  return false
end

-- Reports whether a finding is about a policy that one report could not read and another one could.
local function is_read_elsewhere(index, finding)
  local known = finding.id == "unreadable-policy" and index[coverage.scope_key(finding)]
  local repository = known and known.repositories[finding.repository]
  return repository and repository.policy_error == nil
end

--- Adds the findings to the merged report. Findings with one key come from the latest report that has the key.
---@param joined audit.Report with its scopes
---@param ordered audit.Report[] the latest first
---@param superseded { [audit.Report]: { [string]: true } } of merge.scopes
function M.join(joined, ordered, superseded)
  local owners, later, index = {}, {}, coverage.index(joined)
  local function add(report, finding)
    local repository = ("%s/%s"):format(coverage.scope_key(finding), finding.repository or "")
    local owner = owners[finding.key]
    local counts = owner == report or not owner and not is_resolved(finding, later)
    if counts and not (superseded[report] and superseded[report][repository])
      and not is_read_elsewhere(index, finding) then
      owners[finding.key] = report
      finding.state = nil
      joined.muted = joined.muted or finding.muted and json.array {}
      table.insert(finding.muted and joined.muted or joined.findings, finding)
    end
  end
  for _, report in ipairs(ordered) do
    for _, finding in ipairs(findings_of(report)) do
      add(report, finding)
    end
    later[#later + 1] = { report = report, index = coverage.index(report) }
  end
end

return M
