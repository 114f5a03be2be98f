--- Describes container services and deployments as Lightsail does.

local json = require "lanyard.json"
local public = require "lanyard.emulator.lightsail.public"
local services = require "lanyard.emulator.lightsail.services"
local tags = require "lanyard.emulator.lightsail.tags"

local M = {}

-- Describes the containers of a deployment. Lightsail returns an empty command and environment where none was given.
local function describe_containers(containers)
  local described = {}
  for name, container in pairs(containers) do
    described[name] = {
      image = container.image,
      command = container.command or json.array {},
      environment = container.environment or {},
      ports = container.ports,
    }
  end
  return described
end

--- Describes the deployment at an index.
function M.deployment(world, service, i)
  local deployment = service.deployments[i]
  return {
    version = deployment.version,
    state = services.deployment_state(world, service, i),
    containers = describe_containers(deployment.containers),
    publicEndpoint = deployment.endpoint,
    createdAt = deployment.created,
  }
end

--- Describes a service.
function M.service(world, region, name, service)
  local state, detail = services.state(world, service)
  local current, pending = services.current_and_next(world, service)
  return {
    containerServiceName = name,
    arn = ("arn:aws:lightsail:%s:%s:ContainerService/%s"):format(region, world.account, service.id),
    createdAt = service.created,
    location = { availabilityZone = "all", regionName = region },
    resourceType = "ContainerService",
    tags = tags.describe(service.tags),
    power = service.power,
    powerId = service.power .. "-1",
    scale = service.scale,
    state = state,
    stateDetail = detail and { code = detail } or nil,
    isDisabled = service.disabled,
    principalArn = state == "PENDING" and "" or service.principal_arn,
    privateDomainName = name .. ".service.local",
    publicDomainNames = next(service.domains) and service.domains or nil,
    url = public.url(world, region, name, service),
    currentDeployment = current and M.deployment(world, service, current) or nil,
    nextDeployment = pending and M.deployment(world, service, pending) or nil,
    privateRegistryAccess = { ecrImagePullerRole = {
      isActive = service.role_on,
      principalArn = services.puller_arn(world, service) or "",
    } },
  }
end

return M
