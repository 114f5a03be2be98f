--- The operations of ECR on images, and the token that logs a client in to the registry.

local crypto = require "lanyard.crypto"
local exception = require "lanyard.emulator.exception"
local ids = require "lanyard.emulator.ids"
local images = require "lanyard.emulator.ecr.images"
local invalid = require "lanyard.emulator.ecr.invalid"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"
local sorted = require "lanyard.emulator.sorted"

---@type table<string, emulator.Operation>
local M = {}

local image_id = shape.structure {
  imageDigest = shape.string(),
  imageTag = shape.string { min = 1, max = 300 },
}
local image_filter = shape.structure {
  tagStatus = shape.string { enum = { "TAGGED", "UNTAGGED", "ANY" } },
  imageStatus = shape.string { enum = { "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY" } },
}

local function image_not_found(id, name, registry)
  return exception("ImageNotFoundException",
    ("The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in "
    .. "the registry with id '%s'"):format(id.imageDigest or "null", id.imageTag or "null", name, registry))
end

M.PutImage = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    imageManifest = shape.string { required = true, min = 1, max = 4194304 },
    imageManifestMediaType = shape.string(),
    imageTag = shape.string { min = 1, max = 300 },
    imageDigest = shape.string(),
  },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local manifest, tag = request.imageManifest, request.imageTag
    local digest = images.digest(manifest)
    if type(json.decode(manifest)) ~= "table" then
      return nil, invalid("imageManifest", "Invalid JSON syntax")
    elseif request.imageDigest and request.imageDigest ~= digest then
      return nil, exception("ImageDigestDoesNotMatchException",
        ("The provided digest '%s' does not match the calculated digest '%s'"):format(request.imageDigest, digest))
    end
    local present = repository.images[digest]
    if present and (not tag or present.tags[tag]) then
      return nil, exception("ImageAlreadyExistsException",
        ("Image with digest '%s'%s already exists in the repository with name '%s' in registry with id '%s'")
        :format(digest, tag and " and tag '" .. tag .. "'" or "", request.repositoryName, world.account))
    elseif tag and repository.mutability == "IMMUTABLE" and images.find(repository, { imageTag = tag }) then
      return nil, exception("ImageTagAlreadyExistsException",
        ("The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is "
        .. "immutable."):format(tag, request.repositoryName))
    end
    images.put(world, repository, manifest, request.imageManifestMediaType, tag)
    return { image = {
      registryId = world.account,
      repositoryName = request.repositoryName,
      imageId = { imageDigest = digest, imageTag = tag },
      imageManifest = manifest,
      imageManifestMediaType = repository.images[digest].media_type,
    } }
  end,
}

local function matches_filter(image, filter)
  local status = filter and filter.tagStatus or "ANY"
  return status == "ANY" or (status == "TAGGED") == (next(image.tags) ~= nil)
end

M.ListImages = {
  input = repositories.paged { repositoryName = repositories.name(true), filter = image_filter },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local keys, by_key = {}, {}
    for _, digest in ipairs(sorted.names(repository.images)) do
      local image = repository.images[digest]
      if matches_filter(image, request.filter) then
        for _, tag in ipairs(next(image.tags) and lists.sorted_names(image.tags) or { "" }) do
          local key = digest .. " " .. tag
          keys[#keys + 1] = key
          by_key[key] = { imageDigest = digest, imageTag = tag ~= "" and tag or nil }
        end
      end
    end
    local chosen, token
    chosen, failure, token = repositories.page(keys, request)
    if not chosen then
      return nil, failure
    end
    local list = json.array {}
    for i, key in ipairs(chosen) do
      list[i] = by_key[key]
    end
    return { imageIds = list, nextToken = token }
  end,
}

local function describe_image(world, name, digest, image)
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

M.DescribeImages = {
  input = repositories.paged {
    repositoryName = repositories.name(true),
    imageIds = shape.list(image_id, { min = 1, max = 100 }),
    filter = image_filter,
  },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local digests, token = {}, nil
    if request.imageIds then
      for i, id in ipairs(request.imageIds) do
        local image, digest = images.find(repository, id)
        if not image then
          return nil, image_not_found(id, request.repositoryName, world.account)
        end
        digests[i] = digest
      end
    else
      for _, digest in ipairs(sorted.names(repository.images)) do
        digests[#digests + 1] = matches_filter(repository.images[digest], request.filter) and digest or nil
      end
      digests, failure, token = repositories.page(digests, request)
      if not digests then
        return nil, failure
      end
    end
    local list = json.array {}
    for i, digest in ipairs(digests) do
      list[i] = describe_image(world, request.repositoryName, digest, repository.images[digest])
    end
    return { imageDetails = list, nextToken = token }
  end,
}

M.BatchGetImage = {
  input = repositories.input {
    repositoryName = repositories.name(true),
    imageIds = shape.list(image_id, { required = true, min = 1, max = 100 }),
    acceptedMediaTypes = shape.list(shape.string(), { min = 1, max = 100 }),
  },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local found, failures = json.array {}, json.array {}
    for _, id in ipairs(request.imageIds) do
      local image, digest
      if id.imageDigest or id.imageTag then
        image, digest = images.find(repository, id)
      end
      if image then
        found[#found + 1] = {
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
    return { images = found, failures = failures }
  end,
}

M.GetAuthorizationToken = {
  input = shape.structure { registryIds = shape.list(repositories.registry_id, { min = 1, max = 10 }) },
  call = function(world, request, context)
    local list = json.array {}
    for i, id in ipairs(request.registryIds or { world.account }) do
      list[i] = {
        authorizationToken = crypto.base64("AWS:" .. ids.secret(120)),
        expiresAt = context.now + 12 * 3600,
        proxyEndpoint = ("https://%s.dkr.ecr.%s.amazonaws.com"):format(id, context.region),
      }
    end
    return { authorizationData = list }
  end,
}

return M
