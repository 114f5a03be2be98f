--- Errors of values in requests and replies, with the path of the value: "containers.0.port: a string; an integer was
--- expected". Positions in lists are counted from 0, as AWS counts them.
---
---     local output, message = fault.catch(decode, shape, value)   -- decode calls fault.raise(path, "a string; ...")

local json = require "lanyard.json"

local M = {}

local Fault = { __tostring = function(self) return self.message end }

local LONGEST = 60 -- bytes of a name or text in a message

--- Shortens a text from outside for a message, and makes it one line.
---@param text string
---@return string
function M.shown(text)
  if #text > LONGEST then
    local last = LONGEST
    while text:find("^[\x80-\xbf]", last + 1) and last > 0 do -- not within a character
      last = last - 1
    end
    text = text:sub(1, last) .. "..."
  end
  return (text:gsub("%c", " "))
end

--- Raises an error about a value.
---@param path (string|integer)[]  the names and positions from the outermost structure to the value
---@param message string  one line
---@param code? string  of an error that the service reports in a reply
function M.raise(path, message, code)
  local names = {}
  for i, name in ipairs(path) do
    names[i] = M.shown(tostring(name))
  end
  local where = table.concat(names, ".")
  error(setmetatable({ message = (where == "" and "" or where .. ": ") .. message, code = code }, Fault), 0)
end

--- Raises the error that a text is not what was expected.
---@param path (string|integer)[]
---@param text string
---@param expected string  "an integer"
function M.wrong_text(path, text, expected)
  M.raise(path, ("the text '%s'; %s was expected"):format(M.shown(text), expected))
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
---@param path (string|integer)[]
---@param value any
---@param expected string  "an integer"
function M.wrong_type(path, value, expected)
  M.raise(path, ("%s; %s was expected"):format(type_of(value), expected))
end

--- Calls a function that raises an error for a value which it cannot represent, as json.encode does. The error becomes
--- one about the value at the path.
---@param path string[]
---@param run fun(...): any
---@return any
function M.try(path, run, ...)
  local ok, result = pcall(run, ...)
  return ok and result or M.raise(path, (tostring(result):gsub("^[^:\n]+:%d+: ", ""))) -- without the position in Lua
end

--- Calls a function that may raise such errors.
---@param run fun(...): any
---@return any result      nil if the function raised an error about a value
---@return string? message
---@return string? code
function M.catch(run, ...)
  local ok, result, more = pcall(run, ...)
  if ok then
    return result, more
  elseif getmetatable(result) == Fault then
    return nil, result.message, result.code
  end
  error(result, 0)
end

return M
