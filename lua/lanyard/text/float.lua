--- Writes numbers as Python does, and so the AWS CLI: a float always has a point or an exponent.
---
---     float.text(3)      --> "3"
---     float.text(3.0)    --> "3.0"
---     float.text(1e16)   --> "1e+16"

local M = {}

-- Digits from which Python writes an exponent.
local LONG = 1e16

-- Returns the shortest text with which a format keeps a value.
local function shortest(format, value, least, most)
  for digits = least, most do
    local text = format:format(digits):format(value)
    if tonumber(text) == value then
      return text
    end
  end
end

--- Returns a number as text.
---@param value number
---@return string
function M.text(value)
  local size = math.abs(value)
  if math.type(value) == "integer" then
    return tostring(value)
  elseif value ~= value or size == math.huge then
    return value ~= value and "NaN" or value > 0 and "Infinity" or "-Infinity"
  elseif size < LONG and value == math.floor(value) then
    return ("%.1f"):format(value)
  elseif size < LONG then
    -- 15 digits always fit, but for numbers that have fewer because they are next to 0.
    return shortest("%%.%dg", value, size < 2.3e-308 and 1 or 15, 17)
  end
  return (shortest("%%.%de", value, 14, 16):gsub("%.?0*e", "e"))
end

return M
