--- Timestamps in requests and replies: ISO 8601, the date of HTTP (RFC 822), and seconds since 1970.
---
---     timestamp.encode(1398796238.5, "iso8601")          --> "2014-04-29T18:30:38.5Z"
---     timestamp.decode "Tue, 29 Apr 2014 18:30:38 GMT"   --> 1398796238
---
--- Formats: https://smithy.io/2.0/spec/protocol-traits.html#timestampformat-trait

local fault = require "lanyard.protocol.fault"
local texts = require "lanyard.text.timestamp"

local M = {}

local FIRST, LAST = -62167219200, 253402300799 -- the years 0 to 9999
local EXPECTED = "a timestamp was expected"

-- Returns the fraction of a second as digits with a point, "" for a whole second. A float holds the seconds of our time
-- to less than a microsecond, and AWS writes no more than that.
local function fraction_of(seconds)
  local fraction = seconds % 1
  for digits = fraction == 0 and 0 or 1, 9 do
    local text = ("%.9f"):format(fraction):sub(2, digits + 2)
    if digits == 0 or digits == 9 or math.floor(seconds) + tonumber("0" .. text) == seconds then
      return digits == 0 and "" or text
    end
  end
end

-- Returns the value without a needless float.
local function whole(seconds)
  return math.tointeger(seconds) or seconds
end

local ENCODERS = {
  iso8601 = function(seconds)
    return (texts.format(seconds):gsub("Z$", fraction_of(seconds) .. "Z"))
  end,
  -- HTTP has no fractions of a second (RFC 9110, 5.6.7).
  rfc822 = texts.format_http,
  unixTimestamp = whole,
}

--- Converts seconds since 1970, or a timestamp in any of the formats, to a format.
---@param value number|string
---@param format "iso8601"|"rfc822"|"unixTimestamp"
---@return string|number? value   a number for unixTimestamp
---@return string? message  why it cannot be sent
function M.encode(value, format)
  local seconds = type(value) == "string" and M.decode(value) or value
  if math.type(seconds) == nil then
    local shown = type(value) == "string" and ("the text '%s'"):format(fault.shown(value)) or "a " .. type(value)
    return nil, shown .. "; seconds since 1970 or a timestamp were expected"
  elseif not (seconds >= FIRST and seconds <= LAST) then
    return nil, ("%s is not between the years 0 and 9999"):format(seconds)
  end
  local encoder = ENCODERS[format]
  if not encoder then
    return nil, ("the timestamp format '%s' is unknown"):format(format)
  end
  return encoder(seconds)
end

-- A fraction is digits after the seconds.
local function split_fraction(text)
  local before, digits, after = text:match "^(.*:%d%d)%.(%d+)(.*)$"
  if before then
    return before .. after, tonumber("0." .. digits)
  end
  return text, 0
end

-- Parses ISO 8601. Some services leave out the zone, which is UTC then, or the time of day.
local function parse_iso(text)
  if text:find "^%d%d%d%d%-%d%d%-%d%d$" then
    text = text .. "T00:00:00Z"
  elseif text:find "^%d%d%d%d%-%d%d%-%d%d[Tt ]%d%d:%d%d:?%d*$" then
    text = text .. "Z"
  end
  return not text:find "[U.]" and texts.parse(text) or nil -- texts.parse also reads "UTC" and what follows a point
end

-- Parses RFC 822 with a day of one or two digits and an offset; the day of the week is optional.
local function parse_http(text)
  local day, rest, zone = text:match "^%a*,? ?(%d%d?) (%a%a%a %d%d%d%d %d%d:%d%d:%d%d) (%S+)$"
  local sign, hours, minutes = (zone or ""):match "^([+-])(%d%d)(%d%d)$"
  local seconds = day and (zone == "GMT" or zone == "UTC" or sign)
    and texts.parse_http(("Xxx, %02d %s GMT"):format(math.tointeger(day), rest))
  if not seconds or sign and (hours > "23" or minutes > "59") then
    return nil
  end
  local offset = sign and (math.tointeger(hours) * 60 + math.tointeger(minutes)) * 60 or 0
  return seconds - (sign == "-" and -offset or offset)
end

local function parse_number(text)
  local number = text:find "^%-?%d+%.?%d*[eE]?[+-]?%d*$" and tonumber(text)
  return number and number >= FIRST and number <= LAST and number or nil
end

--- Converts a timestamp to seconds since 1970. The three formats cannot be confused, and some services send another
--- than their model says: each is accepted. A whole number of seconds is an integer.
---@param value string|number
---@return number? seconds
---@return string? message
function M.decode(value)
  if math.type(value) then
    local number = value >= FIRST and value <= LAST and value -- false for NaN
    return number and whole(number) or nil, not number and "the timestamp is not between the years 0 and 9999" or nil
  elseif type(value) ~= "string" then
    return nil, ("a %s; %s"):format(type(value), EXPECTED)
  end
  local text, fraction = split_fraction(value)
  local seconds = parse_iso(text) or parse_http(text)
  if seconds then
    return whole(seconds + fraction)
  end
  seconds = parse_number(value)
  if not seconds then
    return nil, ("the text '%s'; %s"):format(fault.shown(value), EXPECTED)
  end
  return whole(seconds)
end

--- Reads the timestamp of a reply: as seconds since 1970, or as it was sent where the service keeps it so
--- (model.Service.keep_as_sent).
---@param shape model.Shape
---@param value number|string
---@return number|string? timestamp
---@return string? message
function M.read(shape, value)
  local seconds, message = M.decode(value)
  if seconds and shape.reading and shape.reading.as_sent then
    return value
  end
  return seconds, message
end

return M
