--- Messages about arguments of lanyard.policy, and errors where its functions are called.
---
---     local problem = argument_errors.document("before", before)   -- nil, or what is wrong
---     argument_errors.verify("public", problem)                    -- raises an error where public was called
---     local changed = argument_errors.call("allow", add_statement, doc, grant)  -- the same for a function in C

local core = require "lanyard.policy.core"
local lists = require "lanyard.lists"

local M = {}

--- Returns a value for a message: its type, or a short text itself.
---@param value any
---@return string
function M.shown(value)
  if type(value) == "string" then
    return #value <= 80 and ("'%s'"):format(value:gsub("%c", "?")) or ("a string of %d bytes"):format(#value)
  elseif type(value) == "number" or type(value) == "boolean" or value == nil then
    return tostring(value)
  end
  return "a " .. type(value)
end

--- Returns the message about an argument that is not what is expected.
---@param name string  of the argument
---@param what string  is expected
---@param value any    was given
---@return string
function M.expected(name, what, value)
  return ("%s: %s expected, got %s"):format(name, what, M.shown(value))
end

-- What getmetatable returns for every document.
local CLASS = getmetatable(core.new())

--- Checks a policy document.
---@param name string
---@param value any
---@return string? problem
function M.document(name, value)
  if type(value) ~= "userdata" or getmetatable(value) ~= CLASS then
    local advice = type(value) == "string" and "; policy.parse reads a text" or ""
    return M.expected(name, "a document of lanyard.policy", value) .. advice
  end
  return nil
end

--- Checks that a value is a table.
---@param name string
---@param value any
---@return string? problem
function M.table(name, value)
  return type(value) ~= "table" and M.expected(name, "a table", value) or nil
end

--- Checks that a value is one of a list, or nil.
---@param name string
---@param value any
---@param choices string[]
---@return string? problem
function M.choice(name, value, choices)
  if value == nil or lists.contains(choices, value) then
    return nil
  end
  return M.expected(name, "one of " .. table.concat(choices, ", "), value)
end

--- Raises an error where the function that calls this one was called, if an argument has a problem.
---@param name string      of the function
---@param problem? string
---@param level? integer   how many more calls are between them
function M.verify(name, problem, level)
  if problem then
    error(("%s: %s"):format(name, problem), 3 + (level or 0))
  end
end

--- Calls a function in C that raises an error only for a wrong argument, and raises it where the function that calls
--- this one was called. A tail call of this function has no such place.
---@param name string     of the function
---@param method function
---@param ... any
---@return any ...        its results
function M.call(name, method, ...)
  local results = table.pack(pcall(method, ...))
  if not results[1] then
    local message = tostring(results[2]):gsub("^[^\n]-%.lua:%d+: ", "")
    message = message:gsub("^bad argument #(%d+) to '.-'", "argument %1")
    error(("%s: %s"):format(name, message), 3)
  end
  return table.unpack(results, 2, results.n)
end

return M
