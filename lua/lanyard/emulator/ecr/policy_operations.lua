--- The operations of ECR on repository policies.

local exception = require "lanyard.emulator.exception"
local policies = require "lanyard.emulator.ecr.policy"
local policy = require "lanyard.policy"
local repositories = require "lanyard.emulator.ecr.repositories"
local shape = require "lanyard.emulator.shape"

---@type table<string, emulator.Operation>
local M = {}

local function no_policy(name, registry)
  return exception("RepositoryPolicyNotFoundException",
    ("Repository policy does not exist for the repository with name '%s' in the registry with id '%s'")
    :format(name, registry))
end

local function describe_policy(world, name, text)
  return { registryId = world.account, repositoryName = name, policyText = text }
end

-- Returns what a read finds. A fault with `stale` makes reads return the previous policy for some time after a write.
local function policy_at_read(repository, context)
  local before = repository.before
  if context.stale and before and context.now - before.at < context.stale then
    return before.policy
  end
  return repository.policy
end

local function replace_policy(repository, stored, now)
  repository.before = { policy = repository.policy, at = now }
  repository.policy = stored
end

M.GetRepositoryPolicy = {
  input = repositories.input { repositoryName = repositories.name(true) },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local stored = policy_at_read(repository, context)
    if not stored then
      return nil, no_policy(request.repositoryName, world.account)
    end
    return describe_policy(world, request.repositoryName, policies.describe(world, stored))
  end,
}

M.SetRepositoryPolicy = {
  writes = true,
  input = repositories.input {
    repositoryName = repositories.name(true),
    policyText = shape.string { required = true, min = 0, max = policy.LIMIT },
    force = shape.boolean(),
  },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local stored
    stored, failure = policies.accept(world, request.policyText, {
      caller = context.caller.arn, force = request.force,
    })
    if not stored then
      return nil, failure
    end
    replace_policy(repository, stored, context.now)
    return describe_policy(world, request.repositoryName, policies.describe(world, stored))
  end,
}

M.DeleteRepositoryPolicy = {
  writes = true,
  input = repositories.input { repositoryName = repositories.name(true) },
  call = function(world, request, context)
    local repository, failure = repositories.find(world, request, context)
    if not repository then
      return nil, failure
    end
    local stored = repository.policy
    if not stored then
      return nil, no_policy(request.repositoryName, world.account)
    end
    replace_policy(repository, nil, context.now)
    return describe_policy(world, request.repositoryName, policies.describe(world, stored))
  end,
}

return M
