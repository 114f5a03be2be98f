-- What all policies together say to a request: IAM's evaluation logic.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

local arn = require "lanyard.arn"
local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"
local request_of = require "lanyard.policy.request"

-- Requests that a resource's policy must allow, whatever the principal's own policies say: of KMS
-- those about a key, and those by which a session gets its role.
local RESOURCE_POLICY_RULES = {
  kms = function(_, resource) return resource and resource:find "^arn:[^:]*:kms:[^:]*:[^:]*:key/" ~= nil end,
  sts = function(action)
    return action:find "^sts:assumerole" or action == "sts:tagsession" or action == "sts:setsourceidentity"
  end,
}

local FIELDS = {
  principal = "string", action = "string", resource = "string", resource_account = "string",
  context = "table", partial = "boolean", resource_policy = true,
  identity_policies = "table", boundaries = "table", session_policies = "table", scps = "table", rcps = "table",
}

local NAMINGS = { "principal", "role", "account", "anyone" }

-- How far an answer goes.
local RANK = { ["implicit-deny"] = 0, depends = 1, allow = 2 }

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
      error(("decide needs '%s'"):format(name), 3)
    end
  end
end

-- A policy as a document | nil, err
local function document(policy, name)
  if type(policy) ~= "string" then
    return policy
  end
  local doc, err = core.parse(policy)
  if not doc then
    return nil, errors.new { code = "InvalidPolicy", message = ("%s: %s"):format(name, err.message) }
  end
  return doc
end

-- ---------------------------------------------------------------------------------------------
-- Layers: policies any of which may allow

-- A layer: { deny, doubt, allow = { [naming] = finding }, maybe_allow = likewise, nothing = reason }.
-- A finding: { index, reason, document = name, doc }. doubt: a Deny that may apply.
local function new_layer(nothing)
  return { allow = {}, maybe_allow = {}, nothing = nothing }
end

-- Adds what one policy says; the first word of each kind stays.
local function add_policy(layer, doc, name, request)
  local found = doc:weigh(request)
  local function named(finding)
    if finding then
      finding.document, finding.doc, finding.reason = name, doc, ("%s: %s"):format(name, finding.reason)
    end
    return finding
  end
  layer.deny = layer.deny or named(found.deny)
  layer.doubt = layer.doubt or named(found.maybe_deny)
  for _, kind in ipairs { "allow", "maybe_allow" } do
    for naming, finding in pairs(found[kind]) do
      layer[kind][naming] = layer[kind][naming] or named(finding)
    end
  end
end

-- layer_of(policies, name, request) --> layer | nil, err
local function layer_of(policies, name, request)
  local layer = new_layer(("no %s allows it"):format(name))
  for i, policy in ipairs(policies) do
    local label = ("%s %d"):format(name, i)
    local doc, err = document(policy, label)
    if not doc then
      return nil, err
    end
    add_policy(layer, doc, label, request)
  end
  return layer
end

local function first_of(found, namings)
  for _, naming in ipairs(namings) do
    if found[naming] then
      return found[naming]
    end
  end
  return nil
end

-- What a layer allows by statements that name the principal in one of these ways.
-- --> { answer, reason, finding | nil }
local function verdict(layer, namings)
  local certain = first_of(layer.allow, namings)
  local finding = certain or first_of(layer.maybe_allow, namings)
  if not finding then
    return { answer = "implicit-deny", reason = layer.nothing }
  end
  return { answer = certain and "allow" or "depends", reason = finding.reason, finding = finding }
end

-- All must allow: the first that does not decides, a plain no before a perhaps.
local function all_of(verdicts)
  for _, answer in ipairs { "implicit-deny", "depends" } do
    for _, one in ipairs(verdicts) do
      if one.answer == answer then
        return one
      end
    end
  end
  return verdicts[1]
end

-- Whatever comes out better.
local function either(a, b)
  return RANK[b.answer] > RANK[a.answer] and b or a
end

-- ---------------------------------------------------------------------------------------------
-- All layers of a request

local LISTS = {
  { "identity_policies", "identity policy" },
  { "boundaries", "permissions boundary" },
  { "session_policies", "session policy" },
}
local LEVELS = {
  { "rcps", "resource control policy", false },
  { "scps", "service control policy", true },
}

local function read_levels(levels, name, request)
  local layers = {}
  for i, level in ipairs(levels) do
    local layer, err = layer_of(level, ("%s of level %d,"):format(name, i), request)
    if not layer then
      return nil, err
    end
    layer.nothing = ("no %s of level %d allows it"):format(name, i)
    layers[i] = layer
  end
  layers.nothing = ("there is no level that has a %s"):format(name)
  return layers
end

-- --> layers by name, those of `rcps` and `scps` lists by level | nil, err
local function read_layers(options, caller, asked, owned)
  local layers = {}
  for _, kind in ipairs(LEVELS) do
    local name, label, own = table.unpack(kind)
    local exempt = caller.service_linked or own and (caller.service or caller.anonymous)
    if options[name] and not exempt then
      local found, err = read_levels(options[name], label, own and owned or asked)
      if not found then
        return nil, err
      end
      layers[name] = found
    end
  end
  if options.resource_policy then
    local doc, err = document(options.resource_policy, "resource policy")
    if not doc then
      return nil, err
    end
    layers.resource = new_layer "the resource's policy does not allow it"
    add_policy(layers.resource, doc, "resource policy", asked)
  end
  for _, kind in ipairs(LISTS) do
    local name, label = table.unpack(kind)
    if options[name] and not (caller.service or caller.anonymous) then
      local found, err = layer_of(options[name], label, owned)
      if not found then
        return nil, err
      end
      layers[name] = found
    end
  end
  return layers
end

-- The first finding of a kind (deny, doubt) in any layer, as IAM goes through them.
local function find(layers, kind)
  for _, name in ipairs { "rcps", "scps" } do
    for _, layer in ipairs(layers[name] or {}) do
      if layer[kind] then
        return layer[kind]
      end
    end
  end
  for _, name in ipairs { "resource", "identity_policies", "boundaries", "session_policies" } do
    if layers[name] and layers[name][kind] then
      return layers[name][kind]
    end
  end
  return nil
end

local function levels_allow(levels)
  local verdicts = {}
  for i, layer in ipairs(levels) do
    verdicts[i] = verdict(layer, NAMINGS)
  end
  return verdicts[1] and all_of(verdicts) or { answer = "implicit-deny", reason = levels.nothing }
end

-- ---------------------------------------------------------------------------------------------
-- The decision

local NO_IDENTITY = new_layer "no identity policy allows it"
local NO_RESOURCE = new_layer "the resource has no policy that allows it"
local ROOT = { answer = "allow", reason = "the root user needs no policy of its own" }
local SILENT = { answer = "allow", reason = "nothing bounds it" }

-- What the resource's policy and the principal's own policies say together in one account: a user or
-- session that is named itself, and anyone, are let in by the resource's policy alone; a role, within
-- its bounds; an account stands for those that its own policies let.
local function within_account(resource, caller, own, bounds, needs_resource_policy)
  local own_way = all_of { own, bounds }
  local itself = verdict(resource, { "principal" })
  local ways = {
    verdict(resource, { "anyone" }),
    caller.kind == "role" and all_of { itself, bounds } or itself,
    all_of { verdict(resource, { "role" }), bounds },
    all_of { verdict(resource, { "account" }), own_way },
  }
  local best = needs_resource_policy and verdict(NO_RESOURCE, NAMINGS) or own_way
  for _, way in ipairs(ways) do
    best = either(best, way)
  end
  return best
end

-- `same_account` is nil where the principal's account is not known.
local function grant(layers, caller, same_account, needs_resource_policy)
  local resource = layers.resource or NO_RESOURCE
  if caller.service or caller.anonymous then
    return verdict(resource, NAMINGS)
  end
  local own = caller.kind == "root" and ROOT or verdict(layers.identity_policies or NO_IDENTITY, NAMINGS)
  local bounds = all_of {
    layers.boundaries and verdict(layers.boundaries, NAMINGS) or SILENT,
    layers.session_policies and verdict(layers.session_policies, NAMINGS) or SILENT,
  }
  local apart = all_of { verdict(resource, NAMINGS), own, bounds }
  local within = within_account(resource, caller, own, bounds, needs_resource_policy)
  if same_account == false or same_account == nil and apart.answer == within.answer then
    return apart
  elseif same_account then
    return within
  end
  return { answer = "depends", finding = within.finding,
    reason = within.reason .. "; whether that is enough hangs on the principal's account, which is not known" }
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

-- decide(options) --> "allow" | "deny" | "implicit-deny" | "depends", statement | nil, reason | nil, err
-- See lanyard.policy.
return function(options)
  check_options(options)
  local caller = request_of.caller(options.principal)
  local owner = request_of.resource_account(options.resource_account, options.resource)
  local asked = request_of.request(options, caller, owner)
  asked.bounded = options.boundaries ~= nil
  local owned = request_of.request(options, caller, owner)
  owned.identity = true
  local layers, err = read_layers(options, caller, asked, owned)
  if not layers then
    return nil, err
  end

  local deny = find(layers, "deny")
  local result = deny and { answer = "deny", reason = deny.reason, finding = deny }
  if not result then
    local action = options.action:lower()
    local rule = RESOURCE_POLICY_RULES[action:match "^[^:]*"]
    result = all_of {
      grant(layers, caller, is_same_account(caller, owner, options.resource), rule and rule(action, options.resource)),
      layers.rcps and levels_allow(layers.rcps) or SILENT,
      layers.scps and levels_allow(layers.scps) or SILENT,
    }
    -- A Deny that may apply puts what all others allow in doubt.
    local doubt = result.answer == "allow" and find(layers, "doubt")
    result = doubt and { answer = "depends", reason = doubt.reason, finding = doubt } or result
  end
  local finding = result.finding
  local statement = finding and finding.doc:statement(finding.index)
  if statement then
    statement.document = finding.document
  end
  return result.answer, statement, result.reason
end
