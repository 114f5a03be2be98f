-- The policy of the emulated registry, one in each Region: state.regions[region].registry_policy, of the form
-- that lanyard.emulator.ecr.policy keeps. It lets nobody in here: who may pull, a repository's policy decides.

local fault = require "lanyard.emulator.fault"
local policies = require "lanyard.emulator.ecr.policy"
local policy = require "lanyard.policy"
local shape = require "lanyard.emulator.shape"

local M = { operations = {} }

local function show(world, kept)
  return { registryId = world.account, policyText = policies.show(world, kept) }
end

-- The policy | nil, fault
local function find(world, context)
  local kept = world.region(context.region).registry_policy
  if not kept then
    return nil, fault("RegistryPolicyNotFoundException",
      ("Registry policy does not exist in the registry with id '%s'"):format(world.account))
  end
  return kept
end

M.operations.GetRegistryPolicy = {
  input = shape.structure {},
  call = function(world, _, context)
    local kept, missing = find(world, context)
    if not kept then
      return nil, missing
    end
    return show(world, kept)
  end,
}

-- Whether each statement says on which repositories, as those of a registry must.
local function has_resources(text)
  local doc = policy.parse(text)
  for _, statement in ipairs(doc and doc:statements() or {}) do
    if not statement.has_resource then
      return false
    end
  end
  return true
end

M.operations.PutRegistryPolicy = {
  writes = true,
  input = shape.structure { policyText = shape.string { required = true, min = 0, max = policy.LIMIT } },
  call = function(world, request, context)
    local kept, refused = policies.accept(world, request.policyText, context.caller.arn, true, "registry")
    if not kept then
      return nil, refused
    elseif not has_resources(request.policyText) then
      return nil, policies.refuse "Invalid registry policy provided"
    end
    world.region(context.region).registry_policy = kept
    return show(world, kept)
  end,
}

M.operations.DeleteRegistryPolicy = {
  writes = true,
  input = shape.structure {},
  call = function(world, _, context)
    local kept, missing = find(world, context)
    if not kept then
      return nil, missing
    end
    world.region(context.region).registry_policy = nil
    return show(world, kept)
  end,
}

return M
