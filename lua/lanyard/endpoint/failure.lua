--- Failures of endpoint rule sets, raised inside lanyard.endpoint, which returns them as errors.

local M = {}

local Failure = {}

--- Raises a failure.
---@param at string  what failed: "rules.0.conditions.1", "the parameter Region"
---@param format string  of the message
function M.raise(at, format, ...)
  error(setmetatable({ message = at .. ": " .. format:format(...) }, Failure), 0)
end

--- Reports whether a raised value is a failure.
---@param value any
---@return boolean
function M.is(value)
  return getmetatable(value) == Failure
end

return M
