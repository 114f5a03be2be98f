--- Shares the calls in flight among targets that are scanned in parallel.
---
---     local share = shares.new(#targets, 16)
---     share:run(function(gate) ... end)    -- for each target
---
--- A target passes its gate, a semaphore, before it reads a repository. A Region that answers slowly so holds only its
--- share of the calls. When a target ends, the gates of the others widen.

local task = require "lanyard.task"

local M = {}

-- The least share. A request is signed before it waits for a slot, and AWS accepts a signature for five minutes: with
-- so few requests of each target waiting, none waits longer, even if every call takes its half minute.
local LEAST = 8

---@class audit.Shares
local Shares = {}
Shares.__index = Shares

local function share_of(calls, count)
  return math.max(LEAST, calls // math.max(1, count))
end

--- Returns the shares of a number of targets.
---@param count integer
---@param calls integer  calls in flight in total
---@return audit.Shares
function M.new(count, calls)
  return setmetatable({ left = count, calls = calls, share = share_of(calls, count), gates = {} }, Shares)
end

local function leave(self, gate)
  self.gates[gate] = nil
  self.left = self.left - 1
  local share = share_of(self.calls, self.left)
  for other in pairs(self.gates) do
    for _ = self.share + 1, share do
      other:release()
    end
  end
  self.share = share
end

--- Calls a function with the gate of a target, and returns its results.
---@param f fun(gate: task.Semaphore): ...
---@return ...
function Shares:run(f)
  local gate = task.semaphore(self.share)
  self.gates[gate] = true
  local _ <close> = setmetatable({}, { __close = function() leave(self, gate) end })
  return f(gate)
end

return M
