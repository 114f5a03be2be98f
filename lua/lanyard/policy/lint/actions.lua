--- Checks the actions and resources of a statement: names that do not exist, and more access than a pull needs.

local define = require("lanyard.policy.lint.catalogue").define
local ecr_actions = require "lanyard.policy.ecr_actions"
local grammar = require "lanyard.policy.lint.grammar"
local match = require "lanyard.match"
local services = require "lanyard.policy.lint.services"
local suggest = require "lanyard.text.suggest"

local BAD_ACTION = define { id = "bad-action", severity = "high", summary = "a text that is not an action" }
local UNKNOWN_ACTION = define {
  id = "unknown-action", severity = "high", summary = "an action that ECR does not have",
}
local FOREIGN_ACTION = define { id = "foreign-action", severity = "medium", summary = "an action of another service" }
local ALLOW_NOT_ACTION = define {
  id = "allow-not-action", severity = "high", summary = "every action is allowed except the named ones",
}
local BROAD_ACTION = define {
  id = "broad-action", severity = "medium", summary = "a wildcard allows actions that change images or access",
}
local WIDER_THAN_PULL = define {
  id = "wider-than-pull", severity = "high", summary = "more than a pull is allowed where only a pull is intended",
}
local BAD_RESOURCE = define { id = "bad-resource", severity = "high", summary = "a resource that matches no ARN" }

local M = {}

-- Lists of names with their index { [action in lower case] = name }: an action without a wildcard is looked up.
local indexes = setmetatable({}, { __mode = "k" })

local function index_of(names)
  local index = indexes[names]
  if not index then
    index = {}
    for _, name in ipairs(names) do
      index["ecr:" .. name:lower()] = name
    end
    indexes[names] = index
  end
  return index
end

-- Returns the first of the names that a pattern matches.
local function first_match(pattern, names)
  if not pattern:find "[*?]" then
    return index_of(names)[pattern:lower()]
  end
  for _, name in ipairs(names) do
    if match.glob(pattern, "ecr:" .. name, true) then
      return name
    end
  end
  return nil
end

local function check_existence(node, add)
  local action = node.value
  local service, name = action:match "^([%w*?-]+):([%w*?]+)$"
  if action == "*" or first_match(action, ecr_actions.ALL) then
    return
  elseif not service then
    add(BAD_ACTION, node, ("'%s' is not an action"):format(action), "write SERVICE:ACTION, such as ecr:BatchGetImage")
  elseif not match.glob(service, "ecr", true) then
    add(FOREIGN_ACTION, node, ("'%s' is not an action of ECR"):format(action),
      "remove it: a repository policy applies to ECR actions only")
  else
    local suggestion = suggest(name, ecr_actions.ALL)
    add(UNKNOWN_ACTION, node, ("ECR has no action '%s'"):format(action),
      suggestion and ("write ecr:%s"):format(suggestion) or "correct its name, or remove it")
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
    add(BROAD_ACTION, node, ("'%s' allows ecr:%s and every other action that it matches"):format(node.value, write),
      "name the actions that are needed")
  end
end

-- A resource pattern has the six parts of an ARN, and no wildcard in the service.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
local function check_resource(node, add)
  local value = node.value
  if value == "*" then
    return
  end
  local service = value:match "^arn:[^:]+:([^:]*)"
  if not service or not value:find "^arn:[^:]+:[^:]+:.*%S" then
    add(BAD_RESOURCE, node, ("'%s' is not an ARN"):format(value),
      "write arn:PARTITION:ecr:REGION:ACCOUNT:repository/NAME, or remove the element")
  elseif service:find "[*?]" then
    add(BAD_RESOURCE, node, ("'%s' has a wildcard for its service, which IAM rejects"):format(value),
      "write arn:PARTITION:ecr:...")
  end
end

local function each_string(element, visit)
  for _, item in ipairs(element and (element.kind == "array" and element or { element }) or {}) do
    if item.kind == "string" then
      visit(item)
    end
  end
end

--- Checks the actions and resources of a statement.
---@param node table       the statement's node
---@param statement table  the statement, from doc:statements()
---@param add policy.lint.Add
function M.check(node, statement, add)
  local has = grammar.members(node)
  local allows = statement.effect == "Allow"
  if allows and statement.not_action then
    add(ALLOW_NOT_ACTION, has.NotAction.key, "Allow with NotAction allows every other action, including future ones",
      "name the actions that are needed")
  end
  each_string(has.Action or has.NotAction, function(action)
    check_existence(action, add)
    if allows and not statement.not_action and not statement.not_principal then
      check_reach(statement, action, add)
    end
  end)
  each_string(has.Resource or has.NotResource, function(resource) check_resource(resource, add) end)
end

return M
