--- Amazon Elastic Container Registry: its service record for lanyard.emulator.server.
---
--- Shapes: botocore's model of 2015-09-21. Messages: as recorded from ECR. Layers are not stored.

local account_settings = require "lanyard.emulator.ecr.account_settings"
local image_operations = require "lanyard.emulator.ecr.image_operations"
local invalid = require "lanyard.emulator.ecr.invalid"
local permission = require "lanyard.emulator.ecr.permission"
local policy_operations = require "lanyard.emulator.ecr.policy_operations"
local regions = require "lanyard.aws.regions"
local registry_policy_operations = require "lanyard.emulator.ecr.registry_policy_operations"
local repository_operations = require "lanyard.emulator.ecr.repository_operations"
local tag_operations = require "lanyard.emulator.ecr.tag_operations"

---@type emulator.Service
local M = {
  name = "ecr",
  protocol = "json",
  target = "AmazonEC2ContainerRegistry_V20150921",
  operations = {},
}

-- Returns an operation that a policy can deny to the caller.
local function permitted(name, operation)
  return {
    writes = operation.writes,
    input = operation.input,
    call = function(world, request, context)
      local refusal = permission.refusal(world, name, request, context)
      if refusal then
        return nil, refusal
      end
      return operation.call(world, request, context)
    end,
  }
end

for _, operations in ipairs {
  repository_operations, policy_operations, registry_policy_operations, image_operations, tag_operations,
  account_settings.operations,
} do
  for name, operation in pairs(operations) do
    M.operations[name] = permitted(name, operation)
  end
end

function M.serves(region)
  return regions.serves("ecr", region)
end

-- ECR reports only the first violation, in its own wording.
function M.invalid(violations)
  local first = violations[1]
  local path = first.path == "policyText" and "PolicyText" or first.path
  local constraint = first.constraint:gsub("^Member must", "must")
    :gsub("expression pattern: (.*)$", "expression '%1'")
  return invalid(path, constraint)
end

return M
