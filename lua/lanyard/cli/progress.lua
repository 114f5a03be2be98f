--- The line of progress on stderr: how far a loop is, and what a wait waits for.
---
---     progress.during(meter, function() ... meter:step() ... end)
---     progress.text "web: waiting for its role"
---     progress.text(nil)
---
--- The line is shown where stderr is a terminal that can erase it, once the command has run for a second. It is erased
--- before anything else is printed (lanyard.cli.terminal), and shown again after.

local clock = require "lanyard.clock"
local escape = require "lanyard.text.escape"
local exit = require "lanyard.cli.exit"
local lazy = require "lanyard.lazy"
local prompt = require "lanyard.prompt"
local system = require "lanyard.system"
local task = require "lanyard.task"

local meters = lazy "lanyard.meter"
local width = lazy "lanyard.text.width"

local M = {}

local STDERR = 2
local stderr = io.stderr -- of the process, which a block of a runbook replaces while it runs
local ERASE = "\r\27[K"

-- Seconds from the beginning of the command until the line is shown, and from one line to the next.
local DELAY, INTERVAL = 1, 0.5

local began = clock.now()

local meter, detail        -- what the line says
local ticker               -- the task that shows the line repeatedly
local is_drawn = false
local at_start = true      -- whether the terminal is at the beginning of a line
local last_drawn = -math.huge

--- Reports whether the line can be shown: not on a terminal that cannot erase a line, and not while a question is open.
---@return boolean
function M.is_possible()
  return not prompt.open and system.isatty(STDERR) and os.getenv "TERM" ~= "dumb"
end

--- Erases the line. It is shown again later.
---@param text? string  is printed next: the line is not shown until a text ends its line
function M.erase(text)
  at_start = text == nil or text == "" and at_start or text:sub(-1) == "\n"
  if is_drawn then
    is_drawn, last_drawn = false, -math.huge
    stderr:write(ERASE)
    stderr:flush()
  end
end

local function draw()
  local now = clock.now()
  if not (meter or detail) or now - began < DELAY
    or now - last_drawn < INTERVAL / 2 or not at_start or not M.is_possible() then
    return
  end
  local text = escape.printable((meter and meter:line() or "") .. (meter and detail and "; " or "") .. (detail or ""))
  local room = (system.columns(STDERR) or 80) - 1
  stderr:write(ERASE, width.of(text) > room and text:sub(1, width.prefix(text, room)) or text)
  stderr:flush()
  is_drawn, last_drawn = true, now
end

local function tick()
  while true do
    task.sleep(INTERVAL)
    draw()
  end
end

-- Shows the line if it is time, and lets a task show it again. The task ends with the one that changed the line.
local function update()
  if not (meter or detail) then
    M.erase()
    if ticker then
      ticker:cancel()
      ticker = nil
    end
    return
  end
  draw()
  if task.current() and M.is_possible() and (not ticker or ticker:ended()) then
    ticker = task.spawn(tick)
  end
end

prompt.before = M.erase

--- Shows what is being waited for, beside the progress of a loop; nil when it is over.
---@param text? string
function M.text(text)
  if text ~= detail then
    detail = text
    update()
  end
end

-- Prints how far a loop came that was interrupted.
local function note_tally(shown)
  local tally = shown.tally and shown:tally()
  if tally then
    M.erase()
    stderr:write("lanyard: ", escape.printable(tally), "\n")
  end
end

---@class cli.Shown
---@field line fun(self: table): string
---@field tally false|nil|fun(self: table): string?  describes how far it came, for the end of an interrupted command

--- Shows a meter until the result is closed. If an interruption closes it, prints how far it came.
---@param shown cli.Shown
---@return table guard  to be closed
function M.show(shown)
  local outer = meter
  meter = shown
  update()
  return setmetatable({}, { __close = function(_, raised)
    meter, detail = outer, nil
    update()
    if raised ~= nil and not exit.is_exit(raised) then
      note_tally(shown)
    end
  end })
end

--- Runs a function and shows a meter while it runs.
---@param shown cli.Shown
---@param f fun(...): ...
---@return ...  results of the function
function M.during(shown, f, ...)
  local _ <close> = M.show(shown)
  return f(...)
end

--- Ends the line, for the end of the program.
---@param is_interrupted boolean  print how far the policies were read
function M.finish(is_interrupted)
  M.erase()
  if meter and is_interrupted then
    note_tally(meter)
  end
  meter, detail = nil, nil
end

--- Returns an observer of a region: policies that it reads are the progress of its list of repositories.
---@return access.Observer
function M.observer()
  local reading
  return {
    repositories = function(list)
      reading = meters.new { what = "policies", verb = "were read", total = #list }
    end,
    policy = function()
      if not reading then
        return
      end
      reading:step()
      if reading.done >= reading.total then
        meter, reading = meter ~= reading and meter or nil, nil
      else
        meter = meter or reading
      end
      update()
    end,
  }
end

return M
