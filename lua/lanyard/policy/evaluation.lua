--- IAM's evaluation logic: how the layers of policies combine.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
---
--- The logic is independent of what is combined. An algebra has
---
---     of(layer, naming)              what the Allow statements of a layer give that name the principal in this way:
---                                    "principal", "role", "account", "anyone" or, if it is nil, any of them
---     all(list), any(list)           all, or one of them, must allow
---     suffices(given)                whether `any` of this and something else is this
---     root                           the root user needs no policy
---     choose(within, across, owner)  the first if the principal belongs to the account, else the second
---
--- What is given can be false, the condition that never holds. It is not nil, which says that nothing limits a request.

local layers = require "lanyard.policy.layers"

local M = {}

-- Requests that the resource's policy must allow regardless of the principal's policies: requests about a KMS key, and
-- requests to STS for a role session. By the service.
local RESOURCE_POLICY_RULES = {
  kms = function(_, resource) return resource and resource:find "^arn:[^:]*:kms:[^:]*:[^:]*:key/" ~= nil end,
  sts = function(action)
    action = action:lower()
    return action:find "^sts:assumerole" or action == "sts:tagsession" or action == "sts:setsourceidentity"
  end,
}

local NO_IDENTITY = layers.new { id = "identity-policy", nothing = "no identity policy allows it" }
local NO_RESOURCE = layers.new { id = "resource-policy", nothing = "the resource has no policy that allows it" }

--- Reports whether only the resource's policy can allow a request.
---@param action string
---@param resource? string
---@return boolean
function M.needs_resource_policy(action, resource)
  local rule = RESOURCE_POLICY_RULES[action:match "^[^:]*":lower()]
  return rule ~= nil and rule(action, resource) and true or false
end

-- Returns what is given by both; nil limits nothing.
local function both(algebra, first, second)
  if first == nil then
    return second
  elseif second == nil then
    return first
  end
  return algebra.all { first, second }
end

-- Returns what a layer gives that limits the request; nil if there is none.
local function limit(algebra, layer)
  if layer then
    return algebra.of(layer)
  end
  return nil
end

-- Returns what is given within one account. A statement of the resource's policy that names a user, a session or anyone
-- is sufficient. For a role, the boundaries of the role apply as well. An account represents the principals that their
-- own policies allow.
local function within_account(algebra, resource, request, own, bounds)
  local of = algebra.of
  local bounded = both(algebra, own, bounds)
  local alone = bounded
  if request.needs_resource_policy then
    alone = of(NO_RESOURCE)
  end
  if algebra.suffices(alone) then
    return alone
  end
  local named = of(resource, "principal")
  if request.kind == "role" then
    named = both(algebra, named, bounds)
  end
  local given = algebra.any { alone, of(resource, "anyone"), named }
  if algebra.suffices(given) then
    return given
  end
  return algebra.any {
    given,
    both(algebra, of(resource, "role"), bounds),
    algebra.all { of(resource, "account"), bounded },
  }
end

-- Returns what the resource's policy and the principal's own policies give.
local function combined(algebra, found, request)
  local resource = found.resource_policy or NO_RESOURCE
  if not request.has_own_policies then
    return algebra.of(resource)
  end
  local own = request.kind == "root" and algebra.root or algebra.of(found.identity_policies or NO_IDENTITY)
  local bounds = both(algebra, limit(algebra, found.boundaries), limit(algebra, found.session_policies))
  local across = not request.same_account and algebra.all { algebra.of(resource), own, bounds }
  if request.same_account == false then
    return across
  end
  local inside = within_account(algebra, resource, request, own, bounds)
  if request.same_account then
    return inside
  end
  return algebra.choose(inside, across, request.owner)
end

local LEVELS = { "rcps", "scps" }

-- Adds what the levels of an organization give.
local function add_levels(algebra, list, levels)
  local given = {}
  for i = 1, #levels do
    given[i] = algebra.of(levels[i])
  end
  if #given == 0 then
    given[1] = algebra.of(levels.none)
  end
  list[#list + 1] = algebra.all(given)
end

--- A request, for the logic.
---@class policy.Evaluated
---@field kind string                    of the principal, as lanyard.policy.request has it
---@field has_own_policies boolean       false: a service, or anonymous
---@field owner? string                  the account that owns the resource
---@field same_account? boolean          the principal belongs to it; nil: that is unknown
---@field needs_resource_policy boolean  see M.needs_resource_policy

--- Returns what all layers give, without their Deny statements.
---@param algebra table
---@param found table    layers by the names of decide's options
---@param request policy.Evaluated
---@return any
function M.allows(algebra, found, request)
  local given = combined(algebra, found, request)
  if not (found.rcps or found.scps or found.vpc_endpoint_policies) then
    return given
  end
  local list = { given }
  for i = 1, #LEVELS do
    local levels = found[LEVELS[i]]
    if levels then
      add_levels(algebra, list, levels)
    end
  end
  list[#list + 1] = limit(algebra, found.vpc_endpoint_policies)
  return algebra.all(list)
end

return M
