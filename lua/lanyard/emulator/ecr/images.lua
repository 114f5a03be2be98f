--- The images of an emulated repository.
---
--- repository.images[digest] = { manifest, media_type, pushed, pulled, tags = { [tag] = true }, program }. `program` is
--- what a seed says about the image (lanyard.emulator.seed).

local crypto = require "lanyard.crypto"
local sorted = require "lanyard.emulator.sorted"

local M = {}

M.MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

--- Returns the digest of a manifest.
---@param manifest string
---@return string
function M.digest(manifest)
  return "sha256:" .. crypto.sha256_hex(manifest)
end

--- Finds an image by digest, by tag, or by both, which must agree.
---@param repository table
---@param id { imageDigest: string?, imageTag: string? }
---@return table? image
---@return string? digest
function M.find(repository, id)
  if id.imageDigest then
    local image = repository.images[id.imageDigest]
    local matches = image and (not id.imageTag or image.tags[id.imageTag])
    return matches and image or nil, id.imageDigest
  end
  for digest, image in pairs(repository.images) do
    if image.tags[id.imageTag] then
      return image, digest
    end
  end
  return nil
end

--- Stores an image and moves a tag to it.
---@param world emulator.World
---@param repository table
---@param manifest string
---@param media_type? string
---@param tag? string
---@return string digest
function M.put(world, repository, manifest, media_type, tag)
  local digest = M.digest(manifest)
  local image = repository.images[digest]
  if not image then
    image = { manifest = manifest, media_type = media_type or M.MANIFEST_TYPE, pushed = world.now(), tags = {} }
    repository.images[digest] = image
    sorted.changed(repository.images)
  end
  if tag then
    for _, other in pairs(repository.images) do
      other.tags[tag] = nil
    end
    image.tags[tag] = true
  end
  return digest
end

return M
