-- When a statement's condition stops holding.
--
--   dates.ended(statement, now) --> seconds since 1970, when the condition held last | nil: it may hold yet

local instant = require "lanyard.aws.instant"

local M = {}

local KEYS = { ["aws:currenttime"] = true, ["aws:epochtime"] = true }

-- IAM takes a moment, a date, or seconds since 1970.
local function moment(text)
  local seconds = text:match "^%d+$" and #text > 4 and math.tointeger(text)
  return seconds or instant.read(text) or instant.read(text .. "T00:00:00Z")
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

function M.ended(statement, now)
  local first
  for _, condition in ipairs(statement.conditions) do
    local operator = condition.operator:lower():gsub("ifexists$", "")
    local ends = operator == "datelessthan" or operator == "datelessthanequals"
    local at = ends and KEYS[condition.key:lower()] and latest(condition.values)
    if at and at < now then
      first = math.min(first or at, at)
    end
  end
  return first
end

return M
