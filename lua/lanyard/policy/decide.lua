--- Decides a request by all policies that apply to it: IAM's evaluation logic.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
---
---     local decision, statement, reason = decide {
---       principal = role_arn, action = "ecr:BatchGetImage", resource = repository_arn,
---       resource_policy = text, identity_policies = { role_policy }, scps = { { full_access } },
---     }

local arn = require "lanyard.arn"
local layers = require "lanyard.policy.layers"
local request_of = require "lanyard.policy.request"

-- Requests that the resource's policy must allow regardless of the principal's policies: requests about a KMS key, and
-- requests to STS for a role session.
local RESOURCE_POLICY_RULES = {
  kms = function(_, resource) return resource and resource:find "^arn:[^:]*:kms:[^:]*:[^:]*:key/" ~= nil end,
  sts = function(action)
    return action:find "^sts:assumerole" or action == "sts:tagsession" or action == "sts:setsourceidentity"
  end,
}

local FIELDS = {
  principal = "string", action = "string", resource = "string", resource_account = "string", issuer = "string",
  context = "table", partial = "boolean", resource_policy = true,
  identity_policies = "table", boundaries = "table", session_policies = "table", scps = "table", rcps = "table",
}

local function check_options(options)
  for name, value in pairs(options) do
    if not FIELDS[name] then
      error(("decide has no field '%s'"):format(tostring(name)), 3)
    elseif FIELDS[name] ~= true and type(value) ~= FIELDS[name] then
      error(("field '%s': %s expected, got %s"):format(name, FIELDS[name], type(value)), 3)
    end
  end
  for _, name in ipairs { "principal", "action" } do
    if not options[name] then
      error(("decide requires '%s'"):format(name), 3)
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- The layers of a request

local LISTS = {
  { "identity_policies", "identity policy" },
  { "boundaries", "permissions boundary" },
  { "session_policies", "session policy" },
}
local LEVELS = {
  { "rcps", "resource control policy", false },
  { "scps", "service control policy", true },
}

-- Returns the layers of an organization's levels, from the root | nil, err
local function read_levels(levels, name, request)
  local found = {}
  for i, level in ipairs(levels) do
    local layer, err = layers.of(level, ("%s of level %d,"):format(name, i), request)
    if not layer then
      return nil, err
    end
    layer.nothing = ("no %s of level %d allows it"):format(name, i)
    found[i] = layer
  end
  found.nothing = ("no level has a %s"):format(name)
  return found
end

-- Adds the layers of service and resource control policies to `found`. Service-linked roles are exempt from both, and
-- services and anonymous callers from service control policies. Returns true | nil, err
local function add_levels(found, options, caller, asked, owned)
  for _, kind in ipairs(LEVELS) do
    local name, label, of_identity = table.unpack(kind)
    local exempt = caller.service_linked or of_identity and (caller.service or caller.anonymous)
    if options[name] and not exempt then
      local err
      found[name], err = read_levels(options[name], label, of_identity and owned or asked)
      if not found[name] then
        return nil, err
      end
    end
  end
  return true
end

-- Returns the layers by the names of the options | nil, err. `asked` is the request to the resource's policy, `owned`
-- the request to the policies of the principal.
local function read_layers(options, caller, asked, owned)
  local found = {}
  local ok, err = add_levels(found, options, caller, asked, owned)
  if not ok then
    return nil, err
  end
  if options.resource_policy then
    found.resource = layers.new "the resource's policy does not allow it"
    ok, err = layers.add(found.resource, options.resource_policy, "resource policy", asked)
    if not ok then
      return nil, err
    end
  end
  for _, kind in ipairs(LISTS) do
    local name, label = table.unpack(kind)
    if options[name] and not (caller.service or caller.anonymous) then
      found[name], err = layers.of(options[name], label, owned)
      if not found[name] then
        return nil, err
      end
    end
  end
  return found
end

-- Returns the first match of a kind ("deny" or "doubt") in any layer, in IAM's order.
local function find(found, kind)
  for _, name in ipairs { "rcps", "scps" } do
    for _, layer in ipairs(found[name] or {}) do
      if layer[kind] then
        return layer[kind]
      end
    end
  end
  for _, name in ipairs { "resource", "identity_policies", "boundaries", "session_policies" } do
    if found[name] and found[name][kind] then
      return found[name][kind]
    end
  end
  return nil
end

-- ---------------------------------------------------------------------------------------------
-- The decision

local NO_IDENTITY = layers.new "no identity policy allows it"
local NO_RESOURCE = layers.new "the resource has no policy that allows it"
local ROOT = { answer = "allow", reason = "the root user needs no policy" }
local UNLIMITED = { answer = "allow", reason = "nothing limits it" }

local function levels_allow(levels)
  local verdicts = {}
  for i, layer in ipairs(levels) do
    verdicts[i] = layers.verdict(layer, layers.ANY_NAMING)
  end
  return verdicts[1] and layers.all(verdicts) or { answer = "implicit-deny", reason = levels.nothing }
end

local function layer_allows(layer)
  return layer and layers.verdict(layer, layers.ANY_NAMING) or UNLIMITED
end

-- Returns the verdict within one account. A statement of the resource's policy that names a user, a session or anyone
-- is sufficient. For a role, the boundaries of the role apply as well. An account represents the principals that their
-- own policies allow.
local function within_account(resource, caller, own, bounds, needs_resource_policy)
  local named = layers.verdict(resource, { "principal" })
  return layers.any {
    needs_resource_policy and layers.verdict(NO_RESOURCE, layers.ANY_NAMING) or layers.all { own, bounds },
    layers.verdict(resource, { "anyone" }),
    caller.kind == "role" and layers.all { named, bounds } or named,
    layers.all { layers.verdict(resource, { "role" }), bounds },
    layers.all { layers.verdict(resource, { "account" }), layers.all { own, bounds } },
  }
end

-- Returns the verdict of the resource's policy and the principal's own policies. `same_account` is nil if the account
-- of the principal is unknown.
local function combined_verdict(found, caller, same_account, needs_resource_policy)
  local resource = found.resource or NO_RESOURCE
  if caller.service or caller.anonymous then
    return layers.verdict(resource, layers.ANY_NAMING)
  end
  local own = caller.kind == "root" and ROOT
    or layers.verdict(found.identity_policies or NO_IDENTITY, layers.ANY_NAMING)
  local bounds = layers.all { layer_allows(found.boundaries), layer_allows(found.session_policies) }
  local across = layers.all { layers.verdict(resource, layers.ANY_NAMING), own, bounds }
  local within = within_account(resource, caller, own, bounds, needs_resource_policy)
  if same_account == false or same_account == nil and across.answer == within.answer then
    return across
  elseif same_account then
    return within
  end
  return {
    answer = "depends", match = within.match,
    reason = within.reason .. "; whether that is sufficient depends on the account of the principal, which is unknown",
  }
end

local function is_same_account(caller, owner, resource)
  local named = resource and arn.parse(resource)
  if not owner then
    return true
  elseif named and caller.partition and named.partition ~= caller.partition then
    return false
  end
  return caller.account and caller.account == owner
end

-- Returns the verdict of all layers.
local function verdict_of(found, options, caller, owner)
  local deny = find(found, "deny")
  if deny then
    return { answer = "deny", reason = deny.reason, match = deny }
  end
  local action = options.action:lower()
  local rule = RESOURCE_POLICY_RULES[action:match "^[^:]*"]
  local same_account = is_same_account(caller, owner, options.resource)
  local verdict = layers.all {
    combined_verdict(found, caller, same_account, rule and rule(action, options.resource)),
    found.rcps and levels_allow(found.rcps) or UNLIMITED,
    found.scps and levels_allow(found.scps) or UNLIMITED,
  }
  -- A Deny that can apply puts an Allow in doubt.
  local doubt = verdict.answer == "allow" and find(found, "doubt")
  return doubt and { answer = "depends", reason = doubt.reason, match = doubt } or verdict
end

--- Decides a request. See lanyard.policy for the options. A context that contradicts the principal or the resource is
--- an error.
---@param options policy.DecideOptions
---@return "allow"|"deny"|"implicit-deny"|"depends"|nil decision  nil if a policy cannot be parsed
---@return table|lanyard.Error|nil statement  the deciding statement with its `document`, or the error
---@return string? reason
return function(options)
  check_options(options)
  local caller = request_of.caller(options.principal)
  local owner = request_of.resource_account(options.resource_account, options.resource)
  local possible, contradiction = request_of.possible(options, owner)
  if not possible then
    error("such a request cannot exist: " .. contradiction, 2)
  end
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION
  end
  local asked = request_of.request(options, owner)
  asked.bounded = options.boundaries ~= nil
  local owned = request_of.request(options, owner)
  owned.identity = true
  local found, err = read_layers(options, caller, asked, owned)
  if not found then
    return nil, err
  end
  local verdict = verdict_of(found, options, caller, owner)
  local match = verdict.match
  local statement = match and match.doc:statement(match.index)
  if statement then
    statement.document = match.document
  end
  return verdict.answer, statement, verdict.reason
end
