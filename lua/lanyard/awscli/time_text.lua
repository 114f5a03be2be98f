--- Writes the timestamps of replies as the AWS CLI does, by its setting cli_timestamp_format.
---
---     time_text.iso8601 "Tue, 29 Apr 2014 18:30:38 GMT"   --> "2014-04-29T18:30:38+00:00"
---     time_text.iso8601 "2014-04-29T18:30:38"             --> "2014-04-29T18:30:38"
---     time_text.iso8601(1398796238)                       --> "2014-04-29T20:30:38+02:00", in Berlin
---     time_text.wire(1398796238)                          --> 1398796238
---
--- A text keeps the offset from UTC that the service sent, and has none where the service sent none. Seconds since 1970
--- are local time: the AWS CLI prints what Python's fromtimestamp, dateutil's parser and isoformat make of a timestamp.
--- https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html describes cli_timestamp_format.

local decode = require("lanyard.protocol.timestamp").decode
local system = require "lanyard.system"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local LAST = 253402300799 -- the end of the year 9999

-- Microseconds are shown if there are any, as Python's isoformat does.
local function iso(seconds, micro, zone)
  return timestamp.format(seconds):gsub("Z$", (micro > 0 and (".%06d"):format(micro) or "") .. zone)
end

local function zone_text(offset)
  local minutes = math.abs(offset) // 60
  return ("%s%02d:%02d"):format(offset < 0 and "-" or "+", minutes // 60, minutes % 60)
end

-- Returns whole seconds and microseconds.
local function split(seconds)
  local whole = math.floor(seconds)
  local micro = math.floor((seconds - whole) * 1000000 + 0.5)
  return whole + micro // 1000000, micro % 1000000
end

-- Returns the offset from UTC that a text ends with, in seconds; nil: it has none.
local function offset_of(text)
  local sign, hours, minutes = text:match ":%d%d%.?%d* ?([+-])(%d%d):?(%d%d)$"
  if sign then
    return (sign == "-" and -60 or 60) * (math.tointeger(hours) * 60 + math.tointeger(minutes))
  end
  return text:find "%a$" and 0 or nil
end

--- Returns the timestamp as it was sent.
---@param value number|string
---@return number|string
function M.wire(value)
  return value
end

--- Returns seconds since 1970 as ISO 8601 in UTC.
---@param value number
---@return string
function M.utc(value)
  local seconds, micro = split(value)
  return (iso(seconds, micro, "+00:00"))
end

--- Returns a timestamp as ISO 8601.
---@param value number|string  that lanyard.protocol.timestamp can decode
---@return string
function M.iso8601(value)
  if not tonumber(value) then
    local micro = (value:match ":%d%d%.(%d+)" or ""):sub(1, 6)
    local offset = offset_of(value)
    local seconds = math.floor(decode(value)) + (offset or 0)
    return (iso(seconds, math.tointeger(micro .. ("0"):rep(6 - #micro)), offset and zone_text(offset) or ""))
  end
  local seconds, micro = split(tonumber(value))
  local offset = system.utc_offset(seconds)
  if seconds + offset > LAST then
    return M.utc(value)
  end
  return (iso(seconds + offset, micro, zone_text(offset)))
end

return M
