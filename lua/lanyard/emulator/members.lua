--- Checks the members of a table of a seed.
---
---     members.fault({ name = 5 }, { name = "string", scale = "integer" }, "its services")
---       --> "has a number as name in its services; expected a string"
---
--- A type is a name of Lua, "integer", "list" (of anything), "texts" (a table whose values are strings), "any", or
--- several of them, as "string or table".

local lists = require "lanyard.lists"

local M = {}

local function is_list(value)
  local count = 0
  for _ in pairs(value) do
    count = count + 1
  end
  return count == #value
end

local function are_texts(value)
  for _, one in pairs(value) do
    if type(one) ~= "string" then
      return false
    end
  end
  return true
end

local function has_type(value, wanted)
  for name in wanted:gmatch "[^ ]+" do
    local found = name == "any" or type(value) == name
      or name == "integer" and math.type(value) ~= nil and math.tointeger(value) ~= nil
      or name == "list" and type(value) == "table" and is_list(value)
      or name == "texts" and type(value) == "table" and are_texts(value)
    if found then
      return true
    end
  end
  return false
end

local function named(wanted)
  if wanted == "userdata" then -- the only one in a seed is json.null
    return "null"
  elseif wanted == "texts" then
    return "a table of strings"
  end
  return (wanted:find "^[aeiou]" and "an " or "a ") .. wanted
end

--- Returns what is wrong with a table, or nil. The result continues a sentence that begins with "the seed".
---@param value any
---@param types table<string, string>  the type of each member
---@param where string  such as "its services"
---@param expected? string  the names of the members as a person lists them
---@return string?
function M.fault(value, types, where, expected)
  if type(value) ~= "table" then
    return ("has an unknown member '%s' in %s; expected a table"):format(
      type(value) == "userdata" and "null" or tostring(value), where)
  end
  for key, one in pairs(value) do
    local wanted = types[key]
    if not wanted then
      return ("has an unknown member '%s'%s; expected %s"):format(tostring(key), where == "" and "" or " in " .. where,
        expected or table.concat(lists.sorted_names(types), ", "))
    elseif not has_type(one, wanted) then
      return ("has %s as %s%s; expected %s"):format(named(type(one)), key, where == "" and "" or " in " .. where,
        named(wanted))
    end
  end
  return nil
end

local DEEPEST = 100

-- Returns what is wrong with a value that is not a table, or nil.
local function value_fault(value)
  local kind = type(value)
  if kind == "string" then
    return not utf8.len(value) and "a string that is not UTF-8" or nil
  elseif kind == "number" then
    return (value ~= value or value == math.huge or value == -math.huge) and "a number that is not finite" or nil
  end
  return (kind == "function" or kind == "thread") and "a " .. kind or nil
end

-- Returns what is wrong with the keys of a table, or nil.
local function keys_fault(value)
  local count, strings = 0, false
  for key in pairs(value) do
    count, strings = count + 1, strings or type(key) == "string"
    if type(key) == "string" and not utf8.len(key) then
      return "a name that is not UTF-8"
    end
  end
  if strings and #value > 0 or not strings and count ~= #value then
    return "a table that is neither a list nor has names only"
  end
  return nil
end

--- Returns what a state file cannot store in a value, or nil. The result continues a sentence that begins with "the
--- seed".
---@param value any
---@param path? string   where the value is, such as "regions.us-east-1"
---@param depth? integer
---@return string?
function M.unstorable(value, path, depth)
  path, depth = path or "", depth or 0
  local fault
  if type(value) ~= "table" then
    fault = value_fault(value)
  else
    fault = depth > DEEPEST and "a table that is nested too deep" or keys_fault(value)
  end
  if fault then
    return ("has %s%s"):format(fault, path == "" and "" or " as " .. path)
  end
  for key, one in pairs(type(value) == "table" and value or {}) do
    fault = M.unstorable(one, (path == "" and "" or path .. ".") .. tostring(key), depth + 1)
    if fault then
      return fault
    end
  end
  return nil
end

--- Returns the first string that two items of a list have as a member; nil if all differ.
---@param items table[]  not checked
---@param name string|integer  of the member
---@return string?
function M.repeated(items, name)
  local found = {}
  for _, item in ipairs(items) do
    local value = type(item) == "table" and item[name]
    if type(value) == "string" and found[value] then
      return value
    end
    found[type(value) == "string" and value or false] = true
  end
  return nil
end

return M
