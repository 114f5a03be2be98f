--- Errors as values: a function that can fail for reasons outside the program returns nil and an error.
---
--- ```lua
--- local errors = require "lanyard.errors"
--- local function find(name)
---   return nil, errors.new {
---     code = "NotFound", message = name .. " does not exist",
---   }
--- end
--- local found, err = find "a.json"
--- print(found, err.code, err, errors.is(err))
--- --> nil	NotFound	a.json does not exist	true
--- ```
---
--- `tostring(err)` is the message, and for a call to AWS also the operation, the code and the request id. A mistake of
--- the caller, such as an unknown option, is raised with `error` instead.

--- What went wrong, as a value. `tostring` returns its text.
---@class lanyard.Error
---@field code string         a short identifier; AWS's own for its errors
---@field message string      one line, or one for each of `problems`
---@field problems? string[]  what is wrong with a file
---@field tip? string         what to do next
---@field docs? string        the address of further documentation
---@field service? string     the AWS service that was called
---@field operation? string   the operation that was called
---@field status? integer     the HTTP status of the reply
---@field request_id? string  of the request to AWS, for AWS's support
---@field retryable? boolean  the same call can succeed later
---@field line? integer       the position in a text that could not be parsed, from 1
---@field column? integer  from 1

local M = {}

local Error = {}
Error.__index = Error
Error.__name = "lanyard.error"

function Error:__tostring()
  if not (self.service and self.operation) then
    return self.message
  end
  local code = self.status and self.code .. ": " or ""
  local id = self.request_id and (" (request id %s)"):format(self.request_id) or ""
  return ("%s:%s: %s%s%s"):format(self.service, self.operation, code, self.message, id)
end

--- Creates an error. It takes ownership of the table. Raises an error if `code` or `message` is not a string.
---@param fields table  the members of the error: `code` and `message` are required, any others are kept
---@return lanyard.Error err
function M.new(fields)
  assert(type(fields.code) == "string" and type(fields.message) == "string",
    "an error needs a code and a message")
  return setmetatable(fields, Error)
end

--- Reports whether a value is an error of this module or of a C module.
---@param value any
---@return boolean
function M.is(value)
  local class = type(value) == "table" and getmetatable(value)
  return class and class.__name == "lanyard.error" or false
end

return M
