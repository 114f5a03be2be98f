--- The operations of Lightsail on container services.

local certificates = require "lanyard.emulator.lightsail.certificates"
local deployments = require "lanyard.emulator.lightsail.deployments"
local describe = require "lanyard.emulator.lightsail.describe"
local iam = require "lanyard.emulator.iam"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"
local tags = require "lanyard.emulator.lightsail.tags"

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

-- Returns the tags and domain names of a service that a request creates, or nil and an exception.
local function check_creation(world, request, context)
  local failure = request.deployment and deployments.check(request.deployment)
  if failure then
    return nil, failure
  end
  local domains = certificates.merge({}, request.publicDomainNames)
  failure = certificates.check(world, context.region, request.publicDomainNames, domains)
  if failure then
    return nil, failure
  end
  local added
  added, failure = tags.add({}, request.tags or {})
  return added and { tags = added, domains = domains }, failure
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
    elseif count_of(services.existing(world, context.region)) >= MAX_SERVICES then
      return nil, services.invalid(("There can be at most %d container services in a Region.")
        :format(MAX_SERVICES))
    end
    local plan, failure = check_creation(world, request, context)
    if not plan then
      return nil, failure
    end
    local service = services.create(world, context.region, name, request, world.options.activation_delay)
    service.tags, service.domains = plan.tags, plan.domains
    if requested_role(request) then
      services.create_role(world, context.region, name, service)
    end
    if request.deployment then
      deployments.deploy(world, context.region, name, service, request.deployment, service.ready_at)
    end
    return { containerService = describe.service(world, context.region, name, service) }
  end,
}

M.GetContainerServices = {
  input = shape.structure { serviceName = shapes.optional_name },
  call = function(world, request, context)
    local found = services.existing(world, context.region)
    local chosen = lists.sorted_names(found)
    if request.serviceName then
      local service, failure = services.find(world, context.region, request.serviceName)
      if not service then
        return nil, failure
      end
      chosen = { request.serviceName }
    end
    local list = json.array {}
    for i, name in ipairs(chosen) do
      list[i] = describe.service(world, context.region, name, found[name])
    end
    return { containerServices = list }
  end,
}

-- Records from when to when the nodes of a service are shut down.
local function pause(world, service)
  service.pauses = service.pauses or json.array {}
  if service.disabled then
    table.insert(service.pauses, { from = world.now() })
  elseif service.pauses[1] then
    service.pauses[#service.pauses].to = world.now() + world.options.activation_delay
  end
end

-- Applies the capacity, state and domain names of a request. Returns the stage of the change; nil if nothing changes.
local function apply(world, service, request, domains)
  local stage, was_disabled = nil, service.disabled
  for member, field in pairs { power = "power", scale = "scale", isDisabled = "disabled" } do
    if request[member] ~= nil and service[field] ~= request[member] then
      service[field], stage = request[member], "PROVISIONING_SERVICE"
    end
  end
  if json.encode(service.domains) ~= json.encode(domains) then
    service.domains, stage = domains, stage or "PROVISIONING_CERTIFICATE"
  end
  if service.disabled ~= was_disabled then
    pause(world, service)
  end
  return stage
end

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
    local domains = certificates.merge(service.domains, request.publicDomainNames)
    failure = certificates.check(world, context.region, request.publicDomainNames, domains)
    if failure then
      return nil, failure
    end
    local stage, on = apply(world, service, request, domains), requested_role(request)
    local toggled = on ~= nil and on ~= service.role_on
    if stage or toggled then
      service.busy_until = world.now() + world.options.activation_delay
      service.stage = stage
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

return M
