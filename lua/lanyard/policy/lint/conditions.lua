--- Checks the conditions of a statement: their structure, operators and operands. The keys and values have modules of
--- their own (lanyard.policy.lint.keys, lanyard.policy.lint.values).
--- https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

local core = require "lanyard.policy.core"
local define = require("lanyard.policy.lint.catalogue").define
local grammar = require "lanyard.policy.lint.grammar"
local lazy = require "lanyard.lazy"
local suggest = require "lanyard.text.suggest"
local suggestions = require "lanyard.policy.lint.suggestions"

local condition_keys = lazy "lanyard.policy.condition_keys"
local dates = lazy "lanyard.policy.lint.dates"
local keys = lazy "lanyard.policy.lint.keys"
local values = lazy "lanyard.policy.lint.values"

local UNKNOWN_OPERATOR = define {
  id = "unknown-operator", severity = "high", refused = true,
  summary = "a condition operator unknown to IAM",
  help = "IAM rejects a policy with an unknown condition operator.",
}
local BAD_OPERAND = define {
  id = "bad-operand", severity = "high", summary = "a value that a condition operator cannot compare",
  help = "A value that is not of the operator's type never matches, or IAM rejects the policy.",
}
local EMPTY_CONDITION = define {
  id = "empty-condition", severity = "low", summary = "a condition without operators or keys",
  help = "An empty condition restricts nothing.",
}
local REPEATED_KEY = define {
  id = "repeated-key", severity = "high", summary = "a condition key that is repeated in another case",
  help = "The names of condition keys are not case-sensitive. IAM rejects a policy with such a key under one operator.",
}

--- One key under one operator of a condition, with at least one value.
---@class policy.lint.Test
---@field operator table         the node of the operator
---@field key table              the node of the key
---@field name string            the name of the key
---@field values table[]         the nodes of the values, scalars
---@field base string            the operator without prefix and suffix
---@field set? "ForAnyValue"|"ForAllValues"
---@field if_exists boolean
---@field negated boolean
---@field type string            the type of the operands (core.operand)
---@field record? policy.ConditionKey

local M = {}

-- Types of operands that can contain policy variables.
local VARIABLES = { ["a string"] = true, ["an ARN"] = true }

local function text_of(item)
  return (item.kind == "boolean" or item.kind == "number") and tostring(item.value) or item.value
end

-- Returns the parts of the name of an operator: its name, the set operator, and whether it ends with IfExists.
local function parts_of(name)
  local set, rest = name:match "^(For%a+):(.*)$"
  rest = rest or name
  local base = rest:gsub("IfExists$", "")
  return base, set, base ~= rest
end

-- Returns the type of the operands of an operator | nil if it does not exist. Null with a set operator is accepted, and
-- reported by lanyard.policy.lint.keys.
local function type_of(name)
  local base, set, if_exists = parts_of(name)
  if base == "Null" and not if_exists and (set == "ForAnyValue" or set == "ForAllValues") then
    return (core.operand("Null", ""))
  end
  return (core.operand(name, ""))
end

local function report_operator(operator, add)
  local name = operator.key.value
  local base = parts_of(name)
  local suggestion = suggestions.find(suggest, base, core.operators())
  add(UNKNOWN_OPERATOR, operator.key, ("'%s' is not a condition operator"):format(name),
    base == "Null" and "write Null, which takes neither prefix nor suffix"
      or suggestion and ("write %s"):format(suggestion) or "use an operator that IAM's documentation lists")
end

local function check_operand(operator, item, type, scope)
  local name, text = operator.key.value, text_of(item)
  if not text then
    scope.add(grammar.WRONG_TYPE, item, ("%s compares with a value of type %s"):format(name, item.kind),
      "write a string, or a list of strings")
  elseif text:find("${", 1, true) and scope.version == "2012-10-17" then
    if not VARIABLES[type] then
      scope.add(BAD_OPERAND, item, ("%s takes %s, not a policy variable"):format(name, type), "write the value itself")
    end
  elseif not select(2, core.operand(parts_of(name) == "Null" and "Null" or name, text)) then
    scope.add(BAD_OPERAND, item, ("'%s' is not %s, which %s requires"):format(text, type, name), "write " .. type)
  end
  return text ~= nil
end

-- Returns a key under an operator as a test | nil without values that can be compared
local function test_of(operator, key, type, items)
  local base, set, if_exists = parts_of(operator.key.value)
  local name = key.key.value
  return {
    operator = operator, key = key, name = name, values = items, type = type, record = condition_keys.find(name),
    base = base, set = set, if_exists = if_exists, negated = base:find "Not" ~= nil,
  }
end

-- Checks the values of a key, and returns the key as a test | nil without values that can be compared
local function check_key(operator, key, type, scope)
  local items = key.kind == "array" and key or { key }
  if #items == 0 then
    scope.add(grammar.EMPTY_LIST, key, ("%s is compared with an empty list"):format(key.key.value),
      "add a value, or remove the key")
  end
  local scalars = {}
  for _, item in ipairs(items) do
    scalars[#scalars + 1] = check_operand(operator, item, type, scope) and item or nil
  end
  return #scalars > 0 and test_of(operator, key, type, scalars) or nil
end

-- Reports keys of a condition that differ in their case only.
local function check_case(condition, scope)
  local written = {}
  for _, operator in ipairs(condition) do
    local here = {}
    for _, key in ipairs(operator.kind == "object" and operator or {}) do
      local name = key.key.value
      local lower = name:lower()
      if here[lower] then
        scope.add(REPEATED_KEY, key.key, ("'%s' is the same key as '%s'"):format(name, here[lower]),
          "write one key with both values")
      elseif written[lower] and written[lower] ~= name then
        scope.add(REPEATED_KEY, key.key, ("'%s' is written '%s' elsewhere"):format(name, written[lower]),
          "write the key alike", "low")
      end
      here[lower], written[lower] = here[lower] or name, written[lower] or name
    end
  end
end

-- A condition is an object of operators, each an object of keys, each a scalar or a list of scalars.
local function tests_of(condition, scope)
  local tests = {}
  for _, operator in ipairs(condition) do
    local type = type_of(operator.key.value)
    if not type then
      report_operator(operator, scope.add)
    end
    if operator.kind ~= "object" then
      scope.add(grammar.WRONG_TYPE, operator, ("%s must be an object of condition keys"):format(operator.key.value),
        "write it as { condition key: value }")
    elseif #operator == 0 then
      scope.add(EMPTY_CONDITION, operator, ("%s has no condition key"):format(operator.key.value), "remove it")
    end
    for _, key in ipairs(operator.kind == "object" and type and operator or {}) do
      tests[#tests + 1] = check_key(operator, key, type, scope)
    end
  end
  return tests
end

--- Checks the structure of a statement's conditions: operators, operands, and keys that are repeated.
---@param scope policy.lint.Scope
---@return policy.lint.Test[] tests
function M.check_structure(scope)
  local condition = scope.has.Condition
  if not condition or condition.kind ~= "object" then
    return {}
  end
  check_case(condition, scope)
  return tests_of(condition, scope)
end

--- Checks the conditions of a statement, and sets scope.tests.
---@param scope policy.lint.Scope
function M.check(scope)
  local condition = scope.has.Condition
  if not condition or condition.kind ~= "object" then
    return
  elseif #condition == 0 then
    scope.add(EMPTY_CONDITION, condition, "the condition is empty, and restricts nothing",
      "remove it, or add an operator")
  end
  scope.tests = M.check_structure(scope)
  local has_date = false
  for _, test in ipairs(scope.tests) do
    keys.check(test, scope)
    values.check(test, scope)
    has_date = has_date or test.type == "a date"
  end
  if has_date then
    dates.check(scope)
  end
end

return M
