--- A reading of the logs of a service's containers: from one call for a page to events in order of time.
---
--- An interval is read in windows of time, the oldest first. A window is read completely, all pages of all containers,
--- before its events are passed on in order. A window with too many events is read again in smaller ones, so that
--- memory is bounded by the events of a second.

local answers = require "lanyard.aws.answers"
local container_logs = require "lanyard.access.logs.containers"
local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local memories = require "lanyard.access.logs.memory"
local suggest = require "lanyard.text.suggest"
local task = require "lanyard.task"
local waiters = require "lanyard.aws.waiters"
local windows = require "lanyard.access.logs.window"

local M = {}

-- The length of the first window in seconds, and the events of a container in a window: below the few, the next window
-- is longer; above the most, the window is split.
local FIRST_WINDOW, FEW, MOST = 1800, 1000, 5000

-- Pauses after a failed call that can succeed later, in seconds.
local RETRY = { first = 1, longest = 30, growth = 2 }

--- A reading of logs.
---@class access.logs.Reading
---@field stopped boolean   `each` has returned false
---@field failed table<string, aws.Error>  the containers whose logs could not be read the last time
---@field private region access.Region
---@field private service string  its name
---@field private options access.LogOptions
---@field private source access.logs.Containers
---@field private memories table<string, access.logs.Memory>  by container, if the logs are followed
---@field private reported table<string, boolean>
---@field private chosen table<string, number>  when a container was last one of the chosen ones
local Reading = {}
Reading.__index = Reading

--- Returns a reading that has read nothing.
---@param region access.Region
---@param service string  its name
---@param options access.LogOptions
---@return access.logs.Reading
function M.new(region, service, options)
  return setmetatable({
    region = region, service = service, options = options, stopped = false, failed = {}, memories = {}, reported = {},
    chosen = {}, source = container_logs.new(region, service, options.reveal),
  }, Reading)
end

--- Returns the time by AWS's clock.
---@return number
function Reading:now()
  return self.region.clock.time() + self.region.lightsail:clock_offset()
end

-- Calls f until it succeeds, or fails permanently. A failure that can pass ends no reading that follows logs.
local function persist(self, f)
  local pauses, attempts = waiters.growing(RETRY.first, RETRY.longest, RETRY.growth), 1
  local on_retry = self.options.on_retry or function() end
  while true do
    local value, err = f()
    if value or not err.retryable or not self.options.follow and attempts >= self.region.limits.faults then
      if attempts > 1 then
        on_retry()
      end
      return value, err
    end
    local seconds = pauses()
    on_retry(err, seconds)
    self.region.clock.sleep(seconds)
    attempts = attempts + 1
  end
end

-- Describes a service that is gone since its logs were first read.
local function explained(self, err)
  if not answers.rejected(err, "NotFoundException") then
    return err
  end
  return errors.new {
    code = "NotFoundException", status = err.status,
    message = ("container service '%s' was deleted while its logs were read"):format(self.service),
  }
end

-- ---------------------------------------------------------------------------------------------
-- Containers

--- Reads the deployments of the service, for the containers to read and for the secrets in their logs.
---@return true? ok
---@return aws.Error? err
function Reading:refresh()
  local ok, err = persist(self, function() return self.source:read() end)
  if not ok then
    return nil, explained(self, err)
  end
  local now = self:now()
  for _, name in ipairs(self.source.current) do
    self.chosen[name] = now
  end
  return true
end

--- Returns the containers whose logs are read, sorted. Containers that a deployment has replaced are read for some more
--- time, since their last events can be late.
---@return string[]
function Reading:containers()
  if self.options.containers then
    return self.options.containers
  end
  local found, now = {}, self:now()
  for name, at in pairs(self.chosen) do
    if now - at <= memories.LATE then
      found[#found + 1] = name
    end
  end
  table.sort(found)
  return found
end

-- Returns whether the error of a container's log concerns the whole service.
local function is_of_service(self, err)
  if answers.rejected(err, "NotFoundException") then -- of the service, or only of the container
    local _, failure = self.region:service(self.service)
    return answers.rejected(failure, "NotFoundException")
  end
  return err.retryable
end

-- Adds to the error of a container that no deployment has what its name may be.
local function advise(self, container, err)
  local known = self.source.known
  local is_unknown = answers.rejected(err, "InvalidInputException") or answers.rejected(err, "NotFoundException")
  if is_unknown and known[1] and not lists.contains(known, container) then
    local near = suggest(container, known)
    err.tip = near and ("did you mean '%s'?"):format(near) or "the service has: " .. table.concat(known, ", ")
  end
  return err
end

-- Notes the containers whose logs could not be read. nil, err if these are all of them
local function note_failures(self, parts)
  local failures = 0
  for _, part in ipairs(parts) do
    local container = part.container
    failures = failures + (part.err and 1 or 0)
    self.failed[container] = part.err and advise(self, container, part.err)
  end
  if #parts > 0 and failures == #parts then
    return nil, parts[1].err
  end
  for _, part in ipairs(parts) do
    if part.err and not self.reported[part.container] and self.options.on_failure then
      self.options.on_failure(part.container, part.err)
    end
    self.reported[part.container] = part.err ~= nil
  end
  return true
end

-- ---------------------------------------------------------------------------------------------
-- Windows

-- Reads a window of one container's log. { container, events, cut, newest }, or with `err`
local function read_part(self, container, from, to, most)
  local memory = self.memories[container]
  from = memory and math.max(from, memory.from) or from
  if to and from >= to then
    return { container = container, events = {} }
  end
  local events, more, newest = windows.read(self.region, {
    service = self.service, container = container, filter = self.options.filter, most = most, from = from, to = to,
  })
  if not events then
    return { container = container, err = more }
  end
  return { container = container, events = events, cut = more, newest = newest }
end

-- Reads a window of all containers | nil, err
local function read_parts(self, containers, from, to, most)
  local parts = task.map(containers, function(container)
    return read_part(self, container, from, to, most)
  end, { limit = self.region.parallel })
  for _, part in ipairs(parts) do
    if part.err and is_of_service(self, part.err) then
      return nil, part.err
    end
  end
  return parts
end

-- Joins the events of several containers, in order of time.
local function merged(parts)
  local all = {}
  for position, part in ipairs(parts) do
    for _, event in ipairs(part.events or {}) do
      event.position = position
      all[#all + 1] = event
    end
  end
  table.sort(all, function(a, b)
    if a.time ~= b.time then
      return a.time < b.time
    elseif a.position ~= b.position then
      return a.position < b.position
    end
    return a.order < b.order
  end)
  return all
end

-- Passes on the events of a window that are new, and returns their number | nil, err
local function pass_on(self, parts, stop)
  for _, part in ipairs(parts) do
    local memory = self.memories[part.container]
    if memory and part.events then
      part.events = memory:fresh(part.events)
      memory:forget(math.min(self:now(), stop or math.huge))
    end
  end
  local events = merged(parts)
  if #events > 0 and not self.options.reveal then -- a deployment that is new may have added secrets
    local ok, err = self:refresh()
    if not ok then
      return nil, err
    end
  end
  for _, event in ipairs(events) do
    local message = self.source:redact(event.message)
    if self.options.each { time = event.time, container = event.container, message = message } == false then
      self.stopped = true
      break
    end
  end
  return #events
end

-- Returns whether a window is to be split, the most events that one of its containers has, and the newest time seen.
local function measure(parts, horizon)
  local is_cut, most = false, 0
  for _, part in ipairs(parts) do
    is_cut = is_cut or part.cut
    most = math.max(most, part.events and #part.events or 0)
    horizon = math.max(horizon, part.newest or 0)
  end
  return is_cut, most, horizon
end

--- Reads the events of an interval, and passes them on to `each`.
---@param from integer  seconds since 1970
---@param to? integer   the first second after the interval; without it, the interval has no end
---@return integer? count  of the events that were passed on
---@return aws.Error? err
function Reading:read(from, to)
  local containers = self:containers()
  local size, limit, horizon, total = FIRST_WINDOW, MOST, self:now(), 0
  while not self.stopped do
    local stop = from + size
    if stop >= (to or horizon) then
      stop = to
    end
    local parts, err = persist(self, function() return read_parts(self, containers, from, stop, limit) end)
    if not parts then
      return nil, explained(self, err)
    end
    local is_cut, most
    is_cut, most, horizon = measure(parts, horizon)
    if is_cut then
      size = math.max(1, ((stop or math.ceil(horizon)) - from) // 4)
      limit = size > 1 and MOST or nil -- the events of one second cannot be split
    else
      local ok
      ok, err = note_failures(self, parts)
      local count
      if ok then
        count, err = pass_on(self, parts, stop)
      end
      if not count then
        return nil, err
      end
      total = total + count
      if stop == to then
        break
      end
      from, limit = stop, MOST
      size = most < FEW and size * 2 or size
    end
  end
  return total
end

--- Follows the logs from a time on, until `each` returns false.
---@param from integer  seconds since 1970
---@return true? ended
---@return aws.Error? err
function Reading:follow(from)
  local poll = self.region.poll
  local pauses
  while true do
    local start = math.huge
    for _, container in ipairs(self:containers()) do
      self.memories[container] = self.memories[container] or memories.new(from)
      start = math.min(start, self.memories[container].from)
    end
    local count, err = self:read(start)
    if not count then
      return nil, err
    elseif self.stopped or self.options.stop and self.options.stop() then
      return true
    end
    pauses = count == 0 and pauses or waiters.growing(poll.first, poll.longest, poll.growth)
    self.region.clock.sleep(pauses())
    from = math.max(from, math.floor(self:now()) - memories.LATE) -- for a container of a later deployment
    if not self.options.containers then
      local ok
      ok, err = self:refresh()
      if not ok then
        return nil, err
      end
    end
  end
end

return M
