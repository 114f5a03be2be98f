-- What the world did wrong, as a value: `nil, err`. An err has at least `code` (a short
-- identifier, AWS's own where AWS answered) and `message` (one line); tostring gives the message,
-- and for a call to AWS also what was asked, the code and the request id. The C modules return
-- errors of the same form.

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

-- Makes an error of the fields given; `code` and `message` are required.
function M.new(fields)
  assert(type(fields.code) == "string" and type(fields.message) == "string",
    "an error has a code and a message")
  return setmetatable(fields, Error)
end

-- Whether a value is an error of this kind (made here or by a C module).
function M.is(value)
  local class = type(value) == "table" and getmetatable(value)
  return class and class.__name == "lanyard.error" or false
end

return M
