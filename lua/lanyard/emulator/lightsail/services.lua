--- Container services of the emulated Lightsail and their state.
---
--- The state is computed when it is read: a change has a time at which it is complete, and nothing runs in between.
---
--- state.regions[region].services[name] = { id, created, ready_at, busy_until, gone_at, power, scale, disabled, tags,
--- domains, role_on, role_arn, principal_arn, deployments }; a deployment is { version, created, done_at, containers,
--- endpoint, succeeds, logs = { [container] = lines }, programs = { [container] = emulator.Program } }. `pauses` lists
--- { from, to } while it was disabled, `images` is in lanyard.emulator.lightsail.images, `metrics` is from a seed.

local exception = require "lanyard.emulator.exception"
local iam = require "lanyard.emulator.iam"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"

local M = {}

local DOCS = "https://docs.aws.amazon.com/lightsail/latest/userguide/amazon-lightsail-container-services.html"

--- Returns the exception for invalid input.
---@param message string
---@param tip? string
---@return emulator.Exception
function M.invalid(message, tip)
  return exception("InvalidInputException", message, 400, { code = "InvalidInputException", docs = DOCS, tip = tip })
end

--- Returns the exception for something that does not exist.
---@param message string
---@param tip string
---@return emulator.Exception
function M.absent(message, tip)
  return exception("NotFoundException", message, 400, { code = "NotFoundException", docs = DOCS, tip = tip })
end

--- Returns the exception for a service that does not exist.
---@param name string
---@return emulator.Exception
function M.not_found(name)
  return M.absent(("The specified service does not exist: %s"):format(name),
    "Check the name of the service, and the Region.")
end

--- Returns the exception for a change of a service while another one is in progress. The text is recorded with
--- DeleteContainerService.
---@param state string
---@param verb string  such as "updated"
---@return emulator.Exception
function M.in_transition(state, verb)
  return M.invalid(("The specified service is in a transition state (\"%s\") and cannot be %s."):format(state, verb))
end

--- Returns the services of a Region, by name.
function M.of(world, region)
  return world.region(region).services
end

--- Returns the ARN of a new role of a service.
---@param kind "private-repo-access/"|""  the puller role or the general role
---@return string
function M.role_arn(world, region, name, kind)
  return ("arn:aws:iam::%s:role/amazon/lightsail/%s/containers/%s/%s%s")
    :format(world.lightsail_account, region, name, kind, ids.lightsail_role())
end

--- Enables the puller role. The ARN appears when the service's change is complete; IAM has the role later.
function M.create_role(world, region, name, service)
  service.role_on = true
  service.role_arn = M.role_arn(world, region, name, "private-repo-access/")
  iam.create_role(world, service.role_arn, service.busy_until + world.options.iam_delay)
end

--- Disables the puller role.
function M.delete_role(world, service)
  service.role_on = false
  if service.role_arn then
    iam.delete_role(world, service.role_arn)
    service.role_arn = nil
  end
end

--- Returns the ARN of the puller role, or nil while the role is off or pending.
---@return string?
function M.puller_arn(world, service)
  return world.now() >= service.busy_until and service.role_arn or nil
end

--- Returns the state of the deployment at an index.
---@return "ACTIVATING"|"ACTIVE"|"INACTIVE"|"FAILED"
function M.deployment_state(world, service, i)
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

--- Returns the indexes of the active deployment and of the one in progress.
---@return integer? current
---@return integer? pending
function M.current_and_next(world, service)
  local current, pending
  for i = 1, #service.deployments do
    local state = M.deployment_state(world, service, i)
    current = state == "ACTIVE" and i or current
    pending = state == "ACTIVATING" and i or pending
  end
  return current, pending
end

-- The detail codes of a deployment in progress.
local STAGES = { "CREATING_DEPLOYMENT", "EVALUATING_HEALTH_CHECK", "ACTIVATING_DEPLOYMENT" }

local function detail_code(world, deployment)
  local passed = (world.now() - deployment.created) / (deployment.done_at - deployment.created)
  return STAGES[math.min(#STAGES, math.floor(passed * #STAGES) + 1)]
end

--- Returns the state of a service and its detail code.
---@return string state
---@return string? code
function M.state(world, service)
  local now = world.now()
  local current, pending = M.current_and_next(world, service)
  if service.gone_at then
    return "DELETING"
  elseif now < service.ready_at then
    return "PENDING", "CREATING_SYSTEM_RESOURCES"
  elseif now < service.busy_until then
    return "UPDATING", service.stage or "PROVISIONING_SERVICE"
  elseif pending then
    return "DEPLOYING", detail_code(world, service.deployments[pending])
  elseif service.disabled then
    return "DISABLED"
  end
  return current and "RUNNING" or "READY"
end

--- Reports whether the nodes of a service were shut down at a time, because the service was disabled.
---@param service table
---@param at number  seconds since 1970
---@return boolean
function M.is_paused(service, at)
  for _, pause in ipairs(service.pauses or {}) do
    if at >= pause.from and at < (pause.to or math.huge) then
      return true
    end
  end
  return false
end

--- Returns the services of a Region, without the ones whose deletion is complete.
---@return table<string, table>
function M.existing(world, region)
  local services, now = M.of(world, region), world.now()
  for name, service in pairs(services) do
    if service.gone_at and now >= service.gone_at then
      services[name] = nil
    end
  end
  return services
end

--- Finds a service.
---@return table? service
---@return emulator.Exception?
function M.find(world, region, name)
  local service = M.existing(world, region)[name]
  if not service then
    return nil, M.not_found(name)
  end
  return service
end

--- Finds the service that a request changes. It fails while another change is in progress.
---@return table? service
---@return emulator.Exception?
function M.find_idle(world, request, context, verb)
  local service, failure = M.find(world, context.region, request.serviceName)
  if not service then
    return nil, failure
  end
  local state = M.state(world, service)
  if state == "UPDATING" or state == "PENDING" or state == "DEPLOYING" or state == "DELETING" then
    return nil, M.in_transition(state, verb)
  end
  return service
end

--- Finds the service that a request deploys to. It fails while another change is in progress; a deployment in progress
--- is refused with the text that is recorded from Lightsail.
---@return table? service
---@return emulator.Exception?
function M.find_deployable(world, request, context)
  local service, failure = M.find(world, context.region, request.serviceName)
  if service and M.state(world, service) == "DEPLOYING" then
    local _, pending = M.current_and_next(world, service)
    return nil, M.invalid(("Sorry, deployment %d is in progress for service \"%s\". Please wait for it to complete "
      .. "before trying again."):format(service.deployments[pending].version, request.serviceName))
  elseif not service then
    return nil, failure
  end
  return M.find_idle(world, request, context, "deployed to")
end

--- Creates a service that is ready after `delay` seconds.
---@return table service
function M.create(world, region, name, options, delay)
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
    domains = {},
    role_on = false,
    principal_arn = M.role_arn(world, region, name, ""),
    deployments = json.array {},
  }
  iam.create_role(world, service.principal_arn)
  M.of(world, region)[name] = service
  return service
end

return M
