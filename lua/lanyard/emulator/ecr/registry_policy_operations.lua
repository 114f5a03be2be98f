--- The operations of ECR on the registry policy. Each Region has one.
---
--- state.regions[region].registry_policy has the form of lanyard.emulator.ecr.policy. The emulator stores it, but
--- decides pulls only by the policies of repositories.

local exception = require "lanyard.emulator.exception"
local policies = require "lanyard.emulator.ecr.policy"
local policy = require "lanyard.policy"
local shape = require "lanyard.emulator.shape"

---@type table<string, emulator.Operation>
local M = {}

local function describe(world, stored)
  return { registryId = world.account, policyText = policies.describe(world, stored) }
end

-- Finds the policy of the Region.
local function find(world, context)
  local stored = world.region(context.region).registry_policy
  if not stored then
    return nil, exception("RegistryPolicyNotFoundException",
      ("Registry policy does not exist in the registry with id '%s'"):format(world.account))
  end
  return stored
end

M.GetRegistryPolicy = {
  input = shape.structure {},
  call = function(world, _, context)
    local stored, missing = find(world, context)
    if not stored then
      return nil, missing
    end
    return describe(world, stored)
  end,
}

-- Reports whether each statement has a Resource, which a registry policy requires.
local function has_resources(text)
  local doc = policy.parse(text)
  for _, statement in ipairs(doc and doc:statements() or {}) do
    if not statement.has_resource then
      return false
    end
  end
  return true
end

M.PutRegistryPolicy = {
  writes = true,
  input = shape.structure { policyText = shape.string { required = true, min = 0, max = policy.LIMIT } },
  call = function(world, request, context)
    local stored, failure = policies.accept(world, request.policyText, {
      caller = context.caller.arn, force = true, kind = "registry",
    })
    if not stored then
      return nil, failure
    elseif not has_resources(request.policyText) then
      return nil, policies.rejection "Invalid registry policy provided"
    end
    world.region(context.region).registry_policy = stored
    return describe(world, stored)
  end,
}

M.DeleteRegistryPolicy = {
  writes = true,
  input = shape.structure {},
  call = function(world, _, context)
    local stored, missing = find(world, context)
    if not stored then
      return nil, missing
    end
    world.region(context.region).registry_policy = nil
    return describe(world, stored)
  end,
}

return M
