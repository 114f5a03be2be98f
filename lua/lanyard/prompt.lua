-- Asks the person at the terminal: on stderr, for stdout has the result.
--
--   prompt.possible() --> whether there is a terminal to ask at
--   prompt.ask "MFA code: " --> the line | nil at the end of the input
--
-- It waits in the loop, so that an interrupt gets through; a terminal then gives one line whole. One question is
-- open at a time, and while one is (prompt.open) nobody else should write to its line.

local system = require "lanyard.system"
local task = require "lanyard.task"

local M = { open = false }

local STDIN, STDERR = 0, 2

local turn = task.semaphore(1)

function M.possible()
  return system.isatty(STDIN) and system.isatty(STDERR)
end

function M.ask(question)
  local _ <close> = turn:acquire()
  local _ <close> = setmetatable({}, { __close = function() M.open = false end })
  M.open = true
  io.stderr:write(question)
  io.stderr:flush()
  task.readable(STDIN)
  return io.read "l"
end

return M
