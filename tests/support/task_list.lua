-- Runs a function for each number from 1 to a count, all in parallel.

local task = require "lanyard.task"

local M = {}

-- Returns the results, in order.
function M.each(count, f)
  local numbers = {}
  for number = 1, count do
    numbers[number] = number
  end
  return task.map(numbers, f, { limit = count })
end

return M
