--- Validates and starts deployments.

local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local outcome = require "lanyard.emulator.lightsail.outcome"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local MAX_CONTAINERS = 10
local MAX_VERSIONS = 50

-- The messages about names, images and the port of the endpoint are recorded from Lightsail.
local NAME_PATTERN = "^(?:[a-z0-9]{1,2}|[a-z0-9][a-z0-9-]+[a-z0-9])$"
local VALID_IMAGE = ":container-service-1.frontend-ui.123"
local INVALID_PORT = "Invalid port specified. You must specify a port that is in the list of ports of the specified "
  .. "container."

-- Whether an image has the form of a reference. An image of Lightsail's own registry begins with a colon and ends with
-- the number of its version; there is no tag "latest". How Lightsail checks other images is not recorded.
local function is_image(reference)
  if reference:find "^:" then
    return reference:find "^:[a-z0-9-]+%.[a-z0-9-]+%.%d+$" ~= nil
  end
  return reference ~= ""
end

local function check_container(name, container)
  if not names.container(name) then
    return services.invalid(('Container name "%s" does not match pattern: %s'):format(name, NAME_PATTERN))
  elseif not is_image(container.image or "") then
    return services.invalid(('Container "%s" has invalid image "%s". Example of valid image: "%s".')
      :format(name, container.image or "", VALID_IMAGE))
  end
  for port in pairs(container.ports or {}) do
    local number = port:find "^%d+$" and math.tointeger(tonumber(port))
    if not number or number < 1 or number > 65535 then
      return services.invalid(("The port %s of the container %s is not a number from 1 to 65535."):format(port, name))
    end
  end
  return nil
end

--- Validates a deployment.
---@return emulator.Exception?
function M.check(request)
  local containers = request.containers or {}
  local listed = lists.sorted_names(containers)
  for _, name in ipairs(listed) do
    local failure = check_container(name, containers[name])
    if failure then
      return failure
    end
  end
  if #listed == 0 then
    return services.invalid "A deployment needs at least one container."
  elseif #listed > MAX_CONTAINERS then
    return services.invalid(("A deployment can have at most %d containers."):format(MAX_CONTAINERS))
  end
  local public = request.publicEndpoint
  local opened = public and containers[public.containerName]
  if public and not opened then
    return services.invalid(("The public endpoint's container %s is not in the deployment.")
      :format(public.containerName))
  elseif public and not (opened.ports or {})[("%d"):format(public.containerPort)] then
    return services.invalid(INVALID_PORT)
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

--- Adds the next version of a service's deployment, which begins at `start`.
---@param start number  seconds since 1970
function M.deploy(world, region, service, request, start)
  local last = service.deployments[#service.deployments]
  local deployment = {
    version = last and last.version + 1 or 1,
    created = world.now(),
    done_at = start + world.options.activation_delay,
    containers = request.containers,
    endpoint = endpoint_of(request),
  }
  outcome.decide(world, region, services.puller_arn(world, service), deployment)
  table.insert(service.deployments, deployment)
  if #service.deployments > MAX_VERSIONS then
    table.remove(service.deployments, services.deployment_state(world, service, 1) == "ACTIVE" and 2 or 1)
  end
end

return M
