--- Time and randomness in one table, so that a test or a simulation can pass its own.
---
--- ```lua
--- local clock = require "lanyard.clock"
--- local started = clock.now()
--- clock.sleep(0.02)
--- print(clock.now() - started > 0.01)
--- --> true
--- ```

local system = require "lanyard.system"
local task = require "lanyard.task"

--- The functions of `lanyard.clock`, or others in their place.
---@class lanyard.Clock
---@field now fun(): number             seconds for durations
---@field time fun(): number            seconds since 1970
---@field random fun(): number          a number in [0, 1)
---@field sleep fun(seconds: number)
return {
  --- Returns seconds since an arbitrary time. They never go back: use them for durations.
  ---@type fun(): number
  now = system.clock,
  --- Returns seconds since 1970 (UTC), with fractions: use them for timestamps.
  ---@type fun(): number
  time = system.time,
  --- Returns a random number in [0, 1).
  ---@type fun(): number
  random = system.uniform,
  sleep = task.sleep,
}
