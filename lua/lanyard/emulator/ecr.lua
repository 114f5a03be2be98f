-- Amazon Elastic Container Registry: repositories, their policies, and images as far as a manifest
-- tells of them (layers are not stored).
-- Shapes: botocore's model of 2015-09-21. Texts: those that ECR was seen to answer.
--
-- state.regions[region].repositories[name] = { created, mutability, tags, policy, images }; policy:
-- see ecr_policy; images[digest] = { manifest, media_type, pushed, pulled, tags = { [tag] = true } }.

local arn = require "lanyard.arn"
local ecr_policy = require "lanyard.emulator.ecr_policy"
local errors = require "lanyard.errors"
local fault = require "lanyard.emulator.fault"
local ids = require "lanyard.emulator.ids"
local json = require "lanyard.json"
local names = require "lanyard.aws.names"
local policy = require "lanyard.policy"
local shape = require "lanyard.emulator.shape"
local sigv4 = require "lanyard.sigv4"

local M = {
  name = "ecr",
  protocol = "json",
  target = "AmazonEC2ContainerRegistry_V20150921",
  operations = {},
}

local PAGE = 100
local MANIFEST_TYPE = "application/vnd.docker.distribution.manifest.v2+json"

function M.serves(region)
  return names.region(region)
end

-- ECR names one violation, in words of its own.
function M.invalid(violations)
  local first = violations[1]
  local path = first.path == "policyText" and "PolicyText" or first.path
  local constraint = first.constraint:gsub("^Member must", "must")
    :gsub("expression pattern: (.*)$", "expression '%1'")
  return fault("InvalidParameterException",
    ("Invalid parameter at '%s' failed to satisfy constraint: '%s'"):format(path, constraint))
end

local function invalid(path, constraint)
  return fault("InvalidParameterException",
    ("Invalid parameter at '%s' failed to satisfy constraint: '%s'"):format(path, constraint))
end

-- ---------------------------------------------------------------------------------------------
-- Shapes

local registry_id = shape.string { regex = "[0-9]{12}", check = names.registry_id }

local function repository_name(required)
  return shape.string {
    required = required, min = 2, max = 256, regex = names.PATTERNS.repository:sub(2, -2), check = names.repository,
  }
end

local image_id = shape.structure {
  imageDigest = shape.string(),
  imageTag = shape.string { min = 1, max = 300 },
}
local image_filter = shape.structure {
  tagStatus = shape.string { enum = { "TAGGED", "UNTAGGED", "ANY" } },
  imageStatus = shape.string { enum = { "ACTIVE", "ARCHIVED", "ACTIVATING", "ANY" } },
}
local tag_list = shape.list(shape.structure {
  Key = shape.string { required = true }, Value = shape.string { required = true },
})

local function input(members)
  members.registryId = registry_id
  return shape.structure(members)
end

local function paged(members)
  members.nextToken = shape.string()
  members.maxResults = shape.integer { min = 1, max = 1000 }
  return input(members)
end

-- ---------------------------------------------------------------------------------------------
-- Repositories

local function repositories_of(world, region)
  return world.region(region).repositories
end

local function arn_of(world, region, name)
  return ("arn:aws:ecr:%s:%s:repository/%s"):format(region, world.account, name)
end

local function show_repository(world, region, name, repository)
  return {
    repositoryArn = arn_of(world, region, name),
    registryId = world.account,
    repositoryName = name,
    repositoryUri = ("%s.dkr.ecr.%s.amazonaws.com/%s"):format(world.account, region, name),
    createdAt = repository.created,
    imageTagMutability = repository.mutability,
    imageScanningConfiguration = { scanOnPush = repository.scan_on_push },
    encryptionConfiguration = { encryptionType = repository.encryption },
  }
end

local function not_found(name, registry)
  return fault("RepositoryNotFoundException",
    ("The repository with name '%s' does not exist in the registry with id '%s'"):format(name, registry))
end

-- The repository that a request names, once its policy does not deny the caller what it does.
local function find(world, request, context, operation)
  local registry = request.registryId or world.account
  local repository = registry == world.account and repositories_of(world, context.region)[request.repositoryName]
  if not repository then
    return nil, not_found(request.repositoryName, registry)
  end
  local doc = repository.policy and policy.parse(repository.policy.text)
  local resource = arn_of(world, context.region, request.repositoryName)
  local action = "ecr:" .. operation
  if doc and doc:can { principal = context.caller.arn, action = action, resource = resource } == "deny" then
    return nil, fault("AccessDeniedException", ("User: %s is not authorized to perform: %s on resource: %s with an "
      .. "explicit deny in a resource-based policy"):format(context.caller.arn, action, resource))
  end
  return repository
end

local function sorted_names(map)
  local list = {}
  for name in pairs(map) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

-- A page of a sorted list of names: those behind the token's, and the token of the next page.
local function page_of(list, request)
  local first = 1
  if request.nextToken then
    local after = request.nextToken:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
    local known = request.nextToken:find "^%x+$"
    while known and list[first] and list[first] <= after do
      first = first + 1
    end
    if not known then
      return nil, invalid("nextToken", "Invalid token")
    end
  end
  local last = math.min(first + (request.maxResults or PAGE) - 1, #list)
  local token = last < #list and list[last]:gsub(".", function(c) return ("%02x"):format(c:byte()) end) or nil
  return table.move(list, first, last, 1, {}), nil, token
end

local function create(world, region, name, options)
  local repository = {
    created = world.now(),
    mutability = options.imageTagMutability or "MUTABLE",
    scan_on_push = options.imageScanningConfiguration and options.imageScanningConfiguration.scanOnPush or false,
    encryption = options.encryptionConfiguration and options.encryptionConfiguration.encryptionType or "AES256",
    tags = {},
    images = {},
  }
  for _, tag in ipairs(options.tags or {}) do
    repository.tags[tag.Key] = tag.Value
  end
  repositories_of(world, region)[name] = repository
  return repository
end

M.operations.CreateRepository = {
  writes = true,
  input = input {
    repositoryName = repository_name(true),
    tags = tag_list,
    imageTagMutability = shape.string {
      enum = { "MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION" },
    },
    imageScanningConfiguration = shape.structure { scanOnPush = shape.boolean() },
    encryptionConfiguration = shape.structure {
      encryptionType = shape.string { required = true, enum = { "AES256", "KMS", "KMS_DSSE" } },
    },
  },
  call = function(world, request, context)
    local name = request.repositoryName
    if repositories_of(world, context.region)[name] then
      return nil, fault("RepositoryAlreadyExistsException",
        ("The repository with name '%s' already exists in the registry with id '%s'"):format(name, world.account))
    end
    local repository = create(world, context.region, name, request)
    return { repository = show_repository(world, context.region, name, repository) }
  end,
}

M.operations.DeleteRepository = {
  writes = true,
  input = input { repositoryName = repository_name(true), force = shape.boolean() },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "DeleteRepository")
    if not repository then
      return nil, refused
    elseif next(repository.images) and not request.force then
      return nil, fault("RepositoryNotEmptyException",
        ("The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images")
        :format(request.repositoryName, world.account))
    end
    repositories_of(world, context.region)[request.repositoryName] = nil
    return { repository = show_repository(world, context.region, request.repositoryName, repository) }
  end,
}

M.operations.DescribeRepositories = {
  input = paged { repositoryNames = shape.list(repository_name(), { min = 1, max = 100 }) },
  call = function(world, request, context)
    local known = repositories_of(world, context.region)
    local registry = request.registryId or world.account
    local chosen, token = request.repositoryNames, nil
    if chosen and (request.nextToken or request.maxResults) then
      return nil, fault("InvalidParameterException",
        "Invalid parameter: nextToken and maxResults cannot be used together with repositoryNames")
    elseif chosen then
      for _, name in ipairs(chosen) do
        if not known[name] or registry ~= world.account then
          return nil, not_found(name, registry)
        end
      end
    else
      local refused
      chosen, refused, token = page_of(registry == world.account and sorted_names(known) or {}, request)
      if not chosen then
        return nil, refused
      end
    end
    local list = json.array {}
    for i, name in ipairs(chosen) do
      list[i] = show_repository(world, context.region, name, known[name])
    end
    return { repositories = list, nextToken = token }
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Policies

local function no_policy(name, registry)
  return fault("RepositoryPolicyNotFoundException",
    ("Repository policy does not exist for the repository with name '%s' in the registry with id '%s'")
    :format(name, registry))
end

local function show_policy(world, name, text)
  return { registryId = world.account, repositoryName = name, policyText = text }
end

-- What a read finds: for as long as the plan says, what was there before the last write.
local function policy_seen(repository, context)
  local before = repository.before
  if context.stale and before and context.now - before.at < context.stale then
    return before.policy
  end
  return repository.policy
end

local function replace_policy(repository, kept, now)
  repository.before = { policy = repository.policy, at = now }
  repository.policy = kept
end

M.operations.GetRepositoryPolicy = {
  input = input { repositoryName = repository_name(true) },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "GetRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept = policy_seen(repository, context)
    if not kept then
      return nil, no_policy(request.repositoryName, world.account)
    end
    return show_policy(world, request.repositoryName, ecr_policy.show(world, kept))
  end,
}

M.operations.SetRepositoryPolicy = {
  writes = true,
  input = input {
    repositoryName = repository_name(true),
    policyText = shape.string { required = true, min = 0, max = policy.LIMIT },
    force = shape.boolean(),
  },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "SetRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept
    kept, refused = ecr_policy.accept(world, request.policyText, context.caller.arn, request.force)
    if not kept then
      return nil, refused
    end
    replace_policy(repository, kept, context.now)
    return show_policy(world, request.repositoryName, ecr_policy.show(world, kept))
  end,
}

M.operations.DeleteRepositoryPolicy = {
  writes = true,
  input = input { repositoryName = repository_name(true) },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "DeleteRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept = repository.policy
    if not kept then
      return nil, no_policy(request.repositoryName, world.account)
    end
    replace_policy(repository, nil, context.now)
    return show_policy(world, request.repositoryName, ecr_policy.show(world, kept))
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Images

local function image_not_found(id, name, registry)
  return fault("ImageNotFoundException",
    ("The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in "
    .. "the registry with id '%s'"):format(id.imageDigest or "null", id.imageTag or "null", name, registry))
end

-- find_image(repository, { imageDigest, imageTag }) --> image, digest | nil
function M.find_image(repository, id)
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

local function put_image(world, repository, manifest, media_type, tag)
  local digest = "sha256:" .. sigv4.sha256_hex(manifest)
  local image = repository.images[digest]
  if not image then
    image = { manifest = manifest, media_type = media_type or MANIFEST_TYPE, pushed = world.now(), tags = {} }
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
  input = input {
    repositoryName = repository_name(true),
    imageManifest = shape.string { required = true, min = 1, max = 4194304 },
    imageManifestMediaType = shape.string(),
    imageTag = shape.string { min = 1, max = 300 },
    imageDigest = shape.string(),
  },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "PutImage")
    if not repository then
      return nil, refused
    end
    local manifest, tag = request.imageManifest, request.imageTag
    local digest = "sha256:" .. sigv4.sha256_hex(manifest)
    if type(json.decode(manifest)) ~= "table" then
      return nil, invalid("imageManifest", "Invalid JSON syntax")
    elseif request.imageDigest and request.imageDigest ~= digest then
      return nil, fault("ImageDigestDoesNotMatchException",
        ("The provided digest '%s' does not match the calculated digest '%s'"):format(request.imageDigest, digest))
    end
    local there = repository.images[digest]
    if there and (not tag or there.tags[tag]) then
      return nil, fault("ImageAlreadyExistsException",
        ("Image with digest '%s'%s already exists in the repository with name '%s' in registry with id '%s'")
        :format(digest, tag and " and tag '" .. tag .. "'" or "", request.repositoryName, world.account))
    elseif tag and repository.mutability == "IMMUTABLE" and M.find_image(repository, { imageTag = tag }) then
      return nil, fault("ImageTagAlreadyExistsException",
        ("The image tag '%s' already exists in the '%s' repository and cannot be overwritten because the tag is "
        .. "immutable."):format(tag, request.repositoryName))
    end
    put_image(world, repository, manifest, request.imageManifestMediaType, tag)
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
  input = paged { repositoryName = repository_name(true), filter = image_filter },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "ListImages")
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
    chosen, refused, token = page_of(keys, request)
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
    imageTags = next(image.tags) and json.array(sorted_names(image.tags)) or nil,
    imageSizeInBytes = #image.manifest,
    imagePushedAt = image.pushed,
    lastRecordedPullTime = image.pulled,
    imageManifestMediaType = image.media_type,
    imageStatus = "ACTIVE",
  }
end

M.operations.DescribeImages = {
  input = paged {
    repositoryName = repository_name(true),
    imageIds = shape.list(image_id, { min = 1, max = 100 }),
    filter = image_filter,
  },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "DescribeImages")
    if not repository then
      return nil, refused
    end
    local digests, token = {}, nil
    if request.imageIds then
      for i, id in ipairs(request.imageIds) do
        local image, digest = M.find_image(repository, id)
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
      digests, refused, token = page_of(digests, request)
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
  input = input {
    repositoryName = repository_name(true),
    imageIds = shape.list(image_id, { required = true, min = 1, max = 100 }),
    acceptedMediaTypes = shape.list(shape.string(), { min = 1, max = 100 }),
  },
  call = function(world, request, context)
    local repository, refused = find(world, request, context, "BatchGetImage")
    if not repository then
      return nil, refused
    end
    local images, failures = json.array {}, json.array {}
    for _, id in ipairs(request.imageIds) do
      local image, digest
      if id.imageDigest or id.imageTag then
        image, digest = M.find_image(repository, id)
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
  input = shape.structure { registryIds = shape.list(registry_id, { min = 1, max = 10 }) },
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

-- ---------------------------------------------------------------------------------------------
-- Tags

local function by_arn(world, request, context)
  local parsed = arn.parse(request.resourceArn)
  local name = parsed and parsed.service == "ecr" and parsed.resource:match "^repository/(.+)$"
  if not name or not names.repository(name) then
    return nil, invalid("resourceArn", "Invalid ARN")
  elseif parsed.account ~= world.account or parsed.region ~= context.region then
    return nil, not_found(name, parsed.account)
  end
  local repository = repositories_of(world, context.region)[name]
  if not repository then
    return nil, not_found(name, world.account)
  end
  return repository
end

M.operations.TagResource = {
  writes = true,
  input = shape.structure {
    resourceArn = shape.string { required = true },
    tags = shape.list(tag_list.item, { required = true }),
  },
  call = function(world, request, context)
    local repository, refused = by_arn(world, request, context)
    if not repository then
      return nil, refused
    end
    for _, tag in ipairs(request.tags) do
      repository.tags[tag.Key] = tag.Value
    end
    if #sorted_names(repository.tags) > 50 then
      return nil, fault("TooManyTagsException", "The list of tags on the repository is over the limit of 50 tags.")
    end
    return {}
  end,
}

M.operations.ListTagsForResource = {
  input = shape.structure { resourceArn = shape.string { required = true } },
  call = function(world, request, context)
    local repository, refused = by_arn(world, request, context)
    if not repository then
      return nil, refused
    end
    local list = json.array {}
    for i, key in ipairs(sorted_names(repository.tags)) do
      list[i] = { Key = key, Value = repository.tags[key] }
    end
    return { tags = list }
  end,
}

-- ---------------------------------------------------------------------------------------------
-- For a seed

local function bad_seed(what)
  return nil, errors.new { code = "InvalidSeed", message = "the seed " .. what }
end

-- plant(world, region, item { name, policy, images = { tag, ... }, tags = { [key] = value } }) --> true | nil, err
function M.plant(world, region, item)
  local ok, why = names.repository(item.name)
  if not ok then
    return bad_seed("has a bad repository: " .. why)
  end
  local repository = create(world, region, item.name, {})
  for key, value in pairs(item.tags or {}) do
    repository.tags[key] = value
  end
  for _, tag in ipairs(item.images or {}) do
    local manifest = json.encode {
      schemaVersion = 2,
      mediaType = MANIFEST_TYPE,
      config = { mediaType = "application/vnd.docker.container.image.v1+json", size = 2,
        digest = "sha256:" .. sigv4.sha256_hex(item.name .. ":" .. tag) },
      layers = json.array {},
    }
    put_image(world, repository, manifest, nil, tag)
  end
  local text = item.policy
  if text then
    text = type(text) == "string" and text or json.encode(text, { pretty = true })
    local kept, refused = ecr_policy.accept(world, text, world.caller.arn, true)
    if not kept then
      return bad_seed(("has a policy for '%s' that ECR does not take: %s"):format(item.name, refused.message))
    end
    repository.policy = kept
  end
  return true
end

return M
