-- The policy of a registry, of which there is one in each Region of an account: it can let others pull from
-- every repository at once, and put images there.

local errors = require "lanyard.errors"
local policy = require "lanyard.policy"

local M = {}

-- look(region) --> { doc | nil where there is none, statements } | nil, err
function M.look(region)
  local reply, err = region.ecr:GetRegistryPolicy()
  if not reply and err.code == "RegistryPolicyNotFoundException" then
    return { statements = {} }
  elseif not reply then
    return nil, err
  elseif not reply.policyText then
    return nil, errors.new { code = "NoPolicy", message = "ecr:GetRegistryPolicy answered without a policy" }
  end
  local doc
  doc, err = policy.parse(reply.policyText)
  if not doc then
    return nil, errors.new { code = "UnreadablePolicy", message = "the registry's policy: " .. err.message }
  end
  return { doc = doc, statements = doc:statements() }
end

return M
