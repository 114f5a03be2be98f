--- Checks the principals of a statement.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html

local arn = require "lanyard.arn"
local define = require("lanyard.policy.lint.catalogue").define
local grammar = require "lanyard.policy.lint.grammar"
local lazy = require "lanyard.lazy"
local names = require "lanyard.policy.names"
local services = require "lanyard.policy.lint.services"
local suggest = require "lanyard.text.suggest"
local suggestions = require "lanyard.policy.lint.suggestions"

local access = lazy "lanyard.policy.lint.access"
local keys = lazy "lanyard.policy.lint.keys"

local BAD_PRINCIPAL = define {
  id = "bad-principal", severity = "high", refused = true,
  summary = "a value that cannot be a principal",
  help = "AWS rejects a policy with a principal that does not exist in this form.",
}
local ORPHAN = define {
  id = "orphan", severity = "medium", summary = "the unique id of a deleted role or user",
  help = "IAM replaces the ARN of a deleted principal by its unique id, which matches nobody.",
}
local UNSUPPORTED_PRINCIPAL = define {
  id = "unsupported-principal", severity = "high", summary = "a principal that this type of policy does not support",
  help = "Identity and service control policies have no Principal. Federated principals belong to trust policies, "
    .. "canonical user ids to Amazon S3, and resource control policies apply to everyone.",
}
local REDUNDANT_PRINCIPAL = define {
  id = "redundant-principal", severity = "low", summary = "a principal that another one makes redundant",
  help = "The shorter list means the same.",
}
local KEY_FOR_SERVICE = define {
  id = "key-for-service", severity = "high", summary = "a condition key that requests of services do not have",
  help = "A service principal has no ARN, tags or organization. aws:SourceArn, aws:SourceAccount and aws:SourceOrgID "
    .. "restrict for whom the service acts.",
}
local M = {}

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

-- The origin access identities of CloudFront are principals of bucket policies.
-- https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html
local function is_origin_identity(value)
  return value:find "^arn:aws[%w-]*:iam::cloudfront:user/CloudFront Origin Access Identity %w+$"
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
  elseif not names.is_partition(parsed.partition) then
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

-- The domains of service principals.
local DOMAINS = { "amazonaws.com", "amazonaws.com.cn", "amazonaws.eu", "amazon.com", "aws.internal", "c2s.ic.gov" }

-- Returns why a text is not a service principal, or nil if it can be one.
local function service_flaw_of(value)
  local domain = value:match "^[%w-]+%.([%w.-]+)$"
  if value:find "[*?]" then
    return "contains a wildcard, which a service principal cannot have"
  elseif not domain then
    return "is not a service principal"
  elseif value:find "%u" then
    return "has capital letters, which a service principal does not have"
  end
  for _, known in ipairs(DOMAINS) do
    if value:sub(-#known - 1) == "." .. known then
      return nil
    end
  end
  local near = suggestions.find(suggest, domain, DOMAINS)
  return near and ("does not end with .%s"):format(near) or nil
end

-- Checks a service. Returns whether a finding says why it cannot use the access.
local function check_service(statement, node, scope)
  local value, add = node.value, scope.add
  local unusable = services.unusable("Service", value)
  local flaw = service_flaw_of(value)
  -- Whether a service of AWS refuses letter case or a domain is not documented; that ECR does is an inference.
  local is_name = scope.kind.name == "resource" and value:find "^[%w-]+%.[%w.-]+$"
  if flaw and not is_name then
    add(BAD_PRINCIPAL, node, ("'%s' %s"):format(value, flaw), "write the name of a service, such as ecs.amazonaws.com")
    return true
  elseif unusable and statement.effect == "Allow" and scope.kind.ecr then
    add(unusable.check, node, unusable.message, unusable.fix)
    return true
  end
  return false
end

-- Checks a principal of an account. Returns whether a finding says why it cannot use the access.
local function check_aws(statement, node, scope)
  local value, add = node.value, scope.add
  local allows = statement.effect == "Allow"
  if is_unique_id(value) then
    add(ORPHAN, node, ("'%s' is the unique id of a deleted role or user"):format(value),
      "remove it: it does not match a role created again with the same name, and ECR can reject the policy",
      not allows and "low" or nil)
    return true
  end
  local flaw = not is_account_id(value) and not (scope.kind.name == "resource" and is_origin_identity(value))
    and flaw_of(value)
  local unusable = not flaw and allows and services.unusable("AWS", value)
  if flaw then
    add(BAD_PRINCIPAL, node, ("'%s' %s"):format(value, flaw),
      "write an account id, or the ARN of an account's root, a user, a role or a session")
    return true -- the account of a text that cannot be a principal means nothing
  elseif unusable then
    add(unusable.check, node, unusable.message, unusable.fix)
    return true
  end
  return false
end

-- ---------------------------------------------------------------------------------------------
-- Types of policies

-- The providers of web identities that have names without an ARN are domains.
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
local function is_provider(value)
  return value:find "^[%w.-]+%.%a+/?[%w./_-]*$" or value:find "^arn:aws[%w-]*:iam::%d+:saml%-provider/."
    or value:find "^arn:aws[%w-]*:iam::%d+:oidc%-provider/."
end

local function check_federated(node, scope)
  if scope.kind.name ~= "trust" then
    scope.add(UNSUPPORTED_PRINCIPAL, node, ("%s does not support Federated principals"):format(scope.kind.subject),
      "name the role that the federated users assume")
  elseif not is_provider(node.value) then
    scope.add(BAD_PRINCIPAL, node, ("'%s' is neither a domain nor the ARN of an identity provider"):format(node.value),
      "write the ARN of a SAML or OIDC provider, or a domain such as cognito-identity.amazonaws.com")
  end
end

local function check_everyone(entry, scope)
  if scope.kind.name == "trust" and entry.type == "*" then
    scope.add(UNSUPPORTED_PRINCIPAL, entry.node, 'IAM rejects "Principal": "*" in a trust policy',
      'name the principals; { "AWS": "*" } is everyone')
  end
end

-- A resource control policy applies to everyone.
local function check_only_everyone(entry, scope)
  if entry.node.value ~= "*" then
    scope.add(UNSUPPORTED_PRINCIPAL, entry.node, ("a resource control policy applies to *, not to '%s'"):format(
      entry.node.value), 'write "Principal": "*", and a condition on aws:PrincipalArn')
  end
end

local function check_entry(statement, entry, scope)
  local value = entry.node.value
  if scope.kind.name == "rcp" then
    check_only_everyone(entry, scope)
  elseif value == "*" and (entry.type == "*" or entry.type == "AWS") then
    check_everyone(entry, scope)
  elseif entry.type == "AWS" then
    entry.reported = check_aws(statement, entry.node, scope)
  elseif entry.type == "Service" then
    entry.reported = check_service(statement, entry.node, scope)
  elseif entry.type == "Federated" and (value == "*" or not value:find "[*?]") then
    check_federated(entry.node, scope)
  elseif value:find "[*?]" and (entry.type == "Federated" or entry.type == "CanonicalUser") then
    -- "Unsupported wildcard in principal" is an error in
    -- https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
    scope.add(BAD_PRINCIPAL, entry.node, ("'%s' contains a wildcard, which a principal cannot have"):format(value),
      "write the whole name")
  elseif entry.type == "CanonicalUser" then
    scope.add(UNSUPPORTED_PRINCIPAL, entry.node, ("%s does not support canonical user ids"):format(scope.kind.subject),
      "write the ARN of the account's root")
  end
end

-- Returns a principal in one form: the root of an account is the account.
local function normal(entry)
  return entry.type .. ":" .. (entry.node.value:match "^arn:[^:]*:iam::(%d+):root$" or entry.node.value)
end

-- Returns the role of a session's ARN.
local function role_of(value)
  local prefix, account, role = value:match "^(arn:[^:]*):sts::(%d+):assumed%-role/([^/]+)/"
  return role and ("%s:iam::%s:role/%s"):format(prefix, account, role)
end

local function check_redundant(list, scope)
  local seen = {}
  for _, entry in ipairs(list) do
    local name = normal(entry)
    if seen[name] then
      local also = seen[name] ~= entry.node.value and (", also as '%s'"):format(seen[name]) or ""
      scope.add(REDUNDANT_PRINCIPAL, entry.node, ("'%s' is in the list twice%s"):format(entry.node.value, also),
        "remove it")
    end
    seen[name] = seen[name] or entry.node.value
  end
  for _, entry in ipairs(scope.kind.name == "trust" and list or {}) do
    local role = role_of(entry.node.value)
    if role and seen["AWS:" .. role] then
      scope.add(REDUNDANT_PRINCIPAL, entry.node, ("'%s' is a session of a role that the statement names"):format(
        entry.node.value), "remove it")
    end
  end
end

-- Reports conditions on keys that service principals do not have, in a statement for services only.
local function check_keys(list, scope)
  for _, entry in ipairs(list) do
    if entry.type ~= "Service" then
      return
    end
  end
  for _, test in ipairs(#list > 0 and scope.tests or {}) do
    if test.record and test.record.absent_for_services and test.base ~= "Null" then
      scope.add(KEY_FOR_SERVICE, test.key.key, ("requests of service principals do not have %s: %s"):format(test.name,
        keys.consequence(test, scope)), "use aws:SourceArn, aws:SourceAccount or aws:SourceOrgID")
    end
  end
end

--- Reports a Principal or NotPrincipal in a policy that cannot have it. Returns whether it did.
---@param scope policy.lint.Scope
---@return boolean? rejected
function M.check_element(scope)
  local element = scope.has.Principal or scope.has.NotPrincipal
  local kind = scope.kind
  local only_principal = kind.name == "trust" or kind.name == "rcp"
  local rejected = element and (not kind.principal or only_principal and scope.has.NotPrincipal)
  if rejected then
    scope.add(UNSUPPORTED_PRINCIPAL, element.key, ("%s does not support %s"):format(kind.subject, element.key.value),
      kind.principal and "write Principal" or "remove it; aws:PrincipalArn in a condition restricts the principals")
  end
  return rejected
end

--- Checks the form of each principal of a statement.
---@param scope policy.lint.Scope
---@return table[] entries  { type, node, reported } in the order of the text
function M.check_entries(scope)
  local list = entries(scope.node)
  for _, entry in ipairs(list) do
    check_entry(scope.statement, entry, scope)
  end
  return list
end

-- Returns the account of a principal that can exist.
local function account_of(value)
  return is_account_id(value) and value or value:match "^arn:[^:]*:%a+::(%d+):"
end

-- Reports whether a statement allows only principals that it names, of the account that owns the resource.
local function names_own(list, scope)
  for _, entry in ipairs(list) do
    local value = entry.node.value
    if entry.type ~= "AWS" or entry.reported or value == "*"
      or scope.account and account_of(value) ~= scope.account then
      return false
    end
  end
  return #list > 0 and not scope.has.NotPrincipal and not scope.has.Condition
end

--- Checks the principals of a statement.
---@param scope policy.lint.Scope
function M.check(scope)
  if M.check_element(scope) then
    return
  end
  local list = M.check_entries(scope)
  if not names_own(list, scope) then
    access.check(scope, list)
  end
  check_redundant(list, scope)
  check_keys(list, scope)
end

return M
