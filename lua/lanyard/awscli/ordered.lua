--- Objects whose names have an order, and JSON that keeps it.
---
---     ordered.encode(ordered.object({ "b", "a" }, { a = 1, b = 2 }))
---
--- The text is the AWS CLI's: four blanks for each level. Objects without a recorded order are sorted.

local float = require "lanyard.text.float"
local json = require "lanyard.json"
local lists = require "lanyard.lists"

local M = {}

local order = setmetatable({}, { __mode = "k" })

--- Records the order of an object's names.
---@param names string[]
---@param object table
---@return table object
function M.object(names, object)
  order[object] = names
  return object
end

--- Returns the names of an object: first the recorded ones, then others, sorted.
---@param object table
---@return string[]
function M.names(object)
  local all, seen = {}, {}
  for _, name in ipairs(order[object] or {}) do
    if object[name] ~= nil and not seen[name] then
      all[#all + 1], seen[name] = name, true
    end
  end
  for _, name in ipairs(lists.sorted_names(object)) do
    all[#all + 1] = not seen[name] and name or nil
  end
  return all
end

local add -- appends a value

local function add_list(parts, list, indent)
  local inner = indent .. "    "
  for i, item in ipairs(list) do
    parts[#parts + 1] = (i == 1 and "[\n" or ",\n") .. inner
    add(parts, item, inner)
  end
  parts[#parts + 1] = #list == 0 and "[]" or "\n" .. indent .. "]"
end

local function add_object(parts, object, indent)
  local inner, names = indent .. "    ", M.names(object)
  for i, name in ipairs(names) do
    parts[#parts + 1] = (i == 1 and "{\n" or ",\n") .. inner .. json.encode(name) .. ": "
    add(parts, object[name], inner)
  end
  parts[#parts + 1] = #names == 0 and "{}" or "\n" .. indent .. "}"
end

function add(parts, value, indent)
  if type(value) == "number" then
    parts[#parts + 1] = float.text(value)
  elseif type(value) ~= "table" then
    parts[#parts + 1] = json.encode(value)
  elseif json.is_array(value) then
    add_list(parts, value, indent)
  else
    add_object(parts, value, indent)
  end
end

--- Encodes a value.
---@param value any of lanyard.json
---@return string text  without a line end
function M.encode(value)
  local parts = {}
  add(parts, value, "")
  return table.concat(parts)
end

return M
