-- Reports put together: those of several scopes.
--
--   local report = merge.empty(os.time())
--   merge.add_findings(report, findings)
--   merge.sort(report)

local audit = require "lanyard.audit"
local json = require "lanyard.json"
local version = require "lanyard.version"

local M = {}

local RANK = {}
for rank, severity in ipairs(audit.SEVERITIES) do
  RANK[severity] = rank
end

-- empty(time) --> a report that says nothing yet; time in seconds since 1970, or as reports have it
function M.empty(time)
  return {
    version = audit.VERSION,
    tool = "lanyard " .. version,
    time = type(time) == "string" and time or os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(time)),
    scopes = json.array {},
    findings = json.array {},
  }
end

-- Puts the findings in order, the worst first, and those of one severity as they came.
function M.sort(report)
  local position = {}
  for i, finding in ipairs(report.findings) do
    position[finding] = i
  end
  table.sort(report.findings, function(a, b)
    if a.severity ~= b.severity then
      return RANK[a.severity] < RANK[b.severity]
    end
    return position[a] < position[b]
  end)
end

return M
