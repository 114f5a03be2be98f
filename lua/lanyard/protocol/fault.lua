--- Errors of values in requests and replies, with the path of the value: "containers.0.port: a string; an integer was
--- expected". Positions in lists are counted from 0, as AWS counts them.
---
---     local output, message = fault.catch(decode, shape, value)   -- decode calls fault.raise(path, "a string; ...")

local json = require "lanyard.json"

local M = {}

local Fault = { __tostring = function(self) return self.message end }

--- Raises an error about a value.
---@param path string[]  the names and positions from the outermost structure to the value
---@param message string
function M.raise(path, message)
  local where = table.concat(path, ".")
  error(setmetatable({ message = (where == "" and "" or where .. ": ") .. message }, Fault), 0)
end

local TYPES = { userdata = "a secret", ["nil"] = "nothing" }

local function type_of(value)
  if value == json.null then
    return "null"
  elseif math.type(value) then
    return ("the number %s"):format(value)
  elseif type(value) == "table" then
    return json.is_array(value) and "a list" or "a structure"
  end
  return TYPES[type(value)] or "a " .. type(value)
end

--- Raises the error that a value has the wrong type.
---@param path string[]
---@param value any
---@param expected string  "an integer"
function M.wrong_type(path, value, expected)
  M.raise(path, ("%s; %s was expected"):format(type_of(value), expected))
end

--- Calls a function that may raise such errors.
---@param run fun(...): any
---@return any result      nil if the function raised an error about a value
---@return string? message
function M.catch(run, ...)
  local ok, result, more = pcall(run, ...)
  if ok then
    return result, more
  elseif getmetatable(result) == Fault then
    return nil, result.message
  end
  error(result, 0)
end

return M
