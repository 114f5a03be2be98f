--- IAM's evaluation logic: how the layers of policies combine.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
---
--- The logic is independent of what is combined. An algebra has
---
---     of(layer, namings)             what the Allow statements of a layer give that name the principal in these ways
---     all(list), any(list)           all, or one of them, must allow
---     root                           the root user needs no policy
---     choose(within, across, owner)  the first if the principal belongs to the account, else the second
---
--- What is given can be false, the condition that never holds. It is not nil, which says that nothing limits a request.

local layers = require "lanyard.policy.layers"

local M = {}

-- Requests that the resource's policy must allow regardless of the principal's policies: requests about a KMS key, and
-- requests to STS for a role session.
local RESOURCE_POLICY_RULES = {
  kms = function(_, resource) return resource and resource:find "^arn:[^:]*:kms:[^:]*:[^:]*:key/" ~= nil end,
  sts = function(action)
    return action:find "^sts:assumerole" or action == "sts:tagsession" or action == "sts:setsourceidentity"
  end,
}

local PRINCIPAL, ROLE, ACCOUNT, ANYONE = { "principal" }, { "role" }, { "account" }, { "anyone" }

local LEVELS = { "rcps", "scps" }

local NO_IDENTITY = layers.new("no identity policy allows it", "identity-policy")
local NO_RESOURCE = layers.new("the resource has no policy that allows it", "resource-policy")

--- Reports whether only the resource's policy can allow a request.
---@param action string
---@param resource? string
---@return boolean
function M.needs_resource_policy(action, resource)
  action = action:lower()
  local rule = RESOURCE_POLICY_RULES[action:match "^[^:]*"]
  return rule ~= nil and rule(action, resource) and true or false
end

-- Returns what the levels of an organization give.
local function levels_allow(algebra, levels)
  local given = {}
  for i, layer in ipairs(levels) do
    given[i] = algebra.of(layer, layers.ANY_NAMING)
  end
  if #given == 0 then
    return algebra.of(levels.none, layers.ANY_NAMING)
  end
  return algebra.all(given)
end

-- Returns what must all be given; nil for an empty list.
local function all(algebra, list)
  if #list < 2 then
    return list[1]
  end
  return algebra.all(list)
end

-- Adds what a layer gives that limits the request, if there is one.
local function limit(algebra, list, layer)
  if layer then
    list[#list + 1] = algebra.of(layer, layers.ANY_NAMING)
  end
end

-- Returns what is given if nothing exceeds the bounds, which are nil if there are none.
local function within(algebra, given, bounds)
  if bounds == nil then
    return given
  end
  return algebra.all { given, bounds }
end

-- Returns what is given within one account. A statement of the resource's policy that names a user, a session or anyone
-- is sufficient. For a role, the boundaries of the role apply as well. An account represents the principals that their
-- own policies allow.
local function within_account(algebra, resource, caller, own, bounds, needs_resource_policy)
  local named = algebra.of(resource, PRINCIPAL)
  local bounded, sufficient = within(algebra, own, bounds), named
  if caller.kind == "role" then
    sufficient = within(algebra, named, bounds)
  end
  local alone = bounded
  if needs_resource_policy then
    alone = algebra.of(NO_RESOURCE, layers.ANY_NAMING)
  end
  return algebra.any {
    alone,
    algebra.of(resource, ANYONE),
    sufficient,
    within(algebra, algebra.of(resource, ROLE), bounds),
    algebra.all { algebra.of(resource, ACCOUNT), bounded },
  }
end

-- Returns what the resource's policy and the principal's own policies give.
local function combined(algebra, found, request)
  local resource, caller = found.resource or NO_RESOURCE, request.caller
  if caller.service or caller.anonymous then
    return algebra.of(resource, layers.ANY_NAMING)
  end
  local own = caller.kind == "root" and algebra.root
    or algebra.of(found.identity_policies or NO_IDENTITY, layers.ANY_NAMING)
  local limits = {}
  limit(algebra, limits, found.boundaries)
  limit(algebra, limits, found.session_policies)
  local bounds = all(algebra, limits)
  local across = not request.same_account and algebra.all { algebra.of(resource, layers.ANY_NAMING), own, bounds }
  if request.same_account == false then
    return across
  end
  local inside = within_account(algebra, resource, caller, own, bounds, request.needs_resource_policy)
  if request.same_account then
    return inside
  end
  return algebra.choose(inside, across, request.owner)
end

--- Returns what all layers give, without their Deny statements.
---@param algebra table
---@param found table    layers by the names of decide's options
---@param request { caller: table, owner?: string, same_account?: boolean, needs_resource_policy: boolean }
---@return any
function M.allows(algebra, found, request)
  local list = { combined(algebra, found, request) }
  for i = 1, #LEVELS do
    local levels = found[LEVELS[i]]
    if levels then
      list[#list + 1] = levels_allow(algebra, levels)
    end
  end
  limit(algebra, list, found.vpc_endpoint_policies)
  return all(algebra, list)
end

local ORDER = { "vpc_endpoint_policies", "resource", "identity_policies", "boundaries", "session_policies" }

--- Returns all layers, in the order in which their Deny statements count.
---@param found table
---@return table[]
function M.each(found)
  local list = {}
  for i = 1, #LEVELS do
    local levels = found[LEVELS[i]]
    if levels then
      table.move(levels, 1, #levels, #list + 1, list)
    end
  end
  for i = 1, #ORDER do
    list[#list + 1] = found[ORDER[i]]
  end
  return list
end

return M
