--- Reads the events of one container's log in an interval of time, all pages of GetContainerLog.
---
--- AWS documents no order of the events of GetContainerLog, and does not say whether `endTime` is part of the interval.
--- So the interval is checked here, and the events are sorted here.

local answers = require "lanyard.aws.answers"

local M = {}

--- What is read.
---@class access.logs.Interval
---@field service string    its name
---@field container string  its name
---@field from number       seconds since 1970
---@field to? number        seconds since 1970: the first time after the interval; without it, the interval has no end
---@field filter? string    as GetContainerLog has filterPattern
---@field pages? integer    the most pages that are read
---@field most? integer     the number of events after which no further page is read
---@field accept? fun(event: access.logs.Event): boolean  leaves out the other events

--- A line of a log.
---@class access.logs.Event
---@field time number       seconds since 1970
---@field message string    the line
---@field container string  whose log has it
---@field order integer     its place among the events that Lightsail returned

local function input_of(interval)
  return {
    serviceName = interval.service,
    containerName = interval.container,
    startTime = math.floor(interval.from),
    endTime = interval.to and math.ceil(interval.to),
    filterPattern = interval.filter ~= "" and interval.filter or nil,
  }
end

local function add_events(events, page, interval)
  local newest = 0
  for _, raw in ipairs(page.logEvents) do
    local event = {
      time = tonumber(raw.createdAt) or 0, message = tostring(raw.message or ""), container = interval.container,
      order = #events,
    }
    newest = math.max(newest, event.time)
    if event.time >= interval.from and (not interval.to or event.time < interval.to)
      and (not interval.accept or interval.accept(event)) then
      events[#events + 1] = event
    end
  end
  return newest
end

local function precedes(a, b)
  return a.time < b.time or a.time == b.time and a.order < b.order
end

-- Reports whether a page begins with an event of the page before it: an equal event, or the same one again, because
-- Lightsail has added a late event to the pages that were read.
local function repeats(page, previous)
  local first = page.logEvents[1]
  for _, event in ipairs(first and previous and previous.logEvents or {}) do
    if event.createdAt == first.createdAt and event.message == first.message then
      return true
    end
  end
  return false
end

local function read_pages(region, interval)
  local events, pages, newest, is_doubtful, previous = {}, 0, 0, false, nil
  local next_page = region.lightsail:pages("GetContainerLog", input_of(interval))
  local page, err = next_page()
  while page and pages < (interval.pages or math.huge) and #events <= (interval.most or math.huge) do
    pages = pages + 1
    newest = math.max(newest, add_events(events, page, interval))
    is_doubtful, previous = is_doubtful or repeats(page, previous), page
    page, err = next_page()
  end
  if err then
    return nil, err, pages
  end
  table.sort(events, precedes)
  return events, page ~= nil, newest, is_doubtful
end

--- Reads the events of an interval, sorted by time. If Lightsail rejects the token of a page, or a page may repeat an
--- event of the page before it, the interval is read from its beginning once more.
---@param region access.Region
---@param interval access.logs.Interval
---@return access.logs.Event[]? events
---@return boolean|aws.Error more  whether pages are left that were not read; or the error
---@return number? newest  the time of the newest event on the pages that were read
function M.read(region, interval)
  local events, more, newest, is_doubtful = read_pages(region, interval)
  if is_doubtful and not more or not events and newest > 0 and answers.rejected(more, "InvalidInputException") then
    events, more, newest = read_pages(region, interval)
  end
  return events, more, newest
end

return M
