--- Decides whether a deployment succeeds: whether the service can pull the images, and whether the programs run.
---
--- A container with an image in ECR starts when the image exists in the Region of the service, the puller role is on,
--- and the policies of the repository and the registry allow the role to pull (lanyard.emulator.ecr.permission). An
--- image of Lightsail's own registry must be registered to the service. Otherwise the deployment fails without a
--- reason, as on AWS: nodes start, nothing is logged, "Canceled". A seed defines what the program of an image does
--- (lanyard.emulator.program): it can exit or fail the health check.

local images = require "lanyard.emulator.ecr.images"
local names = require "lanyard.aws.names"
local permission = require "lanyard.emulator.ecr.permission"
local policy = require "lanyard.policy"
local programs = require "lanyard.emulator.program"
local registered = require "lanyard.emulator.lightsail.images"
local services = require "lanyard.emulator.lightsail.services"

local M = {}

-- Whether the policies of the repository and of the registry together allow a role to pull.
local function can_pull(world, region, name, role_arn)
  for _, action in ipairs(policy.PULL_ACTIONS) do
    if permission.decide(world, region, name, { principal = role_arn, action = action }) ~= "allow" then
      return false
    end
  end
  return true
end

-- Returns an image in ECR, or nil when it cannot be pulled.
local function pull_from_ecr(world, region, role_arn, image)
  if image.account ~= world.account or image.region ~= region then
    return nil
  end
  local repository = world.region(region).repositories[image.repository]
  if not repository or not role_arn or not can_pull(world, region, image.repository, role_arn) then
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

-- Returns the program of an image, or nil when the image cannot be pulled. Images of other registries are assumed to
-- exist.
local function pull(world, region, name, service, reference)
  local image, found = names.image(reference), {}
  if image then
    found = pull_from_ecr(world, region, services.puller_arn(world, service), image)
  elseif reference:find "^:" then
    found = registered.find(name, service, reference)
  end
  return found and (found.program or world.state.programs and world.state.programs[reference] or {})
end

-- Returns what a program prints: the log of its seed, with $NAME replaced by the variable of its environment.
local function program_output(program, environment)
  local lines = {}
  for i, line in ipairs(program.log or {}) do
    lines[i] = line:gsub("%$([%w_]+)", environment or {})
  end
  return lines
end

local function add_all(lines, more)
  table.move(more, 1, #more, #lines + 1, lines)
end

-- Returns the log of a container. outcome: "steady", "pull" (the image cannot be pulled), "exit" or "health".
local function log_of(version, output, outcome)
  local prefix = ("[deployment:%d] "):format(version)
  local lines = { prefix .. "Creating your deployment" }
  local starts = (outcome == "pull" or outcome == "exit") and 3 or 1
  for _ = 1, starts do
    lines[#lines + 1] = prefix .. "Started 1 new node"
    add_all(lines, outcome ~= "pull" and output or {})
  end
  local last = { steady = "Reached a steady state", health = "Took too long" }
  lines[#lines + 1] = prefix .. (last[outcome] or "Canceled")
  return lines
end

--- Decides the outcome of a deployment when it begins. Sets `succeeds`, `logs` and `programs` of the deployment.
---@param world emulator.World
---@param region string
---@param name string  of the service
---@param service table
---@param deployment table
function M.decide(world, region, name, service, deployment)
  local failed, endpoint = {}, deployment.endpoint
  deployment.logs, deployment.programs = {}, {}
  for container_name, container in pairs(deployment.containers) do
    local program = pull(world, region, name, service, container.image)
    failed.pull = failed.pull or not program
    program = program or {}
    deployment.programs[container_name] = program
    failed.exit = failed.exit or program.exits
    failed.health = failed.health
      or endpoint and endpoint.containerName == container_name and not programs.is_healthy(program, endpoint)
  end
  local outcome = failed.pull and "pull" or failed.exit and "exit" or failed.health and "health" or "steady"
  deployment.succeeds = outcome == "steady"
  for container_name, container in pairs(deployment.containers) do
    local output = program_output(deployment.programs[container_name], container.environment)
    deployment.logs[container_name] = log_of(deployment.version, output, outcome)
  end
end

return M
