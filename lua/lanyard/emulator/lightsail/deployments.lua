-- Deployments, and what becomes of them: whether the service can pull their images, and whether what
-- is in the images runs.
--
-- A container of an image in ECR starts when the image is in the service's own Region, the
-- service's puller role is on, the repository's policy lets it pull, and the image is there.
-- Otherwise it ends in silence, as on AWS: nodes start, nothing is logged, "Canceled". What the program
-- of an image does is told by the seed (see lanyard.emulator.state): it may end, or fail the health check.

local expiry = require "lanyard.policy.expiry"
local images = require "lanyard.emulator.ecr.images"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local MOST_CONTAINERS = 10
local MOST_VERSIONS = 50

-- ---------------------------------------------------------------------------------------------
-- Running

local function may_pull(world, repository, role_arn, resource)
  local doc = repository.policy and policy.parse(repository.policy.text)
  if not doc or not role_arn then
    return false
  end
  local context = expiry.at(world.now())
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if doc:can { principal = role_arn, action = action, resource = resource, context = context } ~= "allow" then
      return false
    end
  end
  return true
end

-- The image that a reference names, with its program | nil when it cannot be pulled. Images from
-- elsewhere are taken to be there.
local function pull(world, region, role_arn, reference)
  local image = names.image(reference)
  if not image then
    return not reference:find "^:" and {} or nil
  elseif image.account ~= world.account or image.region ~= region then
    return nil
  end
  local repository = world.region(region).repositories[image.repository]
  local resource = ("arn:aws:ecr:%s:%s:repository/%s"):format(region, world.account, image.repository)
  if not repository or not may_pull(world, repository, role_arn, resource) then
    return nil
  end
  local found = images.find(repository, {
    imageDigest = image.digest,
    imageTag = image.tag or not image.digest and "latest" or nil,
  })
  if found then
    found.pulled = world.now()
  end
  return found
end

-- Whether a status is one of "200-499" or "200,202".
local function is_success(codes, status)
  for first, last in (codes .. ","):gmatch "(%d+)%-?(%d*)," do
    last = last == "" and first or last
    if status >= tonumber(first) and status <= tonumber(last) then
      return true
    end
  end
  return false
end

local function is_healthy(program, endpoint)
  return (program.port or endpoint.containerPort) == endpoint.containerPort
    and is_success(endpoint.healthCheck.successCodes, program.health or 200)
end

-- What a program prints: the lines of its seed, with $NAME for what its environment has.
local function printed(program, environment)
  local lines = {}
  for i, line in ipairs(program.log or {}) do
    lines[i] = line:gsub("%$([%w_]+)", environment or {})
  end
  return lines
end

local function add_all(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

-- The log of a container. ending: "steady" | "pull" (no image, no word) | "exit" | "health"
local function log_of(version, own, ending)
  local mark = ("[deployment:%d] "):format(version)
  local lines = { mark .. "Creating your deployment" }
  local starts = (ending == "pull" or ending == "exit") and 3 or 1
  for _ = 1, starts do
    lines[#lines + 1] = mark .. "Started 1 new node"
    add_all(lines, ending ~= "pull" and own or {})
  end
  local last = { steady = "Reached a steady state", health = "Took too long" }
  lines[#lines + 1] = mark .. (last[ending] or "Canceled")
  return lines
end

-- Pulls the images at once and sees what comes of it; sets deployment.succeeds and its logs.
local function run(world, region, role_arn, deployment)
  local programs, seen, endpoint = {}, {}, deployment.endpoint
  for name, container in pairs(deployment.containers) do
    local image = pull(world, region, role_arn, container.image)
    local program = image and image.program or {}
    programs[name] = program
    seen.pull = seen.pull or not image
    seen.exit = seen.exit or program.exits
    seen.health = seen.health or endpoint and endpoint.containerName == name and not is_healthy(program, endpoint)
  end
  local ending = seen.pull and "pull" or seen.exit and "exit" or seen.health and "health" or "steady"
  deployment.succeeds, deployment.logs = ending == "steady", {}
  for name, container in pairs(deployment.containers) do
    deployment.logs[name] = log_of(deployment.version, printed(programs[name], container.environment), ending)
  end
end

-- ---------------------------------------------------------------------------------------------
-- Requests

local function check_container(name, container)
  if not container.image or container.image == "" then
    return services.invalid(("The container %s has no image."):format(name))
  end
  for port in pairs(container.ports or {}) do
    local number = port:find "^%d+$" and math.tointeger(tonumber(port))
    if not number or number < 1 or number > 65535 then
      return services.invalid(("The port %s of the container %s is not a number from 1 to 65535."):format(port, name))
    end
  end
  return nil
end

-- check(request) --> fault | nil
function M.check(request)
  local containers = request.containers or {}
  local listed = lists.sorted_names(containers)
  for _, name in ipairs(listed) do
    local refused = check_container(name, containers[name])
    if refused then
      return refused
    end
  end
  if #listed == 0 then
    return services.invalid "A deployment needs at least one container."
  elseif #listed > MOST_CONTAINERS then
    return services.invalid(("A deployment can have at most %d containers."):format(MOST_CONTAINERS))
  end
  local public = request.publicEndpoint
  local opened = public and containers[public.containerName]
  if public and not opened then
    return services.invalid(("The public endpoint's container %s is not in the deployment.")
      :format(public.containerName))
  elseif public and not (opened.ports or {})[("%d"):format(public.containerPort)] then
    return services.invalid(("The public endpoint's port %d is not open on the container %s.")
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

-- deploy(world, region, service, request, start): adds the next version, which begins at `start`
function M.deploy(world, region, service, request, start)
  local last = service.deployments[#service.deployments]
  local deployment = {
    version = last and last.version + 1 or 1,
    created = world.now(),
    done_at = start + world.options.activation_delay,
    containers = request.containers,
    endpoint = endpoint_of(request),
  }
  run(world, region, services.puller(world, service), deployment)
  table.insert(service.deployments, deployment)
  if #service.deployments > MOST_VERSIONS then
    table.remove(service.deployments, services.show_deployment(world, service, 1).state == "ACTIVE" and 2 or 1)
  end
end

return M
