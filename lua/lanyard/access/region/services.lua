--- The methods of a region that create, change and delete container services.

---@class access.Region
local Region = {}

--- Lists the powers of container services, the cheapest first.
---@return access.Power[]? powers
---@return aws.Error? err
function Region:powers()
  return require("lanyard.access.service.powers").list(self)
end

--- Reads the certificates of the Region, by name.
---@return table<string, access.Certificate>? certificates
---@return aws.Error? err
function Region:certificates()
  return require("lanyard.access.service.certificates").all(self)
end

--- Compares a service with what it is to be, and with what that costs. Nothing is changed.
---@param name string
---@param wants access.service.Wants
---@return access.service.Plan? plan
---@return aws.Error? err
function Region:plan_service(name, wants)
  return require("lanyard.access.service.plan").plan(self, name, wants)
end

--- Creates a service, and waits until it is ready. A service that exists as asked for is not changed. One that exists
--- otherwise is an error that names the differences.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- for _ = 1, 2 do
---   local wants = { power = "nano", scale = 2 }
---   local done = assert(region:create_service("web", wants))
---   print(done.kind, done.service.state)
--- end
--- --> created	READY
--- --> unchanged	READY
--- local none, err = region:create_service("web", { power = "nano", scale = 3 })
--- print(none, err.code)
--- --> nil	ServiceDiffers
--- ```
---@param name string
---@param wants access.service.Wants  power and scale are required for a new service
---@param options? access.service.Options
---@return access.service.Result? result
---@return aws.Error? err  code ServiceDiffers if it exists otherwise
function Region:create_service(name, wants, options)
  return require("lanyard.access.service.create").create(self, name, wants, options)
end

--- Changes a service, and waits until the change is complete. A service that is as asked for is not changed.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- local name = "my-container-service"
--- local done = assert(region:update_service(name, { scale = 3 }))
--- local before, after = done.plan.before, done.plan.after
--- print(done.kind, before.monthly_price, after.monthly_price)
--- --> updated	7	21
--- ```
---@param name string
---@param wants access.service.Wants
---@param options? access.service.Options
---@return access.service.Result? result
---@return aws.Error? err  code NotFoundException if it does not exist
function Region:update_service(name, wants, options)
  return require("lanyard.access.service.update").update(self, name, wants, options)
end

--- Reads what the deletion of services takes along. Nothing is changed.
---@param names string[]
---@param missing? aws.Error[]  receives an error for each name that does not exist; without it, the first one is an
---  error of the call
---@return access.service.Deletion[]? plans  in the order of the names
---@return aws.Error? err
function Region:plan_deletions(names, missing)
  return require("lanyard.access.service.deletion").plan(self, names, missing)
end

--- Deletes a service: revokes its grants, requests the deletion, and waits until it is gone. A service that does not
--- exist is not an error.
---
--- ```lua
--- local session = assert(lanyard.aws.session { region = "us-east-1" })
--- local region = assert(access.connect(session, { permit = false }))
--- print(assert(region:delete_service "my-container-service").kind)
--- --> deleted
--- print(assert(region:delete_service "my-container-service").kind)
--- --> unchanged
--- ```
---@param service string|access.service.Deletion  its name, or a plan of `plan_deletions`
---@param options? access.service.DeleteOptions
---@return access.service.DeleteResult? result  with an error too: what was done before it
---@return aws.Error? err
function Region:delete_service(service, options)
  local deletion = require "lanyard.access.service.deletion"
  if type(service) == "string" then
    return deletion.delete(self, service, options)
  end
  return deletion.carry_out(self, service, options)
end

return { methods = Region }
