-- What becomes of a deployment: whether the service can pull its images.
--
-- A container of an image in ECR starts when the image is in the service's own Region, the
-- service's puller role is on, the repository's policy lets it pull, and the image is there.
-- Anything else ends in silence, as on AWS: nodes start, nothing is logged, "Canceled".

local ecr = require "lanyard.emulator.ecr"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"

local M = {}

local function may_pull(repository, role_arn, resource)
  local doc = repository.policy and policy.parse(repository.policy.text)
  if not doc or not role_arn then
    return false
  end
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if doc:can { principal = role_arn, action = action, resource = resource } ~= "allow" then
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
  if not repository or not may_pull(repository, role_arn, resource) then
    return false
  end
  local found = ecr.find_image(repository, {
    imageDigest = image.digest,
    imageTag = image.tag or not image.digest and "latest" or nil,
  })
  if found then
    found.pulled = world.now()
  end
  return found ~= nil
end

-- run(world, region, role_arn | nil, deployment): sets deployment.succeeds and its log
function M.run(world, region, role_arn, deployment)
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

return M
