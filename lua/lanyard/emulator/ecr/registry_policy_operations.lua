--- The operations of ECR on the registry policy. Each Region has one.
---
--- state.regions[region].registry_policy has the form of lanyard.emulator.ecr.policy. lanyard.emulator.ecr.permission
--- decides which requests it applies to.

local account_settings = require "lanyard.emulator.ecr.account_settings"
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

M.PutRegistryPolicy = {
  writes = true,
  input = shape.structure { policyText = shape.string { required = true, min = 0, max = policy.LIMIT } },
  call = function(world, request, context)
    local stored, failure = policies.accept(world, request.policyText, {
      caller = context.caller.arn, kind = "registry",
      scope = account_settings.get(world, context.region, "REGISTRY_POLICY_SCOPE"),
    })
    if not stored then
      return nil, failure
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
