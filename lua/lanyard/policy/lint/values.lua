--- Checks the values of a condition: values that a key never has, wildcards that are plain text, and values that others
--- make redundant.
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local addresses = require "lanyard.policy.lint.addresses"
local core = require "lanyard.policy.core"
local define = require("lanyard.policy.lint.catalogue").define
local lazy = require "lanyard.lazy"
local names = require "lanyard.policy.names"
local suggestions = require "lanyard.policy.lint.suggestions"

local arns = lazy "lanyard.policy.lint.arns"
local keys = lazy "lanyard.policy.lint.keys"
local variables = lazy "lanyard.policy.lint.variables"

local WILDCARD_EQUALS = define {
  id = "wildcard-equals", severity = "medium", summary = "a wildcard under an operator that compares exactly",
  help = "StringEquals takes * and ? as plain text. StringLike has wildcards; ArnEquals and ArnLike both do.",
}
local BOTH_BOOLEANS = define {
  id = "both-booleans", severity = "high", summary = "a condition on true and on false",
  help = "A condition that accepts true and false restricts nothing.",
}
local PRIVATE_ADDRESS = define {
  id = "private-address", severity = "high", summary = "a private address in a condition on aws:SourceIp",
  help = "aws:SourceIp has public addresses only. aws:VpcSourceIp has the private address of a request through a VPC "
    .. "endpoint.",
}
local HOST_BITS = define {
  id = "host-bits", severity = "low", summary = "a network with bits after its prefix",
  help = "IAM ignores the bits after the prefix, so that the network is larger than it looks.",
}
local BAD_KEY_VALUE = define {
  id = "bad-key-value", severity = "high", summary = "a value that a condition key never has",
  help = "The values of some keys have a fixed form, such as 12 digits for an account. Another value never matches.",
}
local MIXED_TYPES = define {
  id = "mixed-types", severity = "low", summary = "values of several JSON types in one condition",
  help = "AWS's policy validation reports an error for a list with strings beside numbers or booleans.",
}
local REPEATED_VALUE = define {
  id = "repeated-value", severity = "low", summary = "a value that another one in the list makes redundant",
  help = "The shorter list means the same.",
}
local M = {}

local function text_of(item)
  return item.value ~= nil and tostring(item.value) or nil
end

-- Returns what follows from a value that the key never has, as the end of a message.
local function consequence(test, scope, count)
  local text = keys.consequence_of_value(test, scope, count or 1)
  return text and ": " .. text or ""
end

local function has_variable(text)
  return text:find("${", 1, true) ~= nil
end

-- ---------------------------------------------------------------------------------------------
-- Wildcards

-- Operators that compare exactly, and the ones that have wildcards.
local LIKE = {
  StringEquals = "StringLike", StringNotEquals = "StringNotLike", StringEqualsIgnoreCase = "StringLike",
  StringNotEqualsIgnoreCase = "StringNotLike",
}
-- Keys whose values are free text, which can contain ? or *.
local FREE_TEXT = { ["aws:UserAgent"] = true, ["aws:referer"] = true }

local function check_wildcard(test, item, scope)
  local like, text = LIKE[test.base], variables.replace(text_of(item), "")
  local key = test.record
  if not like or not text:find "[*?]" or key and FREE_TEXT[key.name] then
    return
  end
  local wildcard = text:match "[*?]"
  local arn_like = key and key.type == "arn" and (test.negated and "ArnNotLike" or "ArnLike")
  local advice = ("write %s"):format(arn_like or like)
  if key then
    scope.add(WILDCARD_EQUALS, item, ("%s takes %s in '%s' as plain text%s"):format(test.base, wildcard, item.value,
      consequence(test, scope)), advice)
  else
    scope.add(WILDCARD_EQUALS, item, ("%s takes %s in '%s' as plain text"):format(test.base, wildcard, item.value),
      advice .. " if it is a wildcard", "low")
  end
end

-- ---------------------------------------------------------------------------------------------
-- Values with a fixed form

local function is_account(text)
  return #text == 12 and not text:find "%D"
end

local PRINCIPAL_TYPES = { Account = true, User = true, FederatedUser = true, AssumedRole = true, Anonymous = true }
local TYPES_BY_LOWER = {}
for name in pairs(PRINCIPAL_TYPES) do
  TYPES_BY_LOWER[name:lower()] = true
end

local function is_vpc(prefix)
  return function(text)
    local id = text:match("^" .. prefix .. "%-(%w+)$")
    return id and (#id == 8 or #id == 17)
  end
end

local ACCOUNT = { is_account, "an account id of 12 digits" }
local ORGANIZATION = { function(text) return text:find "^o%-%w+$" end, "the id of an organization, o-..." }
-- Each path ends with "/": .../IAM/latest/UserGuide/reference_policies_condition-keys.html, aws:PrincipalOrgPaths
local PATH = {
  function(text) return text:find "^o%-%w+/" and text:find "/$" end, "the path of an organization, o-.../r-.../ou-.../",
}
local VPC = { is_vpc "vpc", "the id of a VPC, vpc- with 8 or 17 letters and digits" }
local VPC_ENDPOINT = { is_vpc "vpce", "the id of a VPC endpoint, vpce- with 8 or 17 letters and digits" }

-- The forms of values, by key. Each has a test for a text without wildcards, and its name.
local FORMS = {
  ["aws:Ec2InstanceSourceVpc"] = VPC, ["aws:SourceVpc"] = VPC, ["aws:SourceVpce"] = VPC_ENDPOINT,
  ["aws:PrincipalAccount"] = ACCOUNT, ["aws:ResourceAccount"] = ACCOUNT, ["aws:SourceAccount"] = ACCOUNT,
  ["aws:SourceOwner"] = ACCOUNT, ["aws:VpceAccount"] = ACCOUNT, ["aws:PrincipalOrgMasterAccountId"] = ACCOUNT,
  ["aws:PrincipalOrgID"] = ORGANIZATION, ["aws:ResourceOrgID"] = ORGANIZATION, ["aws:SourceOrgID"] = ORGANIZATION,
  ["aws:VpceOrgID"] = ORGANIZATION,
  ["aws:PrincipalOrgPaths"] = PATH, ["aws:ResourceOrgPaths"] = PATH, ["aws:SourceOrgPaths"] = PATH,
  ["aws:VpceOrgPaths"] = PATH,
  ["aws:PrincipalType"] = { function(text) return PRINCIPAL_TYPES[text] end,
    "Account, User, FederatedUser, AssumedRole or Anonymous" },
}

-- Reports whether some value of the form equals a text. IgnoreCase also compares with the value in its own case, and
-- all forms but the types of principals are in lower case.
local function can_equal(form, text, base)
  return form[1](text) or base:find "IgnoreCase$" and (form[1](text:lower()) or TYPES_BY_LOWER[text:lower()])
end

local function check_form(test, item, scope)
  local form, text = test.record and FORMS[test.record.name], text_of(item)
  if not form or text == "" or text:find "[*?]" or has_variable(text) or not test.base:find "^String" then
    return
  elseif not can_equal(form, text, test.base) then
    scope.add(BAD_KEY_VALUE, item, ("'%s' is not %s%s"):format(text, form[2], consequence(test, scope)),
      ("write %s"):format(form[2]))
  end
end

-- "Do not specify the assumed role session ARN as a value for this condition key":
-- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
local function check_session(test, item, scope)
  local partition, account, role = text_of(item):match "^(arn:[^:]*):sts::([^:]*):assumed%-role/([^/]*)"
  if partition and test.record and test.record.name == "aws:PrincipalArn" and test.base ~= "Null" then
    scope.add(BAD_KEY_VALUE, item, ("'%s' is a role session, and aws:PrincipalArn has the ARN of its role%s"):format(
      item.value, consequence(test, scope)), ("write %s:iam::%s:role/%s"):format(partition, account, role))
  end
end

local function check_region(test, item, scope)
  local text = text_of(item)
  if test.record and test.record.name == "aws:RequestedRegion" and test.base:find "^String"
    and not text:find "[*?$]" and not names.is_region(text) then
    local suggestion = suggestions.find(names.nearest_region, text)
    scope.add(arns.UNKNOWN_REGION, item, ("'%s' is not a known Region"):format(text),
      suggestion and ("write %s"):format(suggestion) or "correct its name")
  end
end

local function check_arn(test, item, scope)
  local text = text_of(item)
  if test.type == "an ARN" or test.record and test.record.type == "arn" and text:find "^arn:" then
    for _, flaw in ipairs(arns.flaws(text)) do
      scope.add(flaw.check, item, flaw.message, flaw.fix, "medium")
    end
  end
end

-- ---------------------------------------------------------------------------------------------
-- Lists

-- Returns the addresses of a test with their nodes.
local function networks_of(test)
  local found = {}
  for _, item in ipairs(test.values) do
    local network = item.kind == "string" and addresses.parse(item.value)
    if network and select(2, core.operand("IpAddress", item.value)) then
      found[#found + 1] = { network = network, node = item }
    end
  end
  return found
end

-- Reports whether a statement allows everyone: lanyard.policy.lint.access says then what the condition means.
local function allows_everyone(scope)
  local is_everyone = scope.statement.not_principal
  for _, principal in ipairs(scope.statement.principals) do
    is_everyone = is_everyone or principal.value == "*"
  end
  return scope.effect == "Allow" and is_everyone
end

local function check_networks(test, scope)
  local found, private = networks_of(test), {}
  for _, one in ipairs(found) do
    local shorter = addresses.without_host_bits(one.network)
    if shorter then
      scope.add(HOST_BITS, one.node, ("%s has bits after its prefix, which IAM ignores"):format(one.node.value),
        ("write %s"):format(shorter))
    end
    private[#private + 1] = addresses.is_private(one.network) and one.node or nil
  end
  if not test.record or test.record.name ~= "aws:SourceIp" then
    return
  end
  local only = #private == #test.values
  local follows = only and (test.negated or not allows_everyone(scope)) and consequence(test, scope, #private) or ""
  for _, node in ipairs(private) do
    scope.add(PRIVATE_ADDRESS, node, ("%s is private, and aws:SourceIp is a public address%s"):format(node.value,
      follows), "use public addresses, or aws:VpcSourceIp with aws:SourceVpc",
      not only and "low" or nil)
  end
end

local function check_booleans(test, scope)
  local seen = {}
  for _, item in ipairs(test.values) do
    seen[text_of(item):lower()] = true
  end
  if seen["true"] and seen["false"] then
    scope.add(BOTH_BOOLEANS, test.key, ("%s is compared with true and with false, which restricts nothing"):format(
      test.name), "keep one of the two")
  end
end

local function check_types(test, scope)
  local kind = test.values[1] and test.values[1].kind
  for _, item in ipairs(test.values) do
    if item.kind ~= kind then
      scope.add(MIXED_TYPES, test.key, ("the values of %s have several JSON types"):format(test.name),
        "write every value as a string")
      return
    end
  end
end

-- Which value of a list is enough: the greatest for "less than", the least for "greater than".
local function is_covered_number(base, a, b)
  if base:find "^NumericLess" then
    return a < b
  elseif base:find "^NumericGreater" then
    return a > b
  end
  return false
end

-- Returns whether value `a` of a list is redundant because of value `b`.
local function is_redundant(test, a, b)
  if test.type == "a number" then
    local x, y = tonumber(a), tonumber(b)
    return x and y and is_covered_number(test.base, x, y) or false
  elseif test.type == "an IP address or network" then
    local inner, outer = addresses.parse(a), addresses.parse(b)
    return inner and outer and addresses.contains(outer, inner) and not addresses.contains(inner, outer) or false
  end
  return false
end

-- Reports a value that equals or is covered by another one of the list.
local function check_repeated(test, scope)
  local seen = {}
  for _, item in ipairs(test.values) do
    local text = text_of(item)
    if seen[text] then
      scope.add(REPEATED_VALUE, item, ("'%s' is in the list twice"):format(text), "remove it")
    end
    seen[text] = true
  end
  if #test.values > 100 or test.type ~= "a number" and test.type ~= "an IP address or network" then
    return
  end
  for _, item in ipairs(test.values) do
    for _, other in ipairs(test.values) do
      if other ~= item and is_redundant(test, text_of(item), text_of(other)) then
        scope.add(REPEATED_VALUE, item, ("'%s' is redundant beside '%s'"):format(text_of(item), text_of(other)),
          "remove it")
        break
      end
    end
  end
end

--- Checks the values of a condition, all of which are scalars.
---@param test policy.lint.Test
---@param scope policy.lint.Scope
function M.check(test, scope)
  for _, item in ipairs(test.values) do
    check_wildcard(test, item, scope)
    check_form(test, item, scope)
    check_session(test, item, scope)
    check_region(test, item, scope)
    check_arn(test, item, scope)
  end
  if test.type == "an IP address or network" then
    check_networks(test, scope)
  elseif test.type == "true or false" then
    check_booleans(test, scope)
  end
  check_types(test, scope)
  check_repeated(test, scope)
end

return M
