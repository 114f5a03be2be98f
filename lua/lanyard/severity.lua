--- The severities of findings, and their order.

local M = {}

--- The severities, from the most severe to the least.
---@type string[]
M.LIST = { "critical", "high", "medium", "low", "info" }

--- The rank of each severity: 1 for the most severe.
---@type table<string, integer>
M.RANK = {}
for rank, severity in ipairs(M.LIST) do
  M.RANK[severity] = rank
end

--- Reports whether any finding is at least as severe as a given severity.
---@param findings { severity: string }[]
---@param floor string
---@return boolean
function M.reaches(findings, floor)
  for _, finding in ipairs(findings) do
    if M.RANK[finding.severity] <= M.RANK[floor] then
      return true
    end
  end
  return false
end

return M
