--- Writes plain data as a Lua expression that a person reads.
---
---     lua_value.write({ name = "web", scale = 1 }, "", { "name", "scale" })   --> '{ name = "web", scale = 1 }'

local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

-- The longest table on one line, in bytes.
local WIDTH = 100

local KEYWORDS = lists.set "and break do else elseif end false for function goto if in local nil not or repeat return \z
  then true until while"

--- Quotes a string so that Lua reads the same bytes, whatever they are.
---@param text string
---@return string
function M.quote(text)
  return '"' .. text:gsub('[%c"\\\127-\255]', function(byte) return ("\\x%02x"):format(byte:byte()) end) .. '"'
end

local function key(name)
  if name:find "^[%a_][%w_]*$" and not KEYWORDS[name] then
    return name
  end
  return "[" .. M.quote(name) .. "]"
end

-- The names of a table: the ones of an order first.
local function ordered(value, order)
  local names, done = {}, {}
  for _, name in ipairs(order or {}) do
    if value[name] ~= nil then
      names[#names + 1], done[name] = name, true
    end
  end
  for _, name in ipairs(lists.sorted_names(value)) do
    names[#names + 1] = not done[name] and name or nil
  end
  return names
end

local function items_of(value, indent, order)
  local items = {}
  if json.is_array(value) then
    for i, item in ipairs(value) do
      items[i] = M.write(item, indent .. "  ", order)
    end
    return items
  end
  for i, name in ipairs(ordered(value, order)) do
    items[i] = key(name) .. " = " .. M.write(value[name], indent .. "  ", order)
  end
  return items
end

--- Returns a value as a Lua expression. A table { keep = true } is the word `keep`.
---@param value any
---@param indent string  of the line that it begins in
---@param order? string[]  names that come first in each table
---@return string
function M.write(value, indent, order)
  if type(value) == "string" then
    return M.quote(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  elseif value.keep == true then
    return "keep"
  end
  local items = items_of(value, indent, order)
  if #items == 0 then
    return "{}"
  end
  local line = "{ " .. table.concat(items, ", ") .. " }"
  if #indent + #line <= WIDTH and not line:find "\n" then
    return line
  end
  local separator = ",\n" .. indent .. "  "
  return "{\n" .. indent .. "  " .. table.concat(items, separator) .. ",\n" .. indent .. "}"
end

return M
