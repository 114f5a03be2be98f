-- What all policies together say to a request: IAM's evaluation logic.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

local core = require "lanyard.policy.core"
local errors = require "lanyard.errors"
local request_of = require "lanyard.policy.request"

-- Services whose resource policy must allow, whatever the principal's own policies say.
local RESOURCE_POLICY_RULES = {
  kms = function() return true end,
  sts = function(action) return action:lower():find "^sts:assumerole" ~= nil end,
}

-- How far an answer goes; of several policies of one layer the furthest counts.
local RANK = { ["implicit-deny"] = 0, depends = 1, allow = 2, deny = 3 }

local function invalid(message)
  return nil, errors.new { code = "InvalidPolicy", message = message }
end

-- A policy as a document, with the name it has in reasons.
local function document(policy, name)
  if type(policy) ~= "string" then
    return { doc = policy, name = name }
  end
  local doc, err = core.parse(policy)
  if not doc then
    return invalid(("%s: %s"):format(name, err.message))
  end
  return { doc = doc, name = name }
end

local function documents(list, name)
  local found = {}
  for i, policy in ipairs(list) do
    local one, err = document(policy, ("%s %d"):format(name, i))
    if not one then
      return nil, err
    end
    found[i] = one
  end
  return found
end

-- What a list of policies, any of which may allow, says together. --> { answer, statement, reason, namings }
local function weigh_all(list, request, identity)
  local best = { answer = "implicit-deny", reason = "no statement allows it", namings = {} }
  local doubt
  for _, one in ipairs(list) do
    local answer, statement, reason, namings = one.doc:weigh {
      principal = request.principal, action = request.action, resource = request.resource,
      context = request.context, partial = request.partial, identity = identity,
    }
    local result = { answer = answer, statement = statement, document = one.name, namings = namings,
      reason = ("%s: %s"):format(one.name, reason) }
    if RANK[answer] > RANK[best.answer] then
      best = result
    end
    -- A Deny that may apply puts what another policy allows in doubt.
    doubt = doubt or answer == "depends" and statement.effect == "Deny" and result or nil
  end
  return best.answer == "allow" and doubt or best
end

-- Levels that must each allow. --> result of the worst
local function weigh_levels(levels, request, name, identity)
  local worst
  for i, level in ipairs(levels) do
    local list, err = documents(level, ("%s of level %d,"):format(name, i))
    if not list then
      return nil, err
    end
    local result = weigh_all(list, request, identity)
    if result.answer == "implicit-deny" then
      result.reason = ("no %s of level %d allows it"):format(name, i)
    end
    if result.answer == "deny" then
      return result
    elseif not worst or worst.answer == "allow" or worst.answer == "depends" and result.answer == "implicit-deny" then
      worst = result
    end
  end
  return worst or { answer = "implicit-deny", reason = ("there is no level of the %ss"):format(name), namings = {} }
end

-- The results of all layers that there are, by name.
local function weigh_layers(options, request, caller)
  local layers = {}
  local function add(name, result, err)
    if err then
      error(err, 0)
    end
    layers[name] = result
  end
  local function list(name, label)
    local found, err = documents(options[name], label)
    return found and weigh_all(found, request, true), err
  end
  if options.resource_policy then
    local found, err = documents({ options.resource_policy }, "resource policy")
    add("resource", found and weigh_all(found, request, false), err)
  end
  if not caller.service then
    for name, label in pairs { identity_policies = "identity policy", boundaries = "permissions boundary",
      session_policies = "session policy" } do
      if options[name] then
        add(name, list(name, label))
      end
    end
    if options.scps then
      add("scps", weigh_levels(options.scps, request, "service control policy", true))
    end
  end
  if options.rcps then
    add("rcps", weigh_levels(options.rcps, request, "resource control policy", false))
  end
  return layers
end

local ORDER = { "rcps", "scps", "resource", "identity_policies", "boundaries", "session_policies" }
local NOTHING = { answer = "implicit-deny", reason = "no policy allows it", namings = {} }
local ROOT = { answer = "allow", reason = "the root user needs no policy of its own", namings = {} }
local SILENT = { answer = "allow", reason = "", namings = {} }

-- All must allow: the first that does not decides, a plain no before a perhaps.
local function all_of(results)
  for _, answer in ipairs { "implicit-deny", "depends" } do
    for _, result in ipairs(results) do
      if result.answer == answer then
        return result
      end
    end
  end
  return results[1]
end

-- Whoever comes out better: allow, then depends.
local function either(a, b)
  return RANK[b.answer] > RANK[a.answer] and b or a
end

-- What the resource's policy says by those statements that name the principal in one way.
local function by(resource, naming)
  local answer = resource.namings[naming]
  if not answer then
    return NOTHING
  end
  -- What a statement allows for certain, a Deny that may apply puts in doubt.
  answer = resource.answer == "allow" and answer or "depends"
  return { answer = answer, statement = resource.statement, document = resource.document, reason = resource.reason }
end

-- What the resource's policy and the principal's own policies say together, once nothing denies.
local function grant(layers, caller, same_account, needs_resource_policy)
  local resource = layers.resource or NOTHING
  if caller.service then
    return resource
  end
  local own = caller.kind == "root" and ROOT or layers.identity_policies or NOTHING
  local bounds = all_of { SILENT, layers.boundaries or SILENT, layers.session_policies or SILENT }
  local own_way = all_of { own, bounds }
  if not same_account then
    return all_of { resource, own_way }
  end
  -- A user or session that is named itself, and anyone, are let in by the resource's policy alone; a
  -- role, within its bounds; an account stands for those that its own policies let.
  local itself = by(resource, "principal")
  local resource_way = either(by(resource, "anyone"), caller.kind == "role" and all_of { itself, bounds } or itself)
  resource_way = either(resource_way, all_of { by(resource, "role"), bounds })
  resource_way = either(resource_way, all_of { by(resource, "account"), own_way })
  return needs_resource_policy and resource_way or either(own_way, resource_way)
end

-- decide(options) --> "allow" | "deny" | "implicit-deny" | "depends", statement | nil, reason | nil, err
-- See lanyard.policy.
return function(options)
  local request = { principal = options.principal, action = options.action, resource = options.resource }
  local caller = request_of.caller(options.principal)
  local resource_account = request_of.resource_account(options.resource_account, options.resource)
  request.partial = options.partial or options.context == nil
  request.context = request_of.context(options.context or {}, options.principal, caller, resource_account)
  local ok, layers = pcall(weigh_layers, options, request, caller)
  if not ok then
    if errors.is(layers) then
      return nil, layers
    end
    error(layers, 0)
  end

  local result
  for _, name in ipairs(ORDER) do
    result = result or layers[name] and layers[name].answer == "deny" and layers[name] or nil
  end
  if not result then
    local rule = RESOURCE_POLICY_RULES[options.action:match "^[^:]*":lower()]
    local same_account = resource_account == nil or caller.account == resource_account
    result = all_of {
      grant(layers, caller, same_account, rule and rule(options.action)),
      layers.rcps or SILENT,
      layers.scps or SILENT,
    }
  end
  if result.statement then
    result.statement.document = result.document
  end
  return result.answer, result.statement, result.reason
end
