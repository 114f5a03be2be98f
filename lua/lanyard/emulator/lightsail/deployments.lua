-- Deployments, and what becomes of them: whether the service can pull their images.
--
-- A container of an image in ECR starts when the image is in the service's own Region, the
-- service's puller role is on, the repository's policy lets it pull, and the image is there.
-- Anything else ends in silence, as on AWS: nodes start, nothing is logged, "Canceled".

local expiry = require "lanyard.policy.expiry"
local images = require "lanyard.emulator.ecr.images"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

local MOST_CONTAINERS = 10
local MOST_VERSIONS = 50

local function may_pull(world, repository, role_arn, resource)
  local doc = repository.policy and policy.parse(repository.policy.text)
  if not doc or not role_arn then
    return false
  end
  for _, action in ipairs(policy.PULL_ACTIONS) do
    local context = expiry.at(world.now())
    if doc:can { principal = role_arn, action = action, resource = resource, context = context } ~= "allow" then
      return false
    end
  end
  return true
end

-- Pulls one image. Images from elsewhere are taken to be there.
local function pull(world, region, role_arn, reference)
  local image = names.image(reference)
  if not image then
    return not reference:find "^:"
  elseif image.account ~= world.account or image.region ~= region then
    return false
  end
  local repository = world.region(region).repositories[image.repository]
  local resource = ("arn:aws:ecr:%s:%s:repository/%s"):format(region, world.account, image.repository)
  if not repository or not may_pull(world, repository, role_arn, resource) then
    return false
  end
  local found = images.find(repository, {
    imageDigest = image.digest,
    imageTag = image.tag or not image.digest and "latest" or nil,
  })
  if found then
    found.pulled = world.now()
  end
  return found ~= nil
end

-- Pulls the images at once; sets deployment.succeeds and its log.
local function run(world, region, role_arn, deployment)
  deployment.succeeds = true
  for _, container in pairs(deployment.containers) do
    deployment.succeeds = pull(world, region, role_arn, container.image) and deployment.succeeds
  end
  local lines = { "Creating your deployment", "Started 1 new node" }
  if deployment.succeeds then
    lines[3] = "Reached a steady state"
  else
    lines[3], lines[4], lines[5] = "Started 1 new node", "Started 1 new node", "Canceled"
  end
  deployment.log = lines
end

-- check(request) --> fault | nil
function M.check(request)
  local count = 0
  for name, container in pairs(request.containers or {}) do
    count = count + 1
    if not container.image or container.image == "" then
      return services.invalid(("The container %s has no image."):format(name))
    end
  end
  if count == 0 then
    return services.invalid "A deployment needs at least one container."
  elseif count > MOST_CONTAINERS then
    return services.invalid(("A deployment can have at most %d containers."):format(MOST_CONTAINERS))
  end
  local public = request.publicEndpoint
  local opened = public and request.containers[public.containerName]
  if public and not opened then
    return services.invalid(("The public endpoint's container %s is not in the deployment.")
      :format(public.containerName))
  elseif public and not (opened.ports or {})[tostring(public.containerPort)] then
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
    table.remove(service.deployments, 1)
  end
end

return M
