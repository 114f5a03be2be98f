--- Lists the images of Lightsail's own registry that are registered to a service, and which deployments use them.
---
--- The name of an image is ":SERVICE.LABEL.VERSION"
--- (https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_RegisterContainerImage.html). Lightsail's
--- reference does not say whether another name, such as ":web.app.latest", can refer to one. So a name of a deployment
--- that has no version counts for all images of its label.

local deployments = require "lanyard.access.deployment.list"

local M = {}

--- An image of a service's registry.
---@class access.Image
---@field name string      ":web.app.3", as deployments name it
---@field label string     "app"
---@field number integer   its version: 3
---@field digest? string   "sha256:..."
---@field created? number  seconds since 1970
---@field uses { version: integer, state: string }[]  the deployments that use it, newest first
---@field shared? string   another image with the same digest, which deployments use

local function parse(name)
  local label, number = name:match "^:[%w-]+%.([%w-]+)%.(%d+)$"
  return label, math.tointeger(tonumber(number))
end

-- The label of a name without a version.
local function label_without_version(name)
  return not parse(name) and name:match "^:[%w-]+%.([%w-]+)" or nil
end

--- What the deployments of a service use of its registry.
---@class access.ImageUses
---@field by_name table<string, { version: integer, state: string }[]>   by the name of an image
---@field by_label table<string, { version: integer, state: string }[]>  by the label of names without a version

local function add_uses(uses, image, use)
  local label = label_without_version(image)
  local found, key = uses[label and "by_label" or "by_name"], label or image
  local list = found[key] or {}
  found[key] = list
  if not (list[#list] and list[#list].version == use.version) then
    list[#list + 1] = use
  end
end

--- Reads which images the deployments of a service use: all deployments that Lightsail lists, since each of them can be
--- restored, and the two that the service itself names.
---@param region access.Region
---@param service_name string
---@return access.ImageUses? uses
---@return aws.Error|access.Service err_or_service
function M.uses(region, service_name)
  local service, err = region:service(service_name)
  local list
  if service then
    list, err = deployments.list(region, service_name)
  end
  if not list then
    return nil, err
  end
  local uses = { by_name = {}, by_label = {} }
  for _, deployment in ipairs(list) do
    for _, container in pairs(deployment.request.containers) do
      add_uses(uses, container.image or "", { version = deployment.version, state = deployment.state })
    end
  end
  for _, deployment in ipairs { service.next, service.current } do
    if not deployments.find(list, deployment.version) then
      for _, image in pairs(deployment.images) do
        add_uses(uses, image, { version = deployment.version, state = deployment.state })
      end
    end
  end
  return uses, service
end

--- Returns the deployments that use an image, newest first.
---@param uses access.ImageUses
---@param image { name: string, label: string }
---@return { version: integer, state: string }[]
function M.uses_of(uses, image)
  local found = {}
  for _, list in ipairs { uses.by_name[image.name] or {}, uses.by_label[image.label] or {} } do
    for _, use in ipairs(list) do
      found[#found + 1] = use
    end
  end
  table.sort(found, function(a, b) return a.version > b.version end)
  return found
end

local function by_label_and_age(a, b)
  if a.label ~= b.label then
    return a.label < b.label
  elseif a.number ~= b.number then
    return a.number > b.number
  end
  return a.name < b.name
end

-- Notes of unused images that a used one has the same digest.
local function note_shared(images)
  local used = {}
  for _, image in ipairs(images) do
    if image.digest and image.uses[1] then
      used[image.digest] = used[image.digest] or image.name
    end
  end
  for _, image in ipairs(images) do
    image.shared = not image.uses[1] and image.digest and used[image.digest] or nil
  end
end

--- Reads the names of the images of a service.
---@param region access.Region
---@param service_name string
---@return table<string, table>? by_name  as Lightsail describes them
---@return aws.Error? err
function M.registered(region, service_name)
  local reply, err = region.lightsail:GetContainerImages { serviceName = service_name }
  if not reply then
    return nil, err
  end
  local found = {}
  for _, raw in ipairs(reply.containerImages) do
    found[raw.image] = raw
  end
  return found
end

--- Lists the images of a service by label, the newest of a label first.
---@param region access.Region
---@param service_name string
---@return access.Image[]? images
---@return aws.Error|access.Service err_or_service
function M.list(region, service_name)
  local uses, service = M.uses(region, service_name)
  local registered, err
  if uses then
    registered, err = M.registered(region, service_name)
  end
  if not registered then
    return nil, err or service
  end
  local images = {}
  for name, raw in pairs(registered) do
    local label, number = parse(name)
    local image = { name = name, label = label or name, number = number or 0, digest = raw.digest,
      created = raw.createdAt }
    image.uses = M.uses_of(uses, image)
    images[#images + 1] = image
  end
  table.sort(images, by_label_and_age)
  note_shared(images)
  return images, service
end

return M
