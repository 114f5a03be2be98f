--- Creates exceptions: what an operation returns instead of its output.
---
---     return nil, exception("NotFoundException", "The specified service does not exist: web")

---@class emulator.Exception
---@field code string
---@field message string
---@field status integer
---@field extra? table<string, string>  further members of the reply

--- Returns an exception.
---@param code string
---@param message string
---@param status? integer  the HTTP status, 400 unless given
---@param extra? table<string, string>
---@return emulator.Exception
return function(code, message, status, extra)
  return { code = code, message = message, status = status or 400, extra = extra }
end
