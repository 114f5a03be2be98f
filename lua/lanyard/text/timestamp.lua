--- Converts timestamps between seconds since 1970 and the formats of AWS (ISO 8601) and HTTP.
---
---     timestamp.parse "2026-01-31T12:00:00Z"                --> 1769860800
---     timestamp.parse_http "Sat, 31 Jan 2026 12:00:00 GMT"  --> 1769860800
---     timestamp.format(1769860800)                          --> "2026-01-31T12:00:00Z"
---     timestamp.deadline("2026-01-31", now)                 --> 1769817600
---     timestamp.deadline("30d", now)                        --> now + 2592000

local M = {}

local MONTHS = {}
for number, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do
  MONTHS[name] = number
end

-- Returns the days from 1970-01-01 to a date of the Gregorian calendar. Years are counted from March, so that the leap
-- day is their last day.
local function days_since_1970(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

local function zone_seconds(zone)
  if zone == "Z" or zone == "z" or zone == "UTC" then
    return 0
  end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  return sign and (sign == "-" and -60 or 60) * (hours * 60 + minutes)
end

-- Returns the seconds since midnight | nil
local function seconds_of_day(text)
  local hour, minute, rest = text:match "^(%d%d):(%d%d)(.*)$"
  local second = rest == "" and "00" or rest and rest:match "^:(%d%d)%.?%d*$"
  if not second or hour > "23" or minute > "59" or second > "60" then
    return nil
  end
  return math.tointeger(hour) * 3600 + math.tointeger(minute) * 60 + math.tointeger(second)
end

--- Parses an ISO 8601 timestamp. The zone is Z, UTC (written by older releases of the AWS CLI) or +hh:mm. Seconds are
--- optional.
---@param text any
---@return integer? seconds  since 1970; nil if the text is not a timestamp
function M.parse(text)
  local date, time, zone = tostring(text):match "^(%d%d%d%d%-%d%d%-%d%d)[Tt ]([%d:.]+)(.+)$"
  local offset = zone and zone_seconds(zone)
  local seconds = offset and seconds_of_day(time)
  if not seconds then
    return nil
  end
  local year, month, day = date:match "(%d+)-(%d+)-(%d+)"
  local midnight = days_since_1970(math.tointeger(year), math.tointeger(month), math.tointeger(day)) * 86400
  if M.format(midnight):sub(1, #date) ~= date then
    return nil -- the day does not exist
  end
  return midnight + seconds - math.tointeger(offset)
end

local UNITS = { m = 60, h = 3600, d = 86400 }
local LAST = 253402300799 -- the end of the year 9999

--- Parses a deadline: a timestamp (2027-01-31T00:00Z), the start of a day in UTC (2027-01-31), or a duration from now
--- (30d, 12h, 90m).
---@param text string
---@param now number  seconds since 1970
---@return integer? seconds  since 1970
---@return string? message
function M.deadline(text, now)
  local count, unit = text:match "^(%d+)([mhd])$"
  local at = M.parse(text) or M.parse(text .. "T00:00Z")
    or count and math.tointeger(count) and math.floor(now) + math.tointeger(count) * UNITS[unit]
  if not at then
    return nil, ("'%s' is not a date: write 2027-01-31, 2027-01-31T00:00Z, 30d or 12h"):format(text)
  elseif at > LAST or count and #count > 7 then -- a longer count can overflow
    return nil, ("'%s' is after the year 9999"):format(text)
  elseif at <= now then
    return nil, ("%s is in the past"):format(text)
  end
  return at
end

--- Parses the date of an HTTP header (RFC 9110, 5.6.7), without the obsolete forms.
---@param text? string
---@return integer? seconds  since 1970; nil if the text is not a date
function M.parse_http(text)
  local day, name, year, hour, minute, second =
    (text or ""):match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not MONTHS[name] then
    return nil
  end
  local days = days_since_1970(tonumber(year), MONTHS[name], tonumber(day))
  return days * 86400 + hour * 3600 + minute * 60 + tonumber(second)
end

--- Formats a timestamp, in whole seconds.
---@param seconds number  since 1970
---@return string
function M.format(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

return M
