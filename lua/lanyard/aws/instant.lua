-- Moments as AWS spells them (ISO 8601), as HTTP does, and as the clock counts them: seconds since 1970.
--
--   instant.read "2026-01-31T12:00:00Z"                --> 1769860800
--   instant.read_http "Sat, 31 Jan 2026 12:00:00 GMT"  --> 1769860800
--   instant.write(1769860800)                          --> "2026-01-31T12:00:00Z"

local M = {}

local MONTHS = {}
for number, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do
  MONTHS[name] = number
end

-- Days from 1970-01-01 to a date of the Gregorian calendar; a year begins in March here, so that the
-- day that comes and goes is its last.
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

-- read(text) --> seconds since 1970 | nil
-- The zone is Z, UTC (older releases of the AWS CLI write it so) or +hh:mm.
function M.read(text)
  local year, month, day, hour, minute, second, zone =
    tostring(text):match "^(%d%d%d%d)%-(%d%d)%-(%d%d)[Tt ](%d%d):(%d%d):(%d%d)%.?%d*(.+)$"
  local offset = zone and zone_seconds(zone)
  if not offset then
    return nil
  end
  local function number(digits)
    return math.tointeger(tonumber(digits))
  end
  month, day = number(month), number(day)
  if month < 1 or month > 12 or day < 1 or day > 31 then
    return nil
  end
  local seconds = number(hour) * 3600 + number(minute) * 60 + number(second)
  return days_since_1970(number(year), month, day) * 86400 + seconds - math.tointeger(offset)
end

-- read_http(text | nil) --> seconds since 1970 | nil
-- The date of a header (RFC 9110, 5.6.7; no older form).
function M.read_http(text)
  local day, name, year, hour, minute, second =
    (text or ""):match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not MONTHS[name] then
    return nil
  end
  local days = days_since_1970(tonumber(year), MONTHS[name], tonumber(day))
  return days * 86400 + hour * 3600 + minute * 60 + tonumber(second)
end

-- write(seconds) --> text, in whole seconds
function M.write(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(seconds))
end

return M
