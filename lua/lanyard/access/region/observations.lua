--- The methods of a region that read what its container services do: logs.

---@class access.Region
local Region = {}

--- Reads the logs of a service's containers, merged in order of time. Values of environment variables, and what else
--- looks like a secret, are replaced by ***.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local none, err = region:log_events "my-container-service"
--- print(none, err.code)
--- --> nil	NoDeployment
--- ```
---@param service_name string
---@param options? access.LogOptions
---@return access.LogResult? result
---@return aws.Error? err  if no log could be read, or not to its end
function Region:log_events(service_name, options)
  return require("lanyard.access.logs").events(self, service_name, options)
end

return { methods = Region }
