-- The date of an HTTP header: Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110, 5.6.7; no older form).

local M = {}

local MONTHS = {}
for number, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do
  MONTHS[name] = number
end

-- Days from 1970-01-01 to that day of the Gregorian calendar, counted in years that begin in March.
local function days(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

-- parse(text | nil) --> seconds since 1970 | nil when it is no such date
function M.parse(text)
  local day, name, year, hour, minute, second =
    (text or ""):match "^%a%a%a, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  local month = MONTHS[name]
  if not month then
    return nil
  end
  return days(tonumber(year), month, tonumber(day)) * 86400 + hour * 3600 + minute * 60 + tonumber(second)
end

return M
