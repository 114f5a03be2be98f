--- The methods of a region that read what its container services do and store: logs, metrics and images.

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

--- Reads how much processor time and memory a service uses.
---@param service_name string
---@param options? access.MetricOptions
---@return access.Metrics? metrics
---@return aws.Error? err
function Region:metrics(service_name, options)
  return require("lanyard.access.metrics").read(self, service_name, options)
end

--- Lists the images of Lightsail's own registry that are registered to a service, by label, the newest of a label
--- first, with the deployments that use them.
---@param service_name string
---@return access.Image[]? images
---@return aws.Error|access.Service err_or_service
function Region:images(service_name)
  return require("lanyard.access.images.list").list(self, service_name)
end

--- Deletes images of Lightsail's own registry: keeps the newest of each label, and every image that a deployment of the
--- service uses.
---@param service_name string
---@param options access.PruneOptions
---@return access.ImageResult[]? results  of all images of the service
---@return aws.Error? err  if the images or the deployments cannot be read
function Region:prune_images(service_name, options)
  return require("lanyard.access.images.prune").prune(self, service_name, options)
end

return { methods = Region }
