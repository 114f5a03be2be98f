--- Reads the policy of the registry of an account and Region, which can allow access to every repository in it.

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local M = {}

--- Reads the registry policy.
---@param region access.Region
---@return { doc: policy.Document?, statements: policy.Statement[] }?  without doc when the registry has no policy
---@return aws.Error? err
function M.read(region)
  local reply, err = region.ecr:GetRegistryPolicy()
  if answers.rejected(err, "RegistryPolicyNotFoundException") then
    return { statements = {} }
  elseif not reply then
    return nil, err
  elseif not reply.policyText then
    return nil, errors.new { code = "NoPolicy", message = "the reply of ecr:GetRegistryPolicy contains no policy" }
  end
  local doc
  doc, err = policy.parse(reply.policyText)
  if not doc then
    return nil, errors.new { code = "UnreadablePolicy", message = "cannot read the registry policy: " .. err.message }
  end
  return { doc = doc, statements = doc:statements() }
end

return M
