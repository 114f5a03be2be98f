--- Sorts merged findings as a report of the whole audit has them: by severity, account and Region, check, repository.

local coverage = require "lanyard.audit.report.coverage"
local findings = require "lanyard.audit.findings"
local severities = require "lanyard.severity"

local M = {}

-- Returns the position of each account and Region.
local function scope_positions(report)
  local positions = {}
  for i, scope in ipairs(report.scopes) do
    local key = coverage.scope_key(scope)
    positions[key] = positions[key] or i
  end
  return positions
end

-- Returns what findings are compared by, the most important first.
local function rank_of(finding, position, scopes)
  local step, is_of_repository = findings.step(finding)
  return {
    severities.RANK[finding.severity], scopes[coverage.scope_key(finding)] or math.huge, step,
    is_of_repository and finding.repository or "", position,
  }
end

--- Sorts the findings of a merged report.
---@param report audit.Report
function M.sort(report)
  local scopes, ranks = scope_positions(report), {}
  for i, finding in ipairs(report.findings) do
    ranks[finding] = rank_of(finding, i, scopes)
  end
  table.sort(report.findings, function(a, b)
    for i, rank in ipairs(ranks[a]) do
      if rank ~= ranks[b][i] then
        return rank < ranks[b][i]
      end
    end
    return false
  end)
end

return M
