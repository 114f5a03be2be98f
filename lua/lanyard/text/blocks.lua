--- Draws numbers as a line of blocks.
---
--- ```lua
--- local blocks = require "lanyard.text.blocks"
--- print(blocks.line({ 0, 1, 5, 10 }, 10))
--- --> ▁▁▄█
--- print(blocks.line({ 0, 1, 5, 10 }, 10, true))
--- --> ..=@
--- print(blocks.ceiling(37))
--- --> 50
--- ```

local M = {}

local UTF8 = { "\u{2581}", "\u{2582}", "\u{2583}", "\u{2584}", "\u{2585}", "\u{2586}", "\u{2587}", "\u{2588}" }
local ASCII = { ".", ":", "-", "=", "+", "*", "#", "@" }

--- Returns a line with one character for each number. The lowest block is 0, the highest the top or more; a missing
--- number is a blank.
---@param values (number|false)[]  false: missing
---@param top number  more than 0
---@param ascii? boolean  use only ASCII
---@return string
function M.line(values, top, ascii)
  local levels, parts = ascii and ASCII or UTF8, {}
  for i, value in ipairs(values) do
    local level = value and math.ceil(value / top * #levels)
    parts[i] = level and levels[math.max(1, math.min(#levels, level))] or " "
  end
  return table.concat(parts)
end

--- Returns a round number that is not below a value: 1, 2 or 5 times a power of ten.
---@param value number  a value of 0 or less, and one that is not a number, count as 1
---@return number
function M.ceiling(value)
  if not (value > 0 and value < math.huge) then
    return 1
  end
  local power = 10.0 ^ math.floor(math.log(value, 10))
  for _, factor in ipairs { 1, 2, 5, 10 } do
    if value <= factor * power then
      local found = factor * power
      return math.tointeger(found) or found
    end
  end
  return math.tointeger(20 * power) or 20 * power
end

return M
