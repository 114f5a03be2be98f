--- Writes JSON with sorted members, so that the same values give the same bytes.

local M = {}

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
end

--- Encodes a value. A table with elements is an array, any other is an object.
---@param value string|number|boolean|table
---@param indent? string  the white space before the value's line
---@return string
function M.encode(value, indent)
  if type(value) ~= "table" then
    return type(value) == "string" and quote(value) or tostring(value)
  end
  local inner, parts = (indent or "") .. "  ", {}
  if #value > 0 then
    for i, element in ipairs(value) do
      parts[i] = inner .. M.encode(element, inner)
    end
  else
    for name, member in pairs(value) do
      parts[#parts + 1] = inner .. quote(name) .. ": " .. M.encode(member, inner)
    end
    table.sort(parts)
  end
  local open, close = "{", "}"
  if #value > 0 then
    open, close = "[", "]"
  end
  return ("%s\n%s\n%s%s"):format(open, table.concat(parts, ",\n"), indent or "", close)
end

return M
