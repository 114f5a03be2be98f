--- Failures inside lanyard.text.jmespath: they are raised, and its public functions return them as errors.

local M = {}

local Failure = {}
Failure.__index = Failure
Failure.__name = "lanyard.jmespath.failure"

--- Raises a failure.
---@param kind "syntax"|"invalid-type"|"invalid-value"|"invalid-arity"|"unknown-function"|"limit"
---@param at integer    the byte of the expression that it is about
---@param message string  a format, and its values
function M.raise(kind, at, message, ...)
  error(setmetatable({ kind = kind, at = at, message = message:format(...) }, Failure), 0)
end

--- Raises a failure of the kind "syntax".
function M.syntax(at, message, ...)
  M.raise("syntax", at, message, ...)
end

--- Reports whether a raised value is a failure of this module.
---@param value any
---@return boolean
function M.is(value)
  return getmetatable(value) == Failure
end

return M
