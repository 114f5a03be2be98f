--- Reads and writes the date on which the conditions of a statement expire.
---
---     expiry.ends(statement)      --> seconds since 1970 | nil
---     expiry.condition(deadline)  --> { DateLessThan = { ["aws:CurrentTime"] = "2026-01-31T00:00:00Z" } }

local core = require "lanyard.policy.core"
local timestamp = require "lanyard.text.timestamp"

local M = {}

local OPERATOR, KEY = "DateLessThan", "aws:CurrentTime"
local KEYS = { ["aws:currenttime"] = true, ["aws:epochtime"] = true }

-- The years 0 to 9999, in seconds since 1970. A date in seconds can be outside them.
local FIRST, LAST = -62167219200, 253402300799

-- Returns the latest of the values, since one of them is sufficient | nil if a value is not a date: the end is unknown
local function latest(values)
  local last
  for _, value in ipairs(values) do
    local at = core.date(value)
    if not at then
      return nil
    end
    last = math.max(last or at, at)
  end
  return last and math.min(math.max(last, FIRST), LAST)
end

-- Returns the first second in which a condition does not hold any more | nil if it is not a date
local function end_of(condition)
  local operator = condition.operator:lower():gsub("ifexists$", "")
  local inclusive = operator == "datelessthanequals"
  local at = (operator == "datelessthan" or inclusive) and KEYS[condition.key:lower()] and latest(condition.values)
  return at and (inclusive and math.floor(at) + 1 or math.ceil(at)) or nil
end

--- Returns when a statement expires: the first second in which its conditions do not hold any more.
---@param statement table
---@return integer? seconds  since 1970; nil if no date limits the statement, or the value of a condition is not a date,
---  so that its end is unknown; the evaluator then decides "depends"
function M.ends(statement)
  local first
  for _, condition in ipairs(statement.conditions) do
    local at = end_of(condition)
    first = at and math.min(first or at, at) or first
  end
  return first
end

--- Returns when a statement expired.
---@param statement table
---@param now number  seconds since 1970
---@return integer? seconds  since 1970; nil if it has not expired
function M.ended(statement, now)
  local at = M.ends(statement)
  return at and at <= now and at or nil
end

--- Returns the condition of a statement whose only condition is a date in the form of M.condition.
---@param statement table
---@return table? condition
function M.only(statement)
  local condition = statement.conditions[1]
  if #statement.conditions == 1 and condition.operator == OPERATOR and condition.key:lower() == KEY:lower()
    and #condition.values == 1 and end_of(condition) then
    return condition
  end
  return nil
end

--- Returns the Condition element that holds until a time.
---@param at number  seconds since 1970
---@return table
function M.condition(at)
  return { [OPERATOR] = { [KEY] = timestamp.format(at) } }
end

--- Returns the context keys of a request at a time, for doc:can.
---@param now number  seconds since 1970
---@return table<string, string>
function M.at(now)
  return { ["aws:CurrentTime"] = timestamp.format(now), ["aws:EpochTime"] = tostring(math.floor(now)) }
end

return M
