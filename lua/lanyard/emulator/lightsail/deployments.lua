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

-- Reports whether a text is a list of status codes: "You can specify values between 200 and 499. You can specify
-- multiple values (for example, 200,202) or a range of values (for example, 200-299)."
local function are_codes(text)
  if not (text .. ","):find "^[%d,-]+$" or text:find ",$" then
    return false
  end
  for part in (text .. ","):gmatch "([^,]*)," do
    local first, last = part:match "^(%d%d%d)%-?(%d?%d?%d?)$"
    first, last = tonumber(first), tonumber(last) or tonumber(first)
    if not first or part:find "%-$" or part:find "%-" and #part ~= 7 or first < 200 or last > 499 or first > last then
      return false
    end
  end
  return true
end

-- Returns why the health check of an endpoint is refused, or nil. These texts are not recorded.
local function check_health(check)
  if check.path and not check.path:find "^/[^%s%c]*$" then
    return services.invalid(("The path \"%s\" of the health check is not valid. It must begin with a slash.")
      :format(check.path))
  elseif check.successCodes and not are_codes(check.successCodes) then
    return services.invalid(("The success codes \"%s\" of the health check are not valid. They must be codes from 200 "
      .. "to 499, such as 200,202 or 200-299."):format(check.successCodes))
  elseif math.min(check.healthyThreshold or 2, check.unhealthyThreshold or 2) < 1 then
    return services.invalid "The thresholds of the health check must be at least 1."
  end
  return nil
end

local function check_endpoint(containers, public)
  local opened = containers[public.containerName]
  if not opened then
    return services.invalid(("The public endpoint's container %s is not in the deployment.")
      :format(public.containerName))
  end
  local protocol = (opened.ports or {})[("%d"):format(public.containerPort)]
  if not protocol then
    return services.invalid(INVALID_PORT)
  elseif protocol ~= "HTTP" and protocol ~= "HTTPS" then
    return services.invalid(("The port %d of the public endpoint must have the protocol HTTP or HTTPS.")
      :format(public.containerPort))
  end
  return public.healthCheck and check_health(public.healthCheck)
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
  return request.publicEndpoint and check_endpoint(containers, request.publicEndpoint)
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
---@param world emulator.World
---@param region string
---@param name string  of the service
---@param service table
---@param request table  with the members of CreateContainerServiceDeployment
---@param start number  seconds since 1970
function M.deploy(world, region, name, service, request, start)
  local last = service.deployments[#service.deployments]
  local deployment = {
    version = last and last.version + 1 or 1,
    created = math.min(world.now(), start),
    done_at = start + world.options.activation_delay,
    containers = request.containers,
    endpoint = endpoint_of(request),
  }
  outcome.decide(world, region, name, service, deployment)
  table.insert(service.deployments, deployment)
  if #service.deployments > MAX_VERSIONS then
    table.remove(service.deployments, services.deployment_state(world, service, 1) == "ACTIVE" and 2 or 1)
  end
end

return M
