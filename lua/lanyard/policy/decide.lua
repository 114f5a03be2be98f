--- Decides a request by all policies that apply to it. lanyard.policy.evaluation has the logic.
---
---     local decision, statement, reason, details = decide {
---       principal = role_arn, action = "ecr:BatchGetImage", resource = repository_arn,
---       resource_policy = text, identity_policies = { role_policy }, scps = { { full_access } },
---     }

local core = require "lanyard.policy.core"
local evaluation = require "lanyard.policy.evaluation"
local layers = require "lanyard.policy.layers"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local request_of = require "lanyard.policy.request"

-- Most requests have no mistake, and most decisions do not depend on a condition.
local arguments = lazy "lanyard.policy.arguments"
local expression = lazy "lanyard.policy.when.expression"
local literals = lazy "lanyard.policy.when.literals"
local when = lazy "lanyard.policy.when"

--- A request with all policies that apply to it. Each policy is a text, a document, or { policy =, name = } with a name
--- for reasons. A layer that is nil does not exist. An empty layer allows nothing.
---@class policy.DecideOptions
---@field principal string           see policy.Question
---@field action string  "ecr:BatchGetImage"
---@field resource? string           an ARN
---@field resource_account? string   the account in the resource's ARN by default, else that of the principal
---@field context? table<string, string|string[]>  condition keys and their values
---@field partial? boolean           keys that are not in the context are unknown, not absent
---@field issuer? string               the IAM user that federated the principal, a federated user session
---@field resource_policy? string|policy.Document|(string|policy.Document)[]  a list: repository and registry policy
---@field identity_policies? (string|policy.Document)[]  of the user or role
---@field boundaries? (string|policy.Document)[]         its permissions boundary
---@field session_policies? (string|policy.Document)[]   that the session was opened with
---@field scps? (string|policy.Document)[][]  service control policies: the levels of the organization, from the root
---@field rcps? (string|policy.Document)[][]  resource control policies, in the same form
---@field vpc_endpoint_policies? (string|policy.Document)[]  of the VPC endpoint that the request uses

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

-- Returns the layers of an organization's levels, from the root | nil, err
local function read_levels(levels, kind, request)
  local found = { none = layers.new(kind) }
  for i, level in ipairs(levels) do
    local err
    found[i], err = layers.of(level, kind, request, i)
    if not found[i] then
      return nil, err
    end
  end
  return found
end

-- Returns the layer of a policy, or of a list of policies | nil, err
local function read_one_or_more(policies, kind, request)
  local layer = layers.new(kind, request)
  if type(policies) ~= "table" or policies.policy then
    return layers.add(layer, policies)
  end
  for _, policy in ipairs(policies) do
    local ok, err = layers.add(layer, policy)
    if not ok then
      return nil, err
    end
  end
  return layer
end

-- The kinds of policies, in the order in which their Deny statements count.
local KINDS = {
  {
    option = "rcps", id = "resource-control-policy", label = "resource control policy", numbered = true, levels = true,
    nothing = "no level has a resource control policy", read = read_levels,
  },
  {
    option = "scps", id = "service-control-policy", label = "service control policy", numbered = true, levels = true,
    nothing = "no level has a service control policy", identity = true, read = read_levels,
  },
  { option = "vpc_endpoint_policies", id = "vpc-endpoint-policy", label = "VPC endpoint policy", numbered = true },
  {
    option = "resource_policy", id = "resource-policy", label = "resource policy", read = read_one_or_more,
    nothing = "the resource's policy does not allow it",
  },
  {
    option = "identity_policies", id = "identity-policy", label = "identity policy", numbered = true, identity = true,
  },
  {
    option = "boundaries", id = "permissions-boundary", label = "permissions boundary", numbered = true,
    identity = true,
  },
  { option = "session_policies", id = "session-policy", label = "session policy", numbered = true, identity = true },
}

-- Reports whether policies do not apply to a request. Service-linked roles are exempt from policies of organizations,
-- services and anonymous callers from policies of principals.
local function is_exempt(kind, request)
  return kind.levels and request.service_linked or kind.identity and not request.has_own_policies
end

-- Returns the layers by the names of the options | nil, err
local function read_layers(options, request)
  local found = {}
  for i = 1, #KINDS do
    local kind = KINDS[i]
    local policies = options[kind.option]
    if policies and not is_exempt(kind, request) then
      local layer, err = (kind.read or layers.of)(policies, kind, request)
      if not layer then
        return nil, err
      end
      found[kind.option] = layer
    end
  end
  return found
end

-- ---------------------------------------------------------------------------------------------
-- The decision

local VERDICTS = {
  of = layers.verdict, all = layers.all, any = layers.any,
  suffices = function(verdict) return verdict.answer == "allow" end,
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
  of = function(layer, naming) return when.allows(layer, naming and { naming }) end,
  all = function(nodes) return expression.all(nodes) end,
  any = function(nodes) return expression.any(nodes) end,
  suffices = function(node) return node == true end,
  root = true,
  choose = function(within, across, owner)
    local same = literals.of_test("StringEquals", "aws:PrincipalAccount", { owner })
    return expression.any { expression.all { same, within }, expression.all { expression.negation(same), across } }
  end,
}

-- Returns the verdict of all layers.
local function verdict_of(found, request)
  if request.deny then
    return request.deny
  end
  local verdict = evaluation.allows(VERDICTS, found, request)
  -- A Deny that can apply puts an Allow in doubt.
  return verdict.answer == "allow" and request.doubt or verdict
end

-- Returns when the layers allow a request.
local function conditions_of(found, request)
  local nodes = { evaluation.allows(CONDITIONS, found, request) }
  for _, kind in ipairs(KINDS) do
    local layer = found[kind.option]
    for _, one in ipairs(kind.levels and layer or { layer }) do
      nodes[#nodes + 1] = expression.negation(when.denies(one))
    end
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
  local question, owner, same_account, kind, is_service, is_linked, is_plain = core.question(options)
  if question == nil then
    arguments.request("decide", options, FIELDS, REQUIRED)
  end
  if not is_plain then
    arguments.verify("decide", policies_problem(options))
  end
  local contradiction = options.issuer and request_of.issuer_problem(options.principal, options.issuer)
    or not question and owner
  if contradiction then
    error("such a request cannot exist: " .. contradiction, 2)
  end
  if request_of.needs_no_permission(options) then
    return "allow", nil, request_of.NO_PERMISSION, {}
  end
  local request = {
    options = options, question = question, owner = owner, same_account = same_account, kind = kind,
    has_own_policies = not is_service and kind ~= "anonymous", service_linked = is_linked, deny = false, doubt = false,
    needs_resource_policy = evaluation.needs_resource_policy(options.action, options.resource),
  }
  local found, err = read_layers(options, request)
  if not found then
    return nil, err
  end
  local verdict = verdict_of(found, request)
  local match = verdict.match
  local statement = match and match.doc:statement(match.index)
  if statement then
    statement.document = match.document
  end
  return verdict.answer, statement, verdict.reason,
    { layer = verdict.layer, when = verdict.answer == "depends" and conditions_of(found, request) or nil }
end
