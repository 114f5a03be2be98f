--- Reads the images that services deploy, and when images were last pulled.
---
---     inventory.deployed = images.deployed(inventory, repositories_by_name)
---     images.check_existence(region, inventory.deployed)
---     images.mark_unused_grants(region, inventory, repository, 90)

local answers = require "lanyard.aws.answers"
local deployments = require "lanyard.audit.scan.deployments"
local images = require "lanyard.access.deployment.images"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local query = require "lanyard.audit.query"
local task = require "lanyard.task"

local M = {}

local DAY = 86400

--- An image of a private ECR registry that a service's current or next deployment names.
---@class audit.DeployedImage
---@field service access.Service
---@field reference string           as the deployment names it
---@field uri table                  its parts, see lanyard.aws.names.image
---@field is_local boolean           whether it is in the service's own Region and account
---@field repository? access.Repository  if the inventory has it
---@field containers string[]        names of the containers that run it
---@field next_containers string[]   names of the containers that run it in the next deployment
---@field exists? boolean            nil when it is unknown

-- Returns the images of a service, each once, sorted by reference.
local function images_of(inventory, service, repositories)
  local found, known = {}, {}
  local function add(reference)
    local uri = names.image(reference)
    if uri and not known[reference] then
      local is_local = uri.region == service.region and (not inventory.account or uri.account == inventory.account)
      known[reference] = {
        service = service, reference = reference, uri = uri, is_local = is_local, containers = {}, next_containers = {},
        repository = is_local and uri.region == inventory.region and repositories[uri.repository] or nil,
      }
      found[#found + 1] = known[reference]
    end
    return known[reference]
  end
  local running = service.current and service.current.images or {}
  for _, container in ipairs(lists.sorted_names(running)) do
    local image = add(running[container])
    if image then
      table.insert(image.containers, container)
    end
  end
  local coming = service.next and service.next.images or {}
  for _, container in ipairs(lists.sorted_names(coming)) do
    local image = add(coming[container])
    if image then
      table.insert(image.next_containers, container)
    end
  end
  table.sort(found, function(a, b) return a.reference < b.reference end)
  return found
end

--- Returns the images that the services of an inventory deploy, each once for a service.
---@param inventory audit.Inventory
---@param repositories { [string]: access.Repository }  by name
---@return audit.DeployedImage[]
function M.deployed(inventory, repositories)
  local deployed = {}
  for _, service in ipairs(inventory.services) do
    local found = images_of(inventory, service, repositories)
    table.move(found, 1, #found, #deployed + 1, deployed)
  end
  return deployed
end

local function exists(region, repository, uri)
  local detail, err = images.detail(region, repository.name,
    uri.digest and { imageDigest = uri.digest } or { imageTag = uri.tag or "latest" })
  if detail then
    return true
  elseif answers.rejected(err, "ImageNotFoundException") then
    return false
  end
  return nil, err
end

-- Groups images with the same reference, so that one call is enough however many services deploy it.
local function group_by_reference(deployed)
  local groups, by_reference = {}, {}
  for _, image in ipairs(deployed) do
    local group = by_reference[image.reference]
    if image.repository and not group then
      group = {}
      by_reference[image.reference] = group
      groups[#groups + 1] = group
    end
    if image.repository then
      table.insert(group, image)
    end
  end
  return groups
end

--- Sets `exists` of deployed images. When ECR cannot be read, the repository's `images_unknown` says why.
---@param region access.Region
---@param deployed audit.DeployedImage[]
---@param gate? task.Semaphore  limits the repositories that are read in parallel
function M.check_existence(region, deployed, gate)
  task.map(group_by_reference(deployed), function(group)
    local _ <close> = gate and gate:acquire() or nil
    local found, err = exists(region, group[1].repository, group[1].uri)
    for _, image in ipairs(group) do
      image.exists = found
    end
    if err then
      group[1].repository.images_unknown = tostring(err)
    end
  end, { limit = region.parallel })
end

-- A failed deployment needs its grants, too: it is deployed again.
local function is_deployed(inventory, service, repository)
  if service.failed and deployments.repositories(service, inventory.account)[repository.name] then
    return true
  end
  for _, image in ipairs(query.deployed_images(inventory, repository)) do
    if image.service == service then
      return true
    end
  end
  return false
end

-- Returns the grants to current roles of services that deploy nothing from the repository.
local function idle_grants(inventory, repository)
  local idle = {}
  for _, access in ipairs(repository.access) do
    local service = inventory.service_by_name[access.service]
    if access.kind == "puller" and service and service.role.arn == access.principal
      and not is_deployed(inventory, service, repository) then
      idle[#idle + 1] = access
    end
  end
  return idle
end

-- Repositories with the same policy share their accesses, so the marked ones are copies.
local function mark(repository, grants, last)
  local marked = {}
  for i, access in ipairs(repository.access) do
    local copy = lists.contains(grants, access) and {} or nil
    for name, value in pairs(copy and access or {}) do
      copy[name] = value
    end
    if copy then
      copy.unused, copy.last_pull = true, last
    end
    marked[i] = copy or access
  end
  repository.access, repository.shared = marked, nil
end

-- Returns the time of the last pull of any image, 0 when there was none.
local function last_pull(region, repository)
  local details, err = region.ecr:list("DescribeImages", "imageDetails", { repositoryName = repository.name })
  if not details then
    return nil, err
  end
  local last = 0
  for _, detail in ipairs(details) do
    last = math.max(last, detail.lastRecordedPullTime or 0)
  end
  return last
end

--- Sets `unused` and `last_pull` of the grants that no deployment needs, when nobody pulled from the repository for
--- some days. A younger repository has had no time to be used.
---@param region access.Region
---@param inventory audit.Inventory
---@param repository access.Repository
---@param days integer
function M.mark_unused_grants(region, inventory, repository, days)
  local since = inventory.now - days * DAY
  local grants = (repository.created or 0) <= since and idle_grants(inventory, repository) or {}
  if #grants == 0 then
    return
  end
  local last, err = last_pull(region, repository)
  if not last then
    repository.images_unknown = tostring(err)
  elseif last <= since then
    mark(repository, grants, last)
  end
end

return M
