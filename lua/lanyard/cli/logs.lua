--- Prints events of container logs as they are read.

local cli = require "lanyard.cli"
local escape = require "lanyard.text.escape"
local json = require "lanyard.json"
local progress = require "lanyard.cli.progress"
local results = require "lanyard.cli.result"
local timestamp = require "lanyard.text.timestamp"

local M = {}

-- The events that are printed in one write. Each write is flushed.
local BATCH = 100

---@class cli.LogView
---@field private output string
---@field private follow boolean
---@field private has_column boolean  print the names of containers
---@field private width integer       of the longest name that was printed
---@field private events access.LogEvent[]  that are not printed yet
---@field private items? table[]      of JSON that is printed at the end
---@field private count integer       the events that were added
---@field private is_waiting boolean  a failure that can pass was reported
local View = {}
View.__index = View

-- Reports whether exactly one container is named.
local function is_single(names)
  for _, name in ipairs(names) do
    if name ~= names[1] then
      return false
    end
  end
  return names[1] ~= nil
end

--- Returns a view for the options of `lanyard logs`.
---@param options { output: string, follow: boolean?, container: string[] }
---@return cli.LogView
function M.view(options)
  return setmetatable({
    output = options.output, follow = options.follow or false, has_column = not is_single(options.container),
    width = 0, events = {}, count = 0, is_waiting = false,
    items = options.output == "json" and not options.follow and json.array {} or nil,
  }, View)
end

local function line_of(self, event)
  local name = escape.printable(event.container)
  return ("%s  %s%s"):format(cli.paint("dim", timestamp.shown(event.time)),
    self.has_column and cli.paint("cyan", name) .. (" "):rep(self.width - #name + 2) or "",
    escape.printable((event.message:gsub("[\r\n]+$", ""))))
end

--- Adds an event. It is printed with others, at the latest by `flush`.
---@param event access.LogEvent
function View:add(event)
  self.count = self.count + 1
  if self.output ~= "json" then
    self.events[#self.events + 1] = event
    if #self.events >= BATCH then
      self:flush()
    end
    return
  end
  local item = { time = timestamp.format(event.time), container = event.container,
    message = escape.utf8(event.message) }
  if self.follow then
    results.event(item)
  else
    table.insert(self.items, item)
  end
end

--- Prints the events that were added.
function View:flush()
  local lines = {}
  for _, event in ipairs(self.events) do
    self.width = math.max(self.width, #event.container)
  end
  for i, event in ipairs(self.events) do
    lines[i] = line_of(self, event)
  end
  if #lines > 0 then
    cli.out(table.concat(lines, "\n"))
    self.events = {}
  end
end

function View:__close()
  self:flush()
end

--- Prints what is left when all events are read.
function View:finish()
  self:flush()
  if self.items then
    results.value(self.items)
  elseif self.count == 0 and not self.follow then
    cli.note "lanyard: there are no events in this interval; they can be minutes late"
  end
end

--- Prints that the log of one container cannot be read.
---@param container string
---@param err aws.Error
function View:note_failure(container, err)
  self:flush()
  cli.note(escape.format("lanyard: cannot read the log of '%s': ", container) .. cli.describe(err))
end

--- Shows a failure that can pass: as progress on a terminal, and elsewhere once, until a call succeeds again.
---@param err? aws.Error  nil: a call has succeeded or failed permanently
---@param seconds? number  until the next attempt
function View:note_retry(err, seconds)
  self:flush()
  if err and progress.is_possible() then
    cli.progress(("%s (retry in %.0f s)"):format(err, math.ceil(seconds)))
  elseif err and not self.is_waiting then
    cli.note(escape.format("lanyard: %s (retrying)", err))
  elseif not err then
    cli.progress(nil)
  end
  self.is_waiting = err ~= nil
end

return M
