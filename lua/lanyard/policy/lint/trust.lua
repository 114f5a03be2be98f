--- Checks trust policies: actions that do not fit the principals, and identity providers that are not restricted.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

local define = require("lanyard.policy.lint.catalogue").define
local match = require "lanyard.match"

local MISMATCHED_ACTION = define {
  id = "mismatched-action", severity = "high", summary = "an action that the principal of a trust policy cannot use",
  help = "Users of a SAML provider call sts:AssumeRoleWithSAML, users of an OIDC provider "
    .. "sts:AssumeRoleWithWebIdentity, and everyone else sts:AssumeRole.",
}
local MISSING_ACTION = define {
  id = "missing-action", severity = "high", summary = "a trust policy without an action that the principal needs",
  help = "IAM Roles Anywhere needs sts:AssumeRole, sts:SetSourceIdentity and sts:TagSession.",
}
local OPEN_PROVIDER = define {
  id = "open-provider", severity = "high", summary = "all users of an identity provider can assume the role",
  help = "Without a condition on the provider's keys (PROVIDER:sub, PROVIDER:aud), every user of the provider can "
    .. "assume the role. For GitHub these are all repositories of the world.",
}
local BROAD_SUBJECT = define {
  id = "broad-subject", severity = "medium", summary = "a wildcard for the GitHub repositories that can assume a role",
  help = "A fixed repository and branch in token.actions.githubusercontent.com:sub is safer.",
}

local M = {}

local GITHUB = "token.actions.githubusercontent.com"

-- Reports whether the statement's actions match an action.
local function has_action(statement, name)
  for _, pattern in ipairs(statement.actions) do
    if match.glob(pattern, name, true) then
      return true
    end
  end
  return false
end

-- Returns "saml", "oidc" or "other", and the domain of an OIDC provider.
local function class_of(principal)
  if principal.type ~= "Federated" then
    return "other"
  elseif principal.value:find ":saml%-provider/" then
    return "saml"
  end
  return "oidc", principal.value:match ":oidc%-provider/(.+)$" or principal.value
end

-- The action with which each class of principals assumes a role.
local ACTIONS = {
  saml = "sts:AssumeRoleWithSAML", oidc = "sts:AssumeRoleWithWebIdentity", other = "sts:AssumeRole",
}

local CLASSES = { "saml", "oidc", "other" }

-- Reports an action of assuming a role that no principal of the statement can use.
local function check_mismatch(scope, classes)
  local usable
  for _, class in ipairs(CLASSES) do
    usable = usable or classes[class] and ACTIONS[class]
  end
  for _, class in ipairs(CLASSES) do
    for _, node in ipairs(classes[class] and {} or scope.action_nodes) do
      if node.value:lower() == ACTIONS[class]:lower() then
        scope.add(MISMATCHED_ACTION, node, ("no principal of the statement can use %s"):format(ACTIONS[class]),
          ("write %s"):format(usable))
      end
    end
  end
end

-- Returns the tests on keys of a provider, such as "accounts.google.com:aud".
local function tests_on(scope, provider, key)
  local found = {}
  for _, test in ipairs(scope.tests) do
    local owner, name = test.name:lower():match "^(.*):([^:]+)$"
    if owner == provider:lower() and (not key or name == key) and not test.if_exists and test.base ~= "Null" then
      found[#found + 1] = test
    end
  end
  return found
end

-- Reports a GitHub subject that other organizations can have, or whose repository or branch is open.
local function check_subjects(scope, node)
  local tests = tests_on(scope, GITHUB, "sub")
  if #tests == 0 then
    scope.add(OPEN_PROVIDER, node, "every GitHub repository in the world can assume the role",
      ("add a condition on %s:sub with the repository and branch"):format(GITHUB))
  end
  for _, test in ipairs(tests) do
    for _, item in ipairs(test.values) do
      local text = tostring(item.value)
      if test.base == "StringLike" and text:find "[*?]" then
        local owner = text:match "^repo:([^/]*)/"
        local open = not owner or owner:find "[*?]"
        scope.add(open and OPEN_PROVIDER or BROAD_SUBJECT, item,
          open and ("'%s' matches repositories of every organization"):format(text)
            or ("'%s' matches several repositories, branches or events"):format(text),
          "write repo:OWNER/REPOSITORY:ref:refs/heads/BRANCH", not open and "low" or nil)
      end
    end
  end
end

local function check_provider(scope, principal)
  local class, provider = class_of(principal)
  if class ~= "oidc" or not has_action(scope.statement, ACTIONS.oidc) then
    return
  end
  local node = scope.has.Principal
  if provider == GITHUB then
    check_subjects(scope, node)
  elseif #tests_on(scope, provider) == 0 then
    scope.add(OPEN_PROVIDER, node, ("every user of %s can assume the role"):format(provider),
      ("add a condition on %s:aud or %s:sub"):format(provider, provider))
  end
end

local ANYWHERE = { "sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession" }

local function check_anywhere(scope, principal)
  for _, action in ipairs(principal.value == "rolesanywhere.amazonaws.com" and ANYWHERE or {}) do
    if not has_action(scope.statement, action) then
      scope.add(MISSING_ACTION, scope.has.Action, ("rolesanywhere.amazonaws.com needs %s"):format(action), "add it")
    end
  end
end

--- Checks a statement of a trust policy.
---@param scope policy.lint.Scope
function M.check(scope)
  local statement, classes = scope.statement, {}
  if statement.effect ~= "Allow" or not scope.has.Action or not scope.has.Principal then
    return
  end
  for _, principal in ipairs(statement.principals) do
    classes[class_of(principal)] = true
    check_provider(scope, principal)
    check_anywhere(scope, principal)
  end
  if next(classes) then
    check_mismatch(scope, classes)
  end
end

return M
