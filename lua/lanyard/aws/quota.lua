-- What keeps retries from becoming a storm: each takes something out of a quota that all calls to one
-- service share, and only what succeeds puts back. When everything fails, the quota is soon empty, and
-- calls are made once.
--
--   local quota = quota.new()
--   if quota:take(5) then ... retry, and when that succeeds: quota:give(5) end
--
-- The numbers are those of the SDKs' standard retry mode.

local M = { CAPACITY = 500 }

local Quota = {}
Quota.__index = Quota

function M.new(capacity)
  capacity = capacity or M.CAPACITY
  return setmetatable({ left = capacity, capacity = capacity }, Quota)
end

-- Whether that much was left; it is taken then.
function Quota:take(amount)
  if amount > self.left then
    return false
  end
  self.left = self.left - amount
  return true
end

function Quota:give(amount)
  self.left = math.min(self.capacity, self.left + amount)
end

return M
