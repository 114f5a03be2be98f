--- Reads whether the newest deployment of each service failed, and why.
---
---     local unknown = deployments.read(region, inventory.services)
---     if service.failed then print(service.failed.version, service.failed.causes[1].text) end

local deployments = require "lanyard.access.deployment.list"
local diagnosis = require "lanyard.access.deployment.diagnosis"
local names = require "lanyard.aws.names"
local task = require "lanyard.task"

local M = {}

--- The newest deployment of a service, if it failed.
---@class audit.FailedDeployment
---@field version integer
---@field images { [string]: string }  by name of the container
---@field causes access.deployment.Cause[]

local function images_of(request)
  local images = {}
  for name, container in pairs(request.containers) do
    images[name] = container.image
  end
  return images
end

-- true | nil, err
local function read_service(region, service)
  local list, err = deployments.list(region, service.name)
  local newest = list and list[1]
  if newest and newest.state == "FAILED" then
    service.failed = {
      version = newest.version, images = images_of(newest.request),
      causes = diagnosis.causes(region, service, newest, list),
    }
  end
  return list and true, err
end

--- Sets `failed` of each service whose newest deployment failed.
---@param region access.Region
---@param services access.Service[]
---@return string? unknown  why the deployments of a service could not be read
function M.read(region, services)
  local unknown
  task.map(services, function(service)
    local ok, err = read_service(region, service)
    unknown = unknown or not ok and tostring(err) or nil
  end, { limit = region.parallel })
  return unknown
end

--- Returns the repositories of this registry from which the failed deployment of a service pulls, by name.
---@param service access.Service
---@param account? string
---@return { [string]: true }  empty if its newest deployment did not fail
function M.repositories(service, account)
  local found = {}
  for _, reference in pairs(service.failed and service.failed.images or {}) do
    local image = names.image(reference)
    if image and image.region == service.region and (not account or image.account == account) then
      found[image.repository] = true
    end
  end
  return found
end

--- Reports whether the failed deployment of a service pulls from a registry of ECR. Then the service needs its role:
--- another account can have to allow it, and a grant can follow a correction of the image.
---@param service access.Service
---@return boolean
function M.needs_role(service)
  for _, reference in pairs(service.failed and service.failed.images or {}) do
    if names.image(reference) then
      return true
    end
  end
  return false
end

return M
