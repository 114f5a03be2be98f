--- Checks the actions of a statement: names that do not exist, actions that the type of policy does not support, and
--- more access than a pull needs.

local define = require("lanyard.policy.lint.catalogue").define
local ecr_actions = require "lanyard.policy.ecr_actions"
local lazy = require "lanyard.lazy"
local lists = require "lanyard.lists"
local match = require "lanyard.match"
local names = require "lanyard.policy.names"
local patterns = require "lanyard.policy.lint.patterns"
local services = require "lanyard.policy.lint.services"
local sts_actions = require "lanyard.policy.sts_actions"
local suggest = require "lanyard.text.suggest"
local suggestions = require "lanyard.policy.lint.suggestions"

local arns = lazy "lanyard.policy.lint.arns"

local BAD_ACTION = define {
  id = "bad-action", severity = "high", refused = true,
  summary = "a text that is not an action",
  help = "An action is SERVICE:ACTION, where both can have wildcards. Policy variables are not supported in it.",
}
local UNKNOWN_ACTION = define {
  id = "unknown-action", severity = "high", summary = "an action that the service does not have",
  help = "ECR rejects a policy with an action that it does not have. Lanyard knows the actions of ECR and STS.",
}
local FOREIGN_ACTION = define {
  id = "foreign-action", severity = "high", summary = "an action of another service",
  help = "A repository policy applies to ECR, and a trust policy to STS. The service rejects actions of others.",
}
local UNSUPPORTED_ACTION = define {
  id = "unsupported-action", severity = "high", summary = "an action that this type of policy does not support",
  help = "A repository policy applies to one repository. ECR rejects ecr:GetAuthorizationToken in it, and actions on "
    .. "the registry have no effect in it.",
}
local ALLOW_NOT_ACTION = define {
  id = "allow-not-action", severity = "high", summary = "every action is allowed except the named ones",
  help = "Actions that AWS adds later are allowed, too.",
}
local BROAD_ACTION = define {
  id = "broad-action", severity = "medium", summary = "a wildcard allows actions that change images or access",
  help = "A principal that can set the policy of the repository can give itself all other access.",
}
local WIDER_THAN_PULL = define {
  id = "wider-than-pull", severity = "high", summary = "more than a pull is allowed where only a pull is intended",
  help = "A pull needs ecr:BatchGetImage and ecr:GetDownloadUrlForLayer.",
}
local SERVICE_WILDCARD = define {
  id = "service-wildcard", severity = "high", summary = "a wildcard in the name of a service",
  help = "IAM rejects it: \"Vendors must be fully qualified and cannot contain regexes\".",
}
local REDUNDANT_ACTION = define {
  id = "redundant-action", severity = "low", summary = "an action that another one covers",
  help = "The shorter list means the same.",
}

local M = {}

-- Lists of names with their index { [action in lower case] = name }: an action without a wildcard is looked up.
local indexes = setmetatable({}, { __mode = "k" })

local function index_of(all, service)
  local index = indexes[all]
  if not index then
    index = {}
    for _, name in ipairs(all) do
      index[service .. ":" .. name:lower()] = name
    end
    indexes[all] = index
  end
  return index
end

-- Returns the first of the names that a pattern matches.
local function first_match(pattern, all, service)
  service = service or "ecr"
  if not pattern:find "[*?]" then
    return index_of(all, service)[pattern:lower()]
  end
  for _, name in ipairs(all) do
    if match.glob(pattern, service .. ":" .. name, true) then
      return name
    end
  end
  return nil
end

-- The actions of services whose list is complete.
local KNOWN = { ecr = ecr_actions.ALL, sts = sts_actions.ALL }
local TITLES = { ecr = "ECR", sts = "STS" }

local function report_unknown(node, service, name, add)
  local suggestion = suggestions.find(suggest, name, KNOWN[service])
  add(UNKNOWN_ACTION, node, ("%s has no action '%s'"):format(TITLES[service], node.value),
    suggestion and ("write %s:%s"):format(service, suggestion) or "correct its name, or remove it")
end

-- Reports an action of a policy whose actions belong to any service.
local function check_any_service(node, service, name, scope)
  local lower = service:lower()
  if service:find "[*?]" then
    return
  elseif KNOWN[lower] then
    if not first_match(node.value, KNOWN[lower], lower) then
      report_unknown(node, lower, name, scope.add)
    end
  elseif not names.is_service(lower) then
    local suggestion = suggestions.find(names.nearest_service, lower)
    scope.add(arns.UNKNOWN_SERVICE, node, ("'%s' has the service '%s', which is not known"):format(node.value, service),
      suggestion and ("write %s:%s"):format(suggestion, name) or "correct its name")
  end
end

-- Reports an action of a policy whose actions belong to one service.
local function check_one_service(node, owner, service, name, scope)
  if not match.glob(service, owner, true) then
    scope.add(FOREIGN_ACTION, node, ("'%s' is not an action of %s"):format(node.value, TITLES[owner]),
      owner == "ecr" and "remove it: ECR rejects a policy with actions of other services"
        or "remove it: a trust policy allows assuming the role")
  elseif not first_match(node.value, KNOWN[owner], owner) then
    report_unknown(node, owner, name, scope.add)
  end
end

local OWNERS = { repository = "ecr", registry = "ecr", trust = "sts" }

-- Checks whether a text is an action. Returns its service and its name | nil for * and other texts.
local function check_form(node, scope)
  local action = node.value
  local service, name = action:match "^([%w*?-]+):([%w*?_-]+)$"
  if action == "*" then
    return nil
  elseif action:find("${", 1, true) then
    scope.add(BAD_ACTION, node, ("'%s' has a policy variable, which an action cannot have"):format(action),
      "name the action")
    return nil
  elseif not service then
    scope.add(BAD_ACTION, node, ("'%s' is not an action"):format(action),
      "write SERVICE:ACTION, such as ecr:BatchGetImage")
  end
  return service, name
end

local function check_existence(node, scope)
  local action = node.value
  local service, name = check_form(node, scope)
  if not service then
    return
  end
  local owner = OWNERS[scope.kind.name]
  if owner then
    check_one_service(node, owner, service, name, scope)
  else
    check_any_service(node, service, name, scope)
  end
  if service:find "[*?]" then
    scope.add(SERVICE_WILDCARD, node, ("'%s' has a wildcard for its service, which IAM rejects"):format(action),
      "write the name of the service")
  end
end

local REGISTRY = lists.set(table.concat(ecr_actions.REGISTRY, " "):lower())
local TRUST = lists.set(table.concat(sts_actions.TRUST, " "):lower())

-- Reports whether a pattern with wildcards matches actions of ECR, and only ones that a repository policy cannot have.
local function is_useless(pattern)
  local found = false
  for _, name in ipairs(pattern:find "[*?]" and ecr_actions.ALL or {}) do
    if match.glob(pattern, "ecr:" .. name, true) then
      found = true
      if not REGISTRY[name:lower()] and name ~= "GetAuthorizationToken" then
        return false
      end
    end
  end
  return found
end

-- Reports actions that exist, but not in this type of policy.
local function check_support(node, scope)
  local kind, action = scope.kind.name, node.value:lower()
  local name = action:match "^ecr:(.+)$"
  if kind == "repository" and name == "getauthorizationtoken" then
    scope.add(UNSUPPORTED_ACTION, node, "ECR rejects ecr:GetAuthorizationToken in a repository policy",
      "remove it, and allow it in an identity policy with Resource *")
  elseif kind == "repository" and name and REGISTRY[name] then
    scope.add(UNSUPPORTED_ACTION, node, ("'%s' is an action on the registry, and has no effect in a repository policy")
      :format(node.value), "allow it in an identity policy or the registry policy", "medium")
  elseif kind == "repository" and is_useless(action) then
    scope.add(UNSUPPORTED_ACTION, node, ("'%s' matches only actions that have no effect in a repository policy")
      :format(node.value), "remove it, and allow the actions in an identity policy", "medium")
  elseif kind == "trust" and action:find "^sts:%w+$" and not TRUST[action:sub(5)]
    and first_match(action, sts_actions.ALL, "sts") then
    scope.add(UNSUPPORTED_ACTION, node, ("IAM rejects '%s' in a trust policy"):format(node.value),
      "allow only actions that assume the role, such as sts:AssumeRole")
  elseif kind == "rcp" and action == "*" then
    scope.add(UNSUPPORTED_ACTION, node, "a resource control policy does not support the action *",
      "name the services, such as ecr:*")
  end
end

-- Returns the start of a message if the statement is intended for pulls only, by its principals or its Sid.
local function intends_pull(statement)
  for _, principal in ipairs(statement.principals) do
    local role = services.role(principal.value, "pulls_only")
    if role then
      return role.subject .. " is"
    end
  end
  local sid = (statement.sid or ""):lower()
  return sid:find("pull", 1, true) and not sid:find("push", 1, true)
    and ("the Sid '%s' indicates a pull, but its principals are"):format(statement.sid)
end

-- Returns what a pattern of actions allows that changes the repository: "push images and delete images".
local function abilities_of(pattern)
  local texts = {}
  for _, group in ipairs(ecr_actions.CHANGES) do
    texts[#texts + 1] = first_match(pattern, group.actions) and group.further or nil
  end
  return lists.sentence(texts)
end

-- Reports actions of an Allow that change the repository.
local function check_reach(statement, node, add)
  local write = first_match(node.value, ecr_actions.WRITES)
  if not write then
    return
  end
  local subject = intends_pull(statement)
  if subject then
    add(WIDER_THAN_PULL, node, ("%s allowed ecr:%s, which a pull does not need"):format(subject, write),
      "allow only ecr:BatchGetImage and ecr:GetDownloadUrlForLayer")
  elseif node.value:find "[*?]" then
    add(BROAD_ACTION, node, ("'%s' gives permission to %s, and for every other action that it matches"):format(
      node.value, abilities_of(node.value)), "name the actions that are needed")
  end
end

local function covers(wide, narrow)
  return patterns.covers(wide, narrow, true)
end

local function check_redundant(nodes, scope)
  local texts = {}
  for i, node in ipairs(nodes) do
    texts[i] = node.value
  end
  for _, pair in ipairs(patterns.redundant(texts, covers, true)) do
    scope.add(REDUNDANT_ACTION, nodes[pair.index], patterns.redundancy(texts, pair), "remove it")
  end
end

local function strings_of(element)
  local nodes = {}
  for _, item in ipairs(element and (element.kind == "array" and element or { element }) or {}) do
    nodes[#nodes + 1] = item.kind == "string" and item or nil
  end
  return nodes
end

--- Checks whether the actions of a statement are texts that can be actions.
---@param scope policy.lint.Scope
function M.check_forms(scope)
  for _, node in ipairs(strings_of(scope.has.Action or scope.has.NotAction)) do
    check_form(node, scope)
  end
end

--- Checks the actions of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  local has, statement = scope.has, scope.statement
  local allows = statement.effect == "Allow"
  if allows and statement.not_action and scope.kind.name ~= "scp" then
    scope.add(ALLOW_NOT_ACTION, has.NotAction.key,
      "Allow with NotAction allows every other action, including future ones", "name the actions that are needed",
      not scope.kind.ecr and "medium" or nil)
  end
  local nodes = strings_of(has.Action or has.NotAction)
  scope.action_nodes = nodes
  for _, action in ipairs(nodes) do
    check_existence(action, scope)
    check_support(action, scope)
    if scope.kind.ecr and allows and not statement.not_action and not statement.not_principal then
      check_reach(statement, action, scope.add)
    end
  end
  check_redundant(nodes, scope)
end

return M
