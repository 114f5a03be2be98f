--- Decides a request by all policies that apply to it. lanyard.policy.evaluation has the logic.
---
---     local decision, statement, reason, details = decide {
---       principal = role_arn, action = "ecr:BatchGetImage", resource = repository_arn,
---       resource_policy = text, identity_policies = { role_policy }, scps = { { full_access } },
---     }

local arguments = require "lanyard.policy.arguments"
local core = require "lanyard.policy.core"
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

local REQUIRED = { "principal", "action" }

-- How deep the lists of policies are: levels of the organization have lists.
local DEPTHS = {
  identity_policies = 1, boundaries = 1, session_policies = 1, scps = 2, rcps = 2, vpc_endpoint_policies = 1,
}

local LAYERS = lists.sorted_names(DEPTHS)

local function policies_problem(options)
  local one = options.resource_policy
  local is_list = type(one) == "table" and not one.policy
  local problem = arguments.policies("resource_policy", one, is_list and 1 or 0)
  for i = 1, #LAYERS do
    local policies = options[LAYERS[i]]
    problem = problem or policies and arguments.policies(LAYERS[i], policies, DEPTHS[LAYERS[i]])
  end
  return problem
end

-- ---------------------------------------------------------------------------------------------
-- The layers of a request

local LISTS = {
  { name = "identity_policies", label = "identity policy", kind = "identity-policy" },
  { name = "boundaries", label = "permissions boundary", kind = "permissions-boundary" },
  { name = "session_policies", label = "session policy", kind = "session-policy" },
}
local LEVELS = {
  { name = "rcps", label = "resource control policy", kind = "resource-control-policy", of_identity = false },
  { name = "scps", label = "service control policy", kind = "service-control-policy", of_identity = true },
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
  for i = 1, #LEVELS do
    local row = LEVELS[i]
    local name, of_identity = row.name, row.of_identity
    local exempt = caller.service_linked or of_identity and (caller.service or caller.anonymous)
    if options[name] and not exempt then
      local err
      found[name], err = read_levels(options[name], row.label, row.kind, of_identity and owned or asked)
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
  for i = 1, #LISTS do
    local row = LISTS[i]
    local policies = options[row.name]
    if ok and policies and not (caller.service or caller.anonymous) then
      ok, err = layers.of(policies, row.label, owned, row.kind)
      found[row.name] = ok
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
  all = expression.all, any = expression.any, root = true,
  choose = function(within, across, owner)
    local same = literals.of_test("StringEquals", "aws:PrincipalAccount", { owner })
    return expression.any { expression.all { same, within }, expression.all { expression.negation(same), across } }
  end,
}

-- Returns the first match of a kind ("deny" or "doubt") in any layer.
local function find(list, kind)
  for i = 1, #list do
    if list[i][kind] then
      return list[i][kind]
    end
  end
  return nil
end

-- Returns the verdict of all layers.
local function verdict_of(found, request)
  local list = evaluation.each(found)
  local deny = find(list, "deny")
  if deny then
    return deny
  end
  local verdict = evaluation.allows(VERDICTS, found, request)
  -- A Deny that can apply puts an Allow in doubt.
  return verdict.answer == "allow" and find(list, "doubt") or verdict
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
  if type(options) ~= "table" or options.context ~= nil then
    arguments.request("decide", options, FIELDS, REQUIRED)
  end
  local question, owner, same_account, kind, is_service, is_linked = core.question(options)
  if question == nil then
    arguments.request("decide", options, FIELDS, REQUIRED)
  end
  arguments.verify("decide", policies_problem(options))
  local contradiction = options.issuer and request_of.issuer_problem(options.principal, options.issuer)
    or not question and owner
  if contradiction then
    error("such a request cannot exist: " .. contradiction, 2)
  end
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION, {}
  end
  local function residual(identity)
    local asked = request_of.request(options, owner)
    asked.identity, asked.bounded = identity, not identity and options.boundaries ~= nil
    return asked
  end
  local caller = {
    kind = kind, service = is_service, anonymous = kind == "anonymous", service_linked = is_linked,
  }
  local found, err = read_layers(options, caller, { question = question, identity = false, request = residual },
    { question = question, identity = true, request = residual })
  if not found then
    return nil, err
  end
  local request = {
    caller = caller, owner = owner, same_account = same_account,
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
