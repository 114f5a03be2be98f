--- Reads policies as they are stored: of repositories, and of the registry.
---
---     for _, one in ipairs(stored_policies.of_repositories(region, repositories)) do print(one.text) end

local answers = require "lanyard.aws.answers"
local errors = require "lanyard.errors"
local policy = require "lanyard.policy"
local repository_policy = require "lanyard.access.repository_policy"
local task = require "lanyard.task"

local M = {}

---@class access.StoredPolicy
---@field repository? string     nil for the registry
---@field name string            "repository 'web'", or "the registry"
---@field account? string
---@field text? string           nil if there is no policy, or with `err`
---@field doc? policy.Document   nil if there is no policy, or it cannot be parsed
---@field err? aws.Error         why it could not be read or parsed

-- Adds the document, or why there is none.
local function parsed(one)
  if one.text then
    local doc, err = policy.parse(one.text)
    one.doc = doc
    one.err = not doc and errors.new {
      code = "InvalidPolicy", message = ("cannot parse the policy of %s: %s"):format(one.name, err.message),
    } or nil
  end
  return one
end

--- Reads the policies of repositories in parallel, in their order.
---@param region access.Region
---@param repositories access.Repository[]
---@return access.StoredPolicy[]
function M.of_repositories(region, repositories)
  return task.map(repositories, function(repository)
    local text, err = repository_policy.text(region.ecr, repository.name)
    return parsed {
      repository = repository.name, name = ("repository '%s'"):format(repository.name),
      account = repository.registry_id, text = text, err = err,
    }
  end, { limit = region.parallel })
end

--- Reads the policy of the registry.
---@param region access.Region
---@return access.StoredPolicy
function M.of_registry(region)
  local one = { name = "the registry" }
  local reply, err = region.ecr:GetRegistryPolicy()
  if reply and type(reply.policyText) == "string" then
    one.text, one.account = reply.policyText, reply.registryId
  elseif reply then
    one.err = select(2, answers.invalid({ service = "ecr", operation = "GetRegistryPolicy" },
      "the reply has no policyText"))
  elseif not answers.rejected(err, "RegistryPolicyNotFoundException") then
    one.err = err
  end
  return parsed(one)
end

return M
