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

-- Seconds: how long after the terminal the signal may come that tells it is gone, and cancels the task.
local HANG_UP = 1

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
  local terminal = system.isatty(STDIN)
  task.readable(STDIN)
  local line, why = io.read "l"
  if why or terminal and not line and not system.isatty(STDIN) then
    task.sleep(HANG_UP)
  end
  return line
end

return M
