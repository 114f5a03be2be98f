--- AWS CloudTrail: the event history of the calls that change something, and LookupEvents.
---
--- Shapes: botocore's model of 2013-11-01; the record of an event: "CloudTrail record contents" (version 1.08) and
--- "Example: Amazon ECR log file entries" in AWS's documentation.
---
--- Events are kept in memory, the newest 300 of each Region. An event can be looked up `trail_delay` seconds after its
--- call; on AWS that takes about five minutes.

local escape = require "lanyard.text.escape"
local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local regions = require "lanyard.aws.regions"
local shape = require "lanyard.emulator.shape"
local timestamp = require "lanyard.text.timestamp"

---@type emulator.Service
local M = {
  name = "cloudtrail",
  protocol = "json",
  target = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101",
  operations = {},
}

local DAY = 24 * 60 * 60
local HISTORY = 90 * DAY
local MOST_EVENTS = 300
local PAGE = 50
local CALLS_PER_SECOND = 2

M.serves = regions.exists

function M.invalid(violations)
  for _, one in ipairs(violations) do
    if one.path == "MaxResults" then
      return exception("InvalidMaxResultsException", "A MaxResults value of " .. tostring(one.value)
        .. " is invalid. Specify a value between 1 and 50.")
    elseif one.path:find "^LookupAttributes" then
      return exception("InvalidLookupAttributesException", shape.describe { one })
    end
  end
  return exception("InvalidEventCategoryException", shape.describe(violations))
end

-- The events of a Region, oldest first: { at = seconds, call =, event = what LookupEvents returns, once it was read }.
-- Up to twice as many as can be read, so that the old ones are removed together.
local function events_of(world, region)
  world.trail = world.trail or {}
  world.trail[region] = world.trail[region] or {}
  return world.trail[region]
end

-- Who called, as CloudTrail records it.
local function identity_of(caller, key)
  local kind, name = caller.arn:match "^arn:aws[%w-]*:%w+::%d+:([%w-]+)/(.+)$"
  local identity = {
    type = kind == "user" and "IAMUser" or kind == "assumed-role" and "AssumedRole" or "Root",
    principalId = caller.user_id, arn = caller.arn, accountId = caller.account, accessKeyId = key,
  }
  identity.userName = kind == "user" and name:match "[^/]+$" or nil
  return identity, identity.userName or name and name:match "[^/]+$" or "root"
end

-- The members of a request that identify what it is about. The containers of a deployment can hold secrets.
local function parameters_of(call)
  return call.service == "lightsail" and { serviceName = call.input.serviceName } or call.input
end

-- The ARN of the repository that a request is about, or nil.
local function resource_of(world, call)
  local name = call.input.repositoryName
  return type(name) == "string" and ("arn:aws:ecr:%s:%s:repository/%s"):format(call.region, world.account, name) or nil
end

---@class emulator.Call
---@field service string
---@field operation string
---@field region string
---@field caller emulator.Caller
---@field key? string         id of the access key
---@field user_agent? string
---@field request_id string
---@field input table
---@field output? table
---@field failure? emulator.Exception

--- Records a call that changes something.
---@param world emulator.World
---@param call emulator.Call  must not be changed afterwards
function M.record(world, call)
  local events = events_of(world, call.region)
  if #events == 2 * MOST_EVENTS then
    events = table.move(events, MOST_EVENTS + 1, 2 * MOST_EVENTS, 1, {})
    world.trail[call.region] = events
  end
  events[#events + 1] = { at = world.now(), call = call }
end

-- Returns what LookupEvents returns about a recorded call.
local function describe(world, call, at)
  local identity, username = identity_of(call.caller, call.key)
  local arn, id = resource_of(world, call), ids.uuid()
  local record = {
    eventVersion = "1.08", userIdentity = identity, eventTime = timestamp.format(math.floor(at)),
    eventSource = call.service .. ".amazonaws.com", eventName = call.operation, awsRegion = call.region,
    sourceIPAddress = "127.0.0.1", userAgent = call.user_agent and escape.printable(call.user_agent),
    requestParameters = parameters_of(call),
    responseElements = call.service == "ecr" and call.output or json.null, requestID = call.request_id, eventID = id,
    readOnly = false,
    eventType = "AwsApiCall", managementEvent = true, recipientAccountId = world.account, eventCategory = "Management",
    errorCode = call.failure and call.failure.code, errorMessage = call.failure and call.failure.message,
    resources = arn and { { accountId = world.account, ARN = arn } } or nil,
  }
  return {
    EventId = id, EventName = call.operation, ReadOnly = "false", AccessKeyId = call.key, EventTime = math.floor(at),
    EventSource = record.eventSource, Username = username, CloudTrailEvent = json.encode(record),
    Resources = json.array(arn and {
      { ResourceType = "AWS::ECR::Repository", ResourceName = arn },
      { ResourceType = "AWS::ECR::Repository", ResourceName = call.input.repositoryName },
    } or {}),
  }
end

--- Returns the event of a recorded call, which is made when it is first read.
---@param world emulator.World
---@param one { at: number, call: emulator.Call, event: table? }  an item of world.trail[region]
---@return table
function M.event(world, one)
  one.event = one.event or describe(world, one.call, one.at)
  return one.event
end

-- Whether the Region's rate of two calls a second is exceeded.
local function is_throttled(world, region)
  world.lookups = world.lookups or {}
  local times, now = world.lookups[region] or {}, world.now()
  local recent = {}
  for _, time in ipairs(times) do
    recent[#recent + 1] = now - time < 1 and time or nil
  end
  world.lookups[region] = recent
  if #recent >= CALLS_PER_SECOND then
    return true
  end
  recent[#recent + 1] = now
  return false
end

local function has_resource(event, name)
  for _, resource in ipairs(event.Resources) do
    if resource.ResourceName == name then
      return true
    end
  end
  return false
end

local function has_attribute(event, attribute)
  local key, value = attribute.AttributeKey, attribute.AttributeValue
  if key == "ResourceName" then
    return has_resource(event, value)
  elseif key == "ResourceType" then
    return event.Resources[1] ~= nil and event.Resources[1].ResourceType == value
  end
  return event[key] == value
end

-- The number of the event to continue after, or nil and an exception.
local function position_of(token, query, count)
  if token == nil then
    return count
  end
  local number, of = token:match "^(%d+)%.(.*)$"
  if not number or of ~= query or tonumber(number) > count then
    return nil, exception("InvalidNextTokenException", "Invalid pagination token.")
  end
  return math.tointeger(tonumber(number))
end

-- What a page continues: a token is valid for the same question only.
local function query_of(input)
  local attribute = (input.LookupAttributes or {})[1] or {}
  return ("%s=%s %s %s"):format(attribute.AttributeKey, attribute.AttributeValue, input.StartTime, input.EndTime)
end

-- Returns what makes a request invalid beyond its shape, or nil.
local function refusal_of(input)
  if #(input.LookupAttributes or {}) > 1 then
    return exception("InvalidLookupAttributesException", "You can only use one LookupAttribute at a time.")
  elseif input.StartTime and input.EndTime and input.StartTime > input.EndTime then
    return exception("InvalidTimeRangeException", "Time range is invalid.")
  end
  return nil
end

-- Returns the events up to number `last` that a request asks for, newest first, and the number to continue at or nil.
local function find(world, input, context, events, last)
  local from = math.max(input.StartTime or 0, context.now - HISTORY)
  local to = math.min(input.EndTime or math.huge, context.now - world.options.trail_delay)
  local attribute, found = (input.LookupAttributes or {})[1], json.array {}
  for number = last, math.max(#events - MOST_EVENTS, 0) + 1, -1 do
    local one = events[number]
    if one.at >= from and one.at <= to and (not attribute or has_attribute(M.event(world, one), attribute)) then
      if #found == (input.MaxResults or PAGE) then
        return found, number
      end
      found[#found + 1] = M.event(world, one)
    end
  end
  return found
end

M.operations.LookupEvents = {
  input = shape.structure {
    LookupAttributes = shape.list(shape.structure {
      AttributeKey = shape.string { required = true, enum = { "EventId", "EventName", "ReadOnly", "Username",
        "ResourceType", "ResourceName", "EventSource", "AccessKeyId" } },
      AttributeValue = shape.string { required = true, min = 1, max = 2000 },
    }),
    StartTime = shape.number(),
    EndTime = shape.number(),
    EventCategory = shape.string { enum = { "insight" } },
    MaxResults = shape.integer { min = 1, max = PAGE },
    NextToken = shape.string(),
  },
  call = function(world, input, context)
    if is_throttled(world, context.region) then
      return nil, exception("ThrottlingException", "Rate exceeded")
    end
    local failure = refusal_of(input)
    if failure then
      return nil, failure
    end
    local events, query = events_of(world, context.region), query_of(input)
    local last
    last, failure = position_of(input.NextToken, query, #events)
    if not last then
      return nil, failure
    end
    -- There are no insight events: no trail collects them.
    local found, rest = find(world, input, context, events, input.EventCategory and 0 or last)
    return { Events = found, NextToken = rest and ("%d.%s"):format(rest, query) }
  end,
}

return M
