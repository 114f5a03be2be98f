--- Creates the container services of a seed (lanyard.emulator.seed).

local deployments = require "lanyard.emulator.lightsail.deployments"
local errors = require "lanyard.errors"
local iam = require "lanyard.emulator.iam"
local names = require "lanyard.aws.names"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

local M = {}

--- A container service of a seed.
---@class emulator.SeedService
---@field name string  the name
---@field power? string         "nano"
---@field scale? integer        the number of nodes
---@field role? boolean         whether the puller role is on
---@field role_arn? string      of the puller role, instead of one that is made up
---@field containers? table     of a deployment: as CreateContainerServiceDeployment has them
---@field publicEndpoint? table of the deployment
---@field tags? table<string, string>  of the service

-- What a deployment of these members must look like, as CreateContainerService validates it.
local SHAPE = shape.structure {
  power = shape.string { enum = shapes.powers },
  scale = shape.integer { min = 1, max = 20 },
  containers = shapes.containers,
  publicEndpoint = shapes.endpoint,
}

-- Returns what is wrong with a service, or nil.
local function fault_of(item)
  local given = { power = item.power, scale = item.scale, containers = item.containers,
    publicEndpoint = item.publicEndpoint }
  local violations, mistyped = shape.check(SHAPE, given)
  if mistyped then
    return ("has the wrong type for %s in the service '%s'"):format(mistyped, item.name)
  elseif violations[1] then
    return ("has an invalid service '%s': %s"):format(item.name, shape.describe(violations))
  end
  return nil
end

--- Creates a container service of a seed.
---@param world emulator.World
---@param region string
---@param item emulator.SeedService
---@return true? ok
---@return lanyard.Error? err
function M.create(world, region, item)
  local ok, message = names.container_service(item.name)
  if not ok then
    return nil, errors.new { code = "InvalidSeed", message = "the seed has an invalid service: " .. message }
  end
  local fault = fault_of(item)
  if fault then
    return nil, errors.new { code = "InvalidSeed", message = "the seed " .. fault }
  end
  local service = services.create(world, region, item.name, { power = item.power, scale = item.scale }, 0)
  for key, value in pairs(item.tags or {}) do
    service.tags[key] = value
  end
  service.role_on = item.role or false
  if service.role_on then
    service.role_arn = item.role_arn or services.role_arn(world, region, item.name, "private-repo-access/")
    iam.create_role(world, service.role_arn)
  end
  if item.containers then
    service.planned = { containers = item.containers, publicEndpoint = item.publicEndpoint }
  end
  return true
end

--- Deploys the containers of the seed's services. The repositories must exist already.
---@param world emulator.World
---@param region string
function M.deploy(world, region)
  for _, service in pairs(services.of(world, region)) do
    if service.planned then
      deployments.deploy(world, region, service, service.planned, world.now() - world.options.activation_delay)
      service.planned = nil
    end
  end
end

return M
