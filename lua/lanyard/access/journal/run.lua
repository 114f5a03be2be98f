--- Identifies command runs: all changes that one process makes belong to the same run.
---
---     run.current()               --> "mig3k0f2-9tq4"
---     run.began "mig3k0f2-9tq4"   --> when it began, in seconds since 1970
---
--- An id is the time in hundredths of a second and a random number, both to base 36. The random number separates
--- commands that begin at the same time. Eight digits last until the year 2863.

local clock = require "lanyard.clock"

local M = {}

local DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
local TIME_DIGITS, RANDOM_DIGITS = 8, 4
local PATTERN = "^(" .. ("[%d%l]"):rep(TIME_DIGITS) .. ")%-" .. ("[%d%l]"):rep(RANDOM_DIGITS) .. "$"

local function to_base36(number, count)
  local text = ""
  for _ = 1, count do
    local digit = number % 36
    text, number = DIGITS:sub(digit + 1, digit + 1) .. text, number // 36
  end
  return text
end

--- Returns the id of a new run.
---@param seconds number  since 1970
---@return string
function M.new(seconds)
  return ("%s-%s"):format(to_base36(math.floor(seconds * 100), TIME_DIGITS),
    to_base36(math.random(0, 36 * 36 * 36 * 36 - 1), RANDOM_DIGITS))
end

local current

--- Returns the id of this process's run.
---@return string
function M.current()
  current = current or M.new(clock.time())
  return current
end

--- Returns when a run began.
---@param id any
---@return number? seconds  since 1970; nil if the value is not the id of a run
function M.began(id)
  local time = type(id) == "string" and id:match(PATTERN)
  return time and tonumber(time, 36) / 100 or nil
end

return M
