--- Asks the person at the terminal. Questions are printed on stderr, since stdout has the result.
---
---     if prompt.possible() then
---       local code = prompt.ask "MFA code: "   -- nil at the end of the input
---     end
---
--- A question waits in the event loop, so that an interrupt reaches the task. One question is asked at a time. While
--- prompt.open is true, nothing else should be printed to the terminal.

local system = require "lanyard.system"
local task = require "lanyard.task"

local M = { open = false }

--- Called before a question is printed; lanyard.cli erases what it shows.
---@type fun()?
M.before = nil

local STDIN, STDERR = 0, 2

-- When a terminal is closed, the signal that cancels the task can follow by so many seconds.
local HANG_UP = 1

local turn = task.semaphore(1)

local forbidden = false

--- Forbids questions: standard input has something else, such as the script that runs.
function M.forbid()
  forbidden = true
end

--- Reports whether there is a terminal to ask at.
---@return boolean
function M.possible()
  return not forbidden and system.isatty(STDIN) and system.isatty(STDERR)
end

--- Asks a question and returns the line that is entered, or nil at the end of the input.
---@param question string
---@return string?
function M.ask(question)
  local _ <close> = turn:acquire()
  local _ <close> = setmetatable({}, { __close = function() M.open = false end })
  if M.before then
    M.before()
  end
  M.open = true
  io.stderr:write(question)
  io.stderr:flush()
  local terminal = system.isatty(STDIN)
  task.readable(STDIN)
  local line, failure = io.read "l"
  if failure or terminal and not line and not system.isatty(STDIN) then
    task.sleep(HANG_UP)
  end
  return line
end

return M
