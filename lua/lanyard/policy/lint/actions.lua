-- What a statement is about: actions that do not exist, and more than a pull needs.

local ecr_actions = require "lanyard.policy.ecr_actions"
local grammar = require "lanyard.policy.lint.grammar"
local match = require "lanyard.match"
local nearest = require "lanyard.policy.nearest"

local M = {}

-- What changes a repository, its images or who may reach them.
local WRITES = {
  "BatchDeleteImage", "CompleteLayerUpload", "DeleteLifecyclePolicy", "DeleteRepository",
  "DeleteRepositoryPolicy", "InitiateLayerUpload", "PutImage", "PutImageScanningConfiguration",
  "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy", "TagResource",
  "UntagResource", "UploadLayerPart",
}

-- The first of the names that a pattern covers.
local function covered(pattern, names)
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
    add("bad-action", "high", place, ("'%s' is no action"):format(action),
      "write SERVICE:ACTION, such as ecr:BatchGetImage")
  elseif not match.glob(service, "ecr", true) then
    add("foreign-action", "medium", place, ("'%s' is no action of ECR"):format(action),
      "remove it: a repository's policy is about ECR's actions only")
  else
    local meant = nearest(name, ecr_actions)
    add("unknown-action", "high", place, ("ECR has no action '%s'"):format(action),
      meant and ("write ecr:%s"):format(meant) or "correct its name, or remove it")
  end
end

function M.check(node, statement, add)
  local has = grammar.members(node)
  local element = has.Action or has.NotAction
  local allows = statement.effect == "Allow"
  local puller = allows and not statement.not_principal and names_lightsail(statement)
  if allows and statement.not_action then
    add("allow-not-action", "high", has.NotAction.key,
      "Allow with NotAction allows every other action, those to come too", "name the actions that are needed")
  end
  for _, item in ipairs(element and (element.kind == "array" and element or { element }) or {}) do
    if item.kind == "string" then
      check_existence(item, add)
      local write = puller and not statement.not_action and covered(item.value, WRITES)
      if write then
        add("wider-than-pull", "high", item,
          ("a Lightsail role is allowed ecr:%s, which no pull needs"):format(write),
          "allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer only")
      end
    end
  end
end

return M
