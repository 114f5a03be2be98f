--- Checks what the parts of a statement mean for each other: keys without their actions, keys that belong together, and
--- actions that need a narrow resource.

local condition_keys = require "lanyard.policy.condition_keys"
local consequence = require("lanyard.policy.lint.keys").consequence
local define = require("lanyard.policy.lint.catalogue").define
local ecr_actions = require "lanyard.policy.ecr_actions"
local lists = require "lanyard.lists"
local match = require "lanyard.match"

local KEY_ACTION = define {
  id = "key-action", severity = "medium", summary = "a condition key that requests of the action do not have",
  help = "The Service Authorization Reference lists the keys of each action. A condition on another key never holds, "
    .. "or always does.",
}
local IRRELEVANT_KEY = define {
  id = "irrelevant-key", severity = "medium", summary = "a condition key of another service",
  help = "Requests to ECR have the global keys and the keys of ECR, not the keys of other services.",
}
local UNPAIRED_KEY = define {
  id = "unpaired-key", severity = "medium", summary = "a condition on a private address without its VPC",
  help = "Private addresses are unique within one VPC only: every VPC in the world can have the same ones.",
}
local PASS_ROLE = define {
  id = "pass-role", severity = "medium", summary = "iam:PassRole for any role and service",
  help = "A principal that passes any role to a service gets the permissions of every role of the account.",
}
local ANY_SERVICE_ROLE = define {
  id = "any-service-role", severity = "low", summary = "iam:CreateServiceLinkedRole for any service",
  help = "Service-linked roles of services that nobody uses can be created.",
}

local RESOURCE_MISMATCH = define {
  id = "resource-mismatch", severity = "high", summary = "an action on the registry with repositories as its resource",
  help = "Actions on the registry, such as ecr:GetAuthorizationToken, have no resource type. A statement applies to "
    .. "them only with Resource *.",
}

local M = {}

-- Reports whether the actions of a statement include one.
local function includes(statement, action)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, action, true) then
      return not statement.not_action
    end
  end
  return statement.not_action or false
end

-- ---------------------------------------------------------------------------------------------
-- Keys and actions

local function check_actions(test, scope)
  local having = test.record and test.record.actions
  for _, node in ipairs(having and not scope.statement.not_action and scope.action_nodes or {}) do
    local action = node.value:lower()
    if action:find "^ecr:%w+$" and not having[action] then
      scope.add(KEY_ACTION, node, ("requests of %s do not have %s: %s"):format(node.value, test.name,
        consequence(test, scope)), "move the action to a statement without the key")
    end
  end
end

-- Keys of IAM whose conditions say to what an action applies.
local OWNERS = { ["iam:passedtoservice"] = "iam:PassRole" }

local function check_owner(test, scope)
  local action = OWNERS[test.name:lower()]
  if action and not includes(scope.statement, action) then
    scope.add(KEY_ACTION, test.key.key, ("only requests of %s have %s: %s"):format(action, test.name,
      consequence(test, scope)), ("add %s, or remove the key"):format(action))
  end
end

local function check_relevance(test, scope)
  if scope.kind.ecr and condition_keys.is_of_other_service(test.name) and not condition_keys.global_twin(test.name) then
    scope.add(IRRELEVANT_KEY, test.key.key, ("requests to ECR do not have %s: %s"):format(test.name,
      consequence(test, scope)), "remove the key, or use a global key")
  end
end

local PAIRS = {
  ["aws:VpcSourceIp"] = { "aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn" },
  ["aws:Ec2InstanceSourcePrivateIPv4"] = { "aws:Ec2InstanceSourceVpc" },
}

local function has_key(scope, names)
  for _, test in ipairs(scope.tests) do
    if test.record and lists.contains(names, test.record.name) then
      return true
    end
  end
  return false
end

local function check_pair(test, scope)
  local partners = test.record and test.base ~= "Null" and PAIRS[test.record.name]
  if partners and not has_key(scope, partners) then
    scope.add(UNPAIRED_KEY, test.key.key, ("%s does not say in which VPC"):format(test.record.name),
      ("add a condition on %s"):format(partners[1]))
  end
end

-- ---------------------------------------------------------------------------------------------
-- Actions and resources

-- Reports whether a statement applies to roles of any name.
local function is_open(statement)
  if statement.not_resource then
    return true
  end
  for _, resource in ipairs(statement.resources) do
    local name = resource:match "^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.*)$"
    if resource == "*" or name and (name:find "^%*+$" or name:find "^role/%*+$") then
      return true
    end
  end
  return false
end

local REGISTRY = lists.set("getauthorizationtoken " .. table.concat(ecr_actions.REGISTRY, " "):lower())

-- Reports whether every resource of a statement is a repository.
local function has_only_repositories(statement)
  for _, resource in ipairs(statement.resources) do
    if not resource:find "^arn:[^:]*:ecr:[^:]*:[^:]*:repository/" then
      return false
    end
  end
  return #statement.resources > 0 and not statement.not_resource
end

local function check_mismatch(scope)
  local statement = scope.statement
  for _, node in ipairs(not statement.not_action and has_only_repositories(statement) and scope.action_nodes or {}) do
    local name = node.value:lower():match "^ecr:(%w+)$"
    if name and REGISTRY[name] then
      scope.add(RESOURCE_MISMATCH, node, ("%s is not an action on a repository, so that the statement does not %s it")
        :format(node.value, statement.effect == "Deny" and "deny" or "allow"),
        "move it to a statement with Resource *")
    end
  end
end

local POWERS = {
  {
    check = PASS_ROLE, action = "iam:PassRole", key = "iam:passedtoservice",
    fix = "name the roles, or add a condition on iam:PassedToService",
  },
  {
    check = ANY_SERVICE_ROLE, action = "iam:CreateServiceLinkedRole", key = "iam:awsservicename",
    fix = "name the roles, or add a condition on iam:AWSServiceName",
  },
}

local function check_powers(scope)
  local statement = scope.statement
  for _, power in ipairs(POWERS) do
    local restricted = false
    for _, test in ipairs(scope.tests) do
      restricted = restricted or test.name:lower() == power.key
    end
    if not restricted and includes(statement, power.action) and is_open(statement) then
      scope.add(power.check, scope.has.Action or scope.has.NotAction, ("the statement allows %s for any %s"):format(
        power.action, power.check == PASS_ROLE and "role" or "service"), power.fix)
    end
  end
end

--- Checks the relations between the parts of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  for _, test in ipairs(scope.tests) do
    check_actions(test, scope)
    check_owner(test, scope)
    check_relevance(test, scope)
    check_pair(test, scope)
  end
  if scope.kind.resource then
    check_mismatch(scope)
  end
  if scope.kind.name == "identity" and scope.effect == "Allow" and (scope.has.Action or scope.has.NotAction) then
    check_powers(scope)
  end
end

return M
