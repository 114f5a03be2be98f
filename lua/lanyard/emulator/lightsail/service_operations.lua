--- The operations of Lightsail on container services.

local deployments = require "lanyard.emulator.lightsail.deployments"
local describe = require "lanyard.emulator.lightsail.describe"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

---@type table<string, emulator.Operation>
local M = {}

local MAX_SERVICES = 100

-- Returns whether a request enables (true) or disables (false) the puller role; nil when it does neither.
local function requested_role(request)
  local access = request.privateRegistryAccess
  local role = type(access) == "table" and access.ecrImagePullerRole
  if type(role) ~= "table" or type(role.isActive) ~= "boolean" then
    return nil
  end
  return role.isActive
end

local function count_of(map)
  local count = 0
  for _ in pairs(map) do
    count = count + 1
  end
  return count
end

M.CreateContainerService = {
  writes = true,
  input = shape.structure {
    serviceName = shapes.service_name,
    power = shape.string { required = true, enum = shapes.powers },
    scale = shape.integer { required = true, min = 1, max = 20 },
    tags = shapes.tag_list,
    publicDomainNames = shapes.domains,
    deployment = shape.structure { containers = shapes.containers, publicEndpoint = shapes.endpoint },
    privateRegistryAccess = shapes.registry_access,
  },
  call = function(world, request, context)
    local name = request.serviceName
    if services.find(world, context.region, name) then
      return nil, services.invalid(("Some names are already in use: %s"):format(name))
    elseif count_of(services.of(world, context.region)) >= MAX_SERVICES then
      return nil, services.invalid(("There can be at most %d container services in a Region.")
        :format(MAX_SERVICES))
    end
    local failure = request.deployment and deployments.check(request.deployment)
    if failure then
      return nil, failure
    end
    local service = services.create(world, context.region, name, request, world.options.activation_delay)
    for _, tag in ipairs(request.tags or {}) do
      service.tags[tag.key or ""] = tag.value or ""
    end
    if requested_role(request) then
      services.create_role(world, context.region, name, service)
    end
    if request.deployment then
      deployments.deploy(world, context.region, service, request.deployment, service.ready_at)
    end
    return { containerService = describe.service(world, context.region, name, service) }
  end,
}

M.GetContainerServices = {
  input = shape.structure { serviceName = shapes.optional_name },
  call = function(world, request, context)
    local chosen = {}
    if request.serviceName then
      chosen[1] = request.serviceName
      local service, failure = services.find(world, context.region, request.serviceName)
      if not service then
        return nil, failure
      end
    else
      for name in pairs(services.of(world, context.region)) do
        chosen[#chosen + 1] = name
      end
      table.sort(chosen)
    end
    local list = json.array {}
    for _, name in ipairs(chosen) do
      local service = services.find(world, context.region, name)
      list[#list + 1] = service and describe.service(world, context.region, name, service)
    end
    return { containerServices = list }
  end,
}

-- The members of an update and the fields of a service that store them.
local UPDATED_FIELDS = { power = "power", scale = "scale", isDisabled = "disabled", publicDomainNames = "domains" }

M.UpdateContainerService = {
  writes = true,
  input = shape.structure {
    serviceName = shapes.service_name,
    power = shape.string { enum = shapes.powers },
    scale = shape.integer { min = 1, max = 20 },
    isDisabled = shape.boolean(),
    publicDomainNames = shapes.domains,
    privateRegistryAccess = shapes.registry_access,
  },
  call = function(world, request, context)
    local service, failure = services.find_idle(world, request, context, "updated")
    if not service then
      return nil, failure
    end
    local changed = false
    for member, field in pairs(UPDATED_FIELDS) do
      if request[member] ~= nil then
        changed = changed or service[field] ~= request[member]
        service[field] = request[member]
      end
    end
    local on = requested_role(request)
    local toggled = on ~= nil and on ~= service.role_on
    if changed or toggled then
      service.busy_until = world.now() + world.options.activation_delay
    end
    if toggled and on then
      services.create_role(world, context.region, request.serviceName, service)
    elseif toggled then
      services.delete_role(world, service)
    end
    return { containerService = describe.service(world, context.region, request.serviceName, service) }
  end,
}

M.DeleteContainerService = {
  writes = true,
  input = shape.structure { serviceName = shapes.service_name },
  call = function(world, request, context)
    local service, failure = services.find_idle(world, request, context, "deleted")
    if not service then
      return nil, failure
    end
    services.delete_role(world, service)
    iam.delete_role(world, service.principal_arn)
    service.gone_at = world.now() + world.options.activation_delay
    return {}
  end,
}

M.TagResource = {
  writes = true,
  input = shape.structure {
    resourceName = shape.string {
      required = true, regex = "\\w[\\w\\-]*\\w", check = function(value) return value:find "^[%w_][%w_-]*[%w_]$" end,
    },
    resourceArn = shape.string(),
    tags = shape.list(shapes.tag_list.item, { required = true }),
  },
  call = function(world, request, context)
    local name = request.resourceName
    local service, failure = services.find(world, context.region, name)
    if not service then
      return nil, failure
    end
    local tags = {}
    for key, value in pairs(service.tags) do
      tags[key] = value
    end
    for _, tag in ipairs(request.tags) do
      tags[tag.key or ""] = tag.value or ""
    end
    if count_of(tags) > 50 then
      return nil, services.invalid "A resource can have at most 50 tags."
    end
    service.tags = tags
    return { operations = json.array { {
      id = ids.uuid(),
      resourceName = name,
      resourceType = "ContainerService",
      createdAt = context.now,
      location = { availabilityZone = "all", regionName = context.region },
      isTerminal = true,
      operationType = "UpdateContainerService",
      status = "Succeeded",
      statusChangedAt = context.now,
    } } }
  end,
}

return M
