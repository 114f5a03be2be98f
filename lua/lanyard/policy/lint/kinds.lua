--- The types of policies that the linter knows: which elements each supports, and how large it can be.
---
---     kinds.guess(doc)              --> "identity"
---     kinds.get("trust").subject    --> "a trust policy"

local core = require "lanyard.policy.core"
local lists = require "lanyard.lists"

--- A type of policy.
---@class policy.lint.Kind
---@field name "repository"|"registry"|"identity"|"trust"|"scp"|"rcp"|"vpc-endpoint"
---@field ecr? true           a policy of ECR: all actions are ECR's
---@field subject string
---@field principal boolean   statements have a Principal; without it, they have none
---@field resource boolean    statements have a Resource; without it, they have none
---@field limit integer       the maximum number of characters
---@field limit_of string     names the limit
---@field dense? true         white space does not count
---@field alphanumeric? true  a Sid has letters and digits only
---@field current? true       the Version has to be 2012-10-17

local M = {}

-- ECR's limit: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_SetRepositoryPolicy.html
-- IAM's limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
-- Organizations: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html (SCPs: 10,240
-- characters since May 2026) and orgs_manage_policies_rcps_syntax.html beside it
-- VPC endpoints: https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
local KINDS = {
  {
    name = "repository", subject = "a repository policy", principal = true, resource = false,
    limit = core.LIMIT, limit_of = "ECR accepts", ecr = true,
  },
  {
    name = "registry", subject = "a registry policy", principal = true, resource = true,
    limit = core.LIMIT, limit_of = "ECR accepts", ecr = true,
  },
  {
    name = "identity", subject = "an identity policy", principal = false, resource = true, limit = 6144, dense = true,
    limit_of = "a customer managed policy can have", alphanumeric = true,
  },
  {
    name = "trust", subject = "a trust policy", principal = true, resource = false, limit = 2048, dense = true,
    limit_of = "a trust policy can have unless its quota is raised",
  },
  {
    name = "scp", subject = "a service control policy", principal = false, resource = true, limit = 10240,
    limit_of = "a service control policy can have", alphanumeric = true, current = true,
  },
  {
    name = "rcp", subject = "a resource control policy", principal = true, resource = true, limit = 5120,
    limit_of = "a resource control policy can have", alphanumeric = true, current = true,
  },
  {
    name = "vpc-endpoint", subject = "a VPC endpoint policy", principal = true, resource = true, limit = 20480,
    limit_of = "a VPC endpoint policy can have",
  },
}

--- The names of the types.
---@type string[]
M.NAMES = {}

for i, kind in ipairs(KINDS) do
  KINDS[kind.name] = kind
  M.NAMES[i] = kind.name
end

--- Returns a type by its name.
---@param name string
---@return policy.lint.Kind
function M.get(name)
  return KINDS[name] or error(("'%s' is not a type of policy"):format(tostring(name)), 2)
end

-- Actions that only a registry policy gives to others.
-- https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry-permissions.html
local REGISTRY = lists.set "ecr:replicateimage ecr:createrepository ecr:batchimportupstreamimage"

-- The facts of a document from which its type is guessed: what all its statements have, and what one has.
local function facts_of(doc)
  local facts = { without_principal = true, resource = false, resources = true, everyone = true, deny = true }
  for _, statement in ipairs(doc:statements()) do
    local has_principal = #statement.principals > 0 or statement.not_principal
    local has_resource = #statement.resources > 0
    facts.without_principal = facts.without_principal and not has_principal
    facts.resource = facts.resource or has_resource
    facts.resources = facts.resources and has_resource
    facts.deny = facts.deny and statement.effect == "Deny"
    for _, principal in ipairs(statement.principals) do
      facts.everyone = facts.everyone and principal.value == "*"
    end
    for _, action in ipairs(statement.actions) do
      local service = action:lower():match "^([%w-]+):"
      facts.assumes = facts.assumes or service == "sts"
      facts.other = facts.other or service and service ~= "sts" or action == "*"
      facts.foreign = facts.foreign or service and service ~= "ecr"
      facts.registry = facts.registry or REGISTRY[action:lower()]
    end
  end
  return facts
end

--- Guesses the type of a document from its elements. A service control policy looks like an identity policy.
---@param doc policy.Document
---@return string name
function M.guess(doc)
  local facts = facts_of(doc)
  if facts.without_principal then
    return facts.resource and "identity" or "repository"
  elseif facts.assumes and not facts.other then
    return "trust"
  elseif facts.registry and facts.resources and not facts.foreign then
    return "registry"
  elseif facts.everyone and facts.resources and facts.foreign then
    return facts.deny and "rcp" or "vpc-endpoint"
  end
  return "repository"
end

return M
