--- The operations of Lightsail on container images.

local ids = require "lanyard.emulator.ids"
local images = require "lanyard.emulator.lightsail.images"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

---@type table<string, emulator.Operation>
local M = {}

-- https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_ContainerServiceRegistryLogin.html
local LOGIN_SECONDS = 12 * 60 * 60

-- The release of https://github.com/aws/lightsailctl that the emulator knows. lightsailctl compares it with its own, as
-- internal/updatecheck.go does.
local LIGHTSAILCTL = "1.0.8"

M.GetContainerImages = {
  input = shape.structure { serviceName = shapes.service_name },
  call = function(world, request, context)
    local service, failure = services.find(world, context.region, request.serviceName)
    if not service then
      return nil, failure
    end
    -- Scripts take the first image for the newest one.
    local list, stored = json.array {}, images.of(service)
    for i = #stored, 1, -1 do
      list[#list + 1] = images.describe(request.serviceName, stored[i])
    end
    return { containerImages = list }
  end,
}

-- Finds a service that is not being deleted.
local function find(world, request, context)
  local service, failure = services.find(world, context.region, request.serviceName)
  if service and service.gone_at then
    return nil, services.in_transition("DELETING", "updated")
  end
  return service, failure
end

M.RegisterContainerImage = {
  writes = true,
  input = shape.structure {
    serviceName = shapes.service_name,
    label = shape.string {
      required = true, min = 1, max = 53, regex = shapes.service_name.regex, check = names.container,
    },
    digest = shape.string { required = true },
  },
  call = function(world, request, context)
    local service, failure = find(world, request, context)
    if not service then
      return nil, failure
    elseif not names.digest(request.digest) then
      return nil, services.invalid(("The digest \"%s\" is not valid."):format(request.digest),
        "A digest is sha256: and 64 hexadecimal digits.")
    end
    local image
    image, failure = images.register(world, service, request.label, request.digest)
    if not image then
      return nil, failure
    end
    return { containerImage = images.describe(request.serviceName, image) }
  end,
}

M.DeleteContainerImage = {
  writes = true,
  input = shape.structure { serviceName = shapes.service_name, image = shape.string { required = true } },
  call = function(world, request, context)
    local service, failure = find(world, request, context)
    if not service then
      return nil, failure
    end
    local _, i = images.find(request.serviceName, service, request.image)
    if not i then
      return nil, services.absent(("The specified image does not exist: %s"):format(request.image),
        "GetContainerImages returns the images of a service.")
    end
    table.remove(images.of(service), i)
    return {}
  end,
}

-- The registry is the one of Lightsail's account in the Region, as lightsailctl uses it (internal/cs/pushimage.go).
M.CreateContainerServiceRegistryLogin = {
  writes = true,
  input = shape.structure {},
  call = function(world, _, context)
    return { registryLogin = {
      username = "AWS",
      password = ids.secret(256),
      expiresAt = world.now() + LOGIN_SECONDS,
      registry = ("%s.dkr.ecr.%s.amazonaws.com"):format(world.lightsail_account, context.region),
    } }
  end,
}

M.GetContainerAPIMetadata = {
  input = shape.structure {},
  call = function()
    return { metadata = json.array { { name = "lightsailctlVersion", value = LIGHTSAILCTL } } }
  end,
}

return M
