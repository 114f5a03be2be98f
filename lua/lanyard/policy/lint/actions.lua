-- What a statement is about: actions and resources that do not exist, and more than a pull needs.

local ecr_actions = require "lanyard.policy.ecr_actions"
local grammar = require "lanyard.policy.lint.grammar"
local match = require "lanyard.match"
local suggest = require "lanyard.text.suggest"

local M = {}

-- What changes a repository, its images or who may reach them.
M.WRITES = {
  "BatchDeleteImage", "CompleteLayerUpload", "DeleteLifecyclePolicy", "DeleteRepository",
  "DeleteRepositoryPolicy", "InitiateLayerUpload", "PutImage", "PutImageScanningConfiguration",
  "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy", "TagResource",
  "UntagResource", "UploadLayerPart",
}

-- lists of names --> { [action in lower case] = name }: what has no wildcard is looked up, not searched for.
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

-- The first of the names that a pattern covers.
local function covered(pattern, names)
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

local function names_lightsail(statement)
  for _, principal in ipairs(statement.principals) do
    if principal.value:find(":role/amazon/lightsail/", 1, true) then
      return true
    end
  end
  return false
end

local function check_existence(place, add)
  local action = place.value
  local service, name = action:match "^([%w*?-]+):([%w*?]+)$"
  if action == "*" or covered(action, ecr_actions) then
    return
  elseif not service then
    add("bad-action", place, ("'%s' is no action"):format(action),
      "write SERVICE:ACTION, such as ecr:BatchGetImage")
  elseif not match.glob(service, "ecr", true) then
    add("foreign-action", place, ("'%s' is no action of ECR"):format(action),
      "remove it: a repository's policy is about ECR's actions only")
  else
    local meant = suggest(name, ecr_actions)
    add("unknown-action", place, ("ECR has no action '%s'"):format(action),
      meant and ("write ecr:%s"):format(meant) or "correct its name, or remove it")
  end
end

-- Whether a pull is all that is meant: by the principal, or by the Sid.
local function means_pull(statement)
  local sid = (statement.sid or ""):lower()
  return names_lightsail(statement) and "a Lightsail role is"
    or sid:find("pull", 1, true) and not sid:find("push", 1, true)
    and ("'%s' says that a pull is meant, and its principals are"):format(statement.sid)
end

-- Actions that an Allow gives too freely.
local function check_reach(statement, place, add)
  local write = covered(place.value, M.WRITES)
  if not write then
    return
  end
  local who = means_pull(statement)
  if who then
    add("wider-than-pull", place, ("%s allowed ecr:%s, which no pull needs"):format(who, write),
      "allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer only")
  elseif place.value:find "[*?]" then
    add("broad-action", place, ("'%s' allows ecr:%s and what else it fits"):format(place.value, write),
      "name the actions that are needed")
  end
end

-- A pattern of resources has the six parts of an ARN, and no wildcard for the service.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
local function check_resource(place, add)
  local value = place.value
  if value == "*" then
    return
  end
  local service = value:match "^arn:[^:]+:([^:]*)"
  if not service or not value:find "^arn:[^:]+:[^:]+:.*%S" then
    add("bad-resource", place, ("'%s' is no ARN"):format(value),
      "write arn:PARTITION:ecr:REGION:ACCOUNT:repository/NAME, or remove the element")
  elseif service:find "[*?]" then
    add("bad-resource", place, ("'%s' has a wildcard for its service, which IAM does not take"):format(value),
      "write arn:PARTITION:ecr:...")
  end
end

local function each_string(element, look)
  for _, item in ipairs(element and (element.kind == "array" and element or { element }) or {}) do
    if item.kind == "string" then
      look(item)
    end
  end
end

function M.check(node, statement, add)
  local has = grammar.members(node)
  local allows = statement.effect == "Allow"
  if allows and statement.not_action then
    add("allow-not-action", has.NotAction.key,
      "Allow with NotAction allows every other action, those to come too", "name the actions that are needed")
  end
  each_string(has.Action or has.NotAction, function(place)
    check_existence(place, add)
    if allows and not statement.not_action and not statement.not_principal then
      check_reach(statement, place, add)
    end
  end)
  each_string(has.Resource or has.NotResource, function(place) check_resource(place, add) end)
end

return M
