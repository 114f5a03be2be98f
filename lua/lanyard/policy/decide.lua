--- Decides a request by all policies that apply to it. lanyard.policy.evaluation has the logic.
---
---     local decision, statement, reason, details = decide {
---       principal = role_arn, action = "ecr:BatchGetImage", resource = repository_arn,
---       resource_policy = text, identity_policies = { role_policy }, scps = { { full_access } },
---     }

local arguments = require "lanyard.policy.arguments"
local arn = require "lanyard.arn"
local evaluation = require "lanyard.policy.evaluation"
local expression = require "lanyard.policy.when.expression"
local layers = require "lanyard.policy.layers"
local lists = require "lanyard.lists"
local literals = require "lanyard.policy.when.literals"
local request_of = require "lanyard.policy.request"
local when = require "lanyard.policy.when"

local FIELDS = {
  principal = "string", action = "string", resource = "string", resource_account = "string", issuer = "string",
  context = "table", partial = "boolean", resource_policy = true, identity_policies = "table", boundaries = "table",
  session_policies = "table", scps = "table", rcps = "table", vpc_endpoint_policies = "table",
}

-- How deep the lists of policies are: levels of the organization have lists.
local DEPTHS = {
  identity_policies = 1, boundaries = 1, session_policies = 1, scps = 2, rcps = 2, vpc_endpoint_policies = 1,
}

local LAYERS = lists.sorted_names(DEPTHS)

local function policies_problem(options)
  local one = options.resource_policy
  local is_list = type(one) == "table" and not one.policy
  local problem = arguments.policies("resource_policy", one, is_list and 1 or 0)
  for _, name in ipairs(LAYERS) do
    problem = problem or arguments.policies(name, options[name], DEPTHS[name])
  end
  return problem
end

-- ---------------------------------------------------------------------------------------------
-- The layers of a request

local LISTS = {
  { "identity_policies", "identity policy", "identity-policy" },
  { "boundaries", "permissions boundary", "permissions-boundary" },
  { "session_policies", "session policy", "session-policy" },
}
local LEVELS = {
  { "rcps", "resource control policy", "resource-control-policy", false },
  { "scps", "service control policy", "service-control-policy", true },
}

-- Returns the layers of an organization's levels, from the root | nil, err
local function read_levels(levels, name, kind, request)
  local found = { none = layers.new(("no level has a %s"):format(name), kind) }
  for i, level in ipairs(levels) do
    local layer, err = layers.of(level, ("%s of level %d,"):format(name, i), request, kind)
    if not layer then
      return nil, err
    end
    layer.nothing = ("no %s of level %d allows it"):format(name, i)
    found[i] = layer
  end
  return found
end

-- Adds the layers of service and resource control policies to `found`. Service-linked roles are exempt from both, and
-- services and anonymous callers from service control policies. Returns true | nil, err
local function add_levels(found, options, caller, asked, owned)
  for _, row in ipairs(LEVELS) do
    local name, label, kind, of_identity = table.unpack(row)
    local exempt = caller.service_linked or of_identity and (caller.service or caller.anonymous)
    if options[name] and not exempt then
      local err
      found[name], err = read_levels(options[name], label, kind, of_identity and owned or asked)
      if not found[name] then
        return nil, err
      end
    end
  end
  return true
end

-- Returns a policy, or a list of policies, as a list.
local function policies_of(value)
  return type(value) == "table" and not value.policy and value or { value }
end

-- Returns the layers by the names of the options | nil, err. `asked` is the request to the resource's policy, `owned`
-- the request to the policies of the principal.
local function read_layers(options, caller, asked, owned)
  local found = {}
  local ok, err = add_levels(found, options, caller, asked, owned)
  if ok and options.vpc_endpoint_policies then
    found.vpc_endpoint_policies, err =
      layers.of(options.vpc_endpoint_policies, "VPC endpoint policy", asked, "vpc-endpoint-policy")
    ok = found.vpc_endpoint_policies
  end
  if ok and options.resource_policy then
    found.resource = layers.new("the resource's policy does not allow it", "resource-policy")
    for _, one in ipairs(policies_of(options.resource_policy)) do
      if ok then
        ok, err = layers.add(found.resource, one, "resource policy", asked)
      end
    end
  end
  for _, row in ipairs(LISTS) do
    local name, label, kind = table.unpack(row)
    if ok and options[name] and not (caller.service or caller.anonymous) then
      found[name], err = layers.of(options[name], label, owned, kind)
      ok = found[name]
    end
  end
  if not ok then
    return nil, err
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- The decision

local VERDICTS = {
  of = layers.verdict, all = layers.all, any = layers.any,
  root = { answer = "allow", reason = "the root user needs no policy" },
  unlimited = { answer = "allow", reason = "nothing limits it" },
  choose = function(within, across)
    if within.answer == across.answer then
      return across
    end
    return {
      answer = "depends", match = within.match, layer = within.layer,
      reason = within.reason
        .. "; whether that is sufficient depends on the account of the principal, which is unknown",
    }
  end,
}

local CONDITIONS = {
  of = function(layer, namings) return when.allows(layer.documents, namings) end,
  all = expression.all, any = expression.any, root = true, unlimited = true,
  choose = function(within, across, owner)
    local same = literals.of_test("StringEquals", "aws:PrincipalAccount", { owner })
    return expression.any { expression.all { same, within }, expression.all { expression.negation(same), across } }
  end,
}

local function is_same_account(caller, owner, resource)
  local named = resource and arn.parse(resource)
  if not owner then
    return true
  elseif named and caller.partition and named.partition ~= caller.partition then
    return false
  end
  return caller.account and caller.account == owner
end

-- Returns the first match of a kind ("deny" or "doubt") in any layer.
local function find(found, kind)
  for _, layer in ipairs(evaluation.each(found)) do
    if layer[kind] then
      return layer[kind]
    end
  end
  return nil
end

-- Returns the verdict of all layers.
local function verdict_of(found, request)
  local deny = find(found, "deny")
  if deny then
    return layers.of_match("deny", deny)
  end
  local verdict = evaluation.allows(VERDICTS, found, request)
  -- A Deny that can apply puts an Allow in doubt.
  local doubt = verdict.answer == "allow" and find(found, "doubt")
  return doubt and layers.of_match("depends", doubt) or verdict
end

-- Returns when the layers allow a request.
local function conditions_of(found, request)
  local nodes = { evaluation.allows(CONDITIONS, found, request) }
  for _, layer in ipairs(evaluation.each(found)) do
    nodes[#nodes + 1] = expression.negation(when.denies(layer.documents))
  end
  return when.of(expression.all(nodes))
end

--- The kind of policy that decided a request, and when it is allowed.
---@class policy.Details
---@field layer? string      "identity-policy", "resource-policy", "service-control-policy" and so on
---@field when? policy.When  for "depends": when the decision is allow

--- Decides a request by all policies that apply to it. Raises an error for a request that cannot exist: see
--- `policy.possible`.
---
--- ```lua
--- local decision, statement, reason, details = policy.decide {
---   principal = "arn:aws:iam::111122223333:role/ci",
---   action = "ecr:BatchGetImage",
---   resource = "arn:aws:ecr:us-east-1:111122223333:repository/web",
---   identity_policies = { [[{ "Statement": {
---     "Effect": "Allow", "Action": "ecr:*", "Resource": "*" } }]] },
---   scps = { { [[{ "Statement": {
---     "Effect": "Deny", "Action": "ecr:Batch*", "Resource": "*" } }]] } },
--- }
--- print(decision, statement.effect, details.layer)
--- --> deny	Deny	service-control-policy
--- ```
---@param options policy.DecideOptions
---@return "allow"|"deny"|"implicit-deny"|"depends"|nil decision  nil if a policy cannot be parsed
---@return policy.Statement|lanyard.Error|nil statement  the statement that decides, with the name of its policy as
---  `document`; or the error
---@return string? reason
---@return policy.Details? details
return function(options)
  arguments.request("decide", options, FIELDS, { "principal", "action" })
  arguments.verify("decide", policies_problem(options))
  local caller = request_of.caller(options.principal)
  local owner = request_of.resource_account(options.resource_account, options.resource)
  local possible, contradiction = request_of.possible(options, owner)
  if not possible then
    error("such a request cannot exist: " .. contradiction, 2)
  end
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION, {}
  end
  local asked = request_of.request(options, owner)
  asked.bounded = options.boundaries ~= nil
  local owned = request_of.request(options, owner)
  owned.identity = true
  local found, err = read_layers(options, caller, asked, owned)
  if not found then
    return nil, err
  end
  local request = {
    caller = caller, owner = owner, same_account = is_same_account(caller, owner, options.resource),
    needs_resource_policy = evaluation.needs_resource_policy(options.action, options.resource),
  }
  local verdict = verdict_of(found, request)
  local match = verdict.match
  local statement = match and match.doc:statement(match.index)
  if statement then
    statement.document = match.document
  end
  return verdict.answer, statement, verdict.reason,
    { layer = verdict.layer, when = verdict.answer == "depends" and conditions_of(found, request) or nil }
end
