-- Amazon Elastic Container Registry: repositories, their policies and tags; for images see
-- lanyard.emulator.ecr.images.
-- Shapes: botocore's model of 2015-09-21. Texts: those that ECR was seen to answer.

local arn = require "lanyard.arn"
local errors = require "lanyard.errors"
local fault = require "lanyard.emulator.fault"
local images = require "lanyard.emulator.ecr.images"
local json = require "lanyard.json"
local lists = require "lanyard.lists"
local names = require "lanyard.aws.names"
local policies = require "lanyard.emulator.ecr.policy"
local policy = require "lanyard.policy"
local registry_policy = require "lanyard.emulator.ecr.registry"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"
local crypto = require "lanyard.crypto"

local M = {
  name = "ecr",
  protocol = "json",
  target = "AmazonEC2ContainerRegistry_V20150921",
  operations = images.operations,
}

for name, operation in pairs(registry_policy.operations) do
  M.operations[name] = operation
end

local REGIONS = lists.set [[
  af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
  ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
  ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
  il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
]]

function M.serves(region)
  return REGIONS[region] ~= nil
end

-- ECR names one violation, in words of its own.
function M.invalid(violations)
  local first = violations[1]
  local path = first.path == "policyText" and "PolicyText" or first.path
  local constraint = first.constraint:gsub("^Member must", "must")
    :gsub("expression pattern: (.*)$", "expression '%1'")
  return repositories.invalid(path, constraint)
end

-- ---------------------------------------------------------------------------------------------
-- Repositories

M.operations.CreateRepository = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    tags = repositories.tag_list,
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
    if repositories.of(world, context.region)[name] then
      return nil, fault("RepositoryAlreadyExistsException",
        ("The repository with name '%s' already exists in the registry with id '%s'"):format(name, world.account))
    end
    local repository = repositories.create(world, context.region, name, request)
    return { repository = repositories.show(world, context.region, name, repository) }
  end,
}

M.operations.DeleteRepository = {
  writes = true,
  input = repositories.input { repositoryName = repositories.name(true), force = shape.boolean() },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "DeleteRepository")
    if not repository then
      return nil, refused
    elseif next(repository.images) and not request.force then
      return nil, fault("RepositoryNotEmptyException",
        ("The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images")
        :format(request.repositoryName, world.account))
    end
    repositories.of(world, context.region)[request.repositoryName] = nil
    return { repository = repositories.show(world, context.region, request.repositoryName, repository) }
  end,
}

M.operations.DescribeRepositories = {
  input = repositories.paged { repositoryNames = shape.list(repositories.name(), { min = 1, max = 100 }) },
  call = function(world, request, context)
    local known = repositories.of(world, context.region)
    local registry = request.registryId or world.account
    local chosen, token = request.repositoryNames, nil
    if chosen and (request.nextToken or request.maxResults) then
      return nil, fault("InvalidParameterException",
        "Invalid parameter: nextToken and maxResults cannot be used together with repositoryNames")
    elseif chosen then
      for _, name in ipairs(chosen) do
        if not known[name] or registry ~= world.account then
          return nil, repositories.not_found(name, registry)
        end
      end
    else
      local refused
      local all = registry == world.account and lists.sorted_names(known) or {}
      chosen, refused, token = repositories.page(all, request)
      if not chosen then
        return nil, refused
      end
    end
    local list = json.array {}
    for i, name in ipairs(chosen) do
      list[i] = repositories.show(world, context.region, name, known[name])
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
  input = repositories.input { repositoryName = repositories.name(true) },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "GetRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept = policy_seen(repository, context)
    if not kept then
      return nil, no_policy(request.repositoryName, world.account)
    end
    return show_policy(world, request.repositoryName, policies.show(world, kept))
  end,
}

M.operations.SetRepositoryPolicy = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    policyText = shape.string { required = true, min = 0, max = policy.LIMIT },
    force = shape.boolean(),
  },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "SetRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept
    kept, refused = policies.accept(world, request.policyText, context.caller.arn, request.force)
    if not kept then
      return nil, refused
    end
    replace_policy(repository, kept, context.now)
    return show_policy(world, request.repositoryName, policies.show(world, kept))
  end,
}

M.operations.DeleteRepositoryPolicy = {
  writes = true,
  input = repositories.input { repositoryName = repositories.name(true) },
  call = function(world, request, context)
    local repository, refused = repositories.find(world, request, context, "DeleteRepositoryPolicy")
    if not repository then
      return nil, refused
    end
    local kept = repository.policy
    if not kept then
      return nil, no_policy(request.repositoryName, world.account)
    end
    replace_policy(repository, nil, context.now)
    return show_policy(world, request.repositoryName, policies.show(world, kept))
  end,
}

-- ---------------------------------------------------------------------------------------------
-- Tags

local function by_arn(world, request, context)
  local parsed = arn.parse(request.resourceArn)
  local name = parsed and parsed.service == "ecr" and parsed.resource:match "^repository/(.+)$"
  if not name or not names.repository(name) then
    return nil, repositories.invalid("resourceArn", "Invalid ARN")
  elseif parsed.account ~= world.account or parsed.region ~= context.region then
    return nil, repositories.not_found(name, parsed.account)
  end
  local repository = repositories.of(world, context.region)[name]
  if not repository then
    return nil, repositories.not_found(name, world.account)
  end
  return repository
end

M.operations.TagResource = {
  writes = true,
  input = shape.structure {
    resourceArn = shape.string { required = true },
    tags = shape.list(repositories.tag_list.item, { required = true }),
  },
  call = function(world, request, context)
    local repository, refused = by_arn(world, request, context)
    if not repository then
      return nil, refused
    end
    for _, tag in ipairs(request.tags) do
      repository.tags[tag.Key] = tag.Value
    end
    if #lists.sorted_names(repository.tags) > 50 then
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
    for i, key in ipairs(lists.sorted_names(repository.tags)) do
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

local PROGRAM = lists.set "tag exits port health log"

-- Puts an image of the seed into a repository: a tag, or a table with one. true | nil, err
local function plant_image(world, repository, name, item)
  local program = type(item) == "table" and item or { tag = item }
  for key in pairs(program) do
    if not PROGRAM[key] then
      return bad_seed(("has '%s' in an image of '%s', which none of them has"):format(tostring(key), name))
    end
  end
  local ok, why = names.image_tag(program.tag)
  if not ok then
    return bad_seed(("has a bad image in '%s': %s"):format(name, why))
  end
  local manifest = json.encode {
    schemaVersion = 2,
    mediaType = images.MANIFEST_TYPE,
    config = { mediaType = "application/vnd.docker.container.image.v1+json", size = 2,
      digest = "sha256:" .. crypto.sha256_hex(name .. ":" .. program.tag) },
    layers = json.array {},
  }
  local digest = images.put(world, repository, manifest, nil, program.tag)
  repository.images[digest].program = type(item) == "table" and item or nil
  return true
end

-- plant(world, region, item { name, policy, images = { tag, { tag = } ... }, tags = { [key] = value } })
--   --> true | nil, err
function M.plant(world, region, item)
  local ok, why = names.repository(item.name)
  if not ok then
    return bad_seed("has a bad repository: " .. why)
  end
  local repository = repositories.create(world, region, item.name, {})
  for key, value in pairs(item.tags or {}) do
    repository.tags[key] = value
  end
  for _, image in ipairs(item.images or {}) do
    local planted, err = plant_image(world, repository, item.name, image)
    if not planted then
      return nil, err
    end
  end
  local text = item.policy
  if text then
    text = type(text) == "string" and text or json.encode(text, { pretty = true })
    local kept, refused = policies.accept(world, text, world.caller.arn, true)
    if not kept then
      return bad_seed(("has a policy for '%s' that ECR does not take: %s"):format(item.name, refused.message))
    end
    repository.policy = kept
  end
  return true
end

return M
