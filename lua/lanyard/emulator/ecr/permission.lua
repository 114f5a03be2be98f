--- Decides requests to the emulated ECR by the policies of the repository and of the registry.
---
---     local decision = permission.decide(world, region, name, { principal = role_arn, action = "ecr:BatchGetImage" })
---
--- Registry policy scope V2, the default of new registries, applies the registry policy to every request; V1 applies it
--- to three actions ("Private registry permissions in Amazon ECR"). Both policies are resource-based policies of the
--- registry's account: a Deny in either one denies, and an Allow in either one is enough. AWS's page does not say how
--- an Allow of the registry policy counts for a caller of another account. This part is not confirmed. A Deny in a
--- resource control policy of the organization denies, too.

local acceptance = require "lanyard.emulator.ecr.acceptance"
local arn = require "lanyard.arn"
local documents = require "lanyard.emulator.ecr.documents"
local exception = require "lanyard.emulator.exception"
local expiry = require "lanyard.policy.expiry"
local organization_policies = require "lanyard.emulator.organization_policies"
local organizations = require "lanyard.emulator.organizations"
local settings = require "lanyard.emulator.ecr.account_settings"

local M = {}

local V1_ACTIONS = {}
for _, name in ipairs(acceptance.V1_ACTIONS) do
  V1_ACTIONS["ecr:" .. name:lower()] = true
end

--- Reports whether the registry policy of a Region applies to an action.
---@param world emulator.World
---@param region string
---@param action string  for example "ecr:BatchGetImage"
---@return boolean
function M.registry_applies(world, region, action)
  return settings.get(world, region, "REGISTRY_POLICY_SCOPE") == "V2" or V1_ACTIONS[action:lower()] == true
end

--- Returns the ARN of a repository.
---@param world emulator.World
---@param region string
---@param name string
---@return string
function M.repository_arn(world, region, name)
  return ("arn:aws:ecr:%s:%s:repository/%s"):format(region, world.account, name)
end

-- The source of a request is not known, so it must be allowed from each of these addresses. Nobody has them: they are
-- for benchmarks (RFC 2544 and 5180).
local SOURCES = { "198.18.0.1", "2001:2::1" }

-- Returns the condition keys of a request. Other keys are absent: no VPC endpoint, no tags, no session of a service.
local function context_of(world, region, member, source)
  local context, organization = expiry.at(world.now()), organizations.of(world)
  context["aws:SecureTransport"], context["aws:ViaAWSService"] = "true", "false"
  context["aws:RequestedRegion"], context["aws:SourceIp"] = region, source
  if organization then
    local paths = { organizations.path(world) }
    context["aws:ResourceOrgID"], context["aws:ResourceOrgPaths"] = organization.id, paths
    if member then
      context["aws:PrincipalOrgID"], context["aws:PrincipalOrgPaths"] = organization.id, paths
    end
  end
  return context
end

---@class emulator.PullRequest
---@field principal string
---@field action string
---@field member? boolean  whether the principal is of the account's organization

-- Decides a request. It needs its context if the context can change the decision: "depends", or an "implicit-deny" that
-- can become "deny".
local function ask(known, asked, context)
  local doc = known.document
  if not doc then
    return "implicit-deny"
  end
  local decision = doc:decision(asked)
  if decision == "depends" or decision == "implicit-deny" and known.denies then
    decision = doc:decision { principal = asked.principal, action = asked.action, resource = asked.resource,
      context = context() }
  end
  return decision
end

-- Reports whether a resource control policy of the organization denies a request.
local function is_closed(world, asked, context)
  for _, one in ipairs(organization_policies.resource_controls(world)) do
    if ask(documents.of(one, one.content), asked, context) == "deny" then
      return true
    end
  end
  return false
end

-- Decides a request from one source.
local function decide_from(world, region, name, request, source)
  local state = world.region(region)
  local repository = name and state.repositories[name]
  local asked = { principal = request.principal, action = request.action,
    resource = name and M.repository_arn(world, region, name) or "*" }
  local function context() return context_of(world, region, request.member, source) end
  local policies = { repository and repository.policy or nil }
  if M.registry_applies(world, region, request.action) then
    policies[#policies + 1] = state.registry_policy
  end
  if is_closed(world, asked, context) then
    return "deny", "resource control policy"
  end
  local allowed = false
  for _, stored in ipairs(policies) do
    local answer = ask(documents.of(stored, stored.text), asked, context)
    if answer == "deny" then
      return "deny", "resource-based policy"
    end
    allowed = allowed or answer == "allow"
  end
  return allowed and "allow" or "none"
end

--- Decides a request about a repository, or about the registry, by the resource-based policies and the resource control
--- policies alone.
---@param world emulator.World
---@param region string
---@param name? string  of the repository; absent: the request is about the registry
---@param request emulator.PullRequest
---@return "allow"|"deny"|"none" decision
---@return string? kind  of the policy that denies
function M.decide(world, region, name, request)
  local worst = "allow"
  for _, source in ipairs(SOURCES) do
    local decision, kind = decide_from(world, region, name, request, source)
    if decision == "deny" then
      return decision, kind
    end
    worst = decision == "none" and decision or worst
  end
  return worst
end

-- Reports whether a policy contains a Deny that could be about a request: M.decide answers "deny" for no other.
local function can_be_denied(world, region, name, action)
  local state = world.region(region)
  local repository = name and state.repositories[name]
  local own = repository and repository.policy
  local registry = state.registry_policy
  return own and documents.of(own, own.text).denies
    or registry and documents.of(registry, registry.text).denies and M.registry_applies(world, region, action)
    or #organization_policies.resource_controls(world) > 0
end

-- Returns the names of the repositories that a request is about; none: it is about the registry.
local function names_of(request)
  local parsed = request.resourceArn and arn.parse(request.resourceArn)
  local name = request.repositoryName or parsed and parsed.resource:match "^repository/(.+)$"
  return request.repositoryNames or name and { name } or {}
end

local function denied(caller, action, resource, kind)
  return exception("AccessDeniedException", ("User: %s is not authorized to perform: %s on resource: %s with an "
    .. "explicit deny in a %s"):format(caller.arn, action, resource, kind))
end

--- Returns the exception for a request of the account's operator that a policy denies, or nil. IAM allows the operator
--- everything, so that nothing else is needed.
---@param world emulator.World
---@param operation string
---@param request table
---@param context table
---@return emulator.Exception?
function M.refusal(world, operation, request, context)
  local asked = { principal = context.caller.arn, action = "ecr:" .. operation, member = true }
  local names = names_of(request)
  for i = 1, math.max(#names, 1) do
    local name = names[i]
    if can_be_denied(world, context.region, name, asked.action) then
      local decision, kind = M.decide(world, context.region, name, asked)
      if decision == "deny" then
        local resource = name and M.repository_arn(world, context.region, name) or "*"
        return denied(context.caller, asked.action, resource, kind)
      end
    end
  end
  return nil
end

return M
