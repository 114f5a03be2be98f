--- Bounds work that consists of many questions and comparisons: a budget of steps that they share.
---
---     local budget = budgets.new(1000000)
---     budget:spend(300)
---     if budget:is_spent() then ... end
---
--- A step is about 5 ns, as in the limit of one question (lanyard.policy.reason). Steps are counted, not measured: a
--- budget ends at the same question on every machine.

---@class policy.Budget
---@field left number      steps
---@field parent? policy.Budget
local Budget = {}
Budget.__index = Budget

local M = {}

--- Returns a budget.
---@param steps number
---@return policy.Budget
function M.new(steps)
  return setmetatable({ left = steps }, Budget)
end

--- Records steps, also in the budgets of which this one is a part.
---@param steps number
function Budget:spend(steps)
  self.left = self.left - steps
  if self.parent then
    self.parent:spend(steps)
  end
end

--- Reports whether all steps are spent.
---@return boolean
function Budget:is_spent()
  return self.left <= 0
end

--- Returns the part of the steps for the first of several equal tasks. What it leaves is for the other ones.
---@param tasks integer  at least 1
---@return policy.Budget
function Budget:part(tasks)
  return setmetatable({ left = self.left / tasks, parent = self }, Budget)
end

return M
