--- Reads the times that options of the AWS CLI take, in the forms that scripts write: ISO 8601, the outputs of `date`,
--- and seconds since 1970. A time without a zone is UTC.
---
---     time_value.read "2026-01-31T12:00Z"                --> 1769860800
---     time_value.read "Sat, 31 Jan 2026 13:00:00 +0100"  --> 1769860800
---     time_value.read "1769860800"                       --> 1769860800
---
--- The AWS CLI takes what dateutil's parser takes, which also guesses what is missing of a date. That is refused here.

local timestamp = require "lanyard.text.timestamp"

local M = {}

local FIRST, LAST = -62167219200, 253402300799 -- the years 0 to 9999
local MONTHS = {}
for number, name in ipairs { "january", "february", "march", "april", "may", "june", "july", "august", "september",
  "october", "november", "december" } do
  MONTHS[name], MONTHS[name:sub(1, 3)] = number, number
end
MONTHS.sept = 9

local DAYS = {}
for name in ("monday tuesday wednesday thursday friday saturday sunday tues thur thurs"):gmatch "%a+" do
  DAYS[name], DAYS[name:sub(1, 3)] = true, true
end

-- Returns the numbers of the year, month and day of a text.
local function date_of(text)
  local year, month, day = text:match "^(%d%d%d%d)[-/](%d%d?)[-/](%d%d?)$"
  if year then
    return year, month, day
  end
  month, day, year = text:match "^(%d%d?)/(%d%d?)/(%d%d%d%d)$"
  if year then -- the month is first, where it can be
    return year, tonumber(month) > 12 and day or month, tonumber(month) > 12 and month or day
  end
  local weekday, rest = text:match "^(%a+),?%s+(.+)$"
  text = weekday and DAYS[weekday:lower()] and rest or text
  local name
  name, day, year = text:match "^(%a+)%.?%s+(%d%d?),?%s+(%d%d%d%d)$"
  if not name then
    day, name, year = text:match "^(%d%d?)[%s-](%a+)[%s-](%d%d%d%d)$"
  end
  return year, name and MONTHS[name:lower()], day
end

-- Returns the offset of a zone in seconds and what follows it; nil if the zone is unknown.
local function zone_of(text)
  local sign, hours, minutes, rest = text:match "^%s*([+-])(%d%d):?(%d?%d?)(.*)$"
  if sign and (hours > "23" or minutes > "59") then
    return nil
  elseif sign then
    return (sign == "-" and -60 or 60) * (tonumber(hours) * 60 + (tonumber(minutes) or 0)), rest
  end
  local name, after = text:match "^%s*(%a+)(.*)$"
  local upper = (name or ""):upper()
  if name and upper ~= "Z" and upper ~= "UTC" and upper ~= "GMT" then
    return nil
  end
  return 0, name and after or text
end

-- Returns the hour of a clock of 12 hours.
local function hour_of(hour, half)
  hour = tonumber(hour)
  if half == "" then
    return hour
  end
  return hour >= 1 and hour <= 12 and hour % 12 + (half:lower() == "p" and 12 or 0) or nil
end

-- Splits a text into the date, the time of day and what follows it.
local function split(text)
  local date, hour, minute, rest = text:match "^(.-)[Tt ]%s*(%d%d?):(%d%d?)(.*)$"
  if not date then
    date, hour, rest = text:match "^(%d%d%d%d%-%d%d%-%d%d)[Tt ](%d%d)(.*)$"
  end
  return date or text, hour, minute, rest
end

-- Returns the seconds since 1970 of numbers, which are checked.
local function seconds_of(year, month, day, hour, minute, second)
  return timestamp.parse(("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(tonumber(year), tonumber(month), tonumber(day),
    hour, tonumber(minute), tonumber(second)))
end

-- Reads a date with an optional time of day. The year can follow the zone, as `date` prints it.
local function read_date(text)
  local date, hour, minute, rest = split(text)
  if not hour then
    local year, month, day = date_of(date)
    return year and month and seconds_of(year, month, day, 0, 0, 0)
  end
  local second, digits, after = rest:match "^:(%d%d?)%.?(%d*)(.*)$"
  local half, following = (after or rest):match "^%s*([AaPp])[Mm](.*)$"
  local offset, tail = zone_of(following or after or rest)
  hour = hour_of(hour, half or "")
  local year, month, day = date_of(offset and date .. tail or "")
  local seconds = year and month and hour and seconds_of(year, month, day, hour, minute or 0, second or 0)
  if not seconds then
    return nil
  end
  local micro = tonumber("0." .. (digits or ""):sub(1, 6) .. "0")
  return micro > 0 and seconds - offset + micro or seconds - offset
end

local function is_known(seconds)
  return seconds and seconds >= FIRST and seconds <= LAST and (math.tointeger(seconds) or seconds) or nil
end

--- Reads a time.
---@param text string
---@return number? seconds  since 1970; nil if the text is not a time
function M.read(text)
  text = text:match "^%s*(.-)%s*$"
  if text:find "^[+-]?%d+%.?%d*$" or text:find "^[+-]?%d+%.?%d*[eE][+-]?%d+$" then
    return is_known(tonumber((text:gsub("^%+", ""))))
  end
  local year, month, day, hour, minute, rest = text:match "^(%d%d%d%d)(%d%d)(%d%d)[Tt](%d%d)(%d%d)(.*)$"
  if year then
    local second, zone = rest:match "^(%d%d)(.*)$"
    text = ("%s-%s-%sT%s:%s:%s%s"):format(year, month, day, hour, minute, second or "00", zone or rest)
  end
  return is_known(read_date(text))
end

return M
