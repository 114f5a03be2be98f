-- What an emulated container service is at a moment. It is worked out when somebody asks: a change
-- has a time when it is done, and no clock runs.
--
-- state.regions[region].services[name] = { id, created, ready_at, busy_until, gone_at, power, scale,
-- disabled, tags, domains, role_on, role_arn, principal_arn, deployments }; a deployment:
-- { version, created, done_at, containers, endpoint, succeeds, logs = { [container] = lines } }.

local fault = require "lanyard.emulator.fault"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"

local M = {}

local DOCS = "https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-container-services.html"
local POWER_IDS = { nano = "nano-1", micro = "micro-1", small = "small-1", medium = "medium-1", large = "large-1",
  xlarge = "xlarge-1" }

-- The fault for input that cannot be taken.
function M.invalid(message, tip)
  return fault("InvalidInputException", message, 400, { code = "InvalidInputException", docs = DOCS, tip = tip })
end

-- The fault for a service that is not there.
function M.not_found(name)
  return fault("NotFoundException", ("The specified service does not exist: %s"):format(name), 400,
    { code = "NotFoundException", docs = DOCS, tip = "Check the name of the service, and the Region." })
end

-- The services of a Region, by name.
function M.of(world, region)
  return world.region(region).services
end

-- The ARN of a new role of a service; kind "private-repo-access/" or "".
function M.role_arn(world, region, name, kind)
  return ("arn:aws:iam::%s:role/amazon/lightsail/%s/containers/%s/%s%s")
    :format(world.lightsail_account, region, name, kind, ids.lightsail_role())
end

-- Turns the puller role on, from when the service's change is over; IAM knows it later still.
function M.make_role(world, region, name, service)
  service.role_on = true
  service.role_arn = M.role_arn(world, region, name, "private-repo-access/")
  iam.create_role(world, service.role_arn, service.busy_until + world.options.iam_delay)
end

function M.delete_role(world, service)
  service.role_on = false
  if service.role_arn then
    iam.delete_role(world, service.role_arn)
    service.role_arn = nil
  end
end

-- The ARN of the puller role | nil while there is none, or not yet
function M.puller(world, service)
  return world.now() >= service.busy_until and service.role_arn or nil
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

-- What Lightsail tells of a deployment under way.
local STAGES = { "CREATING_DEPLOYMENT", "EVALUATING_HEALTH_CHECK", "ACTIVATING_DEPLOYMENT" }

local function stage_of(world, deployment)
  local passed = (world.now() - deployment.created) / (deployment.done_at - deployment.created)
  return STAGES[math.min(#STAGES, math.floor(passed * #STAGES) + 1)]
end

-- state, detail code
function M.state(world, service)
  local now = world.now()
  local current, coming = current_and_next(world, service)
  if service.gone_at then
    return "DELETING"
  elseif now < service.ready_at then
    return "PENDING", "CREATING_SYSTEM_RESOURCES"
  elseif now < service.busy_until then
    return "UPDATING", "PROVISIONING_SERVICE"
  elseif coming then
    return "DEPLOYING", stage_of(world, service.deployments[coming])
  elseif service.disabled then
    return "DISABLED"
  end
  return current and "RUNNING" or "READY"
end

-- Finds a service that has not gone; --> service | nil, fault
function M.find(world, region, name)
  local service = M.of(world, region)[name]
  if service and service.gone_at and world.now() >= service.gone_at then
    M.of(world, region)[name] = nil
    service = nil
  end
  if not service then
    return nil, M.not_found(name)
  end
  return service
end

-- A deployment as Lightsail describes it.
function M.show_deployment(world, service, i)
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

-- A service as Lightsail describes it.
function M.show(world, region, name, service)
  local state, detail = M.state(world, service)
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
    currentDeployment = current and M.show_deployment(world, service, current) or nil,
    nextDeployment = coming and M.show_deployment(world, service, coming) or nil,
    privateRegistryAccess = { ecrImagePullerRole = {
      isActive = service.role_on,
      principalArn = M.puller(world, service) or "",
    } },
  }
end

return M
