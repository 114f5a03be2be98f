--- The images that are registered to a container service: Lightsail's own registry.
---
--- service.images lists { label, version, digest, created, program }, oldest first; `program` is what a seed says about
--- the image. The versions of a service count all its images, whatever their labels are: a service with three labels is
--- recorded with the images .my-aspnet-api.4, .my-react-ui.5 and .my-nginx-proxy.6.

local services = require "lanyard.emulator.lightsail.services"

local M = {}

-- https://docs.aws.amazon.com/general/latest/gr/lightsail.html: stored images per container service
local MAX_IMAGES = 150

--- Returns the images of a service, oldest first.
---@param service table
---@return table[]
function M.of(service)
  service.images = service.images or {}
  return service.images
end

--- Returns the name that deployments use for an image: ":web.app.3".
---@param service_name string
---@param image table
---@return string
function M.reference(service_name, image)
  return (":%s.%s.%d"):format(service_name, image.label, image.version)
end

--- Finds an image of a service by its reference.
---@param service_name string
---@param service table
---@param reference string
---@return table? image
---@return integer? index
function M.find(service_name, service, reference)
  for i, image in ipairs(M.of(service)) do
    if M.reference(service_name, image) == reference then
      return image, i
    end
  end
  return nil
end

--- Returns what an image looks like in replies.
function M.describe(service_name, image)
  return { image = M.reference(service_name, image), digest = image.digest, createdAt = image.created }
end

--- Registers an image.
---@param world emulator.World
---@param service table
---@param label string   of a valid form
---@param digest string  of a valid form
---@return table? image
---@return emulator.Exception?
function M.register(world, service, label, digest)
  local list = M.of(service)
  if #list >= MAX_IMAGES then
    return nil, services.invalid(("A container service can store at most %d images."):format(MAX_IMAGES),
      "Delete images that no deployment uses.")
  end
  service.image_count = (service.image_count or 0) + 1
  local image = { label = label, version = service.image_count, digest = digest, created = world.now() }
  list[#list + 1] = image
  return image
end

return M
