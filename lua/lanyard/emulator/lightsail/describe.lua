--- Describes container services and deployments as Lightsail does.

local crypto = require "lanyard.crypto"
local json = require "lanyard.json"
local services = require "lanyard.emulator.lightsail.services"
local tags = require "lanyard.emulator.lightsail.tags"

local M = {}

local HOST_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"

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

-- Returns the part of a service's host name that makes it unique: 13 letters and digits that depend on its ID.
local function host_id(service)
  local text = {}
  for byte in crypto.sha256_hex(service.id):sub(1, 26):gmatch "%x%x" do
    local i = tonumber(byte, 16) % #HOST_ALPHABET + 1
    text[#text + 1] = HOST_ALPHABET:sub(i, i)
  end
  return table.concat(text)
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
    principalArn = service.principal_arn,
    privateDomainName = name .. ".service.local",
    publicDomainNames = next(service.domains) and service.domains or nil,
    url = ("https://%s.%s.%s.cs.amazonlightsail.com/"):format(name, host_id(service), region),
    currentDeployment = current and M.deployment(world, service, current) or nil,
    nextDeployment = pending and M.deployment(world, service, pending) or nil,
    privateRegistryAccess = { ecrImagePullerRole = {
      isActive = service.role_on,
      principalArn = services.puller_arn(world, service) or "",
    } },
  }
end

return M
