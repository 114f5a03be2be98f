-- Images of the emulated ECR, as far as a manifest tells of them: layers are not stored.
--
-- repository.images[digest] = { manifest, media_type, pushed, pulled, tags = { [tag] = true }, program (of a seed) }

local fault = require "lanyard.emulator.fault"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"
local crypto = require "lanyard.crypto"

local M = { operations = {} }

M.MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

local image_id = shape.structure {
  imageDigest = shape.string(),
  imageTag = shape.string { min = 1, max = 300 },
}
local image_filter = shape.structure {
  tagStatus = shape.string { enum = { "TAGGED", "UNTAGGED", "ANY" } },
  imageStatus = shape.string { enum = { "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY" } },
}

local function digest_of(manifest)
  return "sha256:" .. crypto.sha256_hex(manifest)
end

local function image_not_found(id, name, registry)
  return fault("ImageNotFoundException",
    ("The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in "
    .. "the registry with id '%s'"):format(id.imageDigest or "null", id.imageTag or "null", name, registry))
end

-- find(repository, { imageDigest, imageTag }) --> image, digest | nil
function M.find(repository, id)
  if id.imageDigest then
    local image = repository.images[id.imageDigest]
    local fits = image and (not id.imageTag or image.tags[id.imageTag])
    return fits and image or nil, id.imageDigest
  end
  for digest, image in pairs(repository.images) do
    if image.tags[id.imageTag] then
      return image, digest
    end
  end
  return nil
end

-- put(world, repository, manifest, media type | nil, tag | nil) --> digest
function M.put(world, repository, manifest, media_type, tag)
  local digest = digest_of(manifest)
  local image = repository.images[digest]
  if not image then
    image = { manifest = manifest, media_type = media_type or M.MANIFEST_TYPE, pushed = world.now(), tags = {} }
    repository.images[digest] = image
  end
  if tag then
    for _, other in pairs(repository.images) do
      other.tags[tag] = nil
    end
    image.tags[tag] = true
  end
  return digest
end

M.operations.PutImage = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    imageManifest = shape.string { required = true, min = 1, max = 4194304 },
    imageManifestMediaType = shape.string(),
    imageTag = shape.string { min = 1, max = 300 },
    imageDigest = shape.string(),
  },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "PutImage")
    if not repository then
      return nil, refused
    end
    local manifest, tag = request.imageManifest, request.imageTag
    local digest = digest_of(manifest)
    if type(json.decode(manifest)) ~= "table" then
      return nil, repositories.invalid("imageManifest", "Invalid JSON syntax")
    elseif request.imageDigest and request.imageDigest ~= digest then
      return nil, fault("ImageDigestDoesNotMatchException",
        ("The provided digest '%s' does not match the calculated digest '%s'"):format(request.imageDigest, digest))
    end
    local there = repository.images[digest]
    if there and (not tag or there.tags[tag]) then
      return nil, fault("ImageAlreadyExistsException",
        ("Image with digest '%s'%s already exists in the repository with name '%s' in registry with id '%s'")
        :format(digest, tag and " and tag '" .. tag .. "'" or "", request.repositoryName, world.account))
    elseif tag and repository.mutability == "IMMUTABLE" and M.find(repository, { imageTag = tag }) then
      return nil, fault("ImageTagAlreadyExistsException",
        ("The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is "
        .. "immutable."):format(tag, request.repositoryName))
    end
    M.put(world, repository, manifest, request.imageManifestMediaType, tag)
    return { image = {
      registryId = world.account,
      repositoryName = request.repositoryName,
      imageId = { imageDigest = digest, imageTag = tag },
      imageManifest = manifest,
      imageManifestMediaType = repository.images[digest].media_type,
    } }
  end,
}

local function fits_filter(image, filter)
  local status = filter and filter.tagStatus or "ANY"
  return status == "ANY" or (status == "TAGGED") == (next(image.tags) ~= nil)
end

M.operations.ListImages = {
  input = repositories.paged { repositoryName = repositories.name(true), filter = image_filter },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "ListImages")
    if not repository then
      return nil, refused
    end
    local keys, by_key = {}, {}
    for digest, image in pairs(repository.images) do
      if fits_filter(image, request.filter) then
        for tag in pairs(next(image.tags) and image.tags or { [""] = true }) do
          local key = digest .. " " .. tag
          keys[#keys + 1] = key
          by_key[key] = { imageDigest = digest, imageTag = tag ~= "" and tag or nil }
        end
      end
    end
    table.sort(keys)
    local chosen, token
    chosen, refused, token = repositories.page(keys, request)
    if not chosen then
      return nil, refused
    end
    local list = json.array {}
    for i, key in ipairs(chosen) do
      list[i] = by_key[key]
    end
    return { imageIds = list, nextToken = token }
  end,
}

local function show_image(world, name, digest, image)
  return {
    registryId = world.account,
    repositoryName = name,
    imageDigest = digest,
    imageTags = next(image.tags) and json.array(lists.sorted_names(image.tags)) or nil,
    imageSizeInBytes = #image.manifest,
    imagePushedAt = image.pushed,
    lastRecordedPullTime = image.pulled,
    imageManifestMediaType = image.media_type,
    imageStatus = "ACTIVE",
  }
end

M.operations.DescribeImages = {
  input = repositories.paged {
    repositoryName = repositories.name(true),
    imageIds = shape.list(image_id, { min = 1, max = 100 }),
    filter = image_filter,
  },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "DescribeImages")
    if not repository then
      return nil, refused
    end
    local digests, token = {}, nil
    if request.imageIds then
      for i, id in ipairs(request.imageIds) do
        local image, digest = M.find(repository, id)
        if not image then
          return nil, image_not_found(id, request.repositoryName, world.account)
        end
        digests[i] = digest
      end
    else
      for digest, image in pairs(repository.images) do
        digests[#digests + 1] = fits_filter(image, request.filter) and digest or nil
      end
      table.sort(digests)
      digests, refused, token = repositories.page(digests, request)
      if not digests then
        return nil, refused
      end
    end
    local list = json.array {}
    for i, digest in ipairs(digests) do
      list[i] = show_image(world, request.repositoryName, digest, repository.images[digest])
    end
    return { imageDetails = list, nextToken = token }
  end,
}

M.operations.BatchGetImage = {
  input = repositories.input {
    repositoryName = repositories.name(true),
    imageIds = shape.list(image_id, { required = true, min = 1, max = 100 }),
    acceptedMediaTypes = shape.list(shape.string(), { min = 1, max = 100 }),
  },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "BatchGetImage")
    if not repository then
      return nil, refused
    end
    local images, failures = json.array {}, json.array {}
    for _, id in ipairs(request.imageIds) do
      local image, digest
      if id.imageDigest or id.imageTag then
        image, digest = M.find(repository, id)
      end
      if image then
        images[#images + 1] = {
          registryId = world.account,
          repositoryName = request.repositoryName,
          imageId = { imageDigest = digest, imageTag = id.imageTag },
          imageManifest = image.manifest,
          imageManifestMediaType = image.media_type,
        }
      else
        local named = id.imageDigest or id.imageTag
        failures[#failures + 1] = {
          imageId = id,
          failureCode = named and "ImageNotFound" or "MissingDigestAndTag",
          failureReason = named and "Requested image not found" or "Missing both digest and tag",
        }
      end
    end
    return { images = images, failures = failures }
  end,
}

M.operations.GetAuthorizationToken = {
  input = shape.structure { registryIds = shape.list(repositories.registry_id, { min = 1, max = 10 }) },
  call = function(world, request, context)
    local list = json.array {}
    for i, id in ipairs(request.registryIds or { world.account }) do
      list[i] = {
        authorizationToken = ids.secret(120),
        expiresAt = context.now + 12 * 3600,
        proxyEndpoint = ("https://%s.dkr.ecr.%s.amazonaws.com"):format(id, context.region),
      }
    end
    return { authorizationData = list }
  end,
}

return M
