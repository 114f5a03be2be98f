--- Reads the container logs of a deployment.

local deployments = require "lanyard.access.deployment.list"
local lists = require "lanyard.lists"
local requests = require "lanyard.access.deployment.request"
local task = require "lanyard.task"
local windows = require "lanyard.access.logs.window"

local M = {}

-- The lines of a container that are returned, and the pages of its log that are read.
local LINES = 20
local PAGES = 40

--- A line that a container printed.
---@class access.deployment.Log
---@field container string  its name
---@field lines { time: number, message: string }[]  the newest line last; time: seconds since 1970
---@field spoke boolean  the container logged something itself
---@field cut? boolean   the log continues after the lines
---@field err? aws.Error if the log could not be read

-- The version that Lightsail wrote a line about, as in "[deployment:3] Started 1 new node"; nil for a line of the
-- container itself.
local function version_in(message)
  return math.tointeger(tonumber(message:match "^%[deployment:(%d+)%]"))
end

-- The events of a container from the creation of a deployment to that of the next one, without what Lightsail wrote
-- about others, and whether the log has more | nil, err
local function events_of(region, name, container, deployment, until_time)
  return windows.read(region, {
    service = name, container = container, from = math.floor(deployment.created), pages = PAGES,
    to = until_time and until_time + 0.001, -- times can be whole seconds: the last one belongs to both deployments
    accept = function(event)
      event.version = version_in(event.message)
      return event.version == deployment.version or not event.version and event.time >= deployment.created
    end,
  })
end

local function log_of(region, name, container, deployment, until_time, redact)
  local events, more = events_of(region, name, container, deployment, until_time)
  if not events then
    return { container = container, lines = {}, err = more }
  end
  local lines = table.move(events, math.max(1, #events - LINES + 1), #events, 1, {})
  local log = { container = container, lines = lines, cut = more or nil }
  for _, event in ipairs(events) do
    log.spoke = log.spoke or not event.version
  end
  for _, line in ipairs(lines) do
    line.message = redact(line.message)
  end
  return log
end

-- When the next deployment was created, in whole seconds | nil. An interval is never empty.
local function end_of(deployment, list)
  local following = deployments.find(list, deployment.version + 1)
  return following and math.floor(math.max(following.created, deployment.created + 1))
end

--- Reads the logs of a deployment's containers in parallel. Values of environment variables are redacted, including
--- the values of other deployments: all containers of a service log to the same stream.
---@param region access.Region
---@param name string  the service's name
---@param deployment access.Deployment
---@param list access.Deployment[]  all of the service
---@param reveal? boolean  do not redact
---@param hidden? table<string, boolean>  values that are redacted in any case
---@return access.deployment.Log[]
function M.read(region, name, deployment, list, reveal, hidden)
  local redact = requests.redactor({ deployment, list }, reveal, hidden)
  local until_time = end_of(deployment, list)
  return task.map(lists.sorted_names(deployment.request.containers), function(container)
    return log_of(region, name, container, deployment, until_time, redact)
  end, { limit = region.parallel })
end

return M
