--- Creates the exception for a parameter that violates a constraint, in ECR's words.
---
---     return nil, invalid("policyText", "must not be null")

local exception = require "lanyard.emulator.exception"

--- Returns the exception.
---@param path string
---@param constraint string
---@return emulator.Exception
return function(path, constraint)
  return exception("InvalidParameterException",
    ("Invalid parameter at '%s' failed to satisfy constraint: '%s'"):format(path, constraint))
end
