--- Errors as values: a function that can fail for reasons outside the program returns nil and an error.
---
---     return nil, errors.new { code = "NotFound", message = "a.json does not exist" }
---
--- tostring(err) is the message, and for a call to AWS also the operation, the code and the request id. The C modules
--- return errors of the same form.
---@class lanyard.Error
---@field code string         a short identifier; AWS's own for its errors
---@field message string      one line, or one for each of `problems`
---@field problems? string[]  what is wrong with a file
---@field tip? string         what to do next
---@field docs? string        the address of further documentation
---@field service? string     the AWS service that was called
---@field operation? string   the operation that was called
---@field status? integer     the HTTP status of the reply
---@field request_id? string
---@field retryable? boolean  the same call can succeed later

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

--- Creates an error. It takes ownership of the table.
---@param fields table  `code` and `message` are required
---@return lanyard.Error
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
