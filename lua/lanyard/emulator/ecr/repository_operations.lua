--- The operations of ECR on repositories.

local encryption = require "lanyard.emulator.ecr.encryption"
local exception = require "lanyard.emulator.exception"
local json = require "lanyard.json"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"
local sorted = require "lanyard.emulator.sorted"

---@type table<string, emulator.Operation>
local M = {}

M.CreateRepository = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    tags = repositories.tag_list,
    imageTagMutability = shape.string {
      enum = { "MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION" },
    },
    imageScanningConfiguration = shape.structure { scanOnPush = shape.boolean() },
    encryptionConfiguration = encryption.shape,
  },
  call = function(world, request, context)
    local name = request.repositoryName
    if repositories.of(world, context.region)[name] then
      return nil, exception("RepositoryAlreadyExistsException",
        ("The repository with name '%s' already exists in the registry with id '%s'"):format(name, world.account))
    end
    local repository, failure = repositories.create(world, context.region, name, request)
    if not repository then
      return nil, failure
    end
    return { repository = repositories.describe(world, context.region, name, repository) }
  end,
}

M.DeleteRepository = {
  writes = true,
  input = repositories.input { repositoryName = repositories.name(true), force = shape.boolean() },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    elseif next(repository.images) and not request.force then
      return nil, exception("RepositoryNotEmptyException",
        ("The repository with name '%s' in registry with id '%s' cannot be deleted because it still contains images")
        :format(request.repositoryName, world.account))
    end
    repositories.delete(world, context.region, request.repositoryName)
    return { repository = repositories.describe(world, context.region, request.repositoryName, repository) }
  end,
}

M.DescribeRepositories = {
  input = repositories.paged { repositoryNames = shape.list(repositories.name(), { min = 1, max = 100 }) },
  call = function(world, request, context)
    local known = repositories.of(world, context.region)
    local registry = request.registryId or world.account
    local chosen, token = request.repositoryNames, nil
    if chosen and (request.nextToken or request.maxResults) then
      return nil, exception("InvalidParameterException",
        "Invalid parameter: nextToken and maxResults cannot be used together with repositoryNames")
    elseif chosen then
      for _, name in ipairs(chosen) do
        if not known[name] or registry ~= world.account then
          return nil, repositories.not_found(name, registry)
        end
      end
    else
      local failure
      local all = registry == world.account and sorted.names(known) or {}
      chosen, failure, token = repositories.page(all, request)
      if not chosen then
        return nil, failure
      end
    end
    local list = json.array {}
    for i, name in ipairs(chosen) do
      list[i] = repositories.describe(world, context.region, name, known[name])
    end
    return { repositories = list, nextToken = token }
  end,
}

return M
