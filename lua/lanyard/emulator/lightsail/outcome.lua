--- Decides whether a deployment succeeds: whether the service can pull the images, and whether the programs run.
---
--- A container with an image in ECR starts when the image exists in the Region of the service, the puller role is on,
--- and the policies of the repository and the registry allow the role to pull (lanyard.emulator.ecr.permission).
--- Otherwise the deployment fails without a reason, as on AWS: nodes start, nothing is logged, "Canceled". A seed
--- (lanyard.emulator.seed) defines what the program of an image does: it can exit or fail the health check.

local images = require "lanyard.emulator.ecr.images"
local names = require "lanyard.aws.names"
local permission = require "lanyard.emulator.ecr.permission"
local policy = require "lanyard.policy"

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

-- Returns the image of a reference, or nil when it cannot be pulled. Images of other registries are assumed to exist.
local function pull(world, region, role_arn, reference)
  local image = names.image(reference)
  if not image then
    return not reference:find "^:" and {} or nil
  elseif image.account ~= world.account or image.region ~= region then
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

-- Reports whether a status is in a list such as "200-499" or "200,202".
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

--- Decides the outcome of a deployment when it begins. Sets `deployment.succeeds` and `deployment.logs`.
---@param world emulator.World
---@param region string
---@param role_arn? string  the puller role, when it is on
---@param deployment table
function M.decide(world, region, role_arn, deployment)
  local programs, failed, endpoint = {}, {}, deployment.endpoint
  for name, container in pairs(deployment.containers) do
    local image = pull(world, region, role_arn, container.image)
    local program = image and image.program or {}
    programs[name] = program
    failed.pull = failed.pull or not image
    failed.exit = failed.exit or program.exits
    failed.health = failed.health or endpoint and endpoint.containerName == name and not is_healthy(program, endpoint)
  end
  local outcome = failed.pull and "pull" or failed.exit and "exit" or failed.health and "health" or "steady"
  deployment.succeeds, deployment.logs = outcome == "steady", {}
  for name, container in pairs(deployment.containers) do
    deployment.logs[name] = log_of(deployment.version, program_output(programs[name], container.environment), outcome)
  end
end

return M
