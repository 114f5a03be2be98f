-- escape(value) --> its text, percent-encoded as a form or a query string takes it (RFC 3986).

-- A whole number is written without a point, whichever kind of number Lua has it in.
local function text_of(value)
  return tostring(math.type(value) == "float" and math.tointeger(value) or value)
end

return function(value)
  return (text_of(value):gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end
