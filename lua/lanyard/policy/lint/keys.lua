--- Checks the keys of a condition: names that do not exist, operators that do not fit, and missing or wrong set
--- qualifiers.
--- "Single-valued vs. multivalued context keys" in https://docs.aws.amazon.com/IAM/latest/UserGuide/

local condition_keys = require "lanyard.policy.condition_keys"
local define = require("lanyard.policy.lint.catalogue").define
local suggestions = require "lanyard.policy.lint.suggestions"

local UNKNOWN_KEY = define {
  id = "unknown-key", severity = "high", summary = "a condition key that does not exist",
  help = "No request has a key that does not exist. A positive operator then never holds, and a negated one always "
    .. "does: a Deny denies nobody or everybody, an Allow allows nobody or is not restricted.",
}
local MISSING_TAG_KEY = define {
  id = "missing-tag-key", severity = "high", summary = "a condition key for tags without the key of a tag",
  help = "A key such as aws:ResourceTag names the tag after a slash. Without it, no request has the key.",
}
local DEPRECATED_KEY = define {
  id = "deprecated-key", severity = "low", summary = "a condition key that another one replaces",
  help = "AWS recommends the newer key.",
}
local OPERATOR_TYPE = define {
  id = "operator-type", severity = "medium", summary = "a condition operator that does not fit the type of the key",
  help = "IAM compares by the type of the operator. Text comparison of addresses, dates or numbers rarely does what "
    .. "is intended, and a value that is not of the operator's type never matches.",
}
local MISSING_QUALIFIER = define {
  id = "missing-qualifier", severity = "high", summary = "a multivalued key without ForAnyValue or ForAllValues",
  help = "A request has a list of values for this key. A set operator says whether one or all of them must match.",
}
local SINGLE_VALUED = define {
  id = "all-values-single", severity = "high", summary = "ForAllValues with a single-valued condition key",
  help = "ForAllValues also holds for every request without the key, such as a request from outside any organization.",
}
local ALL_VALUES_ABSENT = define {
  id = "all-values-absent", severity = "medium", summary = "an Allow with ForAllValues that also holds without the key",
  help = "ForAllValues holds for a request without the key. Null with false for the same key excludes such requests.",
}
local NULL_QUALIFIER = define {
  id = "null-qualifier", severity = "low", summary = "Null with ForAnyValue or ForAllValues",
  help = "Null asks whether the request has the key, so that a set operator has no meaning.",
}
local M = {}

-- Returns whether a condition holds for a request without its key.
local function holds_without_key(test)
  if test.base == "Null" then
    return test.values[1] and tostring(test.values[1].value):lower() == "true" or false
  end
  return test.if_exists or test.set == "ForAllValues" or test.negated and test.set ~= "ForAnyValue" or false
end

-- Returns what follows for a statement from a condition that always or never holds. All conditions of a statement have
-- to hold.
local function outcome(always, scope)
  local allows = scope.effect == "Allow"
  if not always then
    return allows and "the condition never holds, so that the statement allows nobody"
      or "the condition never holds, so that the statement denies nobody"
  elseif #scope.tests > 1 then
    return "the condition always holds, so that it restricts nothing"
  end
  return allows and "the condition always holds, so that it restricts nothing"
    or "the condition always holds, so that the statement denies everyone whom it names"
end

--- Returns what follows for a statement from a key that no request has.
---@param test policy.lint.Test
---@param scope policy.lint.Scope
---@return string
function M.consequence(test, scope)
  return outcome(holds_without_key(test), scope)
end

--- Returns what follows for a statement from values that the key never has, or nil if other values of the list count.
---@param test policy.lint.Test
---@param scope policy.lint.Scope
---@param count integer  how many values of the list the key never has
---@return string?
function M.consequence_of_value(test, scope, count)
  if #test.values > count or test.set == "ForAnyValue" and test.negated then
    return nil
  elseif not test.negated and holds_without_key(test) then
    return "the condition holds only for requests without the key"
  end
  return outcome(test.negated, scope)
end

local consequence = M.consequence

-- Providers and services whose keys have no list here. Names of identity providers have dots.
local function is_listed(prefix)
  return prefix == "aws" or prefix == "ecr"
end

-- Reports a key that does not exist. Returns whether it did.
local function check_name(test, scope)
  local name, node = test.name, test.key.key
  local prefix = name:match "^([^:]+):."
  local untagged = condition_keys.without_tag(name)
  local twin = condition_keys.global_twin(name)
  if untagged then
    scope.add(MISSING_TAG_KEY, node, ("'%s' lacks the key of a tag: %s"):format(name, consequence(test, scope)),
      ("write %sTAG-KEY"):format(untagged.name))
  elseif not prefix or twin or is_listed(prefix:lower()) and not test.record then
    local suggestion = twin or suggestions.find(condition_keys.nearest, name)
    scope.add(UNKNOWN_KEY, node, ("'%s' is not a condition key: %s"):format(name, consequence(test, scope)),
      suggestion and ("write %s"):format(suggestion)
        or "use a key that IAM's or ECR's documentation lists, or remove the condition")
  else
    return false
  end
  return true
end

-- The types of operators (core.operand) that fit the types of keys. Text operators compare ARNs as they are written.
local FITTING = {
  string = { ["a string"] = true, base64 = true },
  arn = { ["an ARN"] = true, ["a string"] = true },
  boolean = { ["true or false"] = true },
  date = { ["a date"] = true },
  number = { ["a number"] = true },
  address = { ["an IP address or network"] = true },
}
local TITLES = {
  string = "a string", arn = "an ARN", boolean = "a boolean", date = "a date", number = "a number",
  address = "an IP address",
}
local OPERATORS = {
  string = "StringEquals or StringLike", arn = "ArnLike", boolean = "Bool", number = "a Numeric operator",
  date = "a Date operator", address = "IpAddress or NotIpAddress",
}
-- Seconds since 1970 are numbers, too.
local NUMERIC_DATES = { ["aws:EpochTime"] = true, ["aws:TokenIssueTime"] = true }

-- A tag can have any text, such as an ARN or a number.
local function check_type(test, scope)
  local key = test.record
  local fits = key.tag or FITTING[key.type][test.type] or test.type == "a number" and NUMERIC_DATES[key.name]
  if test.base ~= "Null" and not fits then
    scope.add(OPERATOR_TYPE, test.operator.key,
      ("%s compares as %s, and %s is %s"):format(test.operator.key.value, test.type, key.name, TITLES[key.type]),
      ("write %s"):format(OPERATORS[key.type]))
  end
end

-- Reports whether another condition on the same key does not hold without it, such as Null with false.
local function requires_presence(scope, test)
  for _, other in ipairs(scope.tests) do
    if other.name:lower() == test.name:lower() and not holds_without_key(other) then
      return true
    end
  end
  return false
end

-- Keys that requests often do not have on purpose: a request without tags changes no tag.
local OPTIONAL = { ["aws:TagKeys"] = true }

-- Reports ForAllValues in an Allow, unless another condition requires the key.
local function check_absence(test, scope)
  if scope.effect ~= "Allow" or requires_presence(scope, test) then
    return
  end
  local minor = not test.record or OPTIONAL[test.record.name]
  scope.add(ALL_VALUES_ABSENT, test.operator.key,
    ("ForAllValues also holds for a request without %s"):format(test.name),
    ('add "Null": { "%s": "false" }, unless such requests are intended'):format(test.name),
    minor and "low" or nil)
end

local function check_set(test, scope)
  local key = test.record
  local operator = test.operator.key
  if test.base == "Null" then
    if test.set then
      scope.add(NULL_QUALIFIER, operator, ("'%s' has a set operator, which Null does not need"):format(operator.value),
        "write Null")
    end
  elseif key and key.multivalued and not test.set then
    scope.add(MISSING_QUALIFIER, operator,
      ("%s has several values, and %s compares one"):format(key.name, operator.value),
      ("write ForAnyValue:%s or ForAllValues:%s"):format(operator.value, operator.value))
  elseif key and not key.multivalued and test.set == "ForAllValues" then
    local allows = scope.effect == "Allow"
    scope.add(SINGLE_VALUED, operator,
      ("%s has one value, and ForAllValues also holds for a request without it"):format(key.name),
      ("write %s"):format(test.base), not allows and "medium" or nil)
  elseif test.set == "ForAllValues" then
    check_absence(test, scope)
  end
end

--- Checks the key of a condition and the operator that is applied to it.
---@param test policy.lint.Test
---@param scope policy.lint.Scope
function M.check(test, scope)
  if check_name(test, scope) then
    return
  end
  local key = test.record
  if key and key.deprecated then
    scope.add(DEPRECATED_KEY, test.key.key, ("'%s' is an old key"):format(test.name),
      ("write %s"):format(key.deprecated))
  end
  if key then
    check_type(test, scope)
  end
  check_set(test, scope)
end

return M
