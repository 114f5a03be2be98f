--- Checks dates of conditions: numbers, windows that never open, and dates out of reach.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local clock = require "lanyard.clock"
local core = require "lanyard.policy.core"
local define = require("lanyard.policy.lint.catalogue").define
local timestamp = require "lanyard.text.timestamp"

local UNREACHABLE_DATE = define {
  id = "unreachable-date", severity = "medium", summary = "a date at which a condition never holds",
  help = "A window whose end is before its start never opens, and a date in the past never comes again.",
}
local EPOCH_DATE = define {
  id = "epoch-date", severity = "low", summary = "a date as seconds since 1970",
  help = "AWS recommends dates such as 2026-01-31T00:00:00Z, which everybody can read.",
}

local M = {}

-- The keys that have the time of the request.
local NOW = { ["aws:CurrentTime"] = true, ["aws:EpochTime"] = true }

-- The end of the year 9999, after which no date has four digits for the year.
local LAST = 253402300799

local function is_number(text)
  return tonumber(text) ~= nil and not text:find "^%d%d%d%d$"
end

-- Returns the seconds since 1970 of a date as IAM reads it | nil if it does not: the zone of 2026-01-31T00:00:00+0200
-- lacks a colon.
local function seconds_of(text)
  if is_number(text) then
    return tonumber(text)
  elseif not select(2, core.operand("DateEquals", text)) then
    return nil
  end
  local year, month = text:match "^(%d%d%d%d)%-?(%d?%d?)$"
  return timestamp.parse(text) or timestamp.parse(text .. "T00:00:00Z")
    or year and timestamp.parse(("%s-%s-01T00:00:00Z"):format(year, month ~= "" and month or "01"))
end

local function check_value(test, item, scope)
  local text = tostring(item.value)
  if text:find("${", 1, true) or not is_number(text) then
    return
  elseif math.abs(tonumber(text)) > LAST then
    scope.add(UNREACHABLE_DATE, item, ("%s seconds since 1970 are after the year 9999"):format(text),
      tonumber(text) < 1e14 and "write seconds, not milliseconds, or a date such as 2026-01-31T00:00:00Z"
        or "write a date such as 2026-01-31T00:00:00Z")
  elseif not test.record or test.record.name ~= "aws:EpochTime" then
    scope.add(EPOCH_DATE, item, ("%s is a date as seconds since 1970"):format(text),
      ("write %s"):format(timestamp.format(math.tointeger(tonumber(text) // 1))))
  end
end

-- Returns the least or greatest date of a test, of which one is enough | nil if a value cannot be read
local function bound(test, choose)
  local found
  for _, item in ipairs(test.values) do
    local seconds = seconds_of(tostring(item.value))
    if not seconds then
      return nil
    end
    found = found and choose(found, seconds) or seconds
  end
  return found
end

local function text_of(seconds)
  return math.abs(seconds) <= LAST and timestamp.format(math.tointeger(seconds // 1)) or ("%g"):format(seconds)
end

-- Returns the start and the end of the window in which the dates of all tests hold, and the test of the end.
local function window_of(tests)
  local first, last, ending
  for _, test in ipairs(tests) do
    local after = test.base:find "^DateGreaterThan" and bound(test, math.min)
    local before = test.base:find "^DateLessThan" and bound(test, math.max)
    if test.record and NOW[test.record.name] and test.set ~= "ForAllValues" then
      first = after and math.max(first or after, after) or first
      if before and (not last or before < last) then
        last, ending = before, test
      end
    end
  end
  return first, last, ending
end

local function check_instant(test, scope)
  if test.base == "DateEquals" and test.record and NOW[test.record.name] then
    scope.add(UNREACHABLE_DATE, test.key, ("DateEquals on %s holds for one second at most"):format(test.record.name),
      "write DateGreaterThan and DateLessThan")
  end
end

--- Checks the dates of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  for _, test in ipairs(scope.tests) do
    if test.type == "a date" and test.base ~= "Null" then
      check_instant(test, scope)
      for _, item in ipairs(test.values) do
        check_value(test, item, scope)
      end
    end
  end
  local first, last, ending = window_of(scope.tests)
  if first and last and last <= first then
    scope.add(UNREACHABLE_DATE, ending.key, ("no time is after %s and before %s, so that the statement never applies")
      :format(text_of(first), text_of(last)), "correct the dates")
  elseif last and last <= clock.time() then
    scope.add(UNREACHABLE_DATE, ending.key, ("the statement does not apply since %s"):format(text_of(last)),
      "remove the statement, or correct the date", "low")
  end
end

return M
