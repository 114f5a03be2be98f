--- Percent-encodes a value for a form or a query string (RFC 3986).

-- A whole number is written without a decimal point, also if it is a float in Lua.
local function text_of(value)
  return tostring(math.type(value) == "float" and math.tointeger(value) or value)
end

---@param value string|number|boolean
---@return string
return function(value)
  return (text_of(value):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end
