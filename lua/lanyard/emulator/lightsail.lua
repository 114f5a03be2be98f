-- Amazon Lightsail's container services.
-- Shapes: botocore's model of 2016-11-28. What a service is at a moment is worked out when somebody
-- asks: a change has a time when it is done, and no clock runs.
--
-- state.regions[region].services[name] = { id, created, ready_at, busy_until, gone_at, power, scale,
-- disabled, tags, domains, role_on, role_arn (once made), principal_arn, deployments }.

local deployments = require "lanyard.emulator.deployments"
local errors = require "lanyard.errors"
local fault = require "lanyard.emulator.fault"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local shape = require "lanyard.emulator.shape"

local M = {
  name = "lightsail",
  protocol = "json",
  target = "Lightsail_20161128",
  operations = {},
}

local DOCS = "https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-container-services.html"
local MOST_SERVICES = 100
local MOST_CONTAINERS = 10
local MOST_VERSIONS = 50

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

local POWER_IDS = { nano = "nano-1", micro = "micro-1", small = "small-1", medium = "medium-1", large = "large-1",
  xlarge = "xlarge-1" }

function M.serves(region)
  for _, known in ipairs(REGIONS) do
    if known[1] == region then
      return true
    end
  end
  return false
end

local function invalid(message, tip)
  return fault("InvalidInputException", message, 400, { code = "InvalidInputException", docs = DOCS, tip = tip })
end

function M.invalid(violations)
  return invalid(shape.describe(violations))
end

local function not_found(name)
  return fault("NotFoundException", ("The specified service does not exist: %s"):format(name), 400,
    { code = "NotFoundException", docs = DOCS, tip = "Check the name of the service, and the Region." })
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
-- A service as it is now

local function services_of(world, region)
  return world.region(region).services
end

local function role_arn(world, region, name, kind)
  return ("arn:aws:iam::%s:role/amazon/lightsail/%s/containers/%s/%s%s")
    :format(world.lightsail_account, region, name, kind, ids.lightsail_role())
end

-- Makes what is due by now: the role of a service whose change is over.
local function settle(world, region, name, service)
  if service.role_on and not service.role_arn and world.now() >= service.busy_until then
    service.role_arn = role_arn(world, region, name, "private-repo-access/")
    iam.create_role(world, service.role_arn, world.now() + world.options.iam_delay)
  end
end

local function deployment_state(world, service, i)
  local deployment = service.deployments[i]
  if world.now() < deployment.done_at then
    return "ACTIVATING"
  elseif not deployment.succeeds then
    return "FAILED"
  end
  for later = i + 1, #service.deployments do
    local other = service.deployments[later]
    if other.succeeds and world.now() >= other.done_at then
      return "INACTIVE"
    end
  end
  return "ACTIVE"
end

-- The positions of the active deployment and of the one under way.
local function current_and_next(world, service)
  local current, coming
  for i = 1, #service.deployments do
    local state = deployment_state(world, service, i)
    current = state == "ACTIVE" and i or current
    coming = state == "ACTIVATING" and i or coming
  end
  return current, coming
end

-- state, detail code
local function state_of(world, service)
  local now = world.now()
  local current, coming = current_and_next(world, service)
  if service.gone_at then
    return "DELETING"
  elseif now < service.ready_at then
    return "PENDING", "CREATING_SYSTEM_RESOURCES"
  elseif now < service.busy_until then
    return "UPDATING", "PROVISIONING_SERVICE"
  elseif coming then
    return "DEPLOYING", "CREATING_DEPLOYMENT"
  elseif service.disabled then
    return "DISABLED"
  end
  return current and "RUNNING" or "READY"
end

-- Finds a service that has not gone; --> service | nil, fault
local function find(world, region, name)
  local service = services_of(world, region)[name]
  if service and service.gone_at and world.now() >= service.gone_at then
    services_of(world, region)[name] = nil
    service = nil
  end
  if not service then
    return nil, not_found(name)
  end
  settle(world, region, name, service)
  return service
end

local function show_deployment(world, service, i)
  local deployment = service.deployments[i]
  return {
    version = deployment.version,
    state = deployment_state(world, service, i),
    containers = deployment.containers,
    publicEndpoint = deployment.endpoint,
    createdAt = deployment.created,
  }
end

local function show_tags(tags)
  local keys, list = {}, json.array {}
  for key in pairs(tags) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    list[i] = { key = key, value = tags[key] ~= "" and tags[key] or nil }
  end
  return list
end

local function show(world, region, name, service)
  local state, detail = state_of(world, service)
  local current, coming = current_and_next(world, service)
  return {
    containerServiceName = name,
    arn = ("arn:aws:lightsail:%s:%s:ContainerService/%s"):format(region, world.account, service.id),
    createdAt = service.created,
    location = { availabilityZone = "all", regionName = region },
    resourceType = "ContainerService",
    tags = show_tags(service.tags),
    power = service.power,
    powerId = POWER_IDS[service.power],
    scale = service.scale,
    state = state,
    stateDetail = detail and { code = detail } or nil,
    isDisabled = service.disabled,
    principalArn = service.principal_arn,
    privateDomainName = name .. ".service.local",
    publicDomainNames = next(service.domains) and service.domains or nil,
    url = ("https://%s.%s.%s.cs.amazonlightsail.com/"):format(name, service.id:sub(1, 8), region),
    currentDeployment = current and show_deployment(world, service, current) or nil,
    nextDeployment = coming and show_deployment(world, service, coming) or nil,
    privateRegistryAccess = { ecrImagePullerRole = {
      isActive = service.role_on,
      principalArn = service.role_arn or "",
    } },
  }
end

-- ---------------------------------------------------------------------------------------------
-- Changes

local function check_deployment(request)
  local count = 0
  for name, container in pairs(request.containers or {}) do
    count = count + 1
    if not container.image or container.image == "" then
      return invalid(("The container %s has no image."):format(name))
    end
  end
  if count == 0 then
    return invalid "A deployment needs at least one container."
  elseif count > MOST_CONTAINERS then
    return invalid(("A deployment can have at most %d containers."):format(MOST_CONTAINERS))
  end
  local public = request.publicEndpoint
  local opened = public and request.containers[public.containerName]
  if public and not opened then
    return invalid(("The public endpoint's container %s is not in the deployment."):format(public.containerName))
  elseif public and not (opened.ports or {})[tostring(public.containerPort)] then
    return invalid(("The public endpoint's port %d is not open on the container %s.")
      :format(public.containerPort, public.containerName))
  end
  return nil
end

local DEFAULT_CHECK = { healthyThreshold = 2, unhealthyThreshold = 2, timeoutSeconds = 2, intervalSeconds = 5,
  path = "/", successCodes = "200-499" }

local function endpoint_of(request)
  local public = request.publicEndpoint
  if not public then
    return nil
  end
  local check = {}
  for name, value in pairs(DEFAULT_CHECK) do
    check[name] = value
  end
  for name, value in pairs(public.healthCheck or {}) do
    check[name] = value
  end
  return { containerName = public.containerName, containerPort = public.containerPort, healthCheck = check }
end

local function deploy(world, region, service, request, start)
  local last = service.deployments[#service.deployments]
  local deployment = {
    version = last and last.version + 1 or 1,
    created = world.now(),
    done_at = start + world.options.activation_delay,
    containers = request.containers,
    endpoint = endpoint_of(request),
  }
  deployments.run(world, region, service.role_arn, deployment)
  table.insert(service.deployments, deployment)
  if #service.deployments > MOST_VERSIONS then
    table.remove(service.deployments, 1)
  end
end

-- A change is refused while another one runs.
local function check_idle(world, service, verb)
  local state = state_of(world, service)
  if state == "UPDATING" or state == "PENDING" or state == "DEPLOYING" or state == "DELETING" then
    return invalid(("The specified service is in a transition state (\"%s\") and cannot be %s."):format(state, verb))
  end
  return nil
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
    principal_arn = role_arn(world, region, name, ""),
    deployments = json.array {},
  }
  iam.create_role(world, service.principal_arn)
  services_of(world, region)[name] = service
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
    if find(world, context.region, name) then
      return nil, invalid(("Some names are already in use: %s"):format(name))
    elseif count_of(services_of(world, context.region)) >= MOST_SERVICES then
      return nil, invalid(("There can be at most %d container services in a Region."):format(MOST_SERVICES))
    end
    local refused = request.deployment and check_deployment(request.deployment)
    if refused then
      return nil, refused
    end
    local service = create(world, context.region, name, request, world.options.activation_delay)
    for _, tag in ipairs(request.tags or {}) do
      service.tags[tag.key or ""] = tag.value or ""
    end
    service.role_on = wants_role(request) or false
    settle(world, context.region, name, service)
    if request.deployment then
      deploy(world, context.region, service, request.deployment, service.ready_at)
    end
    return { containerService = show(world, context.region, name, service) }
  end,
}

M.operations.GetContainerServices = {
  input = shape.structure { serviceName = optional_name },
  call = function(world, request, context)
    local chosen = {}
    if request.serviceName then
      chosen[1] = request.serviceName
      local service, refused = find(world, context.region, request.serviceName)
      if not service then
        return nil, refused
      end
    else
      for name in pairs(services_of(world, context.region)) do
        chosen[#chosen + 1] = name
      end
      table.sort(chosen)
    end
    local list = json.array {}
    for _, name in ipairs(chosen) do
      local service = find(world, context.region, name)
      list[#list + 1] = service and show(world, context.region, name, service)
    end
    return { containerServices = list }
  end,
}

local function set_role(world, service, on)
  if on == service.role_on then
    return false
  end
  service.role_on = on
  if not on and service.role_arn then
    iam.delete_role(world, service.role_arn)
    service.role_arn = nil
  end
  return true
end

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
    local service, refused = find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    refused = check_idle(world, service, "updated")
    if refused then
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
    if on ~= nil then
      changed = set_role(world, service, on) or changed
    end
    if changed then
      service.busy_until = world.now() + world.options.activation_delay
    end
    settle(world, context.region, request.serviceName, service)
    return { containerService = show(world, context.region, request.serviceName, service) }
  end,
}

M.operations.DeleteContainerService = {
  writes = true,
  input = shape.structure { serviceName = service_name },
  call = function(world, request, context)
    local service, refused = find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    refused = check_idle(world, service, "deleted")
    if refused then
      return nil, refused
    end
    set_role(world, service, false)
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
    local service, refused = find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    refused = check_idle(world, service, "deployed to") or check_deployment(request)
    if refused then
      return nil, refused
    elseif service.disabled then
      return nil, invalid "The specified service is disabled and cannot be deployed to."
    end
    deploy(world, context.region, service, request, world.now())
    return { containerService = show(world, context.region, request.serviceName, service) }
  end,
}

M.operations.GetContainerServiceDeployments = {
  input = shape.structure { serviceName = service_name },
  call = function(world, request, context)
    local service, refused = find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    end
    local list = json.array {}
    for i = #service.deployments, 1, -1 do
      list[#list + 1] = show_deployment(world, service, i)
    end
    return { deployments = list }
  end,
}

-- Whether a line has every word of the pattern, or a quoted pattern as a whole.
local function fits_pattern(line, pattern)
  local phrase = pattern:match '^"(.*)"$'
  if phrase then
    return line:find(phrase, 1, true) ~= nil
  end
  for word in pattern:gmatch "%S+" do
    if not line:find(word, 1, true) then
      return false
    end
  end
  return true
end

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
    local service, refused = find(world, context.region, request.serviceName)
    if not service then
      return nil, refused
    elseif request.pageToken then
      return nil, invalid "The specified page token is not valid."
    end
    local events, known = json.array {}, false
    for _, deployment in ipairs(service.deployments) do
      if deployment.containers[request.containerName] then
        known = true
        for i, line in ipairs(deployment.log) do
          local span = deployment.done_at - deployment.created
          local at = deployment.created + span * (i - 1) / (#deployment.log - 1)
          local text = ("[deployment:%d] %s"):format(deployment.version, line)
          if at <= world.now() and at >= (request.startTime or 0) and at <= (request.endTime or math.huge)
            and fits_pattern(text, request.filterPattern or "") then
            events[#events + 1] = { createdAt = at, message = text }
          end
        end
      end
    end
    if not known then
      return nil, invalid(("The specified container does not exist: %s"):format(request.containerName))
    end
    return { logEvents = events }
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
    local service, refused = find(world, context.region, name)
    if not service then
      return nil, refused
    end
    for _, tag in ipairs(request.tags) do
      service.tags[tag.key or ""] = tag.value or ""
    end
    if count_of(service.tags) > 50 then
      return nil, invalid "A resource can have at most 50 tags."
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

-- plant(world, region, item { name, power, scale, role = bool, role_arn, containers, tags })
--   --> true | nil, err
function M.plant(world, region, item)
  local ok, why = names.container_service(item.name)
  if not ok then
    return nil, errors.new { code = "InvalidSeed", message = "the seed has a bad service: " .. why }
  elseif not M.serves(region) then
    return nil, errors.new { code = "InvalidSeed",
      message = ("the seed has services in %s, where Lightsail is not"):format(region) }
  end
  local service = create(world, region, item.name, { power = item.power, scale = item.scale }, 0)
  for key, value in pairs(item.tags or {}) do
    service.tags[key] = value
  end
  service.role_on = item.role or false
  if service.role_on then
    service.role_arn = item.role_arn or role_arn(world, region, item.name, "private-repo-access/")
    iam.create_role(world, service.role_arn)
  end
  if item.containers then
    service.planned = { containers = item.containers }
  end
  return true
end

-- Deploys what the seed's services are to run, once all repositories are there.
function M.finish_seed(world, region)
  for _, service in pairs(services_of(world, region)) do
    if service.planned then
      deploy(world, region, service, service.planned, world.now() - world.options.activation_delay)
      service.planned = nil
    end
  end
end

return M
