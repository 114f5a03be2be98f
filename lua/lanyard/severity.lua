-- The severities of findings, and their order.

local M = {}

-- From the most severe to the least.
M.LIST = { "critical", "high", "medium", "low", "info" }

-- The rank of each severity: 1 for the most severe.
M.RANK = {}
for rank, severity in ipairs(M.LIST) do
  M.RANK[severity] = rank
end

-- reaches(findings, floor) --> whether any finding is at least as severe as `floor`
function M.reaches(findings, floor)
  for _, finding in ipairs(findings) do
    if M.RANK[finding.severity] <= M.RANK[floor] then
      return true
    end
  end
  return false
end

return M
