--- Arithmetic of JMESPath: an integer that does not fit into 64 bits becomes a float, as it does when JSON is read.

local M = {}

--- Returns the absolute value.
---@param number number
---@return number
function M.abs(number)
  if number == math.mininteger then
    return -(number + 0.0)
  end
  return math.abs(number)
end

--- Adds two numbers.
---@param a number
---@param b number
---@return number
function M.add(a, b)
  local sum = a + b
  -- The sum of two integers has wrapped around if its sign differs from the sign that both have.
  if math.type(sum) == "integer" and (a ~ sum) & (b ~ sum) < 0 then
    return (a + 0.0) + b
  end
  return sum
end

--- Returns the number that a text is in JSON.
---@param text string
---@return number? number nil for another text
function M.parse(text)
  local whole, rest = text:match "^%-?(%d+)(.*)$"
  local valid = whole and (whole == "0" or whole:sub(1, 1) ~= "0")
    and (rest:gsub("^%.%d+", ""):gsub("^[eE][+-]?%d+", "")) == ""
  local number = valid and tonumber(text)
  if not number or number == math.huge or number == -math.huge then
    return nil
  end
  return number
end

return M
