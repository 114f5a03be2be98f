--- Shows on a terminal that a command of a runbook runs: what it is, and for how many seconds.
---
---     local running = progress.new(io.stderr)
---     local _ <close> = running:start "lanyard wait web"
---     running:before(text)   -- before text is written to the same terminal
---
--- The line is shown only where the output is at the beginning of a line and no question is open. Without a terminal,
--- nothing is written.

local clock = require "lanyard.clock"
local escape = require "lanyard.text.escape"
local system = require "lanyard.system"
local task = require "lanyard.task"
local terminal = require "lanyard.cli.terminal"
local width = require "lanyard.text.width"

local M = {}

local STDERR = 2
local INTERVAL = 1 -- seconds

---@class runbook.Progress
local Progress = {}
Progress.__index = Progress

--- Creates a display.
---@param stream file*  the stderr of the process, which a `lua` block replaces while it runs
---@return runbook.Progress
function M.new(stream)
  return setmetatable({ stream = stream, at_start = true, shown = false }, Progress)
end

-- Replaces the line; "" removes it.
function Progress:draw(text)
  self.stream:write("\r\27[K", text)
  self.stream:flush()
  self.shown = text ~= ""
end

local function clipped(text)
  local room = (system.columns(STDERR) or 80) - 1
  return width.of(text) > room and text:sub(1, width.prefix(text, room)) or text
end

--- Removes the line before other text is written.
---@param text string
function Progress:before(text)
  if self.shown then
    self:draw ""
  end
  self.at_start = text:sub(-1) == "\n"
end

--- Begins to show that a command runs.
---@param what string
---@return table guard  a to-be-closed value, which ends the display
function Progress:start(what)
  if not terminal.shows_progress() then
    return setmetatable({}, { __close = function() end })
  end
  self.at_start = true
  local started, name = clock.now(), escape.printable(what)
  local ticker = task.spawn(function()
    while true do
      task.sleep(INTERVAL)
      if self.at_start and terminal.shows_progress() then
        self:draw(clipped(("running for %.0f s: %s"):format(clock.now() - started, name)))
      end
    end
  end)
  return setmetatable({}, {
    __close = function()
      ticker:cancel()
      if self.shown then
        self:draw ""
      end
    end,
  })
end

return M
