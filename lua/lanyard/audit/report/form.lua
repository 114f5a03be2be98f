--- Describes the form of JSON values, checks values against it, and renames the members of earlier versions.
---
---     local finding = form.object({ id = form.text, location = form.optional(location) }, { location = "place" })
---     local path, message = finding(value, true)
---
--- A form is a function of a value, and of whether the value has the names of the earlier version. It returns nothing
--- when the value fits; then its members have their current names. Else it returns the path of the wrong member, as jq
--- writes it, and a message.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local timestamp = require "lanyard.text.timestamp"

local M = {}

---@alias audit.Form fun(value: any, is_earlier: boolean): string?, string?

local function described(value)
  if value == nil then
    return "it is missing"
  elseif value == json.null then
    return "it is null"
  elseif type(value) == "table" then
    return json.is_array(value) and "it is a list" or "it is an object"
  end
  return type(value) == "string" and "it is a text" or "it is a " .. type(value)
end

function M.text(value)
  if type(value) ~= "string" then
    return "", "should be a text; " .. described(value)
  end
end

function M.integer(value)
  if math.type(value) ~= "integer" then
    return "", "should be a whole number; " .. described(value)
  end
end

function M.boolean(value)
  if type(value) ~= "boolean" then
    return "", "should be true or false; " .. described(value)
  end
end

function M.timestamp(value)
  if type(value) ~= "string" or not value:find "^%d+%-%d+%-%d+T%d+:%d+:%d+Z$" or not timestamp.parse(value) then
    return "", "should be a timestamp such as 2026-11-25T01:00:00Z"
  end
end

-- For members that a scope with an error must not have.
function M.absent(value)
  if value ~= nil then
    return "", "should be absent beside an error"
  end
end

---@param words string[]
---@return audit.Form
function M.one_of(words)
  return function(value)
    if not lists.contains(words, value) then
      return "", "should be one of " .. table.concat(words, ", ")
    end
  end
end

---@param form audit.Form
---@return audit.Form
function M.optional(form)
  return function(value, is_earlier)
    if value ~= nil then
      return form(value, is_earlier)
    end
  end
end

---@param form audit.Form of each item
---@return audit.Form
function M.list(form)
  return function(value, is_earlier)
    if not json.is_array(value) then
      return "", "should be a list; " .. described(value)
    end
    for i, item in ipairs(value) do
      local path, message = form(item, is_earlier)
      if path then
        return ("[%d]%s"):format(i - 1, path), message
      end
    end
  end
end

-- Gives members the names of the current version.
local function rename(value, earlier)
  for name, old in pairs(earlier) do
    value[name], value[old] = value[old], nil
  end
end

--- Unknown members are ignored.
---@param members { [string]: audit.Form }
---@param earlier? { [string]: string } the names that members have in the earlier version, by their current names
---@return audit.Form
function M.object(members, earlier)
  local names = lists.sorted_names(members)
  earlier = earlier or {}
  return function(value, is_earlier)
    if type(value) ~= "table" or json.is_array(value) then
      return "", "should be an object; " .. described(value)
    end
    for _, name in ipairs(names) do
      local actual = is_earlier and earlier[name] or name
      local path, message = members[name](value[actual], is_earlier)
      if path then
        return (".%s%s"):format(actual, path), message
      end
    end
    if is_earlier then
      rename(value, earlier)
    end
  end
end

return M
