--- Limits retries, so that they do not overload a failing service.
---
---     local own = quota.new()
---     if own:take(5) then ... end   -- retry; if it succeeds: own:give(5)
---
--- All calls to a service share a quota. A retry takes from it, and only a success returns something. When every call
--- fails, the quota is soon empty and calls are no longer retried. The numbers are from the SDKs' standard mode.

local M = { CAPACITY = 500 }

local Quota = {}
Quota.__index = Quota

--- Creates a full quota.
---@param capacity? integer  M.CAPACITY by default
function M.new(capacity)
  capacity = capacity or M.CAPACITY
  return setmetatable({ left = capacity, capacity = capacity }, Quota)
end

--- Takes an amount if that much is left, and returns whether it did.
---@param amount integer
---@return boolean
function Quota:take(amount)
  if amount > self.left then
    return false
  end
  self.left = self.left - amount
  return true
end

--- Returns an amount to the quota, up to its capacity.
---@param amount integer
function Quota:give(amount)
  self.left = math.min(self.capacity, self.left + amount)
end

return M
