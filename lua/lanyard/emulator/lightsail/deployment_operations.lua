--- The operations of Lightsail on deployments and their logs.

local deployments = require "lanyard.emulator.lightsail.deployments"
local describe = require "lanyard.emulator.lightsail.describe"
local json = require "lanyard.json"
local logs = require "lanyard.emulator.lightsail.logs"
local services = require "lanyard.emulator.lightsail.services"
local shape = require "lanyard.emulator.shape"
local shapes = require "lanyard.emulator.lightsail.shapes"

---@type table<string, emulator.Operation>
local M = {}

M.CreateContainerServiceDeployment = {
  writes = true,
  input = shape.structure {
    serviceName = shapes.service_name, containers = shapes.containers, publicEndpoint = shapes.endpoint,
  },
  call = function(world, request, context)
    local service, failure = services.find_deployable(world, request, context)
    if not service then
      return nil, failure
    end
    failure = deployments.check(request)
    if failure then
      return nil, failure
    elseif service.disabled then
      return nil, services.invalid "The specified service is disabled and cannot be deployed to."
    end
    deployments.deploy(world, context.region, request.serviceName, service, request, world.now())
    return { containerService = describe.service(world, context.region, request.serviceName, service) }
  end,
}

M.GetContainerServiceDeployments = {
  input = shape.structure { serviceName = shapes.service_name },
  call = function(world, request, context)
    local service, failure = services.find(world, context.region, request.serviceName)
    if not service then
      return nil, failure
    end
    local list = json.array {}
    for i = #service.deployments, 1, -1 do
      list[#list + 1] = describe.deployment(world, service, i)
    end
    return { deployments = list }
  end,
}

M.GetContainerLog = {
  input = shape.structure {
    serviceName = shapes.service_name,
    containerName = shape.string { required = true },
    startTime = shape.number(),
    endTime = shape.number(),
    filterPattern = shape.string(),
    pageToken = shape.string(),
  },
  call = function(world, request, context)
    local service, failure = services.find(world, context.region, request.serviceName)
    if not service then
      return nil, failure
    end
    return logs.read(world, service, request)
  end,
}

return M
