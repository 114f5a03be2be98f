--- Checks the principals of a statement.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

local arn = require "lanyard.arn"
local define = require("lanyard.policy.lint.catalogue").define
local grammar = require "lanyard.policy.lint.grammar"
local services = require "lanyard.policy.lint.services"

local PUBLIC = define { id = "public", severity = "critical", summary = "everyone is allowed" }
local PUBLIC_CONDITIONAL = define {
  id = "public-conditional", severity = "medium", summary = "everyone is allowed under a condition",
}
local ALLOW_NOT_PRINCIPAL = define {
  id = "allow-not-principal", severity = "critical", summary = "everyone is allowed except the named principals",
}
local BAD_PRINCIPAL = define {
  id = "bad-principal", severity = "high", summary = "a value that cannot be a principal",
}
local ORPHAN = define {
  id = "orphan", severity = "medium", summary = "the unique id of a deleted role or user",
}
local OTHER_ACCOUNT = define {
  id = "other-account", severity = "medium", summary = "a principal of another account is allowed",
}
local SOURCE_ARN = define {
  id = "source-arn", severity = "medium", summary = "a service is allowed on behalf of any account",
}

local M = {}

local NAME_THEM = "name the principals that need access"

-- ARN resources that can be a principal, by service.
local PRINCIPALS = {
  iam = { "^root$", "^user/[!-~]*[%w+=,.@_-]+$", "^role/[!-~]*[%w+=,.@_-]+$" },
  sts = { "^assumed%-role/[%w+=,.@_-]+/[%w+=,.@_-]+$", "^federated%-user/[%w+=,.@_-]+$" },
}

local function is_account_id(value)
  return #value == 12 and not value:find "%D"
end

local function is_unique_id(value)
  return value:find "^AROA%w+$" or value:find "^AIDA%w+$"
end

-- Returns why an ARN cannot be a principal, or nil if it can.
local function flaw_of(value)
  local parsed = arn.parse(value)
  if not parsed then
    return "is neither an account id nor an ARN"
  elseif value:find "[*?]" then
    return "contains a wildcard, which a principal cannot have"
  elseif not is_account_id(parsed.account) then
    return "has no account id of 12 digits"
  elseif not parsed.partition:find "^aws" then
    return "has a partition that AWS does not have"
  elseif parsed.region ~= "" then
    return "has a Region, which the ARN of a principal cannot have"
  elseif value:find("${", 1, true) then
    return "contains a policy variable, which a principal cannot have"
  end
  for _, pattern in ipairs(PRINCIPALS[parsed.service] or {}) do
    if parsed.resource:find(pattern) then
      return nil
    end
  end
  return "is not an account, user, role or session"
end

-- Returns the principals in the order of the text, each as { type, node }.
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

local function check_public(statement, node, add)
  if statement.effect ~= "Allow" or statement.not_principal then
    return
  end
  if statement.has_condition then
    add(PUBLIC_CONDITIONAL, node, "everyone is allowed under a condition on "
      .. table.concat(statement.condition_keys, ", "), NAME_THEM)
  else
    add(PUBLIC, node, "everyone in the world is allowed", NAME_THEM)
  end
end

-- Condition keys that limit the resources or accounts on whose behalf a service acts.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
local SOURCES = {
  ["aws:sourcearn"] = true, ["aws:sourceaccount"] = true, ["aws:sourceorgid"] = true,
  ["aws:sourceorgpaths"] = true,
}

local function limits_source(statement)
  for _, condition in ipairs(statement.conditions) do
    local excludes = condition.operator:find "Not" or condition.operator == "Null"
    if SOURCES[condition.key:lower()] and not excludes then
      return true
    end
  end
  return false
end

local function check_service(statement, node, add)
  local value = node.value
  local unusable = services.unusable("Service", value)
  if not value:find "^[%w-]+%.[%w.-]+$" then
    add(BAD_PRINCIPAL, node, ("'%s' is not a service principal"):format(value),
      "write the name of a service, such as ecs.amazonaws.com")
  elseif statement.effect ~= "Allow" then
    return
  elseif unusable then
    add(unusable.check, node, unusable.message, unusable.fix)
  elseif not limits_source(statement) then
    add(SOURCE_ARN, node, ("%s is allowed on behalf of any account"):format(value),
      "add a condition on aws:SourceArn or aws:SourceAccount")
  end
end

-- Reports whether a principal belongs to another account than `account`. Roles in the accounts of an AWS service do not
-- count.
local function is_foreign(value, account)
  local parsed = arn.parse(value)
  local owner = parsed and parsed.account or is_account_id(value) and value
  return owner and account and owner ~= account and not services.role(value, "service_owned")
end

local function check_aws(statement, node, account, add)
  local value = node.value
  local allows = statement.effect == "Allow"
  if is_unique_id(value) then
    add(ORPHAN, node, ("'%s' is the unique id of a deleted role or user"):format(value),
      "remove it: it does not match a role created again with the same name, and ECR can reject the policy",
      not allows and "low" or nil)
    return
  end
  local flaw = not is_account_id(value) and flaw_of(value)
  local unusable = not flaw and allows and services.unusable("AWS", value)
  if flaw then
    add(BAD_PRINCIPAL, node, ("'%s' %s"):format(value, flaw),
      "write an account id, or the ARN of an account's root, a user, a role or a session")
  elseif unusable then
    add(unusable.check, node, unusable.message, unusable.fix)
  end
  if allows and is_foreign(value, account) then
    add(OTHER_ACCOUNT, node, ("'%s' belongs to another account than the repository (%s)"):format(value, account),
      "verify that this access is intended")
  end
end

--- Checks the principals of a statement.
---@param node table       the statement's node
---@param statement table  the statement, from doc:statements()
---@param account? string  the account that owns the repository; without it, other accounts are not reported
---@param add policy.lint.Add
function M.check(node, statement, account, add)
  if statement.not_principal and statement.effect == "Allow" then
    add(ALLOW_NOT_PRINCIPAL, grammar.members(node).NotPrincipal.key,
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
