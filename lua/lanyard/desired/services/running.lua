--- Decides whether the deployment that runs is the one that an entry describes, without reading images: a tag that was
--- pushed again is not a difference, and an image that was deleted from its repository runs on.

local deployments = require "lanyard.access.deployment.list"
local edits = require "lanyard.access.deployment.edits"
local image_reference = require "lanyard.access.deployment.image"
local names = require "lanyard.aws.names"
local references = require "lanyard.access.deployment.references"
local requests = require "lanyard.access.deployment.request"

local M = {}

--- What is known of a service's deployments.
---@class desired.Running
---@field newest integer  the highest version; 0 if there is none
---@field deployment? access.Deployment  the one that runs
---@field stays boolean   it is active, and no other one is being made

--- Reads the deployments of a service.
---@param region access.Region
---@param service access.Service
---@return desired.Running? running
---@return lanyard.Error? err
function M.read(region, service)
  local list, err = region:deployments(service.name)
  if not list then
    return nil, err
  end
  local current = service.current and deployments.find(list, service.current.version)
  return {
    newest = list[1] and list[1].version or 0, deployment = current,
    stays = current ~= nil and current.state == "ACTIVE" and not service.next,
  }
end

-- Reports whether an image as a file names it is the one of a deployment.
local function is_same_image(region, account, text, reference)
  if text == reference then
    return true
  end
  local parts, name = names.image(reference), names.image_name(text)
  return parts and name and parts.account == account and parts.region == region.name
    and parts.repository == name.repository and parts.digest == name.digest
    and (parts.tag or not parts.digest and "latest") == (name.tag or not name.digest and "latest") or false
end

-- Fetches the values of references. true | nil, err
local function fetch(region, wants)
  local list = {}
  for _, variable in ipairs(wants.variables) do
    list[#list + 1] = variable.reference
  end
  return references.fetch(region, list)
end

-- The variables with references, as a plan of a deployment has them.
local function referring(wants)
  local list = {}
  for _, variable in ipairs(wants.variables) do
    list[#list + 1] = variable.reference and variable or nil
  end
  return list
end

-- The repositories of this account that the images of a request are in.
local function repositories_of(region, account, request)
  local list, known = {}, {}
  for name, container in pairs(request.containers) do
    local image = image_reference.parse(name, container.image)
    local own = image and image.account == account and image.region == region.name
    if own and not known[image.repository_name] then
      known[image.repository_name] = true
      list[#list + 1] = { name = image.repository_name }
    end
  end
  return list
end

--- Returns the plan of a deployment that is in place already.
---@param region access.Region
---@param service access.Service
---@param running desired.Running
---@param wants access.deployment.Wants
---@return access.deployment.Plan|false|nil plan  false: another deployment is needed
---@return lanyard.Error? err
function M.in_place(region, service, running, wants)
  local current = running.stays and running.deployment.request
  local account, err = region:account()
  if not account then
    return nil, err
  end
  for _, one in ipairs(wants.images) do
    local deployed = current and current.containers[one.container]
    if not deployed or not is_same_image(region, account, one.text, deployed.image) then
      return false
    end
  end
  if not current then
    return false
  end
  local request = requests.from { containers = wants.containers, publicEndpoint = current.publicEndpoint }
  local ok = edits.locate(request, wants)
  if not ok then
    return false -- the plan of the deployment reports it
  end
  ok, err = fetch(region, wants)
  if not ok then
    return nil, err
  end
  ok = edits.apply(request, wants)
  return ok and requests.same(request, current) and {
    service = service, current = running.deployment, base = running.deployment, newest = running.newest,
    request = request, images = {}, repositories = repositories_of(region, account, request), grants = {},
    needs_role = false, references = referring(wants), in_place = true, warnings = {},
  } or false
end

return M
