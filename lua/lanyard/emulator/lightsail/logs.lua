--- The logs of containers: the events of GetContainerLog, oldest first, in pages.

local json = require "lanyard.json"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local PAGE_SIZE = 50

-- Reports whether a line matches a filter pattern: "a b" requires both terms, "?a ?b" one of them, "-a" excludes a
-- term; a quoted term can contain spaces.
local function matches(line, pattern)
  local any, one_of = false, false
  pattern = pattern:gsub('([?-]?)"([^"]*)"', function(sign, phrase)
    return sign .. phrase:gsub(" ", "\0")
  end)
  for sign, term in pattern:gmatch "([?-]?)(%S+)" do
    local found = line:find((term:gsub("%z", " ")), 1, true) ~= nil
    if sign == "?" then
      any, one_of = true, one_of or found
    elseif found == (sign == "-") then
      return false
    end
  end
  return one_of or not any
end

-- Adds the events of one deployment that have happened. Its lines are spread evenly over its duration.
local function add_events(world, deployment, name, request, found)
  local lines = deployment.logs[name]
  local duration = math.max(0, deployment.done_at - deployment.created)
  for i, line in ipairs(lines) do
    local at = deployment.created + duration * (i - 1) / (#lines - 1)
    if at <= world.now() and at >= (request.startTime or 0) and at <= (request.endTime or math.huge)
      and matches(line, request.filterPattern or "") then
      found[#found + 1] = { createdAt = at, message = line }
    end
  end
end

--- Returns the output of GetContainerLog.
---@return table? output
---@return emulator.Exception?
function M.read(world, service, request)
  local events, known = {}, false
  for _, deployment in ipairs(service.deployments) do
    if deployment.containers[request.containerName] then
      known = true
      add_events(world, deployment, request.containerName, request, events)
    end
  end
  local first = not request.pageToken and 1 or math.tointeger(tonumber(request.pageToken:match "^page%-(%d+)$"))
  if not known then
    return nil, services.invalid(("The specified container does not exist: %s"):format(request.containerName))
  elseif not first or first > math.max(1, #events) then
    return nil, services.invalid "The specified page token is not valid."
  end
  local last = math.min(first + PAGE_SIZE - 1, #events)
  return {
    logEvents = json.array(table.move(events, first, last, 1, {})),
    nextPageToken = last < #events and ("page-%d"):format(last + 1) or nil,
  }
end

return M
