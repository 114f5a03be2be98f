--- Time and randomness in one table, so that a test or a simulation can pass its own.

local system = require "lanyard.system"
local task = require "lanyard.task"

---@class lanyard.Clock
return {
  --- Seconds since an arbitrary time. It never goes back: use it for durations.
  now = system.clock,
  --- Seconds since 1970: use it for timestamps.
  time = system.time,
  --- A random number in [0, 1).
  random = system.uniform,
  --- Waits for a number of seconds, while other tasks run.
  sleep = task.sleep,
}
