--- The logs of containers: the events of GetContainerLog, oldest first, in pages.
---
--- The events of a container come from sources: the start of each deployment, and the lines that its program prints
--- while it runs. A source knows its events by number, so that a page reads only what it returns.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local log_filter = require "lanyard.emulator.lightsail.log_filter"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local PAGE_SIZE = 50
-- https://docs.aws.amazon.com/general/latest/gr/lightsail.html: container logs are kept for 4 days
local KEPT = 4 * 24 * 60 * 60

-- Returns the lines of the start of a deployment, spread evenly over its duration.
local function start_source(deployment, name)
  local lines = deployment.logs[name]
  local duration = math.max(0, deployment.done_at - deployment.created)
  return {
    count = #lines,
    at = function(i) return deployment.created + (#lines > 1 and duration * (i - 1) / (#lines - 1) or 0) end,
    message = function(i) return lines[i] end,
  }
end

-- Returns when the containers of a deployment stop: with the next one that is active, or with the service.
local function end_of(service, index)
  local stop = service.gone_at or math.huge
  for later = index + 1, #service.deployments do
    local other = service.deployments[later]
    stop = other.succeeds and math.min(stop, other.done_at) or stop
  end
  return stop
end

-- Returns the lines that a program prints every few seconds while its deployment is active, or nil.
local function running_source(world, service, index, name)
  local deployment = service.deployments[index]
  local program = deployment.programs and deployment.programs[name] or {}
  if not deployment.succeeds or not program.prints then
    return nil
  end
  local stop = math.min(end_of(service, index), world.now())
  local environment = deployment.containers[name].environment or {}
  local line = program.prints:gsub("%$([%w_]+)", function(variable)
    return variable ~= "COUNT" and environment[variable] or nil
  end)
  local function at(i) return deployment.done_at + i * program.every end
  return {
    count = math.max(0, math.floor((stop - deployment.done_at) / program.every)),
    at = at,
    message = function(i)
      return not services.is_paused(service, at(i)) and line:gsub("%$COUNT", ("%d"):format(i)) or nil
    end,
  }
end

-- Returns the sources of a container, in the order of their deployments.
local function sources_of(world, service, name)
  local sources = {}
  for index, deployment in ipairs(service.deployments) do
    if deployment.containers[name] then
      local order = deployment.version * 2
      for i, source in ipairs { start_source(deployment, name), running_source(world, service, index, name) } do
        source.order = order + i
        sources[#sources + 1] = source
      end
    end
  end
  return sources
end

-- Returns the first number of a source's event that is not before a time.
local function seek(source, time)
  return lists.first(source.count, function(i) return source.at(i) >= time end)
end

-- ---------------------------------------------------------------------------------------------
-- Pages: a token names the first event of the next page by its time, source and number.

local function token_of(at, order, number)
  return (("%a %d %d"):format(at, order, number):gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function parse_token(token)
  if #token > 200 or not token:find "^%x+$" or #token % 2 == 1 then
    return nil
  end
  local text = token:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  local at, order, number = text:match "^(%S+) (%d+) (%d+)$"
  local cursor = { at = tonumber(at), order = math.tointeger(order), number = math.tointeger(number) }
  return cursor.at and cursor.order and cursor.number and cursor
end

-- Moves each source to its first event of the page.
local function open(sources, start, cursor)
  for _, source in ipairs(sources) do
    source.next = seek(source, start)
    while cursor and source.next <= source.count and source.at(source.next) == cursor.at
      and (source.order < cursor.order or source.order == cursor.order and source.next < cursor.number) do
      source.next = source.next + 1
    end
  end
end

-- Returns the source of the oldest event that is not read, and its time.
local function oldest(sources)
  local chosen, time
  for _, source in ipairs(sources) do
    local at = source.next <= source.count and source.at(source.next)
    if at and (not time or at < time) then
      chosen, time = source, at
    end
  end
  return chosen, time
end

local function read_page(world, sources, terms, stop)
  local events = json.array {}
  while true do
    local source, at = oldest(sources)
    if not source or at > stop or at > world.now() then
      return { logEvents = events }
    end
    local number = source.next
    local message = source.message(number)
    if message and log_filter.matches(terms, message) then
      if #events == PAGE_SIZE then
        return { logEvents = events, nextPageToken = token_of(at, source.order, number) }
      end
      events[#events + 1] = { createdAt = at, message = message }
    end
    source.next = number + 1
  end
end

--- Returns the output of GetContainerLog.
---@return table? output
---@return emulator.Exception?
function M.read(world, service, request)
  local sources = sources_of(world, service, request.containerName)
  local cursor = request.pageToken and parse_token(request.pageToken)
  local terms, message = log_filter.parse(request.filterPattern or "")
  if #sources == 0 then
    return nil, services.invalid(("The specified container does not exist: %s"):format(request.containerName))
  elseif request.pageToken and not cursor then
    return nil, services.invalid "The specified page token is not valid."
  elseif not terms then
    return nil, services.invalid(message)
  end
  local start = math.max(request.startTime or 0, world.now() - KEPT, cursor and cursor.at or 0)
  open(sources, start, cursor)
  return read_page(world, sources, terms, request.endTime or math.huge)
end

return M
