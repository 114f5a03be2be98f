--- Numbers in requests and replies. Integers have 64 bits and are exact; a float is written with the fewest digits that
--- read back as the same float.
---
---     number.text(0.1)               --> "0.1"
---     number.integer "9007199254740993"  --> 9007199254740993
---     number.float "-Infinity"       --> -math.huge

local M = {}

local EXACT = 1 << 53 -- every whole float below is an exact integer
local NAMES = { NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }

--- Returns the name that AWS uses for a float which is not a finite number, nil for all other numbers.
---@param value number
---@return "NaN"|"Infinity"|"-Infinity"|nil
function M.name(value)
  return value ~= value and "NaN" or value == math.huge and "Infinity" or value == -math.huge and "-Infinity" or nil
end

--- Formats a number. A whole float has no point and no exponent as far as it is exact.
---@param value number
---@return string
function M.text(value)
  local whole = math.type(value) == "float" and value > -EXACT and value < EXACT and math.tointeger(value)
  if math.type(value) == "integer" or whole then
    return ("%d"):format(whole or value)
  elseif M.name(value) then
    return M.name(value)
  end
  for digits = 15, 17 do
    local text = ("%%.%dg"):format(digits):format(value)
    if tonumber(text) == value then
      return text
    end
  end
end

--- Returns an integer: a text, or a number without a fraction. Lua reads a text of more than 64 bits as a float, which
--- is not exact.
---@param value string|number
---@return integer?
function M.integer(value)
  if type(value) == "string" then
    value = value:find "^[+-]?%d+$" and tonumber(value) or value:find "^[+-]?%d[%d.eE+-]*$" and tonumber(value)
  end
  if math.type(value) == "float" and not (value > -EXACT and value < EXACT) then
    return nil
  end
  return math.type(value) and math.tointeger(value) or nil
end

--- Returns a float: a number, the text of one, or a name of one that is not finite.
---@param value string|number
---@return number?
function M.float(value)
  if type(value) == "string" then
    local number = value:find "^[+-]?%d[%d.eE+-]*$" and tonumber(value)
    return NAMES[value] or number and number + 0.0 or nil
  end
  return math.type(value) and value + 0.0 or nil
end

return M
