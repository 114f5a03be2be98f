--- Converts timestamps between seconds since 1970 and the formats of AWS (ISO 8601) and HTTP.
---
--- ```lua
--- local timestamp = require "lanyard.text.timestamp"
--- local seconds = timestamp.parse "2026-01-31T12:00:00Z"
--- print(seconds, timestamp.format(seconds), timestamp.day(seconds))
--- --> 1769860800	2026-01-31T12:00:00Z	2026-01-31
--- print(timestamp.compact(seconds), timestamp.format_http(seconds))
--- --> 20260131T120000Z	Sat, 31 Jan 2026 12:00:00 GMT
--- print(timestamp.deadline("2026-02-01", seconds) - seconds)
--- --> 43200
--- print(timestamp.deadline("30d", seconds) - seconds)
--- --> 2592000
--- ```
---
--- Dates are computed here. os.date and os.time count leap seconds where the zone file does (TZ=right/UTC), but the
--- times of AWS and HTTP have none.

local M = {}

local MONTH_NAMES = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }
local DAY_NAMES = { "Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed" } -- from 1970-01-01
local MONTHS = {}
for number, name in ipairs(MONTH_NAMES) do
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

-- Returns the year, month and day of a number of days since 1970-01-01: the inverse of days_since_1970. An era is 400
-- years, after which the calendar repeats.
local function date_of(days)
  local since_march = days + 719468
  local era, day = since_march // 146097, since_march % 146097
  local year = (day - day // 1460 + day // 36524 - day // 146096) // 365
  day = day - (365 * year + year // 4 - year // 100)
  local month = (5 * day + 2) // 153
  day = day - (153 * month + 2) // 5 + 1
  return 400 * era + year + (month >= 10 and 1 or 0), month < 10 and month + 3 or month - 9, day
end

-- Returns the days since 1970-01-01 | nil if the calendar has no such day
local function days_of(year, month, day)
  local days = month >= 1 and month <= 12 and days_since_1970(year, month, day)
  if days then
    local _, real_month, real_day = date_of(days)
    return real_month == month and real_day == day and days or nil
  end
end

-- Returns the year, month, day, hour, minute and second.
local function parts_of(seconds)
  seconds = math.floor(seconds)
  local days, rest = seconds // 86400, seconds % 86400
  local year, month, day = date_of(days)
  return year, month, day, rest // 3600, rest // 60 % 60, rest % 60
end

local function zone_seconds(zone)
  if zone == "Z" or zone == "z" or zone == "UTC" then
    return 0
  end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  if not sign or hours > "23" or minutes > "59" then
    return nil
  end
  return (sign == "-" and -60 or 60) * (hours * 60 + minutes)
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
  local days = days_of(math.tointeger(year), math.tointeger(month), math.tointeger(day))
  return days and days * 86400 + seconds - math.tointeger(offset)
end

local UNITS = { m = 60, h = 3600, d = 86400 }
local LAST = 253402300799 -- the end of the year 9999

--- Parses a deadline: a timestamp (2027-01-31T00:00Z), the start of a day in UTC (2027-01-31), or a duration from now
--- (30d, 12h, 90m).
---@param text string
---@param now number  seconds since 1970
---@return integer? seconds  since 1970
---@return string? message  what is wrong with the text
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
  local days = MONTHS[name] and days_of(math.tointeger(year), MONTHS[name], math.tointeger(day))
  local rest = days and seconds_of_day(("%s:%s:%s"):format(hour, minute, second))
  return rest and days * 86400 + rest
end

--- Formats a timestamp, in whole seconds.
---@param seconds number  since 1970
---@return string
function M.format(seconds)
  return ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(parts_of(seconds))
end

--- Formats a timestamp for people: the local time with its offset from UTC, which `parse` reads again. Z means that
--- local time is UTC.
---@param seconds number  since 1970
---@return string
function M.shown(seconds)
  seconds = math.floor(seconds)
  local offset = require("lanyard.system").utc_offset(seconds) -- the build loads this module without C
  local text = M.format(seconds + offset)
  if offset == 0 then
    return text
  end
  local minutes = math.abs(offset) // 60
  return ("%s%s%02d:%02d"):format(text:sub(1, -2), offset < 0 and "-" or "+", minutes // 60, minutes % 60)
end

--- Replaces each UTC timestamp in a text for people by the local time. A quoted one stays as it was written,
--- also in HTML (&quot;).
---@param text string
---@return string
function M.localized(text)
  if not text:find("Z", 1, true) then
    return text
  end
  return (text:gsub("()(%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ)()", function(first, found, after)
    local seconds = M.parse(found)
    local is_part = first > 1 and text:find("^[%w'\";]", first - 1) or text:find("^[%w'\"]", after)
    return seconds and not is_part and M.shown(seconds) or nil
  end))
end

--- Formats the day of a time in UTC.
---@param seconds number  since 1970
---@return string
function M.day(seconds)
  return M.format(seconds):match "^[^T]*"
end

--- Formats a time without separators, as in X-Amz-Date and in names of files.
---@param seconds number  since 1970
---@return string
function M.compact(seconds)
  return ("%04d%02d%02dT%02d%02d%02dZ"):format(parts_of(seconds))
end

--- Formats a time as HTTP headers have it.
---@param seconds number  since 1970
---@return string
function M.format_http(seconds)
  local year, month, day, hour, minute, second = parts_of(seconds)
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(DAY_NAMES[math.floor(seconds) // 86400 % 7 + 1], day,
    MONTH_NAMES[month], year, hour, minute, second)
end

return M
