--- Repositories of the emulated ECR, and the shapes and pages that its operations share.
---
--- state.regions[region].repositories[name] = { created, mutability, scan_on_push, encryption, kms_key, tags, policy,
--- images }. lanyard.emulator.ecr.policy describes `policy`, lanyard.emulator.ecr.images `images`.

local encryption = require "lanyard.emulator.ecr.encryption"
local exception = require "lanyard.emulator.exception"
local invalid = require "lanyard.emulator.ecr.invalid"
local names = require "lanyard.aws.names"
local permission = require "lanyard.emulator.ecr.permission"
local shape = require "lanyard.emulator.shape"
local sorted = require "lanyard.emulator.sorted"

local M = {}

local PAGE = 100

M.registry_id = shape.string { regex = "[0-9]{12}", check = names.registry_id }

--- Returns the shape of a repository name.
---@param required? boolean
function M.name(required)
  return shape.string {
    required = required, min = 2, max = 256, regex = names.PATTERNS.repository:sub(2, -2), check = names.repository,
  }
end

M.tag_list = shape.list(shape.structure {
  Key = shape.string { required = true }, Value = shape.string { required = true },
})

--- Returns the shape of a request. Every request has a registryId.
function M.input(members)
  members.registryId = M.registry_id
  return shape.structure(members)
end

--- Returns the shape of a request for a page.
function M.paged(members)
  members.nextToken = shape.string()
  members.maxResults = shape.integer { min = 1, max = 1000 }
  return M.input(members)
end

--- Returns the repositories of a Region, by name.
function M.of(world, region)
  return world.region(region).repositories
end

--- Describes a repository as ECR does.
function M.describe(world, region, name, repository)
  return {
    repositoryArn = permission.repository_arn(world, region, name),
    registryId = world.account,
    repositoryName = name,
    repositoryUri = ("%s.dkr.ecr.%s.amazonaws.com/%s"):format(world.account, region, name),
    createdAt = repository.created,
    imageTagMutability = repository.mutability,
    imageScanningConfiguration = { scanOnPush = repository.scan_on_push },
    encryptionConfiguration = { encryptionType = repository.encryption, kmsKey = repository.kms_key },
  }
end

--- Returns the exception for a repository that does not exist.
function M.not_found(name, registry)
  return exception("RepositoryNotFoundException",
    ("The repository with name '%s' does not exist in the registry with id '%s'"):format(name, registry))
end

--- Finds the repository that a request names.
---@return table? repository
---@return emulator.Exception?
function M.find(world, request, context)
  local registry = request.registryId or world.account
  local repository = registry == world.account and M.of(world, context.region)[request.repositoryName]
  if not repository then
    return nil, M.not_found(request.repositoryName, registry)
  end
  return repository
end

--- Returns a page of a sorted list of names: the names after the token's name, and the token of the next page.
---@param list string[]
---@param request { nextToken: string?, maxResults: integer? }
---@return string[]? page
---@return emulator.Exception?
---@return string? next_token
function M.page(list, request)
  local first = 1
  if request.nextToken then
    local after = request.nextToken:gsub("%x%x", function(hex) return string.char(tonumber(hex, 16)) end)
    if not request.nextToken:find "^%x+$" then
      return nil, invalid("nextToken", "Invalid token")
    end
    first = sorted.after(list, after)
  end
  local last = math.min(first + (request.maxResults or PAGE) - 1, #list)
  local token = last < #list and list[last]:gsub(".", function(c) return ("%02x"):format(c:byte()) end) or nil
  return table.move(list, first, last, 1, {}), nil, token
end

--- Creates a repository.
---@param options table  members of CreateRepository
---@return table? repository
---@return emulator.Exception? failure
function M.create(world, region, name, options)
  local encrypted, failure = encryption.resolve(world, region, options.encryptionConfiguration)
  if not encrypted then
    return nil, failure
  end
  local repository = {
    created = world.now(),
    mutability = options.imageTagMutability or "MUTABLE",
    scan_on_push = options.imageScanningConfiguration and options.imageScanningConfiguration.scanOnPush or false,
    encryption = encrypted.encryptionType,
    kms_key = encrypted.kmsKey,
    tags = {},
    images = {},
  }
  for _, tag in ipairs(options.tags or {}) do
    repository.tags[tag.Key] = tag.Value
  end
  M.of(world, region)[name] = repository
  sorted.changed(M.of(world, region))
  return repository
end

--- Deletes a repository.
function M.delete(world, region, name)
  M.of(world, region)[name] = nil
  sorted.changed(M.of(world, region))
end

return M
