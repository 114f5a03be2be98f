--- Reads the logs of a service's containers, merged in order of time, and follows them.
---
---     local result, err = region:log_events("web", { since = since, follow = true, each = function(event)
---       print(event.time, event.container, event.message)
---     end })

local errors = require "lanyard.errors"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local readings = require "lanyard.access.logs.reading"

local M = {}

-- How far back logs are read by default, in seconds.
local SINCE = 3600

--- A line of a container's log.
---@class access.LogEvent
---@field time number       seconds since 1970
---@field container string  its name
---@field message string    the line, without secrets

--- How logs are read.
---@class access.LogOptions
---@field containers? string[]  their names; without them, all containers of the running deployment, and of the one in
---  progress or, if there is none, the last one that failed
---@field since? number       seconds since 1970; an hour ago by default
---@field until_time? number  seconds since 1970: events before this time
---@field filter? string      only events that match this pattern, as GetContainerLog has filterPattern
---@field follow? boolean     continue with later events until `each` returns false or `stop` true; needs `each`
---@field stop? fun(): boolean  is called before a pause while logs are followed; true ends that
---@field reveal? boolean     do not remove secrets
---@field each? fun(event: access.LogEvent): boolean?  receives the events in order of time; false ends the reading
---@field on_failure? fun(container: string, err: aws.Error)  is called when the log of one of several containers cannot
---  be read; the others are read
---@field on_retry? fun(err?: aws.Error, seconds?: number)  is called before a pause after a failed call; without
---  arguments after the call has succeeded or failed permanently

--- What was read.
---@class access.LogResult
---@field containers string[]  whose logs were read
---@field events? access.LogEvent[]  in order of time; without `each`
---@field failed table<string, aws.Error>  by container, why its log could not be read

local function unique(texts)
  local found = {}
  for _, text in ipairs(texts) do
    found[text] = true
  end
  return lists.sorted_names(found)
end

local function check(options)
  for _, name in ipairs(options.containers or {}) do
    local ok, message = names.container(name)
    if not ok then
      return nil, errors.new { code = "InvalidName", message = message }
    end
  end
  if options.follow and not options.each then
    error("log_events: follow needs each", 3)
  end
  return true
end

-- Reads the deployments: for the containers, and for the secrets in their logs.
local function prepare(reading, options)
  local ok, err = true, nil
  if not (options.containers and options.reveal) then
    ok, err = reading:refresh()
  end
  if ok and not reading:containers()[1] then
    return nil, reading.source:none()
  end
  return ok, err
end

--- Reads the events of a service's containers, merged in order of time.
---@param region access.Region
---@param service_name string
---@param options? access.LogOptions
---@return access.LogResult? result
---@return aws.Error? err  if no log could be read, or not to its end
function M.events(region, service_name, options)
  local all = {}
  for name, value in pairs(options or {}) do
    all[name] = value
  end
  all.containers = all.containers and unique(all.containers)
  local ok, err = check(all)
  local service = ok and nil
  if ok then
    service, err = region:service(service_name)
  end
  if not service then
    return nil, err
  end
  local events = not all.each and {} or nil
  all.each = all.each or function(event) events[#events + 1] = event end
  local reading = readings.new(region, service_name, all)
  ok, err = prepare(reading, all)
  if ok then
    local from = math.floor(all.since or reading:now() - SINCE)
    local to = all.until_time and math.ceil(all.until_time)
    if all.follow then
      ok, err = reading:follow(from)
    elseif not to or from < to then
      ok, err = reading:read(from, to)
    end
  end
  if not ok then
    return nil, err
  end
  return { containers = reading:containers(), events = events, failed = reading.failed }
end

return M
