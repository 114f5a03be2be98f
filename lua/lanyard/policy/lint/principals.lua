-- Whom a statement names.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

local arn = require "lanyard.arn"
local grammar = require "lanyard.policy.lint.grammar"

local M = {}

local NAME_THEM = "name the principals that need it"

-- Resources of ARNs that can be a principal, by service.
local PRINCIPALS = {
  iam = { "^root$", "^user/[!-~]*[%w+=,.@_-]+$", "^role/[!-~]*[%w+=,.@_-]+$" },
  sts = { "^assumed%-role/[%w+=,.@_-]+/[%w+=,.@_-]+$", "^federated%-user/[%w+=,.@_-]+$" },
}

-- A container service's general role, which pulls nothing: the puller's has private-repo-access in
-- the place before its id.
local GENERAL_ROLE = "^role/amazon/lightsail/[^/]+/containers/[^/]+/[^/]+$"

local function is_account_id(value)
  return #value == 12 and not value:find "%D"
end

local function is_unique_id(value)
  return value:find "^AROA%w+$" or value:find "^AIDA%w+$"
end

-- Why an ARN cannot be a principal; nil when it can.
local function flaw_of(value)
  local parsed = arn.parse(value)
  if not parsed then
    return "is neither an account id nor an ARN"
  elseif value:find "[*?]" then
    return "has a wildcard, which a principal cannot have"
  elseif not is_account_id(parsed.account) then
    return "has no account of 12 digits"
  elseif not parsed.partition:find "^aws" or parsed.region ~= "" then
    return "has another partition than AWS's, or a Region, which a principal's ARN has not"
  elseif value:find("${", 1, true) then
    return "has a policy variable, which a principal cannot have"
  end
  for _, pattern in ipairs(PRINCIPALS[parsed.service] or {}) do
    if parsed.resource:find(pattern) then
      return nil
    end
  end
  return "is no account, user, role or session"
end

-- The node of each principal, in the order of the text: a list of { type, node }.
local function entries(node)
  local has = grammar.members(node)
  local element = has.Principal or has.NotPrincipal
  local found = {}
  if not element then
    return found
  elseif element.kind == "string" then
    return { { type = "*", node = element } }
  end
  for _, child in ipairs(element) do
    for _, item in ipairs(child.kind == "array" and child or { child }) do
      if item.kind == "string" and child.key then
        found[#found + 1] = { type = child.key.value, node = item }
      end
    end
  end
  return found
end

local function check_public(statement, place, add)
  if statement.effect ~= "Allow" or statement.not_principal then
    return
  end
  if statement.has_condition then
    add("public-conditional", place, "everyone is allowed, under a condition on "
      .. table.concat(statement.condition_keys, ", "), NAME_THEM)
  else
    add("public", place, "everyone in the world is allowed", NAME_THEM)
  end
end

-- Keys by which a service tells for whom it acts.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
local SOURCES = {
  ["aws:sourcearn"] = true, ["aws:sourceaccount"] = true, ["aws:sourceorgid"] = true,
  ["aws:sourceorgpaths"] = true,
}

local function says_for_whom(statement)
  for _, condition in ipairs(statement.conditions) do
    local excludes = condition.operator:find "Not" or condition.operator == "Null"
    if SOURCES[condition.key:lower()] and not excludes then
      return true
    end
  end
  return false
end

local function check_service(statement, place, add)
  local value = place.value
  if not value:find "^[%w-]+%.[%w.-]+$" then
    add("bad-principal", place, ("'%s' is no service"):format(value),
      "write a service's name, such as ecs.amazonaws.com")
  elseif statement.effect ~= "Allow" then
    return
  elseif value:find "^lightsail%." then
    add("lightsail-service", place, "Lightsail does not pull as a service: deployments end in silence, as Canceled",
      "name the service's ECR image puller role (lanyard grant SERVICE REPOSITORY)")
  elseif not says_for_whom(statement) then
    add("source-arn", place, ("%s is allowed, whichever of its customers it acts for"):format(value),
      "add a condition on aws:SourceArn or aws:SourceAccount")
  end
end

-- Lightsail's roles are in accounts of its own, and none of them is a stranger.
local function is_strange(value, account)
  local parsed = arn.parse(value)
  local owner = parsed and parsed.account or is_account_id(value) and value
  return owner and account and owner ~= account
    and not (parsed and parsed.resource:find "^role/amazon/lightsail/")
end

local function check_aws(statement, place, account, add)
  local value = place.value
  if is_unique_id(value) then
    add("orphan", place, ("'%s' is the id of a role or user that was deleted"):format(value),
      "remove it: one made anew under the old name is not meant, and ECR may refuse the policy",
      statement.effect == "Deny" and "low" or nil)
    return
  end
  if not is_account_id(value) then
    local flaw = flaw_of(value)
    if flaw then
      add("bad-principal", place, ("'%s' %s"):format(value, flaw),
        "write an account id, or the ARN of an account's root, a user, a role or a session")
    elseif statement.effect == "Allow" and arn.parse(value).resource:find(GENERAL_ROLE) then
      add("general-role", place, "this is the container service's general role, which pulls nothing",
        "name its ECR image puller role, whose ARN has /private-repo-access/ in it")
    end
  end
  if statement.effect == "Allow" and is_strange(value, account) then
    add("other-account", place, ("'%s' is of another account than the repository's, %s"):format(value, account),
      "make sure that it is meant")
  end
end

-- `account` owns the repository, where that is known.
function M.check(node, statement, account, add)
  if statement.not_principal and statement.effect == "Allow" then
    add("allow-not-principal", grammar.members(node).NotPrincipal.key,
      "Allow with NotPrincipal allows everyone else in the world", NAME_THEM)
  end
  for _, entry in ipairs(entries(node)) do
    local value = entry.node.value
    if value == "*" and (entry.type == "*" or entry.type == "AWS") then
      check_public(statement, entry.node, add)
    elseif entry.type == "AWS" then
      check_aws(statement, entry.node, account, add)
    elseif entry.type == "Service" then
      check_service(statement, entry.node, add)
    end
  end
end

return M
