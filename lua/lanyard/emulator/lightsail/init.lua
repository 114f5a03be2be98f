-- Amazon Lightsail's container services.
-- Shapes: botocore's model of 2016-11-28. For what a service is at a moment see
-- lanyard.emulator.lightsail.services.

local deployments = require "lanyard.emulator.lightsail.deployments"
local errors = require "lanyard.errors"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local logs = require "lanyard.emulator.lightsail.logs"
local names = require "lanyard.aws.names"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"

local M = {
  name = "lightsail",
  protocol = "json",
  target = "Lightsail_20161128",
  operations = {},
}

local MOST_SERVICES = 100

-- Region, continent, name for people.
local REGIONS = {
  { "us-east-1", "NA", "Virginia" }, { "us-east-2", "NA", "Ohio" }, { "us-west-2", "NA", "Oregon" },
  { "eu-west-1", "EU", "Ireland" }, { "eu-west-2", "EU", "London" }, { "eu-west-3", "EU", "Paris" },
  { "eu-central-1", "EU", "Frankfurt" }, { "eu-north-1", "EU", "Stockholm" },
  { "ca-central-1", "NA", "Montreal" }, { "ap-south-1", "AS", "Mumbai" },
  { "ap-southeast-1", "AS", "Singapore" }, { "ap-southeast-2", "OC", "Sydney" },
  { "ap-southeast-3", "AS", "Jakarta" }, { "ap-southeast-5", "AS", "Malaysia" },
  { "ap-northeast-1", "AS", "Tokyo" }, { "ap-northeast-2", "AS", "Seoul" },
}

function M.serves(region)
  for _, known in ipairs(REGIONS) do
    if known[1] == region then
      return true
    end
  end
  return false
end

function M.invalid(violations)
  return services.invalid(shape.describe(violations))
end

-- ---------------------------------------------------------------------------------------------
-- Shapes

local service_name = shape.string {
  required = true, min = 1, max = 63, regex = "^[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9]$",
  check = names.container_service,
}
local optional_name = shape.string {
  min = 1, max = 63, regex = service_name.regex, check = names.container_service,
}
local container_name = shape.string {
  min = 1, max = 53, regex = service_name.regex, check = names.container,
}
local power = { "nano", "micro", "small", "medium", "large", "xlarge" }
local containers = shape.map(container_name, shape.structure {
  image = shape.string(),
  command = shape.list(shape.string()),
  environment = shape.map(shape.string(), shape.string()),
  ports = shape.map(shape.string(), shape.string { enum = { "HTTP", "HTTPS", "TCP", "UDP" } }),
})
local endpoint = shape.structure {
  containerName = shape.string { required = true },
  containerPort = shape.integer { required = true },
  healthCheck = shape.structure {
    healthyThreshold = shape.integer(),
    unhealthyThreshold = shape.integer(),
    timeoutSeconds = shape.integer { min = 2, max = 60 },
    intervalSeconds = shape.integer { min = 5, max = 300 },
    path = shape.string(),
    successCodes = shape.string(),
  },
}
local registry_access = shape.structure {
  ecrImagePullerRole = shape.structure { isActive = shape.boolean() },
}
local domains = shape.map(shape.string(), shape.list(shape.string()))
local tag_list = shape.list(shape.structure { key = shape.string(), value = shape.string() })

-- ---------------------------------------------------------------------------------------------
-- Changes

-- The service that a request is to change: none while another change runs.
local function find_idle(world, request, context, verb)
  local service, refused = services.find(world, context.region, request.serviceName)
  if not service then
    return nil, refused
  end
  local state = services.state(world, service)
  if state == "UPDATING" or state == "PENDING" or state == "DEPLOYING" or state == "DELETING" then
    return nil, services.invalid(("The specified service is in a transition state (\"%s\") and cannot be %s.")
      :format(state, verb))
  end
  return service
end

local function create(world, region, name, options, delay)
  local now = world.now()
  local service = {
    id = ids.uuid(),
    created = now,
    ready_at = now + delay,
    busy_until = now + delay,
    power = options.power or "nano",
    scale = options.scale or 1,
    disabled = false,
    tags = {},
    domains = options.publicDomainNames or {},
    role_on = false,
    principal_arn = services.role_arn(world, region, name, ""),
    deployments = json.array {},
  }
  iam.create_role(world, service.principal_arn)
  services.of(world, region)[name] = service
  return service
end

local function wants_role(request)
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

M.operations.CreateContainerService = {
  writes = true,
  input = shape.structure {
    serviceName = service_name,
    power = shape.string { required = true, enum = power },
    scale = shape.integer { required = true, min = 1, max = 20 },
    tags = tag_list,
    publicDomainNames = domains,
    deployment = shape.structure { containers = containers, publicEndpoint = endpoint },
    privateRegistryAccess = registry_access,
  },
  call = function(world, request, context)
    local name = request.serviceName
    if services.find(world, context.region, name) then
      return nil, services.invalid(("Some names are already in use: %s"):format(name))
    elseif count_of(services.of(world, context.region)) >= MOST_SERVICES then
      return nil, services.invalid(("There can be at most %d container services in a Region.")
        :format(MOST_SERVICES))
    end
    local refused = request.deployment and deployments.check(request.deployment)
    if refused then
      return nil, refused
    end
    local service = create(world, context.region, name, request, world.options.activation_delay)
    for _, tag in ipairs(request.tags or {}) do
      service.tags[tag.key or ""] = tag.value or ""
    end
    if wants_role(request) then
      services.make_role(world, context.region, name, service)
    end
    if request.deployment then
      deployments.deploy(world, context.region, service, request.deployment, service.ready_at)
    end
    return { containerService = services.show(world, context.region, name, service) }
  end,
}

M.operations.GetContainerServices = {
  input = shape.structure { serviceName = optional_name },
  call = function(world, request, context)
    local chosen = {}
    if request.serviceName then
      chosen[1] = request.serviceName
      local service, refused = services.find(world, context.region, request.serviceName)
      if not service then
        return nil, refused
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
      list[#list + 1] = service and services.show(world, context.region, name, service)
    end
    return { containerServices = list }
  end,
}

-- Members of an update, and where a service keeps them.
local UPDATED = { power = "power", scale = "scale", isDisabled = "disabled", publicDomainNames = "domains" }

M.operations.UpdateContainerService = {
  writes = true,
  input = shape.structure {
    serviceName = service_name,
    power = shape.string { enum = power },
    scale = shape.integer { min = 1, max = 20 },
    isDisabled = shape.boolean(),
    publicDomainNames = domains,
    privateRegistryAccess = registry_access,
  },
  call = function(world, request, context)
    local service, refused = find_idle(world, request, context, "updated")
    if not service then
      return nil, refused
    end
    local changed = false
    for member, field in pairs(UPDATED) do
      if request[member] ~= nil then
        changed = changed or service[field] ~= request[member]
        service[field] = request[member]
      end
    end
    local on = wants_role(request)
    local switched = on ~= nil and on ~= service.role_on
    if changed or switched then
      service.busy_until = world.now() + world.options.activation_delay
    end
    if switched and on then
      services.make_role(world, context.region, request.serviceName, service)
    elseif switched then
      services.delete_role(world, service)
    end
    return { containerService = services.show(world, context.region, request.serviceName, service) }
  end,
}

M.operations.DeleteContainerService = {
  writes = true,
  input = shape.structure { serviceName = service_name },
  call = function(world, request, context)
    local service, refused = find_idle(world, request, context, "deleted")
    if not service then
      return nil, refused
    end
    services.delete_role(world, service)
    iam.delete_role(world, service.principal_arn)
    service.gone_at = world.now() + world.options.activation_delay
    return {}
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Deployments and their logs

M.operations.CreateContainerServiceDeployment = {
  writes = true,
  input = shape.structure { serviceName = service_name, containers = containers, publicEndpoint = endpoint },
  call = function(world, request, context)
    local service, refused = find_idle(world, request, context, "deployed to")
    if not service then
      return nil, refused
    end
    refused = deployments.check(request)
    if refused then
      return nil, refused
    elseif service.disabled then
      return nil, services.invalid "The specified service is disabled and cannot be deployed to."
    end
    deployments.deploy(world, context.region, service, request, world.now())
    return { containerService = services.show(world, context.region, request.serviceName, service) }
  end,
}

M.operations.GetContainerServiceDeployments = {
  input = shape.structure { serviceName = service_name },
  call = function(world, request, context)
    local service, refused = services.find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    local list = json.array {}
    for i = #service.deployments, 1, -1 do
      list[#list + 1] = services.show_deployment(world, service, i)
    end
    return { deployments = list }
  end,
}

M.operations.GetContainerLog = {
  input = shape.structure {
    serviceName = service_name,
    containerName = shape.string { required = true },
    startTime = shape.number(),
    endTime = shape.number(),
    filterPattern = shape.string(),
    pageToken = shape.string(),
  },
  call = function(world, request, context)
    local service, refused = services.find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    return logs.show(world, service, request)
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Regions and tags

M.operations.GetRegions = {
  input = shape.structure {
    includeAvailabilityZones = shape.boolean(),
    includeRelationalDatabaseAvailabilityZones = shape.boolean(),
  },
  call = function(_, request)
    local list = json.array {}
    for i, region in ipairs(REGIONS) do
      local zones = json.array {}
      if request.includeAvailabilityZones then
        for j, letter in ipairs { "a", "b", "c" } do
          zones[j] = { zoneName = region[1] .. letter, state = "available" }
        end
      end
      list[i] = {
        name = region[1],
        continentCode = region[2],
        displayName = region[3],
        description = ("This region is recommended to serve users near %s"):format(region[3]),
        availabilityZones = zones,
        relationalDatabaseAvailabilityZones = json.array {},
      }
    end
    return { regions = list }
  end,
}

M.operations.TagResource = {
  writes = true,
  input = shape.structure {
    resourceName = shape.string {
      required = true, regex = "\\w[\\w\\-]*\\w", check = function(value) return value:find "^[%w_][%w_-]*[%w_]$" end,
    },
    resourceArn = shape.string(),
    tags = shape.list(tag_list.item, { required = true }),
  },
  call = function(world, request, context)
    local name = request.resourceName
    local service, refused = services.find(world, context.region, name)
    if not service then
      return nil, refused
    end
    for _, tag in ipairs(request.tags) do
      service.tags[tag.key or ""] = tag.value or ""
    end
    if count_of(service.tags) > 50 then
      return nil, services.invalid "A resource can have at most 50 tags."
    end
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

-- ---------------------------------------------------------------------------------------------
-- For a seed

-- plant(world, region, item { name, power, scale, role = bool, role_arn, containers, publicEndpoint, tags })
--   --> true | nil, err
function M.plant(world, region, item)
  local ok, why = names.container_service(item.name)
  if not ok then
    return nil, errors.new { code = "InvalidSeed", message = "the seed has a bad service: " .. why }
  end
  local service = create(world, region, item.name, { power = item.power, scale = item.scale }, 0)
  for key, value in pairs(item.tags or {}) do
    service.tags[key] = value
  end
  service.role_on = item.role or false
  if service.role_on then
    service.role_arn = item.role_arn or services.role_arn(world, region, item.name, "private-repo-access/")
    iam.create_role(world, service.role_arn)
  end
  if item.containers then
    service.planned = { containers = item.containers, publicEndpoint = item.publicEndpoint }
  end
  return true
end

-- Deploys what the seed's services are to run, once all repositories are there.
function M.finish_seed(world, region)
  for _, service in pairs(services.of(world, region)) do
    if service.planned then
      deployments.deploy(world, region, service, service.planned, world.now() - world.options.activation_delay)
      service.planned = nil
    end
  end
end

return M
