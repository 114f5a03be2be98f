--- Amazon Elastic Container Registry: its service record for lanyard.emulator.server.
---
--- Shapes: botocore's model of 2015-09-21. Messages: as recorded from ECR. Layers are not stored.

local account_settings = require "lanyard.emulator.ecr.account_settings"
local image_operations = require "lanyard.emulator.ecr.image_operations"
local invalid = require "lanyard.emulator.ecr.invalid"
local lists = require "lanyard.lists"
local permission = require "lanyard.emulator.ecr.permission"
local policy_operations = require "lanyard.emulator.ecr.policy_operations"
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

local REGIONS = lists.set [[
  af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2
  ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7
  ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3
  il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2
]]

function M.serves(region)
  return REGIONS[region] ~= nil
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
