--- Remembers which events of a container's log were passed on, so that the log can be read again without repeating
--- them.
---
--- Lightsail adds events minutes late, with the time at which they were printed. So a log that is followed is read
--- again from some time before its newest event. Several events can have the same time and the same message: equal
--- events are counted.

local M = {}

--- For how long before its newest event a log is read again, in seconds. Public reports speak of logs that are minutes
--- late.
M.LATE = 600

-- The most events that are remembered, of whole seconds. The newest second is always remembered.
local MOST = 5000

--- What was passed on of a container's log.
---@class access.logs.Memory
---@field from number  where to read again from: all events since then that were passed on are remembered
---@field private seconds table<integer, { total: integer, counts: table<string, integer> }>
---@field private total integer
---@field private newest integer
local Memory = {}
Memory.__index = Memory

--- Returns a memory of a log that was not read yet.
---@param from number  seconds since 1970
---@return access.logs.Memory
function M.new(from)
  return setmetatable({ from = from, seconds = {}, total = 0, newest = 0 }, Memory)
end

local function key_of(event)
  return ("%.6f %s"):format(event.time, event.message)
end

-- Returns how often each event occurs in a reading, by second.
local function counted(events)
  local seconds = {}
  for _, event in ipairs(events) do
    local second, key = math.floor(event.time), key_of(event)
    local entry = seconds[second] or { total = 0, counts = {} }
    seconds[second] = entry
    entry.counts[key] = (entry.counts[key] or 0) + 1
    entry.total = entry.total + 1
  end
  return seconds
end

--- Returns the events of a reading that were not passed on yet, and remembers them.
---@param events access.logs.Event[]  all of an interval, sorted by time
---@return access.logs.Event[] fresh
function Memory:fresh(events)
  local fresh, before = {}, {}
  for _, event in ipairs(events) do
    local second, key = math.floor(event.time), key_of(event)
    local known = self.seconds[second]
    before[key] = (before[key] or 0) + 1
    if before[key] > (known and known.counts[key] or 0) then
      fresh[#fresh + 1] = event
    end
  end
  for second, entry in pairs(counted(fresh)) do
    self:add(second, entry)
  end
  return fresh
end

---@private
function Memory:add(second, entry)
  local known = self.seconds[second]
  self.total = self.total + entry.total
  self.newest = math.max(self.newest, second)
  if not known then
    self.seconds[second] = entry
    return
  end
  known.total = known.total + entry.total
  for key, count in pairs(entry.counts) do
    known.counts[key] = (known.counts[key] or 0) + count
  end
end

--- Forgets the events that are too old to be read again, and the oldest ones of a busy log.
---@param now number  seconds since 1970, by AWS's clock
function Memory:forget(now)
  local seconds = {}
  for second in pairs(self.seconds) do
    seconds[#seconds + 1] = second
  end
  table.sort(seconds)
  -- An event with a time in the future must not hide the following ones; a silent log is not read from its beginning.
  local horizon = math.min(math.max(self.newest, math.floor(now) - M.LATE), math.floor(now))
  local from = math.max(self.from, horizon - M.LATE)
  for _, second in ipairs(seconds) do
    if second < horizon and (second + 1 <= from or self.total > MOST) then
      self.total = self.total - self.seconds[second].total
      self.seconds[second] = nil
      from = math.max(from, second + 1)
    end
  end
  self.from = from
end

return M
