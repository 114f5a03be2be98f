-- Time and chance, in one table, so that a caller (a test, a simulation) can hand in its own.

local system = require "lanyard.system"
local task = require "lanyard.task"

return {
  -- Seconds since an arbitrary moment; never backwards. For spans.
  now = system.clock,
  -- Seconds since 1970. For the journal.
  time = system.time,
  -- A random number in [0, 1).
  random = system.uniform,
  sleep = task.sleep,
}
