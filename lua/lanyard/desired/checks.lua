--- Checks members of a desired-state file. Each problem is added with the path of the member.

local json = require "lanyard.json"
local lists = require "lanyard.lists"
local suggest = require "lanyard.text.suggest"

local M = {}

--- Returns the type of a value as a message names it.
---@param value any
---@return string
function M.type_name(value)
  if value == json.null then
    return "null"
  elseif type(value) == "table" then
    return "a table"
  end
  return ("a %s"):format(type(value))
end

--- Checks that a table has only known members.
---@param found desired.Problems
---@param path string
---@param value table
---@param known string[]
function M.members(found, path, value, known)
  for _, name in ipairs(lists.sorted_names(value)) do
    if type(name) ~= "string" then
      found:add(path, ("has an item without a name; expected %s"):format(table.concat(known, ", ")))
    elseif not lists.contains(known, name) then
      local near = suggest(name, known)
      found:add(path, ("%sunknown member '%s'; %s"):format(path ~= "" and "has an " or "", name,
        near and ("did you mean '%s'?"):format(near) or "expected " .. table.concat(known, ", ")), name)
    end
  end
end

--- Checks a string member with a function that returns true, or nil and a message.
---@param found desired.Problems
---@param path string
---@param value any
---@param check fun(value: string): any, string?
---@return boolean? valid
function M.string(found, path, value, check)
  if type(value) ~= "string" then
    found:add(path, value == nil and "is missing" or ("is %s, not a string"):format(M.type_name(value)))
    return false
  end
  local ok, message = check(value)
  if not ok then
    found:add(path, "is invalid: " .. tostring(message), '"' .. value .. '"')
  end
  return ok
end

return M
