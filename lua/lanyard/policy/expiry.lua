-- The date until which a statement's conditions can hold: read, compared, written.

local timestamp = require "lanyard.text.timestamp"

local M = {}

local OPERATOR, KEY = "DateLessThan", "aws:CurrentTime"
local KEYS = { ["aws:currenttime"] = true, ["aws:epochtime"] = true }

-- IAM takes a moment, a date, or seconds since 1970.
local function moment(text)
  local seconds = text:match "^%d+$" and #text > 4 and math.tointeger(text)
  return seconds or timestamp.parse(text) or timestamp.parse(text .. "T00:00:00Z")
end

-- The latest of a condition's values, one of which is enough | nil where one cannot be told
local function latest(values)
  local last
  for _, value in ipairs(values) do
    local at = moment(value)
    if not at then
      return nil
    end
    last = math.max(last or at, at)
  end
  return last
end

-- The first second in which a condition no longer holds | nil where it is no such date
local function end_of(condition)
  local operator = condition.operator:lower():gsub("ifexists$", "")
  local inclusive = operator == "datelessthanequals"
  local at = (operator == "datelessthan" or inclusive) and KEYS[condition.key:lower()] and latest(condition.values)
  return at and (inclusive and at + 1 or at) or nil
end

-- ends(statement) --> seconds since 1970, the first at which its conditions no longer hold | nil: no date
-- ends them
function M.ends(statement)
  local first
  for _, condition in ipairs(statement.conditions) do
    local at = end_of(condition)
    first = at and math.min(first or at, at) or first
  end
  return first
end

-- ended(statement, now) --> when it ended, in seconds since 1970 | nil: it may apply yet
function M.ended(statement, now)
  local at = M.ends(statement)
  return at and at <= now and at or nil
end

-- only(statement) --> its condition, where that is a date as `condition` makes it and nothing else | nil
function M.only(statement)
  local condition = statement.conditions[1]
  if #statement.conditions == 1 and condition.operator == OPERATOR and condition.key:lower() == KEY:lower()
    and #condition.values == 1 and end_of(condition) then
    return condition
  end
  return nil
end

-- condition(seconds since 1970) --> the Condition element that holds until then
function M.condition(at)
  return { [OPERATOR] = { [KEY] = timestamp.format(at) } }
end

-- at(seconds since 1970) --> what a request at that time tells the conditions of a policy, for doc:can
function M.at(now)
  return { ["aws:CurrentTime"] = timestamp.format(now), ["aws:EpochTime"] = tostring(math.floor(now)) }
end

return M
